from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..formats import records
from .common import PaymatchCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-12 12:00:00")
class TestOverview(PaymatchCommon):
    """What payouts cost, chargebacks in time, and who approves."""

    def _payout(self, *lines, name="P1"):
        currency = self.company.currency_id.name
        lines = tuple(replace(line, group=name) for line in lines)
        total = sum(line.net for line in lines)
        group = records.Group(name, date(2026, 3, 12), currency, amount=total, reference=name)
        parsed = records.Report("payout", "vipps_xml", currency, lines=lines, groups=(group,))
        base = {"company_id": self.company.id, "filename": name, "file_sha256": name, "format": "vipps_xml"}
        report = self.env["paymatch.report"]._create_report(base, self.provider, parsed, name, (group,), lines)
        report.action_match()
        return report

    def _line(self, kind, gross, fee=0, **values):
        gross, fee = Decimal(gross), Decimal(fee)
        currency = self.company.currency_id.name
        return records.Line(kind, gross=gross, fee=fee, net=gross + fee, currency=currency, **values)

    def test_fees_in_per_cent_of_the_sales(self):
        for at in range(3):
            self._invoice(1000, f"F{at}")
        report = self._payout(
            self._line("sale", 1000, -10, fee_type="Dankort", order_reference="F0"),
            self._line("sale", 1000, -30, fee_type="Visa", order_reference="F1"),
            self._line("sale", 1000, -20, fee_type="Visa", order_reference="F2"),
            self._line("fee", -60, fee_type="Terminal"),
        )
        fees = self.env["paymatch.fee.report"]
        domain = [("provider_id", "=", self.provider.id)]
        self.assertFalse(fees.search_count(domain), "nothing is approved")
        report.action_approve()
        found = fees._read_group(domain, ["fee_type"], ["sale_amount:sum", "fee_amount:sum", "rate:avg"])
        self.assertEqual(
            sorted(found), [("Dankort", 1000.0, 10.0, 1.0), ("Terminal", 0.0, 60.0, 0.0), ("Visa", 2000.0, 50.0, 2.5)]
        )
        ((fee, rate),) = fees._read_group(domain, [], ["fee_amount:sum", "rate:avg"])
        self.assertEqual((fee, rate), (-report.fee_amount, 4.0))

    def test_fees_of_other_companies_are_not_shown(self):
        self._invoice(1000, "F0")
        self._payout(self._line("sale", 1000, -10, order_reference="F0")).action_approve()
        other = self.env["res.company"].create({"name": "Other"})
        user = new_test_user(
            self.env,
            "fees",
            groups="account.group_account_readonly",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        self.assertFalse(self.env["paymatch.fee.report"].with_user(user).search([]))
        auditor = new_test_user(self.env, "fees2", groups="account.group_account_readonly", company_id=self.company.id)
        rows = self.env["paymatch.fee.report"].with_user(auditor).search([("provider_id", "=", self.provider.id)])
        self.assertEqual(len(rows), 1)

    def test_somebody_is_told_before_a_chargeback_can_no_longer_be_contested(self):
        self.provider.chargeback_days = 10
        report = self._payout(self._line("chargeback", -500, event_date=date(2026, 3, 10), order_reference="C1"))
        line, remind = report.line_ids, self.env["paymatch.report.line"]._cron_remind_chargebacks
        self.assertEqual(line.answer_date, date(2026, 3, 20))
        remind()
        self.assertFalse(report.activity_ids)
        with freeze_time("2026-03-17 12:00:00"):
            remind()
            remind()
        self.assertEqual(report.activity_ids.mapped("date_deadline"), [date(2026, 3, 20)])
        self.assertIn("500", report.activity_ids.note)
        with freeze_time("2026-03-21 12:00:00"):
            self.env.invalidate_all()
            self.assertTrue(line.is_answer_late)
            line.is_answered = True
            self.assertFalse(line.is_answer_late)

    def test_an_answered_chargeback_needs_no_reminder(self):
        self.provider.chargeback_days = 1
        report = self._payout(self._line("chargeback", -500, event_date=date(2026, 3, 10)))
        report.line_ids.is_answered = True
        self.env["paymatch.report.line"]._cron_remind_chargebacks()
        self.assertFalse(report.activity_ids)
        self.assertFalse(self._payout_without_days().line_ids.answer_date)

    def _payout_without_days(self):
        self.provider.chargeback_days = 0
        return self._payout(self._line("chargeback", -500, event_date=date(2026, 3, 10)), name="P1-2")

    def test_the_last_day_is_corrected_by_a_clerk_the_file_is_not(self):
        self.provider.chargeback_days = 10
        report = self._payout(self._line("chargeback", -500, event_date=date(2026, 3, 10)))
        clerk = new_test_user(self.env, "clerk", groups="account.group_account_invoice", company_id=self.company.id)
        line = report.line_ids.with_user(clerk)
        line.answer_date = date(2026, 3, 20) + timedelta(days=2)
        with self.assertRaises(AccessError):
            line.is_reminded = True
        with self.assertRaises(UserError):
            line.gross_amount = 1

    def test_a_clerk_prepares_and_a_manager_approves(self):
        self._invoice(1000, "F0")
        report = self._payout(self._line("sale", 1000, -10, order_reference="F0"))
        clerk = new_test_user(self.env, "clerk", groups="account.group_account_invoice", company_id=self.company.id)
        manager = new_test_user(self.env, "boss", groups="account.group_account_manager", company_id=self.company.id)
        self.provider.approval_by_manager = True
        report.with_user(clerk).action_match()
        with self.assertRaises(UserError):
            report.with_user(clerk).action_approve()
        self.assertEqual((report.state, report.move_ids.ids), ("to_approve", []))
        report.with_user(manager).action_approve()
        self.assertEqual(report.state, "approved")
        with self.assertRaises(UserError):
            report.with_user(clerk).action_undo()
        self.provider.approval_by_manager = False
        report.with_user(clerk).action_undo()
        report.with_user(clerk).action_approve()
        self.assertEqual(report.state, "approved")
