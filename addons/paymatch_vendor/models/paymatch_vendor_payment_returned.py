from datetime import timedelta

from odoo import models
from odoo.fields import Domain

from ..plan import accounts, named

#: A bank gives a payment back within this many days.
RETURN_WINDOW = 90


class PaymatchVendorPayment(models.Model):
    """Payments that came back: the bills they had paid are open again."""

    _inherit = "paymatch.vendor.payment"

    def _match_returned(self):
        """Find the payment each return gives back."""
        for payment in self:
            found = payment._payments_given_back()
            # what another line gives back already comes back no second time
            found -= self.search([("returns_id", "in", found.ids), ("id", "!=", payment.id)]).returns_id
            earlier = found if len(found) == 1 else found.browse()
            if earlier:
                reason = self.env._(
                    "Gives back the payment of %s", earlier.statement_line_id.payment_ref or earlier.date
                )
            elif found:
                reason = self.env._("Several payments of this amount could be meant: match it by hand")
            else:
                reason = self.env._("No booked payment of this amount with this reference or account")
            payment.sudo().write({"returns_id": earlier.id, "match_reason": reason, "match_weight": 0})

    def _payments_given_back(self):
        """Booked payments of the amount which the return names: by our reference, else by account, else in its text."""
        self.ensure_one()
        booked = self.search(
            Domain("company_id", "=", self.company_id.id)
            & Domain("journal_id", "=", self.journal_id.id)
            & Domain("currency_id", "=", self.currency_id.id)
            & Domain("state", "=", "booked")
            & Domain("kind", "=", "payment")
            & Domain("date", "<=", self.date)
            & Domain("date", ">=", self.date - timedelta(days=RETURN_WINDOW))
        ).filtered(
            lambda payment: (
                payment.item_ids
                and (not payment.end_to_end or not self.end_to_end or payment.end_to_end == self.end_to_end)
                and not self.currency_id.compare_amounts(-payment._paid(), self.amount + self.charge_amount)
            )
        )
        ways = (
            lambda payment: payment.end_to_end and payment.end_to_end == self.end_to_end,
            lambda payment: payment.payment_number and payment.payment_number == self.payment_number,
            lambda payment: accounts.same(payment.account_number, self.account_number),
            lambda payment: any(named.stands_in(move.ref or move.name, self._told()) for move in payment.move_ids),
        )
        for way in ways:
            found = booked.filtered(way)
            if found:
                return found
        return booked.browse()

    def _return_parts(self):
        """What the bank line of a return is booked against: the vendor's account, bill by bill as it was paid."""
        self.ensure_one()
        return [
            {
                "account": item.account_id,
                "partner": item.partner_id,
                "amount": item.amount_currency,
                "name": self.env._("Came back: %s", self.return_text),
            }
            for item in self.returns_id.paid_item_ids
        ]

    def _reopen_bills(self, items):
        """Take the earlier payment from its bills and let it be settled by what came back.

        :param items: the items posted for :meth:`_return_parts`, in the same order
        """
        self.ensure_one()
        earlier = self.returns_id
        for paid, returned in zip(earlier.paid_item_ids, items, strict=True):
            partials = paid.matched_debit_ids | paid.matched_credit_ids
            bills = ((partials.debit_move_id | partials.credit_move_id) - paid).move_id.filtered(
                lambda move: move.is_invoice(include_receipts=True)
            )
            partials.unlink()
            (paid | returned).reconcile()
            bills._vendor_payment_failed(self.env._("The payment came back: %s", self.return_text))
        earlier.sudo().returned_by_id = self

    def _pay_again(self):
        """What had come back did not: these payments settle their bills again."""
        for payment in self:
            payment.sudo().returned_by_id = False
            for paid in payment.paid_item_ids:
                open_items = payment.move_ids.line_ids.filtered(
                    lambda item, paid=paid: item.account_id == paid.account_id and not item.reconciled
                )
                if open_items and not paid.reconciled:
                    (paid | open_items).reconcile()
