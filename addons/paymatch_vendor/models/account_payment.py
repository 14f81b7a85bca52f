from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def _vendor_numbers(self):
        """Numbers a bank may tell of these payments: their own, and those of the bills they pay."""
        own = [number for made in self for number in (made.name, made.memo, made.payment_reference) if number]
        return own + self.reconciled_bill_ids._vendor_numbers()

    def _paymatch_reject(self, reason):
        """The bank has not made the payment: its entry is reversed, its bills are open again.

        Nothing posted is changed: the entry stays, and the reversing entry beside it.

        :param str reason: why, in the reader's words
        :raises UserError: where the payment is in the bank already
        """
        for payment in self:
            payment._paymatch_check_not_banked()
            bills = payment.reconciled_bill_ids
            if payment.move_id.state == "posted":
                payment._paymatch_reverse()
            payment.action_reject()
            payment.message_post(body=reason)
            bills._vendor_payment_failed(reason)

    def _paymatch_check_not_banked(self):
        self.ensure_one()
        liquidity, _counterpart, _write_off = self._seek_for_lines()
        lines = liquidity.matched_debit_ids.debit_move_id | liquidity.matched_credit_ids.credit_move_id
        bank_line = lines.move_id.statement_line_id[:1]
        if bank_line:
            raise UserError(
                self.env._(
                    "%(payment)s is in the bank already (%(line)s): it came back, if at all, with a line of its own.",
                    payment=self.name,
                    line=bank_line.payment_ref or bank_line.date,
                )
            )

    def _paymatch_reverse(self):
        move = self.move_id
        day = max(move.date, fields.Date.context_today(self))
        locks = move.company_id._get_violated_lock_dates(day, False, move.journal_id)
        if locks:
            day = max(lock for lock, _field in locks) + timedelta(days=1)
        move._reverse_moves([{"date": day, "ref": self.env._("Not made by the bank: %s", self.name)}], cancel=True)
