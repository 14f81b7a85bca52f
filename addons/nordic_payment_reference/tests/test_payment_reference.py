from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.nordic_payment_reference.formats import fi, kid, viite

from .common import PaymentReferenceCommon


@tagged("post_install", "-at_install")
class TestPaymentReference(PaymentReferenceCommon):
    def test_without_agreement_core_is_untouched(self):
        invoice = self._invoice()
        self.assertEqual(invoice.payment_reference, invoice.name)
        self.assertFalse(invoice.payment_id_number)
        self.assertEqual(invoice._payment_line_text(), "")
        self.assertIn("payment_communication", self._html(invoice))

    def test_fi71_is_set_at_posting_and_stays(self):
        self._agreement()
        invoice = self._invoice()
        self.assertEqual(invoice.payment_card_type, "71")
        self.assertEqual(fi.validate_payment_id("71", invoice.payment_id_number), invoice.payment_id_number)
        self.assertEqual(invoice.payment_reference, f"+71<{invoice.payment_id_number}+88888888<")
        self.assertEqual(invoice._payment_line_text(), invoice.payment_reference)
        term_line = invoice.line_ids.filtered(lambda line: line.display_type == "payment_term")
        self.assertIn(invoice.payment_reference, term_line.name)
        number = invoice.payment_id_number
        invoice.button_draft()
        invoice.name = "RENAMED/2026/77"
        invoice.action_post()
        self.assertEqual(invoice.payment_id_number, number)

    def test_two_invoices_have_two_ids(self):
        self._agreement()
        first, second = self._invoice(), self._invoice()
        self.assertNotEqual(first.payment_id_number, second.payment_id_number)
        self.assertFalse(first.copy().payment_id_number)

    def test_id_from_the_invoice_number(self):
        self._agreement(number_source="invoice", fixed_part="7")
        invoice = self._invoice()
        digits = "".join(filter(str.isdigit, invoice.name))
        self.assertEqual(invoice.payment_id_number, fi.payment_id("71", "7" + digits.zfill(13)))
        self.assertEqual(invoice.payment_reference, f"+71<{invoice.payment_id_number}+88888888<")

    def test_same_digits_in_two_journals_are_refused_by_name(self):
        self._agreement(number_source="invoice")
        invoice = self._invoice()
        other = self._other_journal()
        twin = self._invoice(post=False, journal_id=other.id)
        twin.name = invoice.name.replace(self.journal.code, "OTH")
        with self.assertRaises(UserError) as caught:
            twin.action_post()
            twin.flush_recordset()
        self.assertIn(invoice.name, str(caught.exception))

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses_a_second_use(self):
        self._agreement()
        first, second = self._invoice(), self._invoice()
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            second.sudo().payment_id_number = first.payment_id_number
            second.flush_recordset()

    def test_printed_line_and_where_it_is_not(self):
        self._agreement()
        invoice = self._invoice()
        html = self._html(invoice)
        self.assertIn(f"+71&lt;{invoice.payment_id_number}+88888888&lt;", html)
        self.assertIn('name="payment_line"', html)
        self.assertNotIn("payment_communication", html)
        refund = self._invoice(move_type="out_refund")
        self.assertFalse(refund.payment_id_number)
        self.assertNotIn('name="payment_line"', self._html(refund))
        free = self._invoice(price=0.0)
        self.assertEqual(free._payment_line_text(), "")
        self.assertNotIn("+71", self._html(free))
        draft = self._invoice(post=False)
        self.assertEqual(draft._payment_line_text(), "")

    def test_drawn_invoice_has_no_line(self):
        self._agreement()
        invoice = self._invoice()
        self.patch(type(invoice), "_payment_reference_is_drawn", lambda move: True)
        self.assertEqual(invoice._payment_line_text(), "")
        self.assertNotIn("+71", self._html(invoice))

    def test_every_layout_prints_the_line(self):
        self._agreement()
        invoice = self._invoice()
        layouts = self.env["report.layout"].search([])
        self.assertTrue(layouts)
        for layout in layouts:
            with self.subTest(layout=layout.name):
                self.env.company.external_report_layout_id = layout.view_id
                self.assertIn(f"+71&lt;{invoice.payment_id_number}+", self._html(invoice))

    def test_type_73_keeps_the_invoice_number_as_message(self):
        self._agreement(card_type="73")
        invoice = self._invoice()
        self.assertFalse(invoice.payment_id_number)
        self.assertEqual(invoice.payment_reference, invoice.name)
        self.assertEqual(invoice._payment_line_text(), "+73<+88888888<")

    def test_other_currency_keeps_core(self):
        self._agreement()
        self.env.ref("base.EUR").active = True
        invoice = self._invoice(currency_id=self.env.ref("base.EUR").id)
        self.assertFalse(invoice.payment_card_type)

    def test_imported_reference_is_taken_up(self):
        self._agreement()
        invoice = self._invoice(post=False, payment_reference="+71<026840149965328+88888888<")
        invoice.action_post()
        self.assertEqual(invoice.payment_id_number, "026840149965328")

    def test_foreign_reference_is_replaced_and_told(self):
        self._agreement()
        invoice = self._invoice(post=False, payment_reference="S00012")
        invoice.action_post()
        self.assertTrue(invoice.payment_reference.startswith("+71<"))
        self.assertIn("S00012", "".join(invoice.message_ids.mapped("body")))

    def test_invoice_is_found_by_what_the_payer_wrote(self):
        self._agreement()
        invoice = self._invoice()
        number = invoice.payment_id_number
        Move = self.env["account.move"]
        for text in (f"+71<{number}+88888888<", f"Betaling 71 {number} tak", number):
            with self.subTest(text=text):
                self.assertEqual(Move._find_by_payment_reference(text), invoice)
        wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
        self.assertFalse(Move._find_by_payment_reference(f"+71<{wrong}+88888888<"))

    def test_sentence_for_the_payer_in_his_language(self):
        self._agreement()
        invoice = self._invoice()
        sentence = invoice.with_context(lang="en_US")._payment_line_sentence()
        self.assertIn(invoice.payment_id_number, sentence)
        self.assertIn("88888888", sentence)
        self.partner_a.lang = "da_DK"
        self.assertIn("kortart 71", self._html(invoice))

    def test_payer_abroad_is_told_the_account(self):
        self._agreement()
        account = self.env["res.partner.bank"].create(
            {
                "acc_number": "DK50 0040 0440 1162 43",
                "partner_id": self.env.company.partner_id.id,
                "allow_out_payment": True,
            }
        )
        self.env.company.account_fiscal_country_id = self.env.ref("base.dk")
        for country, told in (("dk", False), ("gl", False), ("no", True)):
            with self.subTest(country=country):
                self.partner_a.country_id = self.env.ref(f"base.{country}")
                invoice = self._invoice(partner_bank_id=account.id)
                sentence = invoice._payment_line_sentence()
                self.assertEqual("DK50" in sentence, told)
                self.assertEqual(invoice.name in sentence, told)

    def test_journal_goes_before_company(self):
        self._agreement()
        other = self._other_journal()
        self._agreement(journal_id=other.id, creditor_number="87777777")
        self.assertEqual(self._invoice(journal_id=other.id).payment_creditor_number, "87777777")
        self.assertEqual(self._invoice().payment_creditor_number, "88888888")

    def test_kid_layout_with_customer_number(self):
        self.env.ref("base.NOK").active = True
        self.partner_a.ref = "K-42"
        self._agreement(card_type="kid11", creditor_number=False, fixed_part="9", customer_digits=6, total_length=16)
        invoice = self._invoice(currency_id=self.env.ref("base.NOK").id)
        number = invoice.payment_id_number
        self.assertEqual(kid.validate(number, "mod11", 16), number)
        self.assertTrue(number.startswith("9000042"))
        self.assertEqual(invoice.payment_reference, number)

    def test_kid_modulus_11_never_gives_a_dash(self):
        agreement = self._agreement(card_type="kid11", creditor_number=False)
        numbers = [agreement._next_payment_id(self.partner_a) for _count in range(60)]
        self.assertFalse([number for number in numbers if number.endswith("-")])

    def test_finnish_reference_is_printed_in_groups(self):
        self.env.ref("base.EUR").active = True
        self._agreement(card_type="viite", creditor_number=False, fixed_part="12345")
        invoice = self._invoice(currency_id=self.env.ref("base.EUR").id)
        self.assertEqual(invoice._payment_line_text(), viite.pretty(invoice.payment_reference))

    def test_wrong_settings_are_named(self):
        for values, expected in [
            ({"creditor_number": "12345678"}, "12345678"),
            ({"fixed_part": "1x"}, '"x"'),
            ({"pbs_number": "123"}, "123"),
        ]:
            with self.subTest(values=values):
                with self.assertRaises(ValidationError) as caught:
                    self._agreement(**values)
                self.assertIn(expected, str(caught.exception))

    def test_running_number_does_not_go_back(self):
        agreement = self._agreement()
        self._invoice()
        with self.assertRaises(UserError):
            agreement.next_number = 1
        agreement.next_number = 5000
        self.assertEqual(self._invoice().payment_id_number, fi.payment_id("71", 5000))

    def test_used_agreement_is_kept(self):
        agreement = self._agreement()
        self._invoice()
        with self.assertRaises(UserError):
            agreement.unlink()

    def test_companies_are_separate(self):
        agreement = self._agreement()
        other = self.setup_other_company()["company"]
        user = self.env["res.users"].create(
            {
                "name": "Reader",
                "login": "npr_reader",
                "company_id": other.id,
                "company_ids": [Command.set(other.ids)],
                "group_ids": [Command.set([self.env.ref("account.group_account_invoice").id])],
            }
        )
        self.assertNotIn(agreement, self.Agreement.with_user(user).search([]))

    def test_invoice_date_of_tomorrow_waits(self):
        self._agreement()
        tomorrow = fields.Date.add(fields.Date.today(), days=3)
        invoice = self._invoice(post=False, invoice_date=tomorrow)
        invoice._post(soft=True)
        self.assertEqual(invoice.state, "draft")
        self.assertFalse(invoice.payment_id_number)
