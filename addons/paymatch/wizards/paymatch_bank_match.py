from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import LockError, UserError
from odoo.fields import Domain

from ..models.paymatch_report_index import REFERENCE_FIELDS, payment_ids_of, reference_variants, words_of
from ..models.paymatch_report_weighing import PAY_WINDOW
from ..plan import weights, words

SHOWN = 40


class PaymatchBankMatch(models.TransientModel):
    """A bank line nobody has explained: what it pays is chosen by hand, nearest first."""

    _name = "paymatch.bank.match"
    _description = "Match a Bank Line by Hand"

    bank_line_id = fields.Many2one("account.bank.statement.line", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="bank_line_id.company_id")
    currency_id = fields.Many2one(related="bank_line_id.currency_id")
    date = fields.Date(related="bank_line_id.date")
    payment_ref = fields.Char(string="Text", related="bank_line_id.payment_ref")
    partner_name = fields.Char(string="Payer", related="bank_line_id.partner_name")
    amount = fields.Monetary(related="bank_line_id.amount")
    search = fields.Char(help="Number, reference, customer or amount.")
    candidate_ids = fields.One2many(
        "paymatch.bank.candidate", "match_id", compute="_compute_candidate_ids", store=True, readonly=False
    )
    chosen_amount = fields.Monetary(string="Chosen", compute="_compute_chosen")
    difference = fields.Monetary(compute="_compute_chosen")
    tolerance_id = fields.Many2one("paymatch.tolerance", string="Difference by Rule", compute="_compute_chosen")
    hint = fields.Char(compute="_compute_chosen")
    account_id = fields.Many2one(
        "account.account", string="Book the Rest on", domain="[('company_ids', 'in', company_id)]"
    )
    reason = fields.Char(help="Stands in the entry; needed for an account.")

    # What it may be

    @api.depends("bank_line_id", "search")
    def _compute_candidate_ids(self):
        for match in self:
            kept = match.candidate_ids.filtered("is_chosen")
            ranked = match._ranked(match._found_items() - kept.item_id)
            match.candidate_ids = [
                *(Command.unlink(row.id) for row in match.candidate_ids - kept),
                *(
                    Command.create({"item_id": item.id, "weight": weight, "why": why})
                    for item, weight, why in ranked[:SHOWN]
                ),
            ]

    def _found_items(self):
        """Open items that are like the bank line, or those that were searched for."""
        self.ensure_one()
        line, items = self.bank_line_id, self.env["account.move.line"]
        if not line:
            return items
        providers = self.env["paymatch.provider"].search([("company_id", "=", line.company_id.id)])
        base = (
            Domain("company_id", "=", line.company_id.id)
            & Domain("parent_state", "=", "posted")
            & Domain("reconciled", "=", False)
            & Domain("currency_id", "=", line.currency_id.id)
            & (
                Domain("account_id.account_type", "in", ("asset_receivable", "liability_payable"))
                | Domain("account_id", "in", providers.in_transit_account_id.ids)
            )
            & Domain("statement_line_id", "=", False)
        )
        if self.search:
            return items.search(base & self._search_domain(), limit=SHOWN * 2, order="date desc, id desc")
        sign = Domain("amount_residual_currency", ">" if line.amount > 0 else "<", 0)
        found = items.search(base & sign & Domain("amount_residual_currency", "=", line.amount), limit=SHOWN)
        moves = self.env["account.move"].browse(self._named_moves())
        found |= items.search(base & Domain("move_id", "in", moves.ids), limit=SHOWN)
        for word in sorted(words.name_words(line.partner_name or ""), key=len, reverse=True)[:3]:
            if len(word) > 2:
                found |= items.search(base & sign & Domain("partner_id.name", "ilike", word), limit=SHOWN)
        return found

    def _search_domain(self):
        text = self.search.strip()
        fields_domain = Domain.OR(
            [[(name, "ilike", text)] for name in ("move_id.name", "move_id.ref", "move_id.payment_reference", "name")]
        )
        found = fields_domain | Domain("partner_id.name", "ilike", text)
        try:
            amount = float(text.replace(".", "").replace(",", ".") if "," in text else text)
        except ValueError:
            return found
        return found | Domain("amount_residual_currency", "in", (amount, -amount))

    def _named_moves(self):
        """Documents whose number, reference or payment ID stands in the text."""
        line = self.bank_line_id
        names = {variant for word in words_of(line.payment_ref) for variant in reference_variants(word)}
        company = Domain("company_id", "=", line.company_id.id) & Domain("state", "=", "posted")
        found = self.env["account.move"]
        if names:
            found = found.search(company & Domain.OR([[(name, "in", list(names))] for name in REFERENCE_FIELDS]))
        numbers = payment_ids_of(self.env["paymatch.report.line"].new({"text": line.payment_ref}))
        if numbers:
            for moves in found._by_payment_ids(numbers, line.company_id).values():
                found |= moves
        return found.ids

    def _ranked(self, items):
        """``[(item, weight, why)]``, the heaviest first."""
        named = set(self._named_moves()) if items else set()
        rows = [(item, *self._weigh(item, item.move_id.id in named)) for item in items]
        return sorted(rows, key=lambda row: (-row[1], row[0].date, row[0].id))

    def _weigh(self, item, is_named):
        line, reasons = self.bank_line_id, []
        rest = item.amount_residual_currency
        equal = not line.currency_id.compare_amounts(rest, line.amount)
        start, end = (item.date + timedelta(days=days) for days in PAY_WINDOW)
        name = words.likeness(line.partner_name or line.payment_ref or "", item.partner_id.name or "")
        if is_named:
            reasons.append(self.env._("its number stands in the text"))
        if equal:
            reasons.append(self.env._("the amount"))
        if name >= 0.5:
            reasons.append(self.env._("the name"))
        is_part = abs(line.amount) < abs(rest)
        size = "equal" if equal else ("part" if is_part else "other")
        weight = weights.weigh("text" if is_named else "none", size, start <= line.date <= end, name)
        return weight, ", ".join(reasons)

    # What is chosen

    @api.depends("candidate_ids.is_chosen", "candidate_ids.item_id", "account_id")
    def _compute_chosen(self):
        for match in self:
            chosen = match.candidate_ids.filtered("is_chosen")
            match.chosen_amount = sum(chosen.item_id.mapped("amount_residual_currency"))
            match.difference = match.currency_id.round(match.amount - match.chosen_amount)
            match.tolerance_id = match._tolerance()
            match.hint = match._hint(chosen)

    def _tolerance(self):
        """The rule that books the difference; none where an account was chosen for it."""
        if not self.chosen_amount or not self.difference or self.account_id or self.amount * self.chosen_amount <= 0:
            return self.env["paymatch.tolerance"]
        rules = self.env["paymatch.tolerance"]._of(self.company_id, self.currency_id)
        return rules._covering(abs(self.chosen_amount), abs(self.amount))

    def _hint(self, chosen):
        money = self.currency_id.format
        if not chosen:
            return self.env._("Choose what the bank line pays, or an account with a reason.")
        if not self.difference:
            return self.env._("The bank line is explained to 0.00.")
        if self.tolerance_id:
            return self.env._(
                "%(amount)s is booked as “%(rule)s”.", amount=money(self.difference), rule=self.tolerance_id.name
            )
        if self.account_id:
            return self.env._(
                "%(amount)s is booked on %(account)s.",
                amount=money(self.difference),
                account=self.account_id.display_name,
            )
        if self._is_part():
            return self.env._("Part payment: %s stays open on the last one chosen.", money(abs(self.difference)))
        return self.env._("%s is left. Choose more, or an account with a reason.", money(self.difference))

    def _is_part(self):
        """Less was paid than is open on what was chosen."""
        return self.amount * self.chosen_amount > 0 and abs(self.amount) < abs(self.chosen_amount)

    def action_confirm(self):
        self.ensure_one()
        self.env["paymatch.report"].check_access("write")
        line = self.bank_line_id
        line.check_access("read")
        try:
            line.sudo().lock_for_update(allow_referencing=True)
        except LockError as error:
            raise UserError(self.env._("The bank line is being matched by somebody else right now.")) from error
        if line.is_reconciled:
            raise UserError(self.env._("The bank line is explained already. Undo its matching first."))
        chosen = self.candidate_ids.filtered("is_chosen")
        chosen.item_id.check_access("read")
        if chosen.item_id.filtered("reconciled"):
            raise UserError(self.env._("Something of what you chose was paid meanwhile. Open the line again."))
        if chosen.item_id.filtered(lambda item: not self._may_close(item)):
            raise UserError(self.env._("Choose open items of the same company and currency as the bank line."))
        parts = self._parts(chosen)
        line.sudo()._paymatch_book(parts, self.env._("Bank line %s", line.payment_ref or line.name))
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _may_close(self, item):
        line = self.bank_line_id
        return (
            item.parent_state == "posted"
            and item.account_id.reconcile
            and item.company_id == line.company_id
            and item.currency_id == line.currency_id
        )

    def _parts(self, chosen):
        """The counterparts of the bank line: amounts in its currency, together its amount."""
        parts, left = [], self.amount
        items = chosen.sorted(lambda row: (-row.weight, row.item_id.date, row.item_id.id)).item_id
        # what has the other direction first: a credit note lowers what is paid
        items = items.sorted(lambda item: item.amount_residual_currency * self.amount > 0)
        whole = not self._is_part() or self.tolerance_id or self.account_id
        for at, item in enumerate(items, 1):
            amount = item.amount_residual_currency
            if not whole and at == len(items):
                amount = left
            if amount * item.amount_residual_currency <= 0 or abs(amount) > abs(item.amount_residual_currency):
                raise UserError(
                    self.env._(
                        "%(amount)s does not reach all of what you chose. Choose fewer.",
                        amount=self.currency_id.format(self.amount),
                    )
                )
            left = self.currency_id.round(left - amount)
            parts.append({"account": item.account_id, "partner": item.partner_id, "amount": amount, "item": item})
        if not left:
            return parts
        if self.tolerance_id:
            return [*parts, {"account": self.tolerance_id.account_id, "amount": left, "name": self.tolerance_id.name}]
        if not self.account_id:
            raise UserError(self._hint(chosen))
        if not (self.reason or "").strip():
            raise UserError(self.env._("Say why the amount belongs on %s.", self.account_id.display_name))
        return [*parts, {"account": self.account_id, "amount": left, "name": self.reason.strip()}]


class PaymatchBankCandidate(models.TransientModel):
    _name = "paymatch.bank.candidate"
    _description = "Open Item a Bank Line May Pay"
    _order = "weight desc, id"

    match_id = fields.Many2one("paymatch.bank.match", required=True, ondelete="cascade", index=True)
    currency_id = fields.Many2one(related="match_id.currency_id")
    is_chosen = fields.Boolean(string="Choose")
    item_id = fields.Many2one("account.move.line", required=True, ondelete="cascade")
    date = fields.Date(related="item_id.date")
    move_id = fields.Many2one(related="item_id.move_id", string="Document")
    partner_id = fields.Many2one(related="item_id.partner_id")
    account_id = fields.Many2one(related="item_id.account_id")
    amount = fields.Monetary(string="Open", related="item_id.amount_residual_currency", currency_field="currency_id")
    weight = fields.Integer(aggregator=None)
    why = fields.Char(string="Reason")
