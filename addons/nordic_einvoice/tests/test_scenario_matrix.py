from decimal import Decimal

from odoo import Command
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common import GLN
from .scenarios import DAY, PDF, ScenarioCase, tax


class Scenarios:
    """The scenarios; each country's class below runs them all."""

    # --- lines and rates -----------------------------------------------------------------------------------------
    def test_01_simple(self):
        self._holds(self._make((2, 500.0)), self._categories("S"))

    def test_02_mixed_vat(self):
        lines = (
            (1, 500.0),
            (1, 199.9, tax(self._tax("middle"))),
            (3, 49.95, tax(self._tax("low"))),
        )
        expected = "SZ" if self.country == "dk" else "SSS"
        self._holds(self._make(*lines), self._categories(*expected))

    def test_03_line_discounts(self):
        self._holds(self._make((3, 99.99, {"discount": 33.33}), (7, 12.34, {"discount": 12.5})))

    def test_04_negative_line_as_discount(self):
        self._holds(self._make((10, 100.0), (1, -150.0, {"name": "Rabat"})))

    def test_05_freight_line(self):
        self._holds(self._make((10, 100.0), (1, 79.0, {"name": "Fragt"})))

    def test_06_credit_note_of_an_invoice(self):
        invoices = []

        def make(**values):
            invoices.append(self._make((2, 500.0))(**values))
            return self._credit(invoices[-1])

        def names_its_invoice(move, root):
            reference = "BillingReference/InvoiceDocumentReference/"
            self.assertEqual(self._text(root, reference + "ID"), [invoices[-1].name])
            self.assertEqual(self._text(root, reference + "IssueDate"), [str(DAY)])
            self.assertNotIn("fejl", " ".join(root.xpath("//text()")))

        self._holds(make, names_its_invoice)

    def test_07_credit_note_alone(self):
        self._holds(self._make((2, 500.0), move_type="out_refund"))

    def test_08_reverse_charge_at_home(self):
        self._holds(self._make((1, 1000.0, tax(self._tax("reverse")))), self._categories("AE"))

    def test_09_sale_to_germany(self):
        line = (1, 1000.0, tax(self._tax("to_germany")))
        make = self._make(line, partner=self._partner("de"), delivery_date="2026-11-01")

        def says_when_and_where(move, root):
            self._categories(self.facts.to_germany[1])(move, root)
            self.assertEqual(self._text(root, "Delivery/ActualDeliveryDate"), ["2026-11-01"])

        self._holds(make, says_when_and_where)

    def test_10_export_to_the_usa(self):
        line = (1, 1000.0, tax(self._tax("export")))
        self._holds(self._make(line, partner=self._partner("us")), self._categories("G"))

    def test_10b_customer_abroad_without_electronic_address_is_stopped(self):
        customer = self._partner("us", name="Boston Inc", peppol_eas=False, peppol_endpoint=False)
        self._stopped(self._make((1, 1000.0, tax(self._tax("export"))), partner=customer), "Boston Inc")

    def test_11_foreign_currency(self):
        currency = self.setup_other_currency(self.facts.foreign, rates=[("2026-01-01", 0.134)])

        def vat_in_the_books_currency(move, root):
            if move.einvoice_channel == "peppol":
                booked = -sum(move.line_ids.filtered("tax_line_id").mapped("balance"))
                own = self.company.currency_id.name
                path = f"/*/*[local-name()='TaxTotal']/*[local-name()='TaxAmount'][@currencyID='{own}']"
                self.assertEqual([node.text for node in root.xpath(path)], [f"{booked:.2f}"])

        make = self._make((3, 33.33), (1, 7.77), currency_id=currency.id)
        self._holds(make, vat_in_the_books_currency)

    def test_12_zero_rated(self):
        self._holds(self._make((1, 1000.0, tax(self._tax("zero")))), self._categories("Z"))

    def test_13_exempt(self):
        self._holds(self._make((1, 1000.0, tax(self._tax("exempt")))), self._categories("E"))

    def test_14_outside_the_vat_act(self):
        self._holds(self._make((1, 1000.0, tax(self._tax("outside")))), self._categories("O"))

    def test_14b_exempt_beside_taxed(self):
        lines = ((1, 1000.0, tax(self._tax("exempt"))), (1, 500.0), (1, 10.0, tax(self._tax("zero"))))
        self._holds(self._make(*lines), self._categories("E", "S", "Z"))

    def test_15_two_hundred_lines_with_discounts(self):
        lines = [
            (1 + index % 7, round(1.01 + index * 0.37, 2), {"discount": index % 5 * 2.5, "name": f"Vare {index}"})
            for index in range(200)
        ]
        self._holds(self._make(*lines))

    def test_16_many_small_amounts(self):
        self._holds(self._make(*[(0.333, 0.99)] * 9, (1.005, 10.045)))

    def test_16b_many_small_amounts_rounded_per_line(self):
        self.company.tax_calculation_rounding_method = "round_per_line"
        self._holds(self._make(*[(0.333, 0.99)] * 9, (1.005, 10.045), *[(3, 2.93)] * 3))

    def test_17_prices_of_four_and_six_decimals(self):
        self.env.ref("product.decimal_price").digits = 6
        self._holds(self._make((1234, 0.0475), (3, 1.3333), (100000, 0.003333), (7, 0.123457)))

    def test_18_prices_with_vat_included(self):
        included = self.tax25.copy({"name": "inkl.", "price_include_override": "tax_included"})
        lines = ((3, 99.95, tax(included)), (1, 0.99, tax(included, discount=10)), (7, 19.99, tax(included)))
        self._holds(self._make(*lines))

    def test_19_payment_reference(self):
        card = {"dk": "71", "no": "kid10", "se": "ocr", "fi": "viite"}[self.country]
        values = {"card_type": card, "company_id": self.company.id}
        if card == "71":
            values["creditor_number"] = "88888888"
        self.env["payment.reference.agreement"].create(values)

        def is_what_the_payer_types(move, root):
            stated = self._text(root, "PaymentMeans/PaymentID")
            self.assertTrue(move.payment_id_number)
            if self.country == "dk" and move.einvoice_channel == "peppol":
                self.assertEqual(stated, [f"71#{move.payment_id_number}"])
                self.assertEqual(self._text(root, "PaymentMeans/PayeeFinancialAccount/ID"), ["88888888"])
            elif self.country == "dk":
                self.assertEqual(stated, ["71"])
                self.assertEqual(self._text(root, "PaymentMeans/InstructionID"), [move.payment_id_number])
            else:
                self.assertEqual(stated, [move.payment_id_number])

        self._holds(self._make((1, 1000.0)), is_what_the_payer_types)

    # --- payments, rounding, terms -------------------------------------------------------------------------------
    def test_22_partly_paid(self):
        def make(**values):
            move = self._make((1, 1000.0))(**values)
            wizard = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=move.ids)
            wizard.create({"amount": 300.0, "payment_difference_handling": "open"})._create_payments()
            return move

        def what_was_paid_is_said(move, root):
            self.assertEqual(self._text(root, "LegalMonetaryTotal/PrepaidAmount"), ["300.00"])

        self._holds(make, what_was_paid_is_said)

    def test_22b_partly_credited_is_not_prepaid(self):
        """A credit note is a document of its own: the invoice made again still asks for its whole amount."""
        move = self._make((2, 500.0))(einvoice_channel="peppol")
        wizard = self.env["account.move.reversal"].with_context(active_model="account.move", active_ids=move.ids)
        refund = self.env["account.move"].browse(
            wizard.create({"journal_id": move.journal_id.id}).refund_moves()["res_id"]
        )
        refund.invoice_line_ids.quantity = 1
        refund.action_post()
        (move.line_ids | refund.line_ids).filtered(lambda line: line.account_type == "asset_receivable").reconcile()
        totals = self._read(self._document(move)).totals
        self.assertEqual((totals.prepaid, totals.payable), (0, Decimal(f"{move.amount_total:.2f}")))

    def _whole_units(self, strategy):
        return self.env["account.cash.rounding"].create(
            {
                "name": "Hele",
                "rounding": 1.0,
                "strategy": strategy,
                "profit_account_id": self.company_data["default_account_revenue"].id,
                "loss_account_id": self.company_data["default_account_expense"].id,
            }
        )

    def test_23_cash_rounding(self):
        rounding = self._whole_units("add_invoice_line")

        def to_whole_units(move, root):
            self.assertTrue(self._text(root, "LegalMonetaryTotal/PayableRoundingAmount"))
            self.assertEqual(move.amount_total % 1, 0)

        self._holds(self._make((3, 33.37), invoice_cash_rounding_id=rounding.id), to_whole_units)

    def test_23b_cash_rounding_in_the_biggest_tax(self):
        rounding = self._whole_units("biggest_tax")
        self._holds(self._make((3, 33.37), invoice_cash_rounding_id=rounding.id))

    def test_24_line_without_tax_is_stopped(self):
        self._stopped(self._make((1, 1000.0, {"tax_ids": False, "name": "Gebyr 7"})), "Gebyr 7")

    def test_25_line_without_tax_beside_a_taxed_one_is_stopped(self):
        self._stopped(self._make((1, 1000.0), (1, 25.0, {"tax_ids": False, "name": "Gebyr 8"})), "Gebyr 8")

    def _term(self, **values):
        return self.env["account.payment.term"].create(
            {
                "name": "Betingelse",
                "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})],
            }
            | values
        )

    def test_26_early_payment_discount(self):
        """VAT of the discounted amount, as booked: an allowance with VAT and a charge without."""
        for computation in ("mixed", "excluded", "included"):
            term = self._term(
                early_discount=True,
                discount_percentage=2,
                discount_days=10,
                early_pay_discount_computation=computation,
            )
            with self.subTest(computation):
                self._holds(self._make((1, 1000.0), (3, 33.33), invoice_payment_term_id=term.id))

    def test_27_two_instalments(self):
        shares = [
            Command.create({"value": "percent", "value_amount": 30, "nb_days": 0}),
            Command.create({"value": "percent", "value_amount": 70, "nb_days": 30}),
        ]
        term = self._term(name="30/70", line_ids=shares)

        def both_are_said(move, root):
            note = " ".join(self._text(root, "PaymentTerms/Note"))
            for day in ("2026-11-02", "2026-12-02"):
                self.assertIn(day, note)

        self._holds(self._make((1, 1000.0), invoice_payment_term_id=term.id), both_are_said)

    def test_28_sections_notes_and_narration(self):
        section = {"display_type": "line_section", "name": "Afsnit", "tax_ids": False}
        note = {"display_type": "line_note", "name": "Note <b>x</b> & y", "tax_ids": False}
        make = self._make(
            (0, 0, section), (1, 10.0), (0, 0, note), narration="<p>Tak for handlen &amp; på gensyn ☃</p>"
        )

        def one_line_and_the_note(move, root):
            line = "CreditNoteLine" if move.move_type == "out_refund" else "InvoiceLine"
            self.assertEqual(len(self._at(root, line)), 1)
            self.assertIn("Tak for handlen & på gensyn ☃", self._text(root, "Note")[0])

        self._holds(make, one_line_and_the_note)

    def test_29_negative_quantity(self):
        self._holds(self._make((5, 100.0), (-1, 100.0)))

    def test_30_zero_quantity(self):
        self._holds(self._make((5, 100.0), (0, 100.0)))

    def test_31_zero_price(self):
        self._holds(self._make((5, 100.0), (1, 0.0, {"name": "Gratis"})))

    def test_32_all_of_a_line_discounted(self):
        self._holds(self._make((5, 100.0), (1, 10.0, {"discount": 100, "name": "Gratis"})))

    # --- parties -------------------------------------------------------------------------------------------------
    def test_33_no_reference_at_all(self):
        """Peppol demands one; our own number is none. NemHandel does not, unless the customer is public."""
        move = self._make((1, 1000.0))(buyer_reference=False, einvoice_channel="peppol")
        self.assertIn(self.customer.name, "\n".join(move._einvoice_faults()))
        if "nemhandel" in self.facts.formats:
            self._document(self._make((1, 1000.0))(buyer_reference=False, einvoice_channel="nemhandel"))

    def test_34_private_customer_is_stopped(self):
        country = self.company.country_id
        private = self.env["res.partner"].create({"name": "Per Privat", "country_id": country.id, "street": "Vej 2"})
        self._stopped(self._make((1, 1000.0), partner=private), "Per Privat")

    def test_35_account_as_printed_in_the_country(self):
        bank = self._account(self.facts.account)
        expected = {
            "dk": ("42", "0012345678", "1551"),
            "no": ("30", "86011117947", None),
            "se": ("30", "58056201", "SE:BANKGIRO"),
            "fi": ("58", "FI2112345600000785", "DABADKKK"),
        }[self.country]

        def means(move, root):
            node = self._at(root, "PaymentMeans")[0]
            found = tuple(
                node.findtext(path)
                for path in (
                    "{*}PaymentMeansCode",
                    "{*}PayeeFinancialAccount/{*}ID",
                    "{*}PayeeFinancialAccount/{*}FinancialInstitutionBranch/{*}ID",
                )
            )
            self.assertEqual(found, expected)

        self._holds(self._make((1, 1000.0), partner_bank_id=bank.id), means)

    def test_36_no_account(self):
        self.company.partner_id.bank_ids.active = False

        def nothing_is_made_up(move, root):
            self.assertLessEqual(set(self._text(root, "PaymentMeans/PaymentMeansCode")), {"1"})

        self._holds(self._make((1, 1000.0), partner_bank_id=False), nothing_is_made_up)

    def test_37_units(self):
        hour, dozen = self.env.ref("uom.product_uom_hour"), self.env.ref("uom.product_uom_dozen")
        make = self._make((2.5, 850.0, {"product_uom_id": hour.id}), (3, 1200.0, {"product_uom_id": dozen.id}))

        def codes(move, root):
            self.assertEqual(root.xpath("//*[local-name()='InvoicedQuantity']/@unitCode"), ["HUR", "DZN"])

        self._holds(make, codes)

    def test_38_discounts_that_do_not_come_out_even(self):
        self._holds(self._make(*[(17, 3.47, {"discount": 7.77})] * 13))

    def test_39_pdf_and_attachment(self):
        def make(**values):
            move = self._make((1, 1000.0))(**values)
            file = {"name": "timer.csv", "raw": b"a;b\n1;2\n", "res_model": "account.move", "res_id": move.id}
            move.einvoice_attachment_ids = self.env["ir.attachment"].create(file)
            self._with_pdf(move)
            return move

        def both_are_inside(move, root):
            path = "AdditionalDocumentReference/Attachment/EmbeddedDocumentBinaryObject"
            found = {(node.get("filename"), node.get("mimeCode")) for node in self._at(root, path)}
            self.assertEqual(found, {("faktura.pdf", "application/pdf"), ("timer.csv", "text/csv")})

        self._holds(make, both_are_inside)

    def _with_pdf(self, move):
        self.env["ir.attachment"].create(
            {
                "name": "faktura.pdf",
                "raw": PDF,
                "mimetype": "application/pdf",
                "res_model": "account.move",
                "res_id": move.id,
                "res_field": "invoice_pdf_report_file",
            }
        )
        move.invalidate_recordset(["invoice_pdf_report_id", "invoice_pdf_report_file"])

    def test_40_credit_note_with_discount_in_foreign_currency(self):
        currency = self.setup_other_currency(self.facts.foreign, rates=[("2026-01-01", 0.134)])
        self._holds(self._make((3, 33.33, {"discount": 15}), move_type="out_refund", currency_id=currency.id))

    def test_41_prices_with_vat_included_of_two_rates(self):
        copies = [
            record.copy({"name": f"inkl. {record.amount}", "price_include_override": "tax_included"})
            for record in (self.tax25, self._tax("middle"))
        ]
        lines = ((3, 19.95, tax(copies[0], discount=5)), (11, 0.35, tax(copies[1])))
        if not copies[1].amount:
            copies[1].ubl_cii_tax_category_code = "Z"
        self._holds(self._make(*lines))

    def test_42_customer_without_address(self):
        customer = self._partner(self.country, street=False, zip=False, city=False)
        self._holds(self._make((1, 1000.0), partner=customer))

    def test_43_customer_with_gln(self):
        customer = self._partner(self.country, peppol_eas="0088", peppol_endpoint=GLN)
        self._holds(self._make((1, 1000.0), partner=customer))

    # --- the story -----------------------------------------------------------------------------------------------
    def test_44_the_story(self):
        """Three lines of 3 x 2.93, rounding per line: VAT and total as booked, the credit note the same."""
        self.company.tax_calculation_rounding_method = "round_per_line"
        if self.tax25.amount == 25:
            moves = {"vat": "6.60", "payable": "32.97"}
        else:
            moves = {"vat": "6.72", "payable": "33.09"}
        made = []

        def make(**values):
            made.append(self._make(*[(3, 2.93)] * 3)(**values))
            return made[-1]

        def to_the_cent(move, root):
            self.assertEqual(self._text(root, "TaxTotal/TaxAmount"), [moves["vat"]])
            self.assertEqual(self._text(root, "LegalMonetaryTotal/PayableAmount"), [moves["payable"]])

        self._holds(make, to_the_cent)

        def credit(**values):
            return self._credit(make(**values))

        def to_the_cent_with_its_invoice(move, root):
            to_the_cent(move, root)
            self.assertEqual(self._text(root, "BillingReference/InvoiceDocumentReference/ID"), [made[-1].name])

        self._holds(credit, to_the_cent_with_its_invoice)


@tagged("post_install", "-at_install")
class TestDanishMatrix(Scenarios, ScenarioCase):
    country = "dk"

    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()


@tagged("post_install", "-at_install")
class TestNorwegianMatrix(Scenarios, ScenarioCase):
    country = "no"

    @classmethod
    @AccountTestInvoicingCommon.setup_country("no")
    def setUpClass(cls):
        super().setUpClass()


@tagged("post_install", "-at_install")
class TestSwedishMatrix(Scenarios, ScenarioCase):
    country = "se"

    @classmethod
    @AccountTestInvoicingCommon.setup_country("se")
    def setUpClass(cls):
        super().setUpClass()


@tagged("post_install", "-at_install")
class TestFinnishMatrix(Scenarios, ScenarioCase):
    country = "fi"

    @classmethod
    @AccountTestInvoicingCommon.setup_country("fi")
    def setUpClass(cls):
        super().setUpClass()
