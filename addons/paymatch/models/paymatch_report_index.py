import re
from collections import defaultdict

from odoo import models
from odoo.fields import Domain

from odoo.addons.nordic_payment_reference.formats import recognise

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
    """Documents and captures that the lines of a report may lead to, read in a few queries, and by which key."""

    _inherit = "paymatch.report"

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

    def _match_candidates(self, line, index):
        """``(reason, moves, key)`` per key, the surest key first; ``key`` is one of ``plan.weights.KEYS``.

        Other addons add their own in front; without a key they count as the provider's own number. Only the first that
        finds anything counts.
        """
        capture = index.by_capture.get(line.provider_reference) or index.by_capture.get(line.related_reference)
        if capture:
            yield self.env._("provider's number %s", line.provider_reference), list(capture[1]), "provider"
        yield from self._candidates_of_number((line.provider_reference, line.related_reference), index)
        for reference in (line.order_reference, line.own_reference):
            for variant in reference_variants(reference):
                yield self.env._("reference %s", variant), index.by_reference.get(variant, []), "order"
        # what stands as order and is none of ours may be the gateway's number
        yield from self._candidates_of_number((line.order_reference,), index)
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
