"""What any adapter must show of the other side's own changes: the opening, and documents changed there."""

from datetime import timedelta

from odoo import fields


class CompareContract:
    """Beside ``LedgerContract``."""

    def remote_booked_by_hand(self, day, total):
        """The bookkeeper books an invoice without VAT over there, of this date and total, nothing of it paid."""
        raise NotImplementedError

    def remote_redate(self, move, day):
        """The date of the booked document is another one over there."""
        raise NotImplementedError

    def remote_delete(self, move):
        """The booked document is gone over there."""
        raise NotImplementedError

    def _kinds(self):
        return sorted(self.connection.ledger_difference_ids.mapped("kind"))

    def _alone(self):
        """Only what this test makes is open before the first day."""
        self.connection.ledger_compare_from = fields.Date.today()
        domain = [("company_id", "=", self.company.id), ("account_type", "=", "asset_receivable")]
        domain += [("amount_residual_currency", "!=", 0), ("parent_state", "=", "posted")]
        self.assertFalse(self.env["account.move.line"].search(domain))

    def test_opening_that_is_the_same(self):
        self._alone()
        before = fields.Date.today() - timedelta(days=40)
        self._new_invoice(invoice_date=before, invoice_date_due=before)
        self.remote_booked_by_hand(before, "318.75")
        self.connection.action_ledger_check_opening()
        self.assertFalse(self.connection.ledger_difference_ids)
        self.assertTrue(self.connection.ledger_opening_date)

    def test_opening_that_differs_is_told_once(self):
        self._alone()
        before = fields.Date.today() - timedelta(days=40)
        self._new_invoice(invoice_date=before, invoice_date_due=before)
        self._new_invoice()  # of the first day: not of the opening
        self.remote_booked_by_hand(before, "300.00")
        for _time in range(2):
            self.connection.action_ledger_check_opening()
            self.assertRecordValues(
                self.connection.ledger_difference_ids,
                [{"kind": "opening", "amount_here": 318.75, "amount_there": 300.0, "difference": -18.75}],
            )
        self.connection.action_compare()
        self.assertIn("opening", self._kinds(), "the daily comparison leaves it")

    def test_payment_changes_the_opening(self):
        self._alone()
        before = fields.Date.today() - timedelta(days=40)
        old = self._new_invoice(invoice_date=before, invoice_date_due=before)
        self.push(old)
        self.remote_pay(old, "100.00")
        self.connection.action_ledger_check_opening()
        self.assertEqual(self.connection.ledger_difference_ids.mapped("difference"), [-100.0])

    def test_document_with_another_date_there(self):
        self.connection.ledger_compare_from = fields.Date.today()
        move = self._new_invoice()
        self.push(move)
        day = fields.Date.today() + timedelta(days=3)
        self.remote_redate(move, day)
        self.connection.action_compare()
        difference = self.connection.ledger_difference_ids
        self.assertEqual((difference.kind, difference.move_id), ("changed", move))
        self.assertIn(str(day), difference.message)
        self.assertEqual(difference.difference, 0.0)
        self.remote_redate(move, move.invoice_date)
        self.connection.action_compare()
        self.assertFalse(self.connection.ledger_difference_ids)

    def test_document_that_left_the_period_there(self):
        """Dated out of what is listed: it is asked for by itself and not called missing."""
        self.connection.ledger_compare_from = fields.Date.today()
        move = self._new_invoice()
        self.push(move)
        self.remote_redate(move, fields.Date.today() - timedelta(days=200))
        self.connection.action_compare()
        self.assertEqual(self._kinds(), ["changed"])

    def test_document_that_is_gone_there(self):
        self.connection.ledger_compare_from = fields.Date.today()
        move = self._new_invoice()
        self.push(move)
        self.remote_delete(move)
        self.connection.action_compare()
        self.assertEqual(self._kinds(), ["debtors", "missing_there"])
        missing = self.connection.ledger_difference_ids.filtered(lambda one: one.kind == "missing_there")
        self.assertEqual((missing.move_id, missing.difference), (move, -318.75))
        self.assertEqual(move.ledger_state, "pushed", "it is not pushed again by itself")
