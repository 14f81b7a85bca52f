from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..const import BANK_WINDOW


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"

    paymatch_import_key = fields.Char(copy=False, readonly=True, help="The bank's own reference of an imported line.")
    paymatch_movement_ids = fields.One2many(
        "paymatch.report.movement", "statement_line_id", string="Payment Report Movements"
    )

    _paymatch_import_key_uniq = models.UniqueIndex(
        "(journal_id, paymatch_import_key) WHERE paymatch_import_key IS NOT NULL",
        "This bank line was imported already.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account'
        lines = super().create(vals_list)
        lines.sudo()._paymatch_close()
        return lines

    def action_paymatch_close(self):
        """Button: find the payout or advice these bank lines are."""
        self.env["paymatch.report"].check_access("write")
        self.sudo()._paymatch_close()
        left = self.filtered(lambda line: not line.is_reconciled)
        if left and len(self) == 1:
            raise UserError(
                self.env._(
                    "No approved payout or advice of exactly %(amount)s waits for this bank line, or several do and "
                    "none is named in its text.",
                    amount=left.currency_id.format(left.amount),
                )
            )
        return True

    def action_paymatch_match(self):
        """Button: choose by hand what this bank line pays."""
        self.ensure_one()
        self.env["paymatch.report"].check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Match by Hand"),
            "res_model": "paymatch.bank.match",
            "view_mode": "form",
            "target": "new",
            "context": {"default_bank_line_id": self.id},
        }

    def action_paymatch_undo(self):
        """Button: take the bank lines away from what they closed."""
        self.env["paymatch.report"].check_access("write")
        self.check_access("read")
        self.sudo().action_undo_reconciliation()
        return True

    def _paymatch_close(self):
        """Close in-transit items one to one: by amount and reference, else by amount when both sides are single."""
        for line in self:
            if line.is_reconciled or line.currency_id.is_zero(line.amount):
                continue
            movement = line._paymatch_find_movement()
            if movement:
                line._paymatch_reconcile(movement)

    def _paymatch_find_movement(self):
        self.ensure_one()
        start, end = (self.date - timedelta(days=days) for days in reversed(BANK_WINDOW))
        movements = (
            self.env["paymatch.report.movement"]
            .search(
                [
                    ("company_id", "=", self.company_id.id),
                    ("in_transit_line_id", "!=", False),
                    ("is_banked", "=", False),
                    ("amount", "=", self.amount),
                    ("provider_id.currency_id", "=", self.currency_id.id),
                    ("provider_id.bank_journal_id", "in", (self.journal_id.id, False)),
                    ("date", ">=", start),
                    ("date", "<=", end),
                ]
            )
            .filtered(lambda movement: not self.currency_id.compare_amounts(movement.amount, self.amount))
        )
        named = movements.filtered(lambda movement: movement._is_named_in(self.payment_ref))
        if len(named) == 1:
            return named
        if len(movements) != 1 or named:
            return movements.browse()
        others = self.search(movements._bank_line_domain()) - self
        return movements.browse() if others else movements

    def _paymatch_reconcile(self, movement):
        """Book the bank line against the in-transit account and close the item."""
        self.ensure_one()
        item = movement.in_transit_line_id
        values = self._prepare_move_line_default_vals(counterpart_account_id=item.account_id.id)
        _liquidity, suspense, others = self._seek_for_lines()
        if others or len(suspense) != 1:
            return
        suspense.with_context(skip_readonly_check=True, skip_account_move_synchronization=True).write(
            {"account_id": item.account_id.id, "name": values[1]["name"]}
        )
        (suspense | item).reconcile()
        movement.report_id.message_post(
            body=self.env._(
                "In the bank: %(line)s of %(date)s", line=self.payment_ref or "", date=format_date(self.env, self.date)
            )
        )

    def _paymatch_book(self, parts, source):
        """Book the bank line against what a user has chosen, and close the open items.

        :param parts: dicts with ``account``, ``amount`` (in the line's currency, together the line's amount), and
            ``item`` (the open item it closes), ``partner``, ``name`` where there are any
        :param str source: what the status of an invoice names as the cause
        """
        self.ensure_one()
        _liquidity, suspense, others = self._seek_for_lines()
        if others or len(suspense) != 1:
            raise UserError(self.env._("The bank line is booked already. Undo its matching first."))
        if suspense.currency_id != self.currency_id:
            raise UserError(
                self.env._("The bank line tells another currency. Match it with a payment in that currency.")
            )
        currency, rest = suspense.currency_id, suspense.balance
        commands = [Command.delete(suspense.id)]
        for at, part in enumerate(parts, 1):
            # the last one takes the rounding, so that the entry balances
            share = suspense.balance * part["amount"] / self.amount
            balance = rest if at == len(parts) else self.company_id.currency_id.round(share)
            rest = self.company_id.currency_id.round(rest - balance)
            commands.append(
                Command.create(
                    {
                        "sequence": 100 + at,
                        "account_id": part["account"].id,
                        "partner_id": part["partner"].id if part.get("partner") else self.partner_id.id,
                        "name": part.get("name") or self.payment_ref,
                        "currency_id": currency.id,
                        "amount_currency": -part["amount"],
                        "balance": balance,
                    }
                )
            )
        booked = self.with_context(force_delete=True, skip_readonly_check=True, skip_account_move_synchronization=True)
        booked.write({"line_ids": commands})
        items = {item.sequence: item for item in self.move_id.line_ids}
        invoices = self.env["account.move"].union(*(part["item"].move_id for part in parts if part.get("item")))
        invoices.filtered(lambda move: move.is_invoice())._log_status_cause("payment", source)
        plan = [part["item"] | items[100 + at] for at, part in enumerate(parts, 1) if part.get("item")]
        if plan:
            self.env["account.move.line"]._reconcile_plan(plan)
