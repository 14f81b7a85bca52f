from datetime import timedelta

from odoo import models

from ..plan import combine, weights, words

# An invoice is paid from some days before its date (ordered first) until it is long overdue.
PAY_WINDOW = (-14, 90)


class PaymatchReport(models.Model):
    """How a line and the invoices it may pay are weighed against each other."""

    _inherit = "paymatch.report"

    def _match_several(self, line, moves, available, reason, key):
        """One payment for several documents of the same key: matched where only one choice makes the amount."""
        cents = [self._whole(available[move]) for move in moves]
        choice = combine.unique_subset(cents, self._whole(abs(line.gross_amount)))
        if not choice or len(choice) < 2:
            return None
        chosen = [moves[at] for at in choice]
        names = " + ".join(f"{move.name} {self.currency_id.format(available[move])}" for move in chosen)
        text = self.env._(
            "%(key)s and the amount of several: %(names)s", key=reason[:1].upper() + reason[1:], names=names
        )
        return {
            "match_state": "matched",
            "match_move_id": chosen[0].id,
            "match_weight": weights.weigh(key, "sum"),
            "match_reason": text,
            "match_considered": self._why_not([move for move in moves if move not in chosen], None, available),
            "allocation_ids": line._prepare_allocations([(move, available[move]) for move in chosen]),
            "candidate_ids": [(6, 0, [move.id for move in moves])],
        }

    def _match_small_difference(self, line, move, available, reason, index, key):
        """Paid a little less or more than is open: matched where a rule of the company books the difference."""
        if line.gross_amount <= 0:
            return None
        rule = index.tolerances._covering(available, line.gross_amount)
        if not rule:
            return None
        difference = self.currency_id.round(line.gross_amount - available)
        text = self.env._(
            "%(key)s; the difference of %(difference)s is booked as “%(rule)s”",
            key=reason[:1].upper() + reason[1:],
            difference=self.currency_id.format(difference),
            rule=rule.name,
        )
        return {
            "match_state": "matched",
            "match_move_id": move.id,
            "match_weight": weights.weigh(key, "tolerance"),
            "match_reason": text,
            "tolerance_id": rule.id,
            "write_off_amount": difference,
            "allocation_ids": line._prepare_allocations([(move, available)]),
        }

    def _match_by_amount(self, line, index):
        """Without any key: amount, date and name may propose an invoice, never match it."""
        moves = []
        if line.line_type == "sale":
            moves = [
                move
                for move in index.by_amount.get(self._cents(line.gross_amount), ())
                if not self.currency_id.compare_amounts(self._available(move, index), line.gross_amount)
            ]
        if moves:
            return self._propose_by_weight(line, moves)
        if self._cents(line.gross_amount) in index.crowded:
            return {
                "match_state": "open",
                "match_reason": self.env._("No reference fits, and many invoices are open with this amount"),
            }
        if line.order_reference or line.payment_id or line.own_reference:
            return {"match_state": "open", "match_reason": self.env._("No invoice with this reference")}
        return {
            "match_state": "open",
            "match_reason": self.env._("Unknown amount: choose the account it belongs on, or the invoice"),
        }

    def _propose_by_weight(self, line, moves):
        weighed = {move: self._weigh_alone(line, move) for move in moves}
        best = weights.best(weighed)
        considered = self._why_weighed(weighed, best)
        candidates = [(6, 0, [move.id for move in moves])]
        if not best:
            return {
                **self._ambiguous(moves, self.env._("amount"), max(weighed.values())),
                "match_considered": considered,
            }
        if len(moves) == 1:
            reason = self.env._("The only open invoice of this amount; no reference fits")
        else:
            reason = self.env._(
                "Of the open invoices of this amount the one of %s; no reference fits", best.partner_id.name
            )
        return {
            "match_state": "proposed",
            "match_move_id": best.id,
            "match_weight": weighed[best],
            "match_reason": reason,
            "match_considered": considered,
            "candidate_ids": candidates,
        }

    def _weigh_alone(self, line, move):
        day = line.event_date or line.payment_date or line.booking_date or self.date
        start, end = (move.invoice_date + timedelta(days=days) for days in PAY_WINDOW)
        name = words.likeness(line.payer_name or "", move.commercial_partner_id.name or "")
        return weights.weigh("none", "equal", bool(day and start <= day <= end), name)

    # What else was considered

    def _why_not(self, moves, chosen, available):
        """The documents that were not chosen, each with what is open on it."""
        rows = [
            self.env._(
                "%(invoice)s (%(customer)s): %(open)s is open",
                invoice=move.name,
                customer=move.commercial_partner_id.name or "",
                open=move.currency_id.format((available or {}).get(move, move.amount_residual)),
            )
            for move in moves[:10]
            if move != chosen
        ]
        return "\n".join(rows) or False

    def _why_weighed(self, weighed, best):
        rows = [
            self.env._(
                "%(invoice)s (%(customer)s) of %(date)s: weight %(weight)s",
                invoice=move.name,
                customer=move.commercial_partner_id.name or "",
                date=move.invoice_date,
                weight=weight,
            )
            for move, weight in sorted(weighed.items(), key=lambda pair: -pair[1])[:10]
            if move != best
        ]
        return "\n".join(rows) or False

    def _whole(self, amount):
        return round(amount * 10**self.currency_id.decimal_places)
