from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import freeze_time, tagged

from ..hooks import _company_days, _fill_states
from .common import InvoiceStatusCommon


@tagged("post_install", "-at_install")
class TestInvoiceStatus(InvoiceStatusCommon):
    def test_life_of_an_invoice(self):
        invoice = self._invoice(post=False)
        self.assertEqual(invoice.invoice_status_state, "draft")
        invoice.action_post()
        self.assertEqual(invoice.invoice_status_state, "awaiting")
        self._pay(invoice, 400)
        self.assertEqual(invoice.invoice_status_state, "partial")
        self._pay(invoice)
        self.assertEqual(invoice.invoice_status_state, "paid")
        self.assertEqual(
            self._log(invoice),
            [
                (False, "draft", "user"),
                ("draft", "awaiting", "user"),
                ("awaiting", "partial", "payment"),
                ("partial", "paid", "payment"),
            ],
        )

    def test_credit_note_and_cancel(self):
        invoice = self._invoice()
        credit_note = invoice._reverse_moves([{"invoice_date": self.today}], cancel=True)
        self.assertEqual(invoice.invoice_status_state, "credited")
        self.assertEqual(credit_note.invoice_status_state, "paid")
        draft = self._invoice(post=False)
        draft.button_cancel()
        self.assertEqual(draft.invoice_status_state, "cancelled")

    def test_vendor_bill_has_no_state(self):
        bill = self._invoice(move_type="in_invoice")
        self.assertFalse(bill.invoice_status_state)
        self.assertFalse(bill.invoice_status_log_ids)

    def test_sent_is_logged(self):
        invoice = self._invoice()
        invoice.is_move_sent = True
        self.assertTrue(invoice.invoice_is_sent)
        self.assertEqual(self._log(invoice)[-1], ("not_sent", "sent", "user"))

    def test_clock_marks_overdue_in_the_company_day(self):
        self.company_data["company"].partner_id.tz = "Europe/Copenhagen"
        moves = self.env["account.move"]
        midnight = fields.Datetime.to_datetime(self.today)  # in UTC
        with freeze_time(midnight + timedelta(hours=12)):
            invoice = self._invoice(due_in=0)
            self.assertEqual(invoice.invoice_status_state, "awaiting")
        # Before 22:00 UTC it is still the due date in Copenhagen; at 23:30 UTC it is the day after there.
        progress = patch.object(self.env.registry["ir.cron"], "_commit_progress", return_value=600)
        with freeze_time(midnight + timedelta(hours=21)), progress:
            moves._cron_update_overdue(batch_size=1)
            self.assertEqual(invoice.invoice_status_state, "awaiting")
        with freeze_time(midnight + timedelta(hours=23, minutes=30)), progress:
            moves._cron_update_overdue(batch_size=1)
        self.assertEqual(invoice.invoice_status_state, "overdue")
        self.assertEqual(self._log(invoice)[-1], ("awaiting", "overdue", "clock"))
        self.assertIn(invoice, moves.search([("invoice_status_state", "=", "overdue")]))

    def test_first_open_instalment_decides(self):
        invoice = self._invoice(post=False)
        invoice.invoice_payment_term_id = self.env["account.payment.term"].create(
            {
                "name": "Half now, half later",
                "line_ids": [
                    (0, 0, {"value": "percent", "value_amount": 50, "nb_days": 0}),
                    (0, 0, {"value": "percent", "value_amount": 50, "nb_days": 90}),
                ],
            }
        )
        invoice.action_post()
        self.assertEqual(invoice.invoice_status_state, "overdue")
        self._pay(invoice, 500)
        self.assertEqual(invoice.invoice_status_state, "partial")

    def test_announced_cause_wins_once(self):
        invoice = self._invoice()
        invoice._log_status_cause("bank_line", "Payout 4711, line 3")
        self._pay(invoice, 400)
        self._pay(invoice)
        rows = invoice.invoice_status_log_ids.sorted("id")
        self.assertEqual(rows[-2].mapped("source"), ["Payout 4711, line 3"])
        self.assertEqual(rows[-2].cause, "bank_line")
        self.assertEqual(rows[-1].cause, "payment")

    def test_payment_change_is_one_event_per_operation(self):
        first, second = self._invoice(), self._invoice()
        calls = []
        model = self.env.registry["account.move"]

        def record(moves):
            calls.append(moves)

        with patch.object(model, "_on_payment_changed", record):
            payment = self._pay(first)
            self.assertEqual(calls, [first])
            calls.clear()
            self._pay(second, 100)
            self.assertEqual(calls, [second])
            calls.clear()
            payment.move_id.line_ids.remove_move_reconcile()
            self.assertEqual(calls, [first])
            calls.clear()
            entry = self._receivable_entry(300)
            lines = (first | second | entry).line_ids.filtered(
                lambda line: line.account_id.account_type == "asset_receivable" and not line.reconciled
            )
            lines.reconcile()
            self.assertEqual(len(calls), 1)
            self.assertTrue(calls[0] <= first | second)

    def test_unreconcile_is_logged_with_its_cause(self):
        invoice = self._invoice()
        payment = self._pay(invoice)
        payment.move_id.line_ids.remove_move_reconcile()
        self.assertEqual(invoice.invoice_status_state, "awaiting")
        last = invoice.invoice_status_log_ids.sorted("id")[-1]
        self.assertEqual((last.state_from, last.state_to), ("paid", "awaiting"))
        self.assertIn(payment.name, last.source)

    def _receivable_entry(self, amount):
        account = self.company_data["default_account_receivable"]
        entry = self.env["account.move"].create(
            {
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [
                    (0, 0, {"account_id": account.id, "partner_id": self.partner_a.id, "credit": amount}),
                    (0, 0, {"account_id": self.company_data["default_account_revenue"].id, "debit": amount}),
                ],
            }
        )
        entry.action_post()
        return entry

    def test_install_fills_states_by_sql(self):
        draft, awaiting, overdue = self._invoice(post=False), self._invoice(), self._invoice(due_in=-3)
        partial, paid = self._invoice(), self._invoice()
        self._pay(partial, 10)
        self._pay(paid)
        credited = self._invoice()
        credited._reverse_moves([{"invoice_date": self.today}], cancel=True)
        moves = draft | awaiting | overdue | partial | paid | credited
        expected = moves.mapped("invoice_status_state")
        self.env.flush_all()
        self.env.cr.execute("UPDATE account_move SET invoice_status_state = NULL WHERE id IN %s", [moves._ids])
        _fill_states(self.env, _company_days(self.env), min(moves.ids), max(moves.ids) + 1)
        moves.invalidate_recordset(["invoice_status_state"])
        self.assertEqual(moves.mapped("invoice_status_state"), expected)
        self.assertEqual(expected, ["draft", "awaiting", "overdue", "partial", "paid", "credited"])

    def test_install_after_midnight_goes_by_the_company_s_own_day(self):
        """In Copenhagen the day is over an hour or two before it is on the server."""
        self.company_data["company"].partner_id.tz = "Europe/Copenhagen"
        invoice = self._invoice()
        late = fields.Datetime.to_datetime(invoice.invoice_date_due) + timedelta(hours=23, minutes=30)
        self.env.flush_all()
        with freeze_time(late):
            _fill_states(self.env, _company_days(self.env), invoice.id, invoice.id + 1)
            invoice.invalidate_recordset(["invoice_status_state"])
            self.assertEqual(invoice.invoice_status_state, "overdue")
            self.assertEqual(invoice._get_invoice_status_state(invoice.company_id._invoice_status_today()), "overdue")

    def test_cause_of_a_rolled_back_savepoint_is_forgotten(self):
        """One noted before the savepoint survives it, whatever kind of savepoint it is."""
        first, second = self._invoice(), self._invoice()
        first._log_status_cause("bank_line", "Noted before")
        for flush in (True, False):
            savepoint = self.env.cr.savepoint(flush=flush)
            second._log_status_cause("channel", "Never happened")
            savepoint.close(rollback=True)
        with self.env.cr.savepoint():
            self._pay(first, 100)
        self._pay(second, 100)
        self.assertEqual(self._log(first)[-1][-1], "bank_line")
        self.assertEqual(self._log(second)[-1][-1], "payment")

    def test_payment_rolled_back_keeps_the_announced_cause(self):
        invoice = self._invoice()
        invoice._log_status_cause("bank_line", "Payout 1")
        savepoint = self.env.cr.savepoint()
        self._pay(invoice, 100)
        self.assertEqual(self._log(invoice)[-1], ("awaiting", "partial", "bank_line"))
        savepoint.close(rollback=True)
        self.assertEqual(invoice.invoice_status_state, "awaiting")
        self._pay(invoice)
        self.assertEqual(self._log(invoice)[-1], ("awaiting", "paid", "bank_line"))

    def test_clock_is_set_based(self):
        """The number of statements does not grow with the number of invoices, and the log is written with them."""
        self.env.company.partner_id.tz = "Europe/Copenhagen"
        moves = self.env["account.move"]
        invoices = self._invoice(due_in=2)
        for _number in range(9):
            invoices |= self._invoice(due_in=2)
        self._pay(invoices[0], 10)
        credit_note = self._invoice(due_in=2, move_type="out_refund")
        receipt = self._invoice(due_in=2, move_type="out_receipt")
        self.env.flush_all()
        company = invoices.company_id
        noon = fields.Datetime.to_datetime(self.today) + timedelta(days=3, hours=12)
        with freeze_time(noon):
            moves._mark_overdue(company, 1)
            with self.assertQueryCount(2):  # the statement, and the company's time zone
                marked = moves._mark_overdue(company, 100)
        self.assertTrue(marked < invoices | receipt)
        self.assertEqual(set((invoices | receipt).mapped("invoice_status_state")), {"overdue"})
        self.assertEqual(credit_note.invoice_status_state, "awaiting")
        self.assertEqual(self._log(invoices[0])[-1], ("partial", "overdue", "clock"))
        self.assertEqual(self._log(invoices[5])[-1], ("awaiting", "overdue", "clock"))
        # What the clock wrote is what the computation says.
        with freeze_time(noon):
            self.env.add_to_compute(moves._fields["invoice_status_state"], invoices)
            self.assertEqual(set(invoices.mapped("invoice_status_state")), {"overdue"})
        self.assertEqual(len(self._log(invoices[5])), 3)

    def test_invoice_of_nothing_is_paid(self):
        self.assertEqual(self._invoice(amount=0).invoice_status_state, "paid")

    def test_sales_receipts_have_a_state(self):
        receipt = self._invoice(move_type="out_receipt")
        self.assertEqual(receipt.invoice_status_state, "awaiting")
        self._pay(receipt)
        self.assertEqual(receipt.invoice_status_state, "paid")
