import re
from collections import defaultdict

from odoo import models
from odoo.fields import Domain

from odoo.addons.nordic_payment_reference.formats import recognise

from ..const import ACCOUNT_BY_TYPE, MATCHED_TYPES, REOPENING_TYPES, UNDECIDED
from ..plan import weights
from .account_move import REFERENCE_FIELDS, SALE_TYPES

# What is looked at of a document; all its fields would take several times as long to read.
READ_TOGETHER = (
    *REFERENCE_FIELDS,
    "amount_residual",
    "commercial_partner_id",
    "company_id",
    "currency_id",
    "invoice_date",
    "move_type",
    "partner_id",
    "payment_creditor_number",
    "payment_id_number",
    "reversed_entry_id",
    "state",
)
_ATTEMPT = re.compile(r"^(.+?)[-._]\d{1,2}$")
_PREFIX = re.compile(r"^[A-Za-z][A-Za-z0-9]{0,9}-(.+)$")
_NUMBER = re.compile(r"(?<![^\s,;:])\d+(?![^\s,;:])")
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


def several_ids_of(line):
    """All payment IDs a line names, where it names several: one payment of more invoices (BgMax: extra references)."""
    if not line.payment_id:
        return []
    numbers = [number for number in _NUMBER.findall(f"{line.payment_id} {line.text or ''}")[:50] if len(number) > 3]
    found = list(dict.fromkeys(numbers))
    return found if len(found) > 1 else []


def words_of(text):
    """Words of a bank text that may be the number of an invoice or order."""
    return [word.strip(".") for word in _WORD.findall(text or "")[:50] if len(word.strip(".")) > 2]


class MatchIndex:
    """What the lines of a report could be matched with, read in a few queries."""

    def __init__(self):
        self.payment_ids = {}  # line id -> payment IDs it names
        self.by_payment_id = defaultdict(list)
        self.by_reference = defaultdict(list)
        self.by_capture = {}  # provider reference -> (clearing item, invoice)
        self.by_clearing_reference = defaultdict(list)
        self.by_amount = defaultdict(list)  # filled for the lines that no key has led anywhere
        self.crowded = set()  # amounts of more open invoices than are looked at
        self.allocated = defaultdict(list)  # invoice id -> [(amount, who has it)]
        self.known = set()  # invoices of which it is known what other lines take of them
        self.own = set()  # the lines that are matched now
        self.taken = set()  # open items another line settles
        self.rules = {}  # (criterion, key) -> paymatch.rule
        self.by_partner = defaultdict(list)  # customers named by a rule -> their open invoices
        self.tolerances = None  # rules for small differences
        self.gateway = None  # GatewayIndex


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

    # Index

    def _match_index(self, lines, rules=None):
        index = MatchIndex()
        index.own = set(lines.ids)
        index.rules = rules or {}
        index.tolerances = self.env["paymatch.tolerance"]._of(self.company_id, self.currency_id, self.provider_id)
        index.payment_ids = {line.id: payment_ids_of(line) for line in lines}
        payment_ids = {number for numbers in index.payment_ids.values() for number in numbers}
        payment_ids.update(number for line in lines for number in several_ids_of(line))
        references = set()
        for line in lines:
            for reference in (line.order_reference, line.own_reference, line.payment_id):
                references.update(reference_variants(reference))
            references.update(words_of(line.text))
        index.gateway = self._index_gateway(lines)
        references |= index.gateway.orders
        company = Domain("company_id", "=", self.company_id.id) & Domain("state", "=", "posted")
        moves = self.env["account.move"]
        if payment_ids:
            moves.search_fetch(company & Domain("payment_id_number", "in", list(payment_ids)), READ_TOGETHER)
            for payment_id, found in moves._by_payment_ids(payment_ids, self.company_id).items():
                index.by_payment_id[payment_id].extend(found)
        if references:
            self._index_references(index, company, references)
        self._index_captures(index, lines, references)
        self._index_partners(index, company)
        self._index_taken(index)
        found = (index.by_payment_id, index.by_reference, index.by_partner)
        self._index_allocations(index, [move for by_key in found for moves in by_key.values() for move in moves])
        return index

    def _index_references(self, index, company, references):
        Move = self.env["account.move"]
        named = Move._paymatch_named(references, self.company_id)
        found = Move.search_fetch(company & Domain("id", "in", named), READ_TOGETHER)
        credit_notes = Move.search_fetch(
            company & Domain("move_type", "=", "out_refund") & Domain("reversed_entry_id", "in", found.ids),
            READ_TOGETHER,
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

    def _index_amounts(self, index, lines):
        """Open invoices of the amounts of these lines; of an amount that is everybody's none at all."""
        amounts = {self._cents(line.gross_amount) for line in lines if line.line_type == "sale"}
        if not amounts:
            return
        company = Domain("company_id", "=", self.company_id.id) & Domain("state", "=", "posted")
        ids, index.crowded = self.env["account.move"]._paymatch_of_amounts(amounts, self.company_id, self.currency_id)
        for move in self.env["account.move"].search_fetch(company & Domain("id", "in", ids), READ_TOGETHER):
            index.by_amount[self._cents(move.amount_residual)].append(move)
        self._index_allocations(index, [move for moves in index.by_amount.values() for move in moves])

    def _index_partners(self, index, company):
        """Open invoices of the customers that rules name as payers."""
        partners = self.env["res.partner"].union(*(rule.partner_id for rule in index.rules.values()))
        if partners:
            moves = self.env["account.move"].search(
                company
                & Domain("move_type", "in", SALE_TYPES)
                & Domain("currency_id", "=", self.currency_id.id)
                & Domain("payment_state", "in", ("not_paid", "partial"))
                & Domain("commercial_partner_id", "in", partners.commercial_partner_id.ids)
            )
            for move in moves:
                index.by_partner[move.commercial_partner_id.id].append(move)

    def _index_taken(self, index):
        """Open items that other lines, not yet posted, will settle."""
        items = [item.id for found in index.by_clearing_reference.values() for item in found]
        items += [item.id for item, _invoices, _is_double in index.by_capture.values() if item]
        taken = self.env["paymatch.report.line"].search(
            [("match_item_id", "in", items), ("report_id.is_approved", "=", False)]
        )
        index.taken.update(line.match_item_id.id for line in taken if line.id not in index.own)

    def _index_allocations(self, index, moves):
        """What other lines, not yet posted, will settle of these documents; of no others, whatever else waits."""
        wanted = {move.id for move in moves} - index.known
        if not wanted:
            return
        index.known.update(wanted)
        for line in self._lines_taking(list(wanted)):
            if line.id not in index.own:
                for move, amount in line._allocations():
                    if move.id in wanted:
                        index.allocated[move.id].append((amount, line))

    def _lines_taking(self, ids):
        """The matched lines, not yet posted, that will settle any of these documents."""
        matched = Domain(
            [
                ("company_id", "=", self.company_id.id),
                ("match_state", "=", "matched"),
                ("match_item_id", "=", False),
                ("movement_id", "!=", False),
                ("report_id.is_approved", "=", False),
            ]
        )
        lines = self.env["paymatch.report.line"]
        # One search for each way to a document: each takes its own index of the database.
        return lines.union(*(lines.search(matched & way) for way in self._ways_to_documents(ids)))

    def _ways_to_documents(self, ids):
        """How lines lead to the documents they settle, as domains; extended by addons that know another way."""
        return [Domain("match_move_id", "in", ids), Domain("allocation_ids.move_id", "in", ids)]

    # One line

    def _match_candidates(self, line, index):
        """``(reason, moves, key)`` per key, the surest key first; ``key`` is one of ``plan.weights.KEYS``.

        Other addons add their own in front; without a key they count as the provider's own number. Only the first that
        finds anything counts.
        """
        capture = index.by_capture.get(line.provider_reference) or index.by_capture.get(line.related_reference)
        if capture:
            yield self.env._("provider's number %s", line.provider_reference), list(capture[1]), "provider"
        yield from self._candidates_of_number(line, index)
        for reference in (line.order_reference, line.own_reference):
            for variant in reference_variants(reference):
                yield self.env._("reference %s", variant), index.by_reference.get(variant, []), "order"
        several = {number: index.by_payment_id.get(number, []) for number in several_ids_of(line)}
        named = [number for number, moves in several.items() if moves]
        if len(named) > 1:
            moves = [move for number in named for move in several[number]]
            yield self.env._("payment IDs %s", ", ".join(named)), list(dict.fromkeys(moves)), "payment_id"
        for payment_id in index.payment_ids.get(line.id, ()):
            moves = index.by_payment_id.get(payment_id, [])
            own = [move for move in moves if move.payment_creditor_number == line.creditor_number]
            yield self.env._("payment ID %s", payment_id), own or moves, "payment_id"
        for variant in reference_variants(line.payment_id):
            yield self.env._("reference %s", variant), index.by_reference.get(variant, []), "order"
        yield self._candidates_in_text(line, index)
        yield from self._candidates_of_card(line, index)
        rule = self.env["paymatch.rule"]._for_line(line, index.rules)
        if rule.partner_id:
            partner = rule.partner_id.commercial_partner_id
            reason = self.env._("payer “%(payer)s” is %(customer)s by a rule", payer=rule.value, customer=partner.name)
            yield reason, index.by_partner.get(partner.id, []), "rule"

    def _candidates_in_text(self, line, index):
        """All documents whose numbers stand in the text: a customer may pay several and name them all."""
        moves, named = [], []
        for word in words_of(line.text):
            found = [move for move in index.by_reference.get(word, []) if move not in moves]
            if found:
                named.append(word)
                moves += found
        return self.env._("number %s in the text", ", ".join(named)), moves, "text"

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
