import re
from collections import defaultdict

from odoo import models
from odoo.fields import Domain

from odoo.addons.nordic_payment_reference.formats import recognise

from ..const import ACCOUNT_BY_TYPE, MATCHED_TYPES, UNDECIDED

REFERENCE_FIELDS = ("name", "payment_reference", "ref", "invoice_origin")
SALE_TYPES = ("out_invoice", "out_receipt")
_ATTEMPT = re.compile(r"^(.+?)[-._]\d{1,2}$")
_PREFIX = re.compile(r"^[A-Za-z][A-Za-z0-9]{0,9}-(.+)$")
_WORD = re.compile(r"[^\s,;:()<>+]*\d[^\s,;:()<>+]*")


def reference_variants(reference):
    """The reference as it stands, then as shops and gateways decorate it; nearest first."""
    reference = (reference or "").strip()
    variants = [reference, reference.lstrip("#")]
    for pattern in (_ATTEMPT, _PREFIX):
        found = pattern.match(variants[1])
        if found:
            variants.append(found.group(1))
    return [variant for variant in dict.fromkeys(variants) if variant]


def payment_ids_of(line):
    """Payment IDs in the structured field and in the text of a line, check digits proven; the surest first."""
    digits = "".join((line.payment_id or "").split())
    found = [digits] if digits else []
    found += [reference.number for reference in recognise(f"{line.payment_id or ''} {line.text or ''}")]
    return list(dict.fromkeys(found))


def words_of(text):
    """Words of a bank text that may be the number of an invoice or order."""
    return [word.strip(".") for word in _WORD.findall(text or "")[:50] if len(word.strip(".")) > 2]


class MatchIndex:
    """What the lines of a report could be matched with, read in a few queries."""

    def __init__(self):
        self.by_payment_id = defaultdict(list)
        self.by_reference = defaultdict(list)
        self.by_capture = {}  # provider reference -> (clearing item, invoice)
        self.by_clearing_reference = defaultdict(list)
        self.by_amount = defaultdict(list)
        self.allocated = defaultdict(list)  # invoice id -> [(amount, who has it)]


class PaymatchReport(models.Model):
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
        lines._system_write(
            {
                "match_state": "open",
                "match_move_id": False,
                "match_item_id": False,
                "route_account_id": False,
                "match_reason": False,
                "candidate_ids": [(5,)],
            }
        )
        found = [(line, self._match_by_type(line)) for line in lines]
        items = self.env["account.move.line"].browse({values.get("match_item_id") for _line, values in found if values})
        items.filtered("id").mapped("company_id")  # read together what is checked one by one when it is written
        for line, values in found:
            if values:
                line._system_write(values)
        rest = lines.browse([line.id for line, values in found if not values])
        index = self._match_index(rest)
        # Sales first: a refund may return what a sale of the same report paid too much.
        for line in rest.sorted(lambda line: (line.gross_amount < 0, line.sequence)):
            values = self._match_line(line, index)
            line._system_write(values)
            if values["match_state"] == "matched" and values.get("match_move_id") and not values.get("match_item_id"):
                index.allocated[line.match_move_id.id].append((line._allocated_amount(), line))
        self._system_write({"is_matched": True})

    # Lines that need no invoice

    def _match_by_type(self, line):
        """Values for lines which the provider's accounts take, or which move no money."""
        if not line.movement_id:
            if line.outcome in ("rejected", "cancelled"):
                return self._match_without_money(line)
            return {"match_state": "matched", "match_reason": self.env._("Moves no money, nothing is booked")}
        if line.line_type == "payout":
            return {"match_state": "matched", "match_reason": self.env._("The payout itself")}
        role = ACCOUNT_BY_TYPE.get(line.line_type)
        if role:
            account = self.provider_id[role]
            if not account:
                missing = self.provider_id._fields[role]._description_string(self.env)
                return {
                    "match_state": "open",
                    "match_reason": self.env._("The provider has no account “%s” yet", missing),
                }
            return {
                "match_state": "routed",
                "route_account_id": account.id,
                "match_reason": self.env._("%s, by the provider's settings", account.display_name),
            }
        if line.line_type not in MATCHED_TYPES:
            return {
                "match_state": "open",
                "match_reason": self.env._("Unknown amount: choose the account it belongs on, or the invoice"),
            }
        return None

    def _match_without_money(self, line):
        """A rejected or cancelled collection books nothing; the invoice is shown all the same."""
        reason = (
            self.env._("Rejected: nothing is booked, the invoice stays open")
            if line.outcome == "rejected"
            else self.env._("Cancelled: nothing is booked")
        )
        index = self._match_index(line)
        moves = next((found for _reason, found in self._match_candidates(line, index) if found), [])
        return {
            "match_state": "matched",
            "match_move_id": moves[0].id if len(moves) == 1 else False,
            "match_reason": reason,
        }

    # Index

    def _match_index(self, lines):
        index = MatchIndex()
        payment_ids = {number for line in lines for number in payment_ids_of(line)}
        references = set()
        for line in lines:
            for reference in (line.order_reference, line.own_reference, line.payment_id):
                references.update(reference_variants(reference))
            references.update(words_of(line.text))
        company = Domain("company_id", "=", self.company_id.id) & Domain("state", "=", "posted")
        moves = self.env["account.move"]
        if payment_ids:
            for payment_id, found in moves._by_payment_ids(payment_ids, self.company_id).items():
                index.by_payment_id[payment_id].extend(found)
        if references:
            self._index_references(index, company, references)
        self._index_captures(index, lines, references)
        self._index_amounts(index, company, lines)
        self._index_allocations(index, lines)
        return index

    def _index_references(self, index, company, references):
        documents = Domain("move_type", "in", (*SALE_TYPES, "out_refund"))
        fields_domain = Domain.OR([[(name, "in", list(references))] for name in REFERENCE_FIELDS])
        found = self.env["account.move"].search(company & documents & fields_domain)
        credit_notes = self.env["account.move"].search(
            company & Domain("move_type", "=", "out_refund") & Domain("reversed_entry_id", "in", found.ids)
        )
        for move in found | credit_notes:
            sources = move | move.reversed_entry_id
            for source in sources:
                for name in REFERENCE_FIELDS:
                    if source[name] in references and move not in index.by_reference[source[name]]:
                        index.by_reference[source[name]].append(move)

    def _index_captures(self, index, lines, references):
        """Captures booked on the clearing account: by the provider's number, and by reference."""
        clearing = self.provider_id.clearing_account_id
        numbers = {line.provider_reference for line in lines} | {line.related_reference for line in lines}
        numbers.discard(False)
        if numbers and "payment.transaction" in self.env:
            transactions_sudo = (
                self.env["payment.transaction"]
                .sudo()
                .search([("company_id", "=", self.company_id.id), ("provider_reference", "in", list(numbers))])
            )
            for transaction in transactions_sudo:
                items = transaction.payment_id.move_id.line_ids.filtered(
                    lambda item: item.account_id == clearing and not item.reconciled and item.parent_state == "posted"
                )
                key = transaction.provider_reference
                index.by_capture[key] = (
                    items[:1].sudo(False),
                    transaction.invoice_ids.sudo(False),
                    key in index.by_capture,
                )
        if clearing and references:
            items = self.env["account.move.line"].search(
                Domain("account_id", "=", clearing.id)
                & Domain("company_id", "=", self.company_id.id)
                & Domain("parent_state", "=", "posted")
                & Domain("reconciled", "=", False)
                & (Domain("name", "in", list(references)) | Domain("ref", "in", list(references)))
            )
            for item in items:
                for key in {item.name, item.ref} & references:
                    index.by_clearing_reference[key].append(item)

    def _index_amounts(self, index, company, lines):
        amounts = {abs(line.gross_amount) for line in lines if line.line_type == "sale"}
        if not amounts:
            return
        moves = self.env["account.move"].search(
            company
            & Domain("move_type", "in", SALE_TYPES)
            & Domain("currency_id", "=", self.currency_id.id)
            & Domain("payment_state", "in", ("not_paid", "partial"))
            & Domain("amount_residual", "in", list(amounts))
        )
        for move in moves:
            index.by_amount[self._cents(move.amount_residual)].append(move)

    def _index_allocations(self, index, lines):
        """Invoices that other lines, not yet posted, will pay."""
        others = self.env["paymatch.report.line"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("match_state", "=", "matched"),
                ("match_move_id", "!=", False),
                ("match_item_id", "=", False),
                ("movement_id", "!=", False),
                ("report_id.is_approved", "=", False),
                ("id", "not in", lines.ids),
            ]
        )
        for line in others:
            for move, amount in line._allocations():
                index.allocated[move.id].append((amount, line))

    # One line

    def _match_candidates(self, line, index):
        """``(reason, moves)`` per key, the surest key first. Other addons add their own keys in front.

        Only the first key that finds anything counts.
        """
        for payment_id in payment_ids_of(line):
            moves = index.by_payment_id.get(payment_id, [])
            own = [move for move in moves if move.payment_creditor_number == line.creditor_number]
            yield self.env._("payment ID %s", payment_id), own or moves
        capture = index.by_capture.get(line.provider_reference) or index.by_capture.get(line.related_reference)
        if capture:
            yield self.env._("provider's number %s", line.provider_reference), list(capture[1])
        for reference in (line.order_reference, line.own_reference, line.payment_id):
            for variant in reference_variants(reference):
                yield self.env._("reference %s", variant), index.by_reference.get(variant, [])
        for word in words_of(line.text):
            yield self.env._("number %s in the text", word), index.by_reference.get(word, [])

    def _is_sure(self, line, move):
        """Whether a key is sure enough to match a part payment without asking. Extended by other addons."""
        return bool(line.payment_id) and move.payment_id_number in payment_ids_of(line)

    def _match_line(self, line, index):
        if line.outcome == "charged_back":
            return self._match_charged_back(line, index)
        item_values = self._match_capture(line, index)
        if item_values:
            return item_values
        for reason, moves in self._match_candidates(line, index):
            wanted = SALE_TYPES if line.gross_amount > 0 else ("out_refund",)
            fitting = [move for move in moves if move.move_type in wanted and move.currency_id == self.currency_id]
            values = None
            if fitting:
                values = self._decide(line, fitting, reason, index)
            if line.gross_amount < 0 and (not values or values["match_state"] != "matched"):
                values = self._match_returned(line, moves, reason, index) or values
            if values:
                return values
            if moves:
                return self._match_wrong_kind(line, moves, reason)
        return self._match_by_amount(line, index)

    def _match_capture(self, line, index):
        """The capture booked on the clearing account, by the provider's number or by reference and exact amount."""
        for number in filter(None, (line.provider_reference, line.related_reference)):
            item, invoices, is_double = index.by_capture.get(number, (None, None, False))
            if item and not is_double and self._item_fits(item, line):
                return self._item_values(item, invoices[:1], self.env._("capture %s on the clearing account", number))
        for variant in reference_variants(line.order_reference):
            items = [item for item in index.by_clearing_reference.get(variant, ()) if self._item_fits(item, line)]
            free = [item for item in items if not self._item_is_taken(item)]
            if len(free) == 1:
                return self._item_values(
                    free[0], None, self.env._("capture with reference %s and the same amount", variant)
                )
        return None

    def _item_fits(self, item, line):
        return item.currency_id == self.currency_id and not self.currency_id.compare_amounts(
            item.amount_residual_currency, line.gross_amount
        )

    def _item_is_taken(self, item):
        return bool(
            self.env["paymatch.report.line"].search_count(
                [("match_item_id", "=", item.id), ("report_id.is_approved", "=", False)], limit=1
            )
        )

    def _item_values(self, item, invoice, reason):
        return {
            "match_state": "matched",
            "match_item_id": item.id,
            "match_move_id": invoice.id if invoice else False,
            "match_reason": reason[:1].upper() + reason[1:],
        }

    def _decide(self, line, moves, reason, index):
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
                return self._before_credit_note(credited[0], reason)
        considered = [(6, 0, [move.id for move in moves])]
        if len(exact) == 1:
            return {
                "match_state": "matched",
                "match_move_id": exact[0].id,
                "match_reason": self.env._("%(key)s and the amount", key=reason[:1].upper() + reason[1:]),
                "candidate_ids": considered if len(moves) > 1 else [(5,)],
            }
        if exact:
            return self._ambiguous(exact, reason)
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
        if len(unpaid) > 1:
            return self._ambiguous(unpaid, reason)
        return self._other_amount(line, unpaid[0], available[unpaid[0]], reason)

    def _before_credit_note(self, move, reason):
        """The sale was captured in full, a credit note has lowered the invoice since: the refund is still to come."""
        text = self.env._(
            "%(key)s and the amount before the credit note; %(rest)s is owed to the customer until the refund",
            key=reason[:1].upper() + reason[1:],
            rest=self.currency_id.format(self._credited(move)),
        )
        return {"match_state": "matched", "match_move_id": move.id, "match_reason": text}

    def _match_returned(self, line, moves, reason, index):
        """A refund that returns what was paid beyond the invoice, in this report or in an earlier one."""
        invoices = [move for move in moves if move.move_type in SALE_TYPES and move.currency_id == self.currency_id]
        compare = self.currency_id.compare_amounts
        found = [move for move in invoices if compare(-self._available(move, index), abs(line.gross_amount)) >= 0]
        if len(found) == 1:
            text = self.env._("%(key)s: returns what was paid beyond the invoice", key=reason[:1].upper() + reason[1:])
            return {"match_state": "matched", "match_move_id": found[0].id, "match_reason": text}
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
        free = [item for item in items if not self._item_is_taken(item)]
        if len(free) == 1 and len(invoices) == 1:
            text = self.env._("returns what %s paid too much", free[0].move_id.paymatch_report_id.name)
            return self._item_values(free[0], invoices[0], f"{reason} {text}")
        return None

    def _ambiguous(self, moves, reason):
        names = ", ".join(move.name for move in moves)
        return {
            "match_state": "ambiguous",
            "match_reason": self.env._(
                "%(key)s fits several: %(names)s", key=reason[:1].upper() + reason[1:], names=names
            ),
            "candidate_ids": [(6, 0, [move.id for move in moves])],
        }

    def _other_amount(self, line, move, available, reason):
        """The key is right, the amount is not: a payment ID is sure enough for a part payment."""
        is_part = self.currency_id.compare_amounts(abs(line.gross_amount), available) < 0
        values = {"match_move_id": move.id, "candidate_ids": [(6, 0, move.ids)]}
        if is_part and self._is_sure(line, move):
            rest = self.currency_id.format(available - abs(line.gross_amount))
            text = self.env._(
                "%(key)s, part payment: %(rest)s stays open", key=reason[:1].upper() + reason[1:], rest=rest
            )
            return {**values, "match_state": "matched", "match_reason": text}
        text = self.env._(
            "%(key)s, but %(invoice)s is open with %(open)s",
            key=reason[:1].upper() + reason[1:],
            invoice=move.name,
            open=self.currency_id.format(available),
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

    def _match_by_amount(self, line, index):
        """Without any key: the only open invoice of this amount is proposed, never matched."""
        if line.line_type == "sale":
            moves = [
                move
                for move in index.by_amount.get(self._cents(line.gross_amount), ())
                if not self.currency_id.compare_amounts(self._available(move, index), line.gross_amount)
            ]
            if len(moves) == 1:
                return {
                    "match_state": "proposed",
                    "match_move_id": moves[0].id,
                    "match_reason": self.env._("The only open invoice of this amount; no reference fits"),
                    "candidate_ids": [(6, 0, moves[0].ids)],
                }
            if moves:
                return self._ambiguous(moves, self.env._("amount"))
        if line.order_reference or line.payment_id or line.own_reference:
            return {"match_state": "open", "match_reason": self.env._("No invoice with this reference")}
        return {
            "match_state": "open",
            "match_reason": self.env._("Unknown amount: choose the account it belongs on, or the invoice"),
        }

    def _match_charged_back(self, line, index):
        """The earlier payment that is taken back: the invoice opens again."""
        for reason, moves in self._match_candidates(line, index):
            found = []
            for move in moves:
                found += [(move, item) for item in self._payments_of(move, abs(line.gross_amount))]
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
            if not self.currency_id.compare_amounts(partial.debit_amount_currency, amount)
            and not partial.credit_move_id.move_id.is_invoice()
        ]

    # Small helpers

    def _available(self, move, index):
        """What is still to be paid when all matched lines are posted."""
        return self.currency_id.round(move.amount_residual - sum(amount for amount, _who in index.allocated[move.id]))

    def _credited(self, move):
        """What credit notes have taken off the invoice."""
        items = move.line_ids.filtered(lambda item: item.account_id.account_type == "asset_receivable")
        partials = items.matched_credit_ids.filtered(
            lambda partial: partial.credit_move_id.move_id.move_type == "out_refund"
        )
        return self.currency_id.round(sum(partials.mapped("debit_amount_currency")))

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
