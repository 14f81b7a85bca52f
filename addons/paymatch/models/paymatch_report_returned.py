from odoo import models

from ..plan import weights
from .account_move import SALE_TYPES


class PaymatchReport(models.Model):
    """Lines that give money back: refunds of what was paid too much, and chargebacks of an earlier payment."""

    _inherit = "paymatch.report"

    def _match_returned(self, line, moves, reason, index):
        """A refund that returns what was paid beyond the invoice, in this report or in an earlier one."""
        invoices = [move for move in moves if move.move_type in SALE_TYPES and move.currency_id == self.currency_id]
        compare = self.currency_id.compare_amounts
        found = [move for move in invoices if compare(-self._available(move, index), abs(line.gross_amount)) >= 0]
        if len(found) == 1:
            text = self.env._("%(key)s: returns what was paid beyond the invoice", key=reason[:1].upper() + reason[1:])
            return {
                "match_state": "matched",
                "match_move_id": found[0].id,
                "match_weight": weights.weigh("order", "equal"),
                "match_reason": text,
            }
        earlier = self.env["paymatch.report.line"].search(
            [
                ("match_move_id", "in", [move.id for move in invoices]),
                ("report_id.is_approved", "=", True),
                ("gross_amount", ">", 0),
            ]
        )
        items = earlier.movement_id.move_id.line_ids.filtered(
            lambda item: (
                item.account_id.account_type == "asset_receivable"
                and item.partner_id in earlier.match_move_id.commercial_partner_id
                and self._item_fits(item, line)
            )
        )
        free = self._free_items(items, index)
        if len(free) == 1 and len(invoices) == 1:
            text = self.env._("returns what %s paid too much", free[0].move_id.paymatch_report_id.name)
            return self._item_values(free[0], invoices[0], f"{reason} {text}")
        return None

    def _free_items(self, items, index):
        """Those of the items which no other line settles."""
        taken = self.env["paymatch.report.line"].search(
            [("match_item_id", "in", items.ids), ("report_id.is_approved", "=", False)]
        )
        return items.filtered(lambda item: item not in taken.match_item_id and item.id not in index.taken)

    def _match_charged_back(self, line, index):
        """The earlier payment that is taken back: the invoice opens again."""
        for reason, moves, *_key in self._match_candidates(line, index):
            found = []
            for move in moves:
                found += [(move, item) for item in self._payments_of(move, abs(line._paid()[0]))]
            if len(found) == 1:
                move, item = found[0]
                text = self.env._(
                    "Charged back (%(key)s): the payment %(payment)s is reversed, %(invoice)s opens again",
                    key=reason,
                    payment=item.move_id.name,
                    invoice=move.name,
                )
                return {
                    "match_state": "matched",
                    "match_move_id": move.id,
                    "match_item_id": item.id,
                    "match_weight": weights.weigh("order", "equal"),
                    "match_reason": text,
                }
            if found:
                return self._ambiguous([move for move, _item in found], reason)
        return {
            "match_state": "open",
            "match_reason": self.env._("Charged back, but no payment of this amount is found"),
        }

    def _payments_of(self, move, amount):
        """Payments of exactly this amount that settle the invoice, newest first."""
        partials = move.line_ids.filtered(
            lambda item: item.account_id.account_type == "asset_receivable"
        ).matched_credit_ids
        return [
            partial.credit_move_id
            for partial in partials.sorted("id", reverse=True)
            if not move.currency_id.compare_amounts(partial.debit_amount_currency, amount)
            and not partial.credit_move_id.move_id.is_invoice()
        ]
