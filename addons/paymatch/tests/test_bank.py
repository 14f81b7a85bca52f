from datetime import date, timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import PAYOUT_DATE, PaymatchCommon


@tagged("post_install", "-at_install")
class TestBank(PaymatchCommon):
    def _approved(self, order="S1", amount=100, number=2000101, **values):
        self._invoice(amount, order)
        report = self._import((order, amount, 1), number=number, **values)
        report.action_approve()
        return report

    def test_bank_line_with_reference_closes_the_item(self):
        report = self._approved()
        line = self._bank_line(99, "Utbet. 2000101 Vippsnr 123456", PAYOUT_DATE + timedelta(days=2))
        self.assertTrue(line.is_reconciled)
        self.assertEqual(report.state, "banked")
        self.assertEqual(report.movement_ids.statement_line_id, line)
        self.assertEqual(self._balance(self.provider.in_transit_account_id), 0)

    def test_bank_line_before_the_approval(self):
        self._invoice(100, "S1")
        report = self._import(("S1", 100, 1))
        line = self._bank_line(99, "VIPPS 2000101")
        self.assertFalse(line.is_reconciled)
        report.action_approve()
        self.assertEqual(report.state, "banked")
        self.assertTrue(line.is_reconciled)

    def test_amount_alone_must_be_single_on_both_sides(self):
        first, second = self._approved(), self._approved("S2", number=2000102)
        line = self._bank_line(99, "Overførsel")
        self.assertFalse(line.is_reconciled)
        with self.assertRaisesRegex(UserError, "several do"):
            line.action_paymatch_close()
        self._bank_line(99, "Utbet. 2000102 Vippsnr 123456")
        self.assertEqual((first.state, second.state), ("approved", "banked"))
        line.action_paymatch_close()
        self.assertEqual(first.state, "banked")

    def test_other_amount_or_outside_the_window_stays(self):
        report = self._approved()
        self.assertFalse(self._bank_line(98.99, "2000101").is_reconciled)
        self.assertFalse(self._bank_line(99, "2000101", PAYOUT_DATE + timedelta(days=40)).is_reconciled)
        self.assertEqual(report.state, "approved")

    def test_another_bank_account_is_left_alone(self):
        other = self.bank_journal.copy({"name": "Second bank", "code": "BNK9"})
        self.provider.bank_journal_id = other
        report = self._approved()
        self.assertFalse(self._bank_line(99, "2000101").is_reconciled)
        self.assertTrue(self._bank_line(99, "2000101", journal=other).is_reconciled)
        self.assertEqual(report.state, "banked")

    def test_undo_is_refused_while_the_bank_line_is_matched(self):
        report = self._approved()
        line = self._bank_line(99, "2000101")
        with self.assertRaisesRegex(UserError, "bank line"):
            report.action_undo()
        line.action_undo_reconciliation()
        self.assertEqual(report.state, "approved")
        self.assertFalse(report.movement_ids.statement_line_id)
        report.action_undo()
        self.assertEqual(report.state, "to_approve")

    def test_negative_payout_is_drawn_from_the_bank(self):
        report = self._import(("", -45, 0))
        report.line_ids._route(self.expense_account, "Correction")
        report.action_approve()
        line = self._bank_line(-45, "Vipps 2000101", date(2026, 3, 13))
        self.assertTrue(line.is_reconciled)
        self.assertEqual(report.state, "banked")
