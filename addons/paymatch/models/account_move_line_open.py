from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

# What a provider owes and the days it takes: account of the provider, days.
WAITS = (("clearing_account_id", "payout_days"), ("reserve_account_id", "reserve_days"))


class AccountMoveLine(models.Model):
    """Open items of providers and customers: how old they are, and what becomes of them."""

    _inherit = "account.move.line"

    paymatch_days_open = fields.Integer(string="Days Open", compute="_compute_paymatch_open", aggregator=None)
    paymatch_expected_date = fields.Date(
        string="Expected By",
        compute="_compute_paymatch_open",
        help="The day by which the provider pays it out, or releases the reserve, by the days on the provider.",
    )
    paymatch_is_late = fields.Boolean(
        string="Later Than Agreed", compute="_compute_paymatch_open", search="_search_paymatch_is_late"
    )

    @api.model
    def _paymatch_waits(self, companies):
        """``{account id: days}`` of what providers owe; where two share an account, the longer time."""
        waits = {}
        for provider in self.env["paymatch.provider"].sudo().search([("company_id", "in", companies.ids)]):
            for role, days in WAITS:
                if provider[role] and provider[days] > 0:
                    account = provider[role].id
                    waits[account] = max(provider[days], waits.get(account, 0))
        return waits

    @api.depends_context("tz")
    @api.depends("date", "account_id", "reconciled", "amount_residual", "parent_state")
    def _compute_paymatch_open(self):
        waits, today = self._paymatch_waits(self.company_id), fields.Date.context_today(self)
        for line in self:
            is_open = line.parent_state == "posted" and not line.reconciled and line.date
            line.paymatch_days_open = max((today - line.date).days, 0) if is_open else 0
            days = waits.get(line.account_id.id) if is_open and line.amount_residual > 0 else None
            line.paymatch_expected_date = line.date + timedelta(days=days) if days else False
            line.paymatch_is_late = bool(days) and line.paymatch_expected_date < today

    def _search_paymatch_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        late = [
            Domain("account_id", "=", account) & Domain("date", "<", today - timedelta(days=days))
            for account, days in self._paymatch_waits(self.env.companies).items()
        ]
        open_items = Domain("parent_state", "=", "posted") & Domain("reconciled", "=", False)
        found = Domain.OR(late) & open_items & Domain("amount_residual", ">", 0)
        return found if True in value else ~found

    # What is owed to customers

    def _paymatch_credits(self):
        """The items, when they are open credits of one customer on one account in one currency.

        :raises UserError: they are not
        """
        owed = self.filtered(
            lambda line: (
                line.account_id.account_type == "asset_receivable"
                and line.parent_state == "posted"
                and not line.reconciled
                and line.amount_residual < 0
            )
        )
        if not owed or owed != self:
            raise UserError(self.env._("Choose items that are still owed to the customer."))
        if not all(line.partner_id for line in owed):
            raise UserError(self.env._("It is not known whose money this is. Enter the customer on the entry first."))
        if any(len(values) > 1 for values in self._paymatch_sides(owed)):
            raise UserError(self.env._("Choose the items of one customer, in one currency and on one account."))
        return owed

    @api.model
    def _paymatch_sides(self, items):
        return items.company_id, items.partner_id.commercial_partner_id, items.currency_id, items.account_id

    def action_paymatch_offset(self):
        """Choose the customer's invoices that are paid with what is owed to him."""
        owed = self._paymatch_credits()
        offset = self.env["paymatch.offset"].create({"credit_ids": [(6, 0, owed.ids)]})
        if not offset.row_ids:
            raise UserError(
                self.env._(
                    "%s has no open invoice on this account. Pay the money back, or leave it until the next invoice.",
                    owed[0].partner_id.commercial_partner_id.display_name,
                )
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Offset against invoices"),
            "res_model": offset._name,
            "res_id": offset.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_paymatch_pay_back(self):
        """Register the payment to the customer: core's own window, with the open amount."""
        owed = self._paymatch_credits()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Pay back"),
            "res_model": "account.payment.register",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"active_model": "account.move.line", "active_ids": owed.ids},
        }
