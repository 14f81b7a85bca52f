from decimal import Decimal

from odoo import Command
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common import EinvoiceCommon


@tagged("post_install", "-at_install")
class TestDanishScenarios(EinvoiceCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls._danish_company()
        cls.customer = cls._partner("dk", ref="K-100")

    def _both(self, lines, partner=None, **values):
        """One invoice per channel, with its document, for scenarios that must hold in both formats."""
        for channel in ("nemhandel", "peppol"):
            with self.subTest(channel):
                move = self._invoice(partner or self.customer, lines, einvoice_channel=channel, **values)
                yield move, self._document(move)

    def _agreement(self, **values):
        return self.env["payment.reference.agreement"].create(
            {"card_type": "71", "creditor_number": "88888888", "company_id": self.company.id, **values}
        )

    def test_fik(self):
        for card, length in (("71", 15), ("75", 16)):
            agreement = self._agreement(card_type=card)
            for move, document in self._both([(1, 1000.0)]):
                means = self._read(document).payment_means[0]
                self.assertEqual((means.code, means.card_type, means.account), ("93", card, "88888888"))
                self.assertEqual(means.payment_id, move.payment_id_number)
                self.assertEqual(len(means.payment_id), length)
            agreement.active = False
            agreement.flush_recordset()

    def test_fik_73_has_no_payment_id(self):
        self._agreement(card_type="73")
        for _move, document in self._both([(1, 1000.0)]):
            means = self._read(document).payment_means[0]
            self.assertEqual((means.code, means.card_type, means.payment_id), ("93", "73", ""))

    def test_fik_in_oioubl_stands_where_oioubl_wants_it(self):
        self._agreement()
        move = self._invoice(self.customer)
        document = self._document(move)
        self.assertEqual(self._texts(document, "PaymentMeans/PaymentID"), ["71"])
        self.assertEqual(self._texts(document, "PaymentMeans/InstructionID"), [move.payment_id_number])
        self.assertEqual(self._texts(document, "CreditAccount/AccountID"), ["88888888"])

    def test_bank_account(self):
        for number, expected in (
            ("1551 0012345678", ("42", "1551", "0012345678")),
            ("DK5000400440116243", ("58", "", "DK5000400440116243")),
        ):
            bank = self.env["res.partner.bank"].create(
                {"acc_number": number, "partner_id": self.company.partner_id.id, "allow_out_payment": True}
            )
            for _move, document in self._both([(1, 10.0)], partner_bank_id=bank.id):
                means = self._read(document).payment_means[0]
                self.assertEqual((means.code, means.branch, means.account), expected)

    def test_line_discounts(self):
        lines = [(3, 99.95, {"discount": 33.33}), (7, 12.5, {"discount": 12.5}), (1, 80.0, {"discount": 100})]
        for move, document in self._both(lines):
            self.assertEqual(self._read(document).totals.payable, Decimal(str(move.amount_total)))
        self.assertEqual(self._texts(document, "AllowanceCharge/AllowanceChargeReasonCode"), ["95"] * 3)

    def test_prices_with_vat_included(self):
        tax = self.tax25.copy({"name": "25 inkl.", "price_include_override": "tax_included"})
        lines = [
            (3, 99.95, {"discount": 10, "tax_ids": [Command.set(tax.ids)]}),
            (1, 1.0, {"tax_ids": [Command.set(tax.ids)]}),
        ]
        for move, document in self._both(lines):
            self.assertEqual(self._read(document).totals.tax, Decimal(str(move.amount_tax)))

    def test_small_prices_large_quantities(self):
        self.env.ref("product.decimal_price").digits = 4
        for move, document in self._both([(1234, 0.0475), (0.333, 0.99), (100000, 0.0033)]):
            self.assertEqual(self._read(document).totals.tax_exclusive, Decimal(str(move.amount_untaxed)))

    def test_negative_line_zero_line_and_sections(self):
        section = {"display_type": "line_section", "name": "Del 1", "quantity": 0, "price_unit": 0, "tax_ids": False}
        lines = [(1, 500.0), (1, -100.0), (0, 75.0), (2, 0.0), (0, 0.0, section)]
        for _move, document in self._both(lines):
            written = self._read(document).lines
            self.assertEqual([line.amount for line in written], [500, -100, 0])
            self.assertTrue(all(line.price >= 0 for line in written))

    def test_credit_note_carries_no_payment(self):
        self._agreement()
        refund = self._credit(self._invoice(self.customer))
        for channel in ("nemhandel", "peppol"):
            refund.einvoice_channel = channel
            document = self._document(refund)
            self.assertEqual(document.document_type, "credit_note")
            self.assertFalse(self._read(document).payment_means)

    def test_zero_rates_get_the_category_of_the_law(self):
        customers = {"K": self._partner("de"), "AE": self._partner("de"), "G": self._partner("no")}
        expected = {"tax_s0": "Z", "tax_smf": "E", "tax_s2": "K", "tax_s3": "AE", "tax_s4": "G", "tax_s%": "O"}
        for name, category in expected.items():
            partner = customers.get(category, self.customer)
            line = (1, 100.0, {"tax_ids": [Command.set(self._chart_tax(name).ids)]})
            with self.subTest(name):
                move = self._invoice(partner, [line], einvoice_channel="peppol")
                self.assertEqual(self._read(self._document(move)).tax_subtotals[0].tax.code, category)

    def test_reverse_charge_and_zero_rate_in_oioubl(self):
        for name, expected in (("tax_s3", "ReverseCharge"), ("tax_s0", "ZeroRated")):
            line = (1, 100.0, {"tax_ids": [Command.set(self._chart_tax(name).ids)]})
            document = self._document(self._invoice(self.customer, [line, (1, 10.0)]))
            self.assertIn(expected, self._texts(document, "TaxTotal/TaxSubtotal/TaxCategory/ID"))

    def test_foreign_currency_states_vat_in_kroner(self):
        euro = self.setup_other_currency("EUR", rates=[("2026-01-01", 0.134)])
        for move, document in self._both([(3, 33.33)], currency_id=euro.id):
            written = self._read(document)
            self.assertEqual((written.currency, written.tax_currency), ("EUR", "DKK"))
            booked = -sum(move.line_ids.filtered("tax_line_id").mapped("balance"))
            self.assertEqual(written.tax_currency_amount, Decimal(f"{booked:.2f}"))

    def test_cash_rounding(self):
        rounding = self.env["account.cash.rounding"].create(
            {
                "name": "Hele kroner",
                "rounding": 1.0,
                "strategy": "add_invoice_line",
                "profit_account_id": self.company_data["default_account_revenue"].id,
                "loss_account_id": self.company_data["default_account_expense"].id,
            }
        )
        for move, document in self._both([(1, 99.9)], invoice_cash_rounding_id=rounding.id):
            self.assertEqual(move.amount_total, 125.0)
            totals = self._read(document).totals
            self.assertEqual((totals.rounding, totals.payable), (Decimal("0.12"), Decimal("125.00")))

    def test_partly_paid(self):
        for channel in ("nemhandel", "peppol"):
            move = self._invoice(self.customer, einvoice_channel=channel)
            self.env["account.payment.register"].with_context(active_model="account.move", active_ids=move.ids).create(
                {"amount": 250.0}
            )._create_payments()
            totals = self._read(self._document(move)).totals
            self.assertEqual((totals.prepaid, totals.payable), (Decimal("250.00"), Decimal("1000.00")))

    def test_customer_with_internal_reference_is_no_party_identification(self):
        for _move, document in self._both([(1, 10.0)]):
            self.assertFalse(self._texts(document, "PartyIdentification/ID"))

    def test_two_hundred_lines(self):
        lines = [(index % 7 + 1, 19.95 + index, {"discount": index % 3 * 5}) for index in range(200)]
        for move, document in self._both(lines):
            self.assertEqual(self._read(document).totals.payable, Decimal(f"{move.amount_total:.2f}"))


@tagged("post_install", "-at_install")
class TestNorwegianScenarios(EinvoiceCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("no")
    def setUpClass(cls):
        super().setUpClass()
        cls._norwegian_company()
        cls.customer = cls._partner("no")

    def test_ehf_with_kid(self):
        self.env["payment.reference.agreement"].create({"card_type": "kid10", "company_id": self.company.id})
        bank = self.env["res.partner.bank"].create(
            {"acc_number": "8601 11 17947", "partner_id": self.company.partner_id.id, "allow_out_payment": True}
        )
        move = self._invoice(self.customer, partner_bank_id=bank.id)
        document = self._document(move)
        self.assertFalse(document.finding_ids)  # NO-R-002 too is met
        means = self._read(document).payment_means[0]
        self.assertEqual((means.code, means.payment_id, means.account), ("30", move.payment_id_number, "86011117947"))
        self.assertIn("Foretaksregisteret", self._texts(document, "PartyTaxScheme/CompanyID"))
        self.assertIn("310999903", self._texts(document, "PartyLegalEntity/CompanyID"))

    def test_vat_number_is_put_into_shape(self):
        self.env.cr.execute("UPDATE res_partner SET vat = '310 999 903' WHERE id = %s", [self.company.partner_id.id])
        self.company.partner_id.invalidate_recordset()
        document = self._document(self._invoice(self.customer))
        self.assertIn("NO310999903MVA", self._texts(document, "PartyTaxScheme/CompanyID"))

    def test_credit_note(self):
        move = self._invoice(self.customer, lines=[(3, 19.99, {"discount": 7.77})])
        refund = self._credit(move)
        credit = self._read(self._document(refund))
        self.assertEqual(credit.totals.payable, Decimal(f"{move.amount_total:.2f}"))
        self.assertEqual(credit.billing_references[0].id, move.name)

    def test_sale_to_germany_is_export_not_intra_community(self):
        line = (1, 100.0, {"tax_ids": [Command.set(self._chart_tax("tax19").ids)]})
        written = self._read(self._document(self._invoice(self._partner("de"), [line])))
        self.assertEqual(written.tax_subtotals[0].tax.code, "G")

    def test_zero_rates(self):
        for name, category in (("tax4", "Z"), ("tax5", "O"), ("tax18", "AE")):
            line = (1, 100.0, {"tax_ids": [Command.set(self._chart_tax(name).ids)]})
            with self.subTest(name):
                written = self._read(self._document(self._invoice(self.customer, [line])))
                self.assertEqual(written.tax_subtotals[0].tax.code, category)

    def test_several_rates(self):
        lines = [(1, 100.0), (2, 33.33, {"tax_ids": [Command.set(self._chart_tax("tax15").ids)]})]
        move = self._invoice(self.customer, lines)
        totals = self._read(self._document(move)).totals
        self.assertEqual(totals.tax, Decimal(f"{move.amount_tax:.2f}"))


@tagged("post_install", "-at_install")
class TestSwedishScenarios(EinvoiceCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("se")
    def setUpClass(cls):
        super().setUpClass()
        cls._swedish_company()

    def test_bankgiro_with_ocr(self):
        self.env["payment.reference.agreement"].create({"card_type": "ocr", "company_id": self.company.id})
        bank = self.env["res.partner.bank"].create(
            {"acc_number": "5805-6201", "partner_id": self.company.partner_id.id, "allow_out_payment": True}
        )
        move = self._invoice(self._partner("se"), partner_bank_id=bank.id)
        document = self._document(move)
        self.assertFalse(document.finding_ids)
        means = self._read(document).payment_means[0]
        self.assertEqual((means.code, means.account, means.branch), ("30", "58056201", "SE:BANKGIRO"))
        self.assertEqual(means.payment_id, move.payment_id_number)
        self.assertIn("Godkänd för F-skatt", self._texts(document, "PartyTaxScheme/CompanyID"))
