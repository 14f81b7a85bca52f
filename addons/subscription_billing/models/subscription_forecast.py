from odoo import api, fields, models
from odoo.fields import Domain

from ..billing import Billing

#: Subscriptions planned at a time: a year of invoices of each is kept in memory.
CHUNK = 200
MONTHS = 12


class SubscriptionForecast(models.Model):
    """What a company will invoice in the next twelve months and when the money is expected, by way of payment.

    Planned by the code that makes the invoices; computed at night, and when the screen is opened on a later day.
    """

    _name = "subscription.forecast"
    _description = "Forecast of Subscriptions"

    company_id = fields.Many2one("res.company", required=True, index=True)
    date_from = fields.Date(string="From", required=True)
    date_until = fields.Date(string="Until", required=True)
    date_computed = fields.Datetime(string="Computed On")
    stopped_count = fields.Integer(string="Not Planned", help="Subscriptions that cannot be billed as they are.")
    line_ids = fields.One2many("subscription.forecast.line", "forecast_id")

    _company_uniq = models.Constraint("UNIQUE (company_id)", "A company has one forecast.")

    @api.depends("company_id", "date_from")
    def _compute_display_name(self):
        for forecast in self:
            forecast.display_name = f"{forecast.company_id.name} {forecast.date_from}"

    @api.model
    def action_open(self):
        """Menu: the forecast of the company as of today."""
        self.check_access("read")
        company = self.env.company
        forecast_sudo = self.sudo().search([("company_id", "=", company.id)])
        if forecast_sudo.date_from != company._subscription_today():
            self._compute_company(company)
        return self.env["ir.actions.act_window"]._for_xml_id("subscription_billing.subscription_forecast_line_action")

    @api.model
    def _cron_compute(self):
        running = [("state", "in", ("active", "paused"))]
        groups = self.env["subscription.subscription"]._read_group(running, ["company_id"])
        for done, (company,) in enumerate(groups, start=1):
            self._compute_company(company)
            if not self.env["ir.cron"]._commit_progress(1, remaining=len(groups) - done):
                return
            self.env.invalidate_all()

    @api.model
    def _compute_company(self, company):
        """Replace the forecast of a company. The row of the company is held, so that two never mix."""
        today = company._subscription_today()
        until = fields.Date.subtract(fields.Date.add(today, months=MONTHS), days=1)
        values = {"date_from": today, "date_until": until}
        forecasts_sudo = self.sudo()
        forecast_sudo = forecasts_sudo.search([("company_id", "=", company.id)])
        if forecast_sudo:
            forecast_sudo.lock_for_update()
            forecast_sudo.line_ids.unlink()
        else:
            forecast_sudo = forecasts_sudo.create({"company_id": company.id, **values})
        stopped = forecast_sudo._make_planned_lines(company, today, until)
        forecast_sudo._make_open_lines(company, today)
        forecast_sudo.write({**values, "date_computed": fields.Datetime.now(), "stopped_count": stopped})
        return forecast_sudo

    def _make_planned_lines(self, company, today, until):
        """The invoices to come. Returns how many subscriptions cannot be planned."""
        domain = Domain("company_id", "=", company.id) & Domain("state", "in", ("active", "paused"))
        domain &= Domain("next_invoice_date", "<=", until) | Domain("group_id", "!=", False)
        run = self.env["subscription.billing.run"].with_company(company).new({"company_id": company.id})
        subscriptions = self.env["subscription.subscription"].with_company(company).search(domain, order="id")
        stopped = 0
        for start in range(0, len(subscriptions), CHUNK):
            billing = Billing(self.with_company(company).env, company, until, today)
            billing.apart_after = today
            chunk = subscriptions[start : start + CHUNK].with_env(billing.env)
            values_list = []
            for (subscription, customer), plans in run._plan(chunk, billing).items():
                if isinstance(plans, str):
                    stopped += 1
                    continue
                way = billing.payment_way(subscription, customer)
                values_list += [self._prepare_planned_values(plan, way, billing, today) for plan in plans]
            self.env["subscription.forecast.line"].create(values_list)
            if len(subscriptions) > CHUNK:
                self.env.flush_all()
                self.env.invalidate_all(flush=False)
        return stopped

    def _prepare_planned_values(self, plan, way, billing, today):
        company, currency = billing.company, plan.subscription.currency_id
        plan.invoice_date = max(today, max(charge.due_date for charge in plan.charges))
        return {
            "forecast_id": self.id,
            "kind": "planned",
            "subscription_id": plan.subscription.id,
            "partner_id": plan.customer.id,
            "payment_way": way,
            "invoice_date": plan.invoice_date,
            "date_expected": billing.due_date(plan),
            "amount_untaxed": currency._convert(plan.amount_untaxed, company.currency_id, company, today),
            "amount_total": currency._convert(plan.amount_total, company.currency_id, company, today),
        }

    def _make_open_lines(self, company, today):
        """Invoices that are made but not paid: drafts in full, posted ones with what is open."""
        moves = self.env["account.move"].search(
            [
                ("company_id", "=", company.id),
                ("move_type", "in", ("out_invoice", "out_refund")),
                ("subscription_run_id", "!=", False),
                ("state", "in", ("draft", "posted")),
                "|",
                ("state", "=", "draft"),
                ("payment_state", "in", ("not_paid", "partial", "blocked")),
            ]
        )
        billing = Billing(self.with_company(company).env, company, today, today)
        values_list = []
        for move in moves:
            values_list += self._prepare_open_values(move, billing, today)
        self.env["subscription.forecast.line"].create(values_list)

    def _prepare_open_values(self, move, billing, today):
        """A line for each subscription of the invoice, by its part of it; together what is open."""
        currency = billing.company.currency_id
        items = move._get_subscription_periods().grouped("subscription_id")
        weights = {one: sum(rows.move_line_id.mapped("price_total")) for one, rows in items.items()}
        is_draft = move.state == "draft"
        total = move.amount_total_signed if is_draft else move.amount_residual_signed
        untaxed = move.amount_untaxed_signed * (total / move.amount_total_signed if move.amount_total_signed else 0.0)
        parts = zip(
            weights,
            share_out(currency.round(untaxed), weights.values(), currency),
            share_out(total, weights.values(), currency),
            strict=True,
        )
        return [
            {
                "forecast_id": self.id,
                "kind": "draft" if is_draft else "open",
                "subscription_id": subscription.id,
                "partner_id": move.commercial_partner_id.id,
                "move_id": move.id,
                "payment_way": billing.payment_way(subscription.with_env(billing.env), move.partner_id),
                "invoice_date": move.invoice_date or today,
                "date_expected": max(today, move.invoice_date_due or move.invoice_date or today),
                "amount_untaxed": part_untaxed,
                "amount_total": part_total,
            }
            for subscription, part_untaxed, part_total in parts
        ]


def share_out(amount, weights, currency):
    """Parts of ``amount`` by their weights, rounded, that add up to it; without any weight the first takes it."""
    weights = list(weights)
    whole, until_here, given, parts = sum(weights), 0.0, 0.0, []
    for at, weight in enumerate(weights):
        until_here += weight
        reached = amount if not whole or at == len(weights) - 1 else currency.round(amount * until_here / whole)
        parts.append(currency.round(reached - given))
        given = reached
    return parts


class SubscriptionForecastLine(models.Model):
    _name = "subscription.forecast.line"
    _description = "Expected Invoice"
    _order = "date_expected, id"

    forecast_id = fields.Many2one("subscription.forecast", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="forecast_id.company_id", store=True, precompute=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind = fields.Selection(
        [("planned", "To be invoiced"), ("draft", "Draft"), ("open", "Invoiced, not paid")], required=True
    )
    subscription_id = fields.Many2one("subscription.subscription", required=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, ondelete="cascade")
    move_id = fields.Many2one("account.move", string="Invoice", index="btree_not_null", ondelete="cascade")
    payment_way = fields.Char(string="Way of Payment")
    invoice_date = fields.Date(required=True)
    date_expected = fields.Date(string="Expected in the Bank", required=True)
    amount_untaxed = fields.Monetary(string="Untaxed")
    amount_total = fields.Monetary(string="Total")

    @api.depends("subscription_id", "invoice_date")
    def _compute_display_name(self):
        for line in self:
            line.display_name = f"{line.subscription_id.display_name} {line.invoice_date}"

    @api.model
    def action_recompute(self):
        """Button: compute the forecast of the company again, now."""
        self.check_access("read")
        self.env["subscription.forecast"]._compute_company(self.env.company)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
