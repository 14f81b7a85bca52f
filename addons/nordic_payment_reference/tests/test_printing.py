"""What stands on the paper, in every layout, and where it does not."""

import io

from markupsafe import escape
from pypdf import PdfReader

from odoo.tests import HttpCase, tagged

from odoo.addons.account.tools import is_valid_structured_reference
from odoo.addons.nordic_payment_reference.formats import barcode

from .common import PaymentReferenceCommon

#: What core calls light is the view "standard".
LAYOUTS = {"standard", "boxed", "bold", "striped", "bubble", "wave", "folder"}


@tagged("post_install", "-at_install")
class TestPrinting(PaymentReferenceCommon):
    def _layouts(self):
        layouts = self.env["report.layout"].search([])
        names = {key for key in LAYOUTS for layout in layouts if key in (layout.view_id.key or "")}
        self.assertEqual(names, LAYOUTS, "the layouts of core, all of them")
        for layout in layouts:
            self.env.company.external_report_layout_id = layout.view_id
            yield layout.view_id.key

    def test_line_and_sentence_in_every_layout(self):
        self._agreement(pbs_number="01234567", debtor_group="00001")
        invoice = self._invoice()
        self.partner_a.write({"lang": "da_DK", "ref": "1002"})
        for key in self._layouts():
            with self.subTest(layout=key):
                html = self._html(invoice)
                self.assertIn(f"+71&lt;{invoice.payment_id_number}+88888888&lt;", html)
                self.assertIn("kortart 71", html)
                self.assertIn("01234567", html)
                self.assertNotIn("payment_communication", html)

    def test_every_kind_in_every_layout(self):
        kinds = {"71": "DKK", "73": "DKK", "75": "DKK", "04": "DKK"}
        kinds |= {"kid10": "NOK", "kid11": "NOK", "ocr": "SEK", "viite": "EUR", "rf": "EUR"}
        made = {}
        for kind, currency in kinds.items():
            number = {"04": "1234567"}.get(kind, "88888888") if currency == "DKK" else False
            agreement = self._agreement(card_type=kind, creditor_number=number)
            made[kind] = self._invoice(currency=currency)
            agreement.active = False
            agreement.flush_recordset()
        self.assertEqual({kind: invoice.payment_card_type for kind, invoice in made.items()}, {k: k for k in kinds})
        for key in self._layouts():
            for kind, invoice in made.items():
                with self.subTest(layout=key, kind=kind):
                    line = invoice._payment_line_text()
                    self.assertTrue(line)
                    printed = self._html(invoice)
                    self.assertIn(str(escape(line)), printed)
                    self.assertIn('name="payment_line"', printed)

    def test_copy_of_a_paid_invoice_asks_nobody_to_pay(self):
        self._agreement()
        invoice = self._invoice()
        self.assertIn('name="payment_line"', self._html(invoice))
        wizard = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids)
        wizard.create({"amount": invoice.amount_total - 1.0})._create_payments()
        self.assertIn('name="payment_line"', self._html(invoice))
        wizard.create({})._create_payments()
        self.assertFalse(invoice.amount_residual)
        html = self._html(invoice)
        self.assertNotIn('name="payment_line"', html)
        self.assertNotIn("kortart 71", html)

    def test_nothing_in_any_layout_where_nothing_is_typed(self):
        self._agreement(pbs_number="01234567")
        drawn = self._invoice()
        moves = [
            self._invoice(move_type="out_refund"),
            self._invoice(price=0.0),
            self._invoice(post=False),
        ]
        for key in self._layouts():
            for move in moves:
                with self.subTest(layout=key, move=move.display_name):
                    html = self._html(move)
                    self.assertNotIn("+71", html)
                    self.assertNotIn("01234567", html)
        self.patch(type(drawn), "_payment_reference_is_drawn", lambda move: True)
        self.assertNotIn("+71", self._html(drawn))
        self.assertEqual(drawn._payment_signup(), {})

    def test_giro_account_is_called_so(self):
        self._agreement(card_type="04", creditor_number="1234567")
        invoice = self._invoice()
        self.partner_a.lang = "da_DK"
        html = self._html(invoice)
        self.assertIn("+04&lt;", html)
        self.assertIn("girokonto", html)

    # --- signing up ------------------------------------------------------------------------------------------------
    def test_sign_up_needs_all_its_numbers(self):
        agreement = self._agreement()
        invoice = self._invoice()
        self.partner_a.ref = "k-1002"
        self.assertEqual(invoice._payment_signup_sentence(), "")
        agreement.write(
            {
                "pbs_number": "01234567",
                "debtor_group": "00001",
                "signup_link": "https://tilmeld.example/?c={pbs}&g={group}&n={customer}",
            }
        )
        self.assertEqual(
            invoice._payment_signup(),
            {
                "pbs_number": "01234567",
                "debtor_group": "00001",
                "customer_number": "K1002",
                "link": "https://tilmeld.example/?c=01234567&g=00001&n=K1002",
            },
        )
        html = self._html(invoice)
        for text in ("01234567", "00001", "K1002", "https://tilmeld.example/?c=01234567&amp;g=00001&amp;n=K1002"):
            self.assertIn(text, html)

    def test_sign_up_link_is_checked(self):
        from odoo.exceptions import ValidationError

        for link in ("javascript:alert(1)", "http://x.example", "https://x.example/{password}", "https://x.example/{"):
            with self.subTest(link=link), self.assertRaises(ValidationError):
                self._agreement(pbs_number="01234567", signup_link=link)

    # --- Finland ---------------------------------------------------------------------------------------------------
    def _finnish_invoice(self, card_type, price=100.20, iban="FI49 5000 9420 0287 30", **values):
        self.Agreement.search([]).active = False
        self.env.flush_all()
        self.env.company.account_fiscal_country_id = self.env.ref("base.fi")
        self._agreement(card_type=card_type, creditor_number=False)
        bank = self.env["res.partner.bank"].search(
            [("partner_id", "=", self.env.company.partner_id.id), ("acc_number", "=", iban)]
        ) or self.env["res.partner.bank"].create(
            {"acc_number": iban, "partner_id": self.env.company.partner_id.id, "allow_out_payment": True}
        )
        return self._invoice(
            currency="EUR", price=price, partner_bank_id=bank.id, invoice_date_due="2026-12-12", **values
        )

    def test_bank_bar_code_is_printed_as_digits_and_bars(self):
        for card_type, version in (("viite", "4"), ("rf", "5")):
            with self.subTest(card_type=card_type):
                invoice = self._finnish_invoice(card_type)
                digits = invoice._payment_bank_barcode()
                self.assertEqual(digits[0], version)
                read = barcode.read(digits)
                self.assertEqual(read.reference, invoice.payment_id_number)
                self.assertEqual((str(read.amount), read.due_date), ("100.20", invoice.invoice_date_due))
                html = self._html(invoice)
                self.assertIn(barcode.pretty(digits), html)
                self.assertIn("data:image/svg+xml;base64,", html)

    def test_bars_are_code_128_in_set_c(self):
        from reportlab.graphics.barcode.code128 import Code128

        digits = barcode.make("FI4950009420028730", "100.20", "1234567907")
        code = Code128(digits)
        code.validate()
        code.encode()
        self.assertEqual(code.encoded[0], 105, "start of set C")
        self.assertEqual(len(code.encoded), 1 + 27 + 2, "start, pairs of digits, check symbol and stop")

    def test_no_bar_code_where_it_does_not_fit(self):
        invoice = self._finnish_invoice("viite", price=1000000.0)
        self.assertEqual(invoice._payment_bank_barcode(), "")
        self.assertNotIn("payment_bank_barcode", self._html(invoice))
        foreign = self._finnish_invoice("viite", iban="DK5000400440116243")
        self.assertEqual(foreign._payment_bank_barcode(), "")

    def test_references_are_those_that_qr_codes_carry(self):
        """Core's SEPA QR code takes a structured reference only when it knows its check digit."""
        for card_type in ("viite", "rf"):
            invoice = self._finnish_invoice(card_type)
            self.assertTrue(is_valid_structured_reference(invoice.payment_reference))

    def test_qr_code_is_printed_as_a_picture(self):
        """Core draws it with reportlab, which needs a library for pictures beside it (requirements.txt)."""
        self.env.company.qr_code = True
        invoice = self._finnish_invoice("viite")
        invoice.partner_bank_id.allow_out_payment = True
        picture = invoice._generate_qr_code()
        self.assertTrue(picture.startswith("data:image/png;base64,"), picture)
        self.assertIn('id="qrcode_info"', self._html(invoice))

    def test_no_qr_code_is_invented_for_danish_slips(self):
        self._agreement()
        self.env.company.qr_code = True
        invoice = self._invoice()
        self.assertFalse(invoice._generate_qr_code(silent_errors=True))


@tagged("post_install", "-at_install")
class TestPdf(HttpCase, PaymentReferenceCommon):
    def test_line_is_on_the_pdf(self):
        self._agreement(pbs_number="01234567", debtor_group="00001")
        self.partner_a.ref = "1002"
        invoice = self._invoice()
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        content, kind = report._render_qweb_pdf("account.account_invoices", res_ids=invoice.ids)
        self.assertEqual(kind, "pdf")
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
        compact = "".join(text.split())
        self.assertIn(invoice.payment_reference, compact)
        self.assertIn("01234567", compact)
