from odoo import models

from ..const import ACCOUNT_BY_TYPE, MATCHED_TYPES, REOPENING_TYPES, UNDECIDED
from ..plan import weights
from .account_move import SALE_TYPES
from .paymatch_report_index import payment_ids_of, reference_variants


class PaymatchReport(models.Model):
    """What each line pays, with the reason; what a user has decided stays."""

    _inherit = "paymatch.report"

    def action_match(self):
        """Find for every line what it pays, with the reason; what a user has decided stays."""
        for report in self:
            report._check_open()
            report.with_company(report.company_id)._match()
        return True

    def _match(self):
        self.ensure_one()
        lines = self.line_ids.filtered(lambda line: not line.is_decided_by_user)
        lines._forget_match()
        self._match_lines(lines)
        self._system_write({"is_matched": True})

    def _match_lines(self, lines):
        """Find what these lines pay and write it, all of them together."""
        rules = self.env["paymatch.rule"]._of(self.provider_id)
        found = {line: self._match_by_rule(line, self._match_by_type(line), rules) for line in lines}
        lines._system_write_each(found)  # what they settle is left out of the index
        rest = lines.browse([line.id for line, values in found.items() if not values])
        index = self._match_index(rest, rules)
        # Sales first: a refund may return what a sale of the same report paid too much.
        by_amount = lines.browse()
        refused = rest.filtered(lambda line: not line.movement_id)
        found.update({line: self._match_without_money(line, index) for line in refused})
        for line in (rest - refused).sorted(lambda line: (line.gross_amount < 0, line.sequence)):
            values = self._match_line(line, index)
            if values is None:
                by_amount |= line
                continue
            found[line] = values = self._match_by_rule(line, values, rules)
            if values.get("match_item_id"):
                index.taken.add(values["match_item_id"])
            elif values["match_state"] == "matched" and values.get("match_move_id"):
                for move_id, amount in line._allocated_by(values):
                    index.allocated[move_id].append((amount, line))
        # What no key led to is compared by amount last, when it is known what is left of each invoice.
        self._index_amounts(index, by_amount)
        for line in by_amount:
            found[line] = self._match_by_rule(line, self._match_by_amount(line, index), rules)
        rest._system_write_each(found)

    def _match_by_rule(self, line, values, rules):
        """What somebody decided for such lines before takes the place of an open question, never of a match."""
        if not values or values["match_state"] != "open" or values.get("candidate_ids"):
            return values
        rule = self.env["paymatch.rule"]._for_line(line, rules)
        if not rule.account_id:
            return values
        return {
            "match_state": "routed",
            "route_account_id": rule.account_id.id,
            "rule_id": rule.id,
            "match_weight": weights.weigh("rule", "equal"),
            "match_reason": self.env._("%(reason)s (rule for “%(value)s”)", reason=rule.reason, value=rule.value),
        }

    # Lines that need no invoice

    def _match_by_type(self, line):
        """Values for lines which the provider's accounts take, or which move no money."""
        if not line.movement_id:
            if line.outcome in ("rejected", "cancelled"):
                return None  # shown with its invoice
            return {"match_state": "matched", "match_reason": self.env._("Moves no money, nothing is booked")}
        if line.line_type == "payout":
            return {"match_state": "matched", "match_reason": self.env._("The payout itself")}
        if line.line_type in REOPENING_TYPES and self.provider_id.chargeback_rule == "reopen":
            return None
        role = ACCOUNT_BY_TYPE.get(line.line_type)
        if role:
            account = self.provider_id[role]
            if line.line_type == "fee":
                own = self.provider_id._fee_row(line.fee_type or line.text, self.provider_id._fee_accounts())
                account = own.account_id or account
            if not account:
                missing = self.provider_id._fields[role]._description_string(self.env)
                return {
                    "match_state": "open",
                    "match_reason": self.env._("The provider has no account “%s” yet", missing),
                }
            return {
                "match_state": "routed",
                "route_account_id": account.id,
                "match_weight": weights.weigh("provider", "equal"),
                "match_reason": self.env._("%s, by the provider's settings", account.display_name),
            }
        if line.line_type not in MATCHED_TYPES:
            return {
                "match_state": "open",
                "match_reason": self.env._("Unknown amount: choose the account it belongs on, or the invoice"),
            }
        return None

    def _match_without_money(self, line, index):
        """A rejected or cancelled collection books nothing; the invoice is shown all the same."""
        reason = (
            self.env._("Rejected: nothing is booked, the invoice stays open")
            if line.outcome == "rejected"
            else self.env._("Cancelled: nothing is booked")
        )
        moves = next((found for _reason, found, *_key in self._match_candidates(line, index) if found), [])
        return {
            "match_state": "matched",
            "match_move_id": moves[0].id if len(moves) == 1 else False,
            "match_reason": reason,
        }

    def _is_sure(self, line, move):
        """Whether a key is sure enough to match a part payment without asking. Extended by other addons."""
        return bool(line.payment_id) and move.payment_id_number in payment_ids_of(line)

    def _match_line(self, line, index):
        """Values by the keys of a line; ``None`` where none of them leads anywhere."""
        if line.outcome == "charged_back" or line.line_type == "chargeback":
            return self._match_charged_back(line, index)
        item_values = self._match_capture(line, index)
        if item_values:
            return item_values
        if line.presentment_currency_id:
            return self._as_sure_as_weighed(self._match_presented(line, index))
        for reason, moves, *key in self._match_candidates(line, index):
            key = key[0] if key else "provider"
            wanted = SALE_TYPES if line.gross_amount > 0 else ("out_refund",)
            fitting = [move for move in moves if move.move_type in wanted and move.currency_id == self.currency_id]
            values = None
            if fitting:
                values = self._as_sure_as_weighed(self._decide(line, fitting, reason, index, key))
            if (
                line.gross_amount < 0
                and key not in weights.CARD_KEYS
                and (not values or values["match_state"] != "matched")
            ):
                values = self._match_returned(line, moves, reason, index) or values
            if values:
                return values
            if moves:
                return self._match_wrong_kind(line, moves, reason)
        return None

    def _as_sure_as_weighed(self, values):
        """What weighs less than what is matched without asking is proposed; of several documents one must be chosen."""
        if values["match_state"] != "matched" or weights.is_automatic(values["match_weight"]):
            return values
        kept = {name: value for name, value in values.items() if name not in ("tolerance_id", "write_off_amount")}
        shares = kept.pop("allocation_ids", ())
        if shares:
            return {**kept, "match_state": "ambiguous", "match_move_id": False}
        return {**kept, "match_state": "proposed", "candidate_ids": [(6, 0, [values["match_move_id"]])]}

    def _match_capture(self, line, index):
        """The capture booked on the clearing account, by the provider's number or by reference and exact amount."""
        for number in filter(None, (line.provider_reference, line.related_reference)):
            item, invoices, is_double = index.by_capture.get(number, (None, None, False))
            if item and not is_double and item.id not in index.taken and self._item_fits(item, line):
                return self._item_values(item, invoices[:1], self.env._("capture %s on the clearing account", number))
        orders = [order for number in self._gateway_numbers(line) for order in index.gateway.orders_of(number)]
        for variant in (*reference_variants(line.order_reference), *orders):
            items = [item for item in index.by_clearing_reference.get(variant, ()) if self._item_fits(item, line)]
            free = [item for item in items if item.id not in index.taken]
            if len(free) == 1:
                reason = self.env._("capture with reference %s and the same amount", variant)
                return {**self._item_values(free[0], None, reason), "match_weight": weights.weigh("order", "equal")}
        return None

    def _item_fits(self, item, line):
        amount, currency = line._paid()
        return item.currency_id == currency and not currency.compare_amounts(item.amount_residual_currency, amount)

    def _match_presented(self, line, index):
        """Paid in another currency than the payout's: one document in that currency, with the amount that was paid."""
        paid, currency = line._paid()
        wanted = SALE_TYPES if paid > 0 else ("out_refund",)
        for reason, moves, *key in self._match_candidates(line, index):
            key = key[0] if key else "provider"
            fitting = [move for move in moves if move.move_type in wanted and move.currency_id == currency]
            if not fitting:
                continue
            available = {move: self._available(move, index) for move in fitting}
            exact = [move for move in fitting if not currency.compare_amounts(available[move], abs(paid))]
            if len(exact) == 1:
                return {
                    "match_state": "matched",
                    "match_move_id": exact[0].id,
                    "match_weight": weights.weigh(key, "equal"),
                    "match_reason": self.env._("%(key)s and the amount", key=reason[:1].upper() + reason[1:]),
                    "match_considered": self._why_not(fitting, exact[0], available),
                }
            if exact or len(fitting) > 1:
                return self._ambiguous(exact or fitting, reason, weights.weigh(key, "other"), available)
            return self._other_amount(line, fitting[0], available[fitting[0]], reason, key)
        text = self.env._(
            "The customer paid %s, and no document in that currency has this reference", currency.format(paid)
        )
        return {"match_state": "open", "match_reason": text}

    def _item_values(self, item, invoice, reason):
        return {
            "match_state": "matched",
            "match_item_id": item.id,
            "match_move_id": invoice.id if invoice else False,
            "match_weight": weights.weigh("provider", "equal"),
            "match_reason": reason[:1].upper() + reason[1:],
        }

    def _decide(self, line, moves, reason, index, key):
        """Exactly one invoice with the amount: matched. Anything else is shown, with what was considered."""
        amount = abs(line.gross_amount)
        available = {move: self._available(move, index) for move in moves}
        compare = self.currency_id.compare_amounts
        exact = [move for move in moves if not compare(available[move], amount)]
        if not exact and line.gross_amount > 0:
            credited = [
                move
                for move in moves
                if move.move_type in SALE_TYPES
                and self._credited(move)
                and not compare(available[move] + self._credited(move), amount)
            ]
            if len(credited) == 1:
                return {**self._before_credit_note(credited[0], reason), "match_weight": weights.weigh(key, "equal")}
        considered = [(6, 0, [move.id for move in moves])]
        if len(exact) == 1:
            return {
                "match_state": "matched",
                "match_move_id": exact[0].id,
                "match_weight": weights.weigh(key, "equal"),
                "match_reason": self.env._("%(key)s and the amount", key=reason[:1].upper() + reason[1:]),
                "match_considered": self._why_not(moves, exact[0], available),
                "candidate_ids": considered if len(moves) > 1 else [(5,)],
            }
        if exact:
            return self._ambiguous(exact, reason, weights.weigh(key, "equal"), available)
        unpaid = [move for move in moves if compare(available[move], 0) > 0]
        if not unpaid:
            who = self._paid_by(moves[0], index)
            return {
                "match_state": "open",
                "match_reason": self.env._(
                    "%(invoice)s is already paid by %(who)s (%(key)s)", invoice=moves[0].name, who=who, key=reason
                ),
                "candidate_ids": considered,
            }
        combined = self._match_several(line, unpaid, available, reason, key)
        if combined:
            return combined
        if len(unpaid) > 1:
            return self._ambiguous(unpaid, reason, weights.weigh(key, "other"), available)
        small = self._match_small_difference(line, unpaid[0], available[unpaid[0]], reason, index, key)
        return small or self._other_amount(line, unpaid[0], available[unpaid[0]], reason, key)

    def _before_credit_note(self, move, reason):
        """The sale was captured in full, a credit note has lowered the invoice since: the refund is still to come."""
        text = self.env._(
            "%(key)s and the amount before the credit note; %(rest)s is owed to the customer until the refund",
            key=reason[:1].upper() + reason[1:],
            rest=self.currency_id.format(self._credited(move)),
        )
        return {"match_state": "matched", "match_move_id": move.id, "match_reason": text}

    def _ambiguous(self, moves, reason, weight=0, available=None):
        names = ", ".join(move.name for move in moves)
        return {
            "match_state": "ambiguous",
            "match_weight": weight,
            "match_reason": self.env._(
                "%(key)s fits several: %(names)s", key=reason[:1].upper() + reason[1:], names=names
            ),
            "match_considered": self._why_not(moves, None, available),
            "candidate_ids": [(6, 0, [move.id for move in moves])],
        }

    def _other_amount(self, line, move, available, reason, key):
        """The key is right, the amount is not: a payment ID is sure enough for a part payment."""
        amount, currency = line._paid()
        amount = abs(amount)
        is_part = currency.compare_amounts(amount, available) < 0
        values = {
            "match_move_id": move.id,
            "candidate_ids": [(6, 0, move.ids)],
            "match_weight": weights.weigh(key, "part" if is_part else "other"),
        }
        if is_part and self._is_sure(line, move):
            rest = currency.format(available - amount)
            text = self.env._(
                "%(key)s, part payment: %(rest)s stays open", key=reason[:1].upper() + reason[1:], rest=rest
            )
            return {
                **values,
                "match_state": "matched",
                "match_reason": text,
                "match_weight": weights.weigh("payment_id", "part"),
            }
        text = self.env._(
            "%(key)s, but %(invoice)s is open with %(open)s",
            key=reason[:1].upper() + reason[1:],
            invoice=move.name,
            open=currency.format(available),
        )
        return {**values, "match_state": "proposed", "match_reason": text}

    def _match_wrong_kind(self, line, moves, reason):
        names = ", ".join(move.name for move in moves[:5])
        if line.gross_amount < 0:
            text = self.env._(
                "Refund: make a credit note for %(names)s and match again (%(key)s)", names=names, key=reason
            )
        else:
            text = self.env._("%(key)s leads to %(names)s, which it cannot pay", key=reason, names=names)
        return {"match_state": "open", "match_reason": text, "candidate_ids": [(6, 0, [move.id for move in moves])]}

    # Small helpers

    def _available(self, move, index):
        """What is still to be paid when all matched lines are posted."""
        self._index_allocations(index, [move])  # documents that an addon found by a key of its own
        return move.currency_id.round(move.amount_residual - sum(amount for amount, _who in index.allocated[move.id]))

    def _credited(self, move):
        """What credit notes have taken off the invoice."""
        items = move.line_ids.filtered(lambda item: item.account_id.account_type == "asset_receivable")
        partials = items.matched_credit_ids.filtered(
            lambda partial: partial.credit_move_id.move_id.move_type == "out_refund"
        )
        return move.currency_id.round(sum(partials.mapped("debit_amount_currency")))

    def _paid_by(self, move, index):
        names = []
        items = move.line_ids.filtered(lambda item: item.account_id.account_type == "asset_receivable")
        counterparts = items.matched_credit_ids.credit_move_id | items.matched_debit_ids.debit_move_id
        for counterpart in counterparts.move_id:
            names.append(counterpart.paymatch_report_id.display_name or counterpart.name)
        names += [line.display_name for _amount, line in index.allocated[move.id]]
        return ", ".join(dict.fromkeys(names)) or self.env._("another entry")

    def _cents(self, amount):
        return self.currency_id.round(abs(amount))

    def _undecided_lines(self):
        return self.line_ids.filtered(lambda line: line.match_state in UNDECIDED)
