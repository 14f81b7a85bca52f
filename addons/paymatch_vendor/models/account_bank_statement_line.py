from collections import defaultdict

from odoo import Command, fields, models
from odoo.exceptions import UserError


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"

    paymatch_vendor_payment_ids = fields.One2many(
        "paymatch.vendor.payment", "statement_line_id", string="Payments in the Line", copy=False
    )

    def _paymatch_close(self):
        # EXTENDS 'paymatch': what is no payout or advice may be payments to vendors
        result = super()._paymatch_close()
        self._paymatch_close_vendor()
        return result

    def _paymatch_close_vendor(self):
        """Book the lines whose payments are all found; the others wait, with what was found of them."""
        # a payout or advice drawn from the account is no payment to a vendor
        self.filtered("paymatch_movement_ids").paymatch_vendor_payment_ids.unlink()
        left = self.filtered(
            lambda line: (
                not line.is_reconciled
                and line.journal_id.type == "bank"
                and not line.currency_id.is_zero(line.amount)
                and line.move_id.state == "posted"
            )
        )
        left._paymatch_add_payments()
        left.paymatch_vendor_payment_ids._match()
        for line in left:
            line._paymatch_book_vendor()

    def _paymatch_add_payments(self):
        """A line out of the account that came without details is one payment itself."""
        self.env["paymatch.vendor.payment"].create(
            [
                {
                    "statement_line_id": line.id,
                    "amount": line.amount,
                    "text": line.payment_ref,
                    "partner_name": line.partner_name or line.partner_id.name,
                    "account_number": line.account_number,
                }
                for line in self
                if line.amount < 0 and not line.paymatch_vendor_payment_ids
            ]
        )

    def _paymatch_book_vendor(self):
        self.ensure_one()
        payments = self.paymatch_vendor_payment_ids
        returned = payments.filtered("returns_id")
        parts = [part for payment in payments for part in self._paymatch_vendor_parts(payment) or [None]]
        if not parts or None in parts or self.currency_id.compare_amounts(sum(p["amount"] for p in parts), self.amount):
            return
        _liquidity, suspense, others = self._seek_for_lines()
        if others or len(suspense) != 1 or suspense.currency_id != self.currency_id:
            return
        self._paymatch_book(parts, self.env._("Bank line %s", self.payment_ref or self.name))
        if returned:
            posted = {item.sequence: item for item in self.move_id.line_ids}
            for payment in returned:
                at = [place for place, part in enumerate(parts, 1) if part.get("returned") == payment]
                payment._reopen_bills([posted[100 + place] for place in at])

    def _paymatch_vendor_parts(self, payment):
        """What one payment is booked against; nothing where it is not known."""
        charges = self.journal_id.paymatch_charge_account_id
        if payment.kind == "charge":
            return [self._paymatch_charge_part(payment, payment.amount)] if charges else []
        if payment.charge_amount and not charges:
            return []
        if payment.kind == "return" and payment.returns_id:
            parts = [{**part, "returned": payment} for part in payment._return_parts()]
        else:
            parts = [
                {
                    "account": item.account_id,
                    "partner": item.partner_id,
                    "amount": item.amount_residual_currency,
                    "item": item,
                    "vendor_payment": payment,
                    "name": payment.text or self.payment_ref,
                }
                for item in payment.item_ids
                if not item.reconciled
            ]
        if parts and payment.charge_amount:
            parts.append(self._paymatch_charge_part(payment, -payment.charge_amount))
        return parts

    def _paymatch_charge_part(self, payment, amount):
        return {
            "account": self.journal_id.paymatch_charge_account_id,
            "amount": amount,
            "name": payment.text or self.env._("Bank charge"),
        }

    def _paymatch_book(self, parts, source):
        # EXTENDS 'paymatch': what each payment has closed is kept with it, for the day it comes back
        result = super()._paymatch_book(parts, source)
        posted = {item.sequence: item for item in self.move_id.line_ids}
        single = self.paymatch_vendor_payment_ids if len(self.paymatch_vendor_payment_ids) == 1 else None
        closed = defaultdict(lambda: (self.env["account.move.line"], self.env["account.move.line"]))
        for at, part in enumerate(parts, 1):
            payment, item = part.get("vendor_payment", single), part.get("item")
            if payment and item:
                items, paid = closed[payment]
                closed[payment] = items | item, paid | self._paymatch_paid_with(item, posted[100 + at])
        for payment, (items, paid) in closed.items():
            values = {"paid_item_ids": [Command.set(paid.ids)]}
            if payment.item_ids != items:
                reason = self.env._("Chosen by %s", self.env.user.name)
                values.update(item_ids=[Command.set(items.ids)], match_reason=reason, match_weight=0)
            payment.sudo().write(values)
        return result

    def _paymatch_paid_with(self, item, posted):
        """The items on the vendor's account that settle the bills: of the bank line, or of the payment's entry."""
        if item.account_id.account_type == "liability_payable":
            return posted
        return item.payment_id.move_id.line_ids.filtered(
            lambda found: found.account_id.account_type == "liability_payable"
        )

    def action_paymatch_vendor_payments(self):
        """Button: the payments this bank line collects."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("paymatch_vendor.paymatch_vendor_payment_action")
        return {**action, "domain": [("statement_line_id", "=", self.id)], "context": {}}

    def action_undo_reconciliation(self):
        # EXTENDS 'account': bills that a return had opened are paid again
        gone = self.paymatch_vendor_payment_ids.filtered("returned_by_id")
        if gone:
            raise UserError(
                self.env._(
                    "A payment of %(line)s came back with %(returned)s. Undo the matching of that bank line first.",
                    line=gone[0].statement_line_id.payment_ref,
                    returned=gone[0].returned_by_id.statement_line_id.payment_ref,
                )
            )
        returned = self.paymatch_vendor_payment_ids.filtered(
            lambda payment: payment.returns_id.returned_by_id == payment
        )
        earlier = returned.returns_id
        result = super().action_undo_reconciliation()
        earlier._pay_again()
        return result

    def unlink(self):
        # EXTENDS 'account': a return that is deleted gives nothing back
        earlier = self.paymatch_vendor_payment_ids.returns_id.filtered("returned_by_id")
        result = super().unlink()
        earlier._pay_again()
        return result
