from odoo import Command, api, fields, models
from odoo.tools import format_date


class SubscriptionDeferralBalance(models.TransientModel):
    """What is not yet earned on a day, line by line, beside the account."""

    _name = "subscription.deferral.balance"
    _description = "Deferred on a Day"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        string="On", required=True, default=lambda self: self.env.company._subscription_today(),
        help="Only entries that are posted count.",
    )  # fmt: skip
    line_ids = fields.One2many("subscription.deferral.balance.line", "balance_id", compute="_compute_all")
    amount = fields.Monetary(string="Deferred by Line", compute="_compute_all")
    amount_account = fields.Monetary(string="On the Deferral Accounts", compute="_compute_all")
    difference = fields.Monetary(compute="_compute_all", help="What was booked on these accounts by hand.")

    @api.depends("date")
    def _compute_display_name(self):
        for report in self:
            report.display_name = self.env._("Deferred on %s", format_date(self.env, report.date))

    @api.depends("date", "company_id")
    def _compute_all(self):
        for report in self:
            company = report.company_id
            balances = self.env["subscription.deferral"]._get_balances(company, report.date) if report.date else {}
            report.line_ids = [Command.clear()] + [
                Command.create({"deferral_id": record.id, "amount": amount}) for record, amount in balances.items()
            ]
            report.amount = company.currency_id.round(sum(balances.values()))
            report.amount_account = report._get_account_balance()
            report.difference = company.currency_id.round(report.amount_account - report.amount)

    def _get_account_balance(self):
        records = self.env["subscription.deferral"]._read_group(
            [("company_id", "=", self.company_id.id)], ["deferral_account_id"]
        )
        accounts = self.env["account.account"].union(*(account for (account,) in records))
        domain = [
            ("company_id", "=", self.company_id.id),
            ("account_id", "in", (accounts | self.company_id.deferral_account_id).ids),
            ("parent_state", "=", "posted"),
            ("date", "<=", self.date),
        ]
        [(balance,)] = self.env["account.move.line"]._read_group(domain, [], ["balance:sum"])
        return -(balance or 0.0)


class SubscriptionDeferralBalanceLine(models.TransientModel):
    _name = "subscription.deferral.balance.line"
    _description = "Deferred Line on a Day"

    balance_id = fields.Many2one("subscription.deferral.balance", ondelete="cascade")
    deferral_id = fields.Many2one("subscription.deferral", string="Invoice Line")
    currency_id = fields.Many2one(related="deferral_id.currency_id")
    move_id = fields.Many2one(related="deferral_id.move_id")
    partner_id = fields.Many2one(related="deferral_id.partner_id")
    date_start = fields.Date(related="deferral_id.date_start")
    date_end = fields.Date(related="deferral_id.date_end")
    amount = fields.Monetary(string="Not Yet Earned")

    def action_open(self):
        self.ensure_one()
        return self.deferral_id.get_formview_action()
