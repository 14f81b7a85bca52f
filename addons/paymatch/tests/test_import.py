import base64

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .. import formats
from .common import PaymatchCommon, camt053, vipps_xml


@tagged("post_install", "-at_install")
class TestImport(PaymatchCommon):
    def _import_raw(self, content, name="file.xml", provider=None):
        return self.env["paymatch.report"]._import_file(content, name, provider)

    def test_a_sum_that_is_wrong_blocks_and_names_the_difference(self):
        self._invoice(100, "S1")
        report = self._import(("S1", 100, 1), settled=98.99)
        self.assertEqual(report.state, "failed")
        self.assertIn("difference 0,01", report.error_message)
        self.assertTrue(report.file)
        with self.assertRaisesRegex(UserError, "difference 0.01"):
            report.action_approve()
        with self.assertRaises(UserError):
            report.action_match()

    def test_the_same_file_is_refused(self):
        self._import(("S1", 100, 1))
        with self.assertRaisesRegex(UserError, "imported already"):
            self._import(("S1", 100, 1))

    def test_the_same_payout_in_another_file_is_refused(self):
        self._import(("S1", 100, 1))
        with self.assertRaisesRegex(UserError, "imported already"):
            self._import(("S1", 100, 1), ("S2", 10, 0))

    def test_several_payouts_become_several_reports(self):
        one, two = vipps_xml(1, [("S1", 100, 1)]), vipps_xml(2, [("S2", 50, 0)])
        second = two[two.index(b"<SettlementInfo>") : two.index(b"</PaymentsInfo>")]
        content = one.replace(b"</PaymentsInfo>", second + b"</PaymentsInfo>").replace(
            b"<NumOfSettlements>1<", b"<NumOfSettlements>2<"
        )
        reports = self._import_raw(content)
        self.assertEqual(reports.mapped("name"), ["1", "2"])
        self.assertEqual(reports.mapped("net_amount"), [99.0, 50.0])
        with self.assertRaisesRegex(UserError, "imported already"):
            self._import_raw(content)

    def test_provider_is_found_by_its_number(self):
        self.provider.account_number = "123456"
        self._create_provider(self.company, name="Second", account_number="999")
        report = self._import_raw(vipps_xml(1, [("S1", 100, 1)]))
        self.assertEqual(report.provider_id, self.provider)
        with self.assertRaisesRegex(UserError, "Choose the provider"):
            self._import_raw(vipps_xml(2, [("S1", 100, 1)], serial="555"))

    def test_bad_files_give_a_message_and_leave_nothing(self):
        before = self.env["paymatch.report"].search_count([])
        for content, message in (
            (b"", "is empty"),
            (b"\0\1\2" * 1000, "is not a payout report"),
            (b"x" * (formats.MAX_BYTES + 1), "MB"),
            (b"<a/>", "is not a payout report"),
        ):
            with self.assertRaisesRegex(UserError, message):
                self._import_raw(content)
        self.assertEqual(self.env["paymatch.report"].search_count([]), before)

    def test_a_corrected_file_of_a_failed_payout_is_taken(self):
        self.assertEqual(self._import(("S1", 100, 1), settled=98).state, "failed")
        self.assertNotEqual(self._import(("S1", 100, 1)).state, "failed")

    def test_a_cut_file_is_kept_as_failed_and_can_be_read_again(self):
        content = vipps_xml(1, [("S1", 100, 1)])
        report = self._import_raw(content[:-40], provider=self.provider)
        self.assertEqual(report.state, "failed")
        self.assertIn("broken", report.error_message)
        self.assertEqual(base64.b64decode(report.file), content[:-40])
        action = report.action_read_again()
        self.assertEqual(self.env["paymatch.report"].browse(action["res_id"]).state, "failed")

    def test_a_danish_user_is_told_in_danish_what_is_wrong_with_a_file(self):
        reports = self.env["paymatch.report"].with_context(lang="da_DK")
        wrong = reports._import_file(vipps_xml(1, [("S1", 100, 1)], settled=98.99), "a.xml", self.provider)
        self.assertIn("linjerne giver tilsammen 99,00, filen siger 98,99: difference 0,01", wrong.error_message)
        cut = reports._import_file(vipps_xml(2, [("S1", 100, 1)])[:-40], "b.xml", self.provider)
        self.assertIn("XML-filen er i stykker", cut.error_message)
        with self.assertRaisesRegex(UserError, "ultimosaldo .* linjerne giver 109,00: difference -1,00"):
            self.env["account.bank.statement"].with_context(lang="da_DK")._paymatch_import_file(
                camt053().replace(b"109.00", b"110.00"), "s.xml", self.bank_journal
            )

    def test_wrong_currency_is_told(self):
        report = self._import(("S1", 100, 1), currency="NOK")
        self.assertEqual(report.state, "failed")
        self.assertIn("NOK", report.error_message)

    def test_wrong_format_for_the_provider(self):
        self.provider.format = "swedbank_pay"
        with self.assertRaisesRegex(UserError, "vipps_xml"):
            self._import(("S1", 100, 1))

    def test_wizard_imports_the_good_and_tells_of_the_bad(self):
        attachments = self.env["ir.attachment"].create(
            [
                {"name": "good.xml", "raw": vipps_xml(1, [("S1", 100, 1)])},
                {"name": "bad.xml", "raw": b"<a/>"},
                {"name": "camt.xml", "raw": camt053()},
            ]
        )
        wizard = self.env["paymatch.import"].create(
            {"attachment_ids": [Command.set(attachments.ids)], "bank_journal_id": self.bank_journal.id}
        )
        action = wizard.action_import()
        self.assertIn("bad.xml", action["params"]["message"])
        self.assertTrue(self.env["paymatch.report"].search([("filename", "=", "good.xml")]))
        self.assertTrue(self.env["account.bank.statement"].search([("reference", "=", "camt.xml")]))

    def test_fee_known_from_paper_only(self):
        """Swedbank Pay: fee and VAT stand in the balance report, a line by hand each."""
        self.provider.format = "swedbank_pay"
        invoice = self._invoice(1000, "S1")
        content = (
            b"<SalesAccountedTransactions xmlns='http://www.payex.com/xml/SalesAccountedTransactions%5B2.0%5D.xsd' "
            b"AccountingNo='R1' TotalNoOfTransactions='1' AccountingDate='2026-03-12'>"
            b"<Summary><Currency Currency='DKK'>"
            b"<ServiceType><Service NoOfDebit='1' NoOfCredit='0'/></ServiceType></Currency></Summary>"
            b"<Currency Sum='1000.00' Currency='DKK'><Transaction OrderIdentity='S1' Amount='1000.00' Currency='DKK' "
            b"DateCreated='2026-03-10 10:00:00' DateModified='2026-03-10 23:59:59' PayexTransactionNo='77'/></Currency>"
            b"</SalesAccountedTransactions>"
        )
        report = self._import_raw(content, provider=self.provider)
        self.assertEqual(report.net_amount, 1000)
        report.line_ids = [
            Command.create({"line_type": "fee", "gross_amount": -20, "text": "Card"}),
            Command.create({"line_type": "fee_vat", "gross_amount": -5}),
        ]
        self.assertEqual(report.net_amount, 975)
        report.action_match()
        report.action_approve()
        self.assertEqual(report.movement_ids.amount, 975)
        self.assertEqual(invoice.payment_state, "paid")
        self.assertEqual(self._balance(self.provider.fee_account_id), 20)
        self.assertEqual(self._balance(self.provider.fee_vat_account_id), 5)
        self.assertFalse(report.is_fee_booked)

    def test_statement_becomes_bank_lines_and_closes_the_payout(self):
        self._invoice(100, "S1")
        report = self._import(("S1", 100, 1))
        report.action_approve()
        statement = self.env["account.bank.statement"]._paymatch_import_file(camt053(), "s.xml", self.bank_journal)
        self.assertRecordValues(statement, [{"balance_start": 10.0, "balance_end_real": 109.0, "is_complete": True}])
        self.assertTrue(statement.line_ids.is_reconciled)
        self.assertEqual(report.state, "banked")
        with self.assertRaisesRegex(UserError, "imported before"):
            self.env["account.bank.statement"]._paymatch_import_file(camt053(), "s.xml", self.bank_journal)

    def test_statement_that_does_not_add_up(self):
        with self.assertRaisesRegex(UserError, "does not add up"):
            self.env["account.bank.statement"]._paymatch_import_file(
                camt053().replace(b"109.00", b"110.00"), "s.xml", self.bank_journal
            )

    def test_selection_and_formats_agree(self):
        codes = dict(self.env["paymatch.provider"]._fields["format"]._description_selection(self.env))
        for code, module in formats.FORMATS.items():
            if module.kind != "statement" and not code.startswith("own_"):
                self.assertIn(code, codes)
