from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import PaymatchCommon, camt053, vipps_xml


@tagged("post_install", "-at_install")
class TestSecurity(PaymatchCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_data = cls.setup_other_company(name="Second company")
        cls.other = cls.other_data["company"]
        cls.other_provider = cls._create_provider(cls.other)
        cls.clerk = new_test_user(cls.env, "paymatch_clerk", "account.group_account_invoice", company_id=cls.company.id)
        cls.auditor = new_test_user(
            cls.env, "paymatch_auditor", "account.group_account_readonly", company_id=cls.company.id
        )
        cls.manager = new_test_user(
            cls.env, "paymatch_manager", "account.group_account_manager", company_id=cls.company.id
        )

    def test_clerk_imports_and_approves(self):
        invoice = self._invoice(100, "S1")
        report = self._import_as(self.clerk, ("S1", 100, 1))
        report.action_approve()
        self.assertEqual(invoice.payment_state, "paid")
        self.assertEqual(report.approved_by_id, self.clerk)
        with self.assertRaises(AccessError):
            self.provider.with_user(self.clerk).write({"name": "x"})

    def test_clerk_imports_a_statement_and_undoes_its_matching(self):
        """Core lets nobody create bank lines in Community; who prepares payment reports may."""
        self._invoice(100, "S1")
        report = self._import_as(self.clerk, ("S1", 100, 1))
        report.action_approve()
        statement = (
            self.env["account.bank.statement"]
            .with_user(self.clerk)
            ._paymatch_import_file(camt053(report.name), "s.xml", self.bank_journal.with_user(self.clerk))
        )
        self.assertEqual(report.state, "banked")
        statement.line_ids.action_paymatch_undo()
        self.assertEqual(report.state, "approved")
        statement.line_ids.action_paymatch_close()
        self.assertEqual(report.state, "banked")
        with self.assertRaises(AccessError):
            statement.line_ids.with_user(self.auditor).action_paymatch_undo()
        with self.assertRaises(AccessError):
            self.env["account.bank.statement"].with_user(self.auditor)._paymatch_import_file(b"x", "s.xml")

    def _import_as(self, user, *lines):
        provider = self.provider.with_user(user)
        return self.env["paymatch.report"].with_user(user)._import_file(vipps_xml(5, lines), "f.xml", provider)

    def test_auditor_reads_only(self):
        report = self._import(("S1", 100, 1))
        self.assertEqual(report.with_user(self.auditor).line_ids.gross_amount, 100)
        with self.assertRaises(AccessError):
            report.with_user(self.auditor).write({"name": "x"})
        with self.assertRaises(AccessError):
            self._import_as(self.auditor, ("S1", 100, 1))

    def test_companies_are_separate(self):
        report = self._import(("S1", 100, 1), provider=self.other_provider, currency=self.other.currency_id.name)
        self.assertEqual(report.company_id, self.other)
        for record in (report, report.line_ids, report.movement_ids, self.other_provider):
            with self.assertRaises(AccessError):
                record.with_user(self.manager).read(["display_name"])

    def test_another_companys_invoice_is_never_matched(self):
        self._invoice(100, "S1", company=self.other)
        report = self._import(("S1", 100, 1))
        self.assertEqual(report.line_ids.match_state, "open")

    def test_the_same_file_in_two_companies(self):
        self._import(("S1", 100, 1))
        currency = self.company.currency_id
        provider = self._create_provider(self.other, name="Same currency", currency_id=currency.id)
        report = self._import(("S1", 100, 1), provider=provider)
        self.assertEqual(report.company_id, self.other)

    def test_accounts_of_another_company_are_refused(self):
        with self.assertRaises(UserError):
            self.provider.in_transit_account_id = self.other_provider.in_transit_account_id
            self.env.flush_all()
