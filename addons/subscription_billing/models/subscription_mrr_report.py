from odoo import api, fields, models
from odoo.tools import SQL, format_date


class SubscriptionMrrReport(models.Model):
    """The monthly value at the start of a month, its movements, and at the end: they add up."""

    _name = "subscription.mrr.report"
    _description = "Monthly Value by Month"
    _auto = False
    _order = "month desc, company_id"

    company_id = fields.Many2one("res.company", readonly=True)
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    month = fields.Date(readonly=True)
    amount_start = fields.Monetary(string="Start", currency_field="company_currency_id", aggregator=None)
    amount_new = fields.Monetary(string="New", currency_field="company_currency_id")
    amount_expansion = fields.Monetary(string="Expansion", currency_field="company_currency_id")
    amount_contraction = fields.Monetary(string="Contraction", currency_field="company_currency_id")
    amount_churn = fields.Monetary(string="Churn", currency_field="company_currency_id")
    amount_reactivation = fields.Monetary(string="Reactivation", currency_field="company_currency_id")
    amount_change = fields.Monetary(
        string="Net Change", currency_field="company_currency_id", help="All movements of the month together."
    )
    amount_end = fields.Monetary(string="Monthly Value (MRR)", currency_field="company_currency_id", aggregator=None)
    amount_year = fields.Monetary(string="Yearly Value (ARR)", currency_field="company_currency_id", aggregator=None)
    churn_rate = fields.Float(
        string="Churn (%)", digits=(8, 2), aggregator=None, help="Churn of the month, of the value at its start."
    )

    @api.depends("month")
    def _compute_display_name(self):
        for row in self:
            row.display_name = format_date(self.env, row.month, date_format="MMMM yyyy") if row.month else ""

    @property
    def _table_query(self):
        """Every month since the first movement, those without one too, until that of the company's own day."""
        return SQL(
            """
            WITH months AS (
                SELECT movement.company_id,
                       GENERATE_SERIES(
                           DATE_TRUNC('month', MIN(movement.date)),
                           DATE_TRUNC('month', GREATEST(MAX(movement.date), company.today)),
                           INTERVAL '1 month'
                       )::date AS month
                FROM subscription_mrr_movement movement
                JOIN (VALUES %(companies)s) AS company (id, today) ON company.id = movement.company_id
                GROUP BY movement.company_id, company.today
            ), sums AS (
                SELECT months.company_id, months.month,
                       COALESCE(SUM(amount) FILTER (WHERE kind = 'new'), 0) AS amount_new,
                       COALESCE(SUM(amount) FILTER (WHERE kind = 'expansion'), 0) AS amount_expansion,
                       COALESCE(SUM(amount) FILTER (WHERE kind = 'contraction'), 0) AS amount_contraction,
                       COALESCE(SUM(amount) FILTER (WHERE kind = 'churn'), 0) AS amount_churn,
                       COALESCE(SUM(amount) FILTER (WHERE kind = 'reactivation'), 0) AS amount_reactivation,
                       COALESCE(SUM(amount), 0) AS amount_all
                FROM months
                LEFT JOIN subscription_mrr_movement movement
                    ON movement.company_id = months.company_id
                    AND movement.date >= months.month AND movement.date < months.month + INTERVAL '1 month'
                GROUP BY months.company_id, months.month
            ), running AS (
                SELECT sums.*, SUM(amount_all) OVER (PARTITION BY company_id ORDER BY month) AS amount_end FROM sums
            )
            SELECT company_id * 1000000 + EXTRACT(YEAR FROM month)::int * 100 + EXTRACT(MONTH FROM month)::int AS id,
                   company_id, month, amount_end - amount_all AS amount_start, amount_new, amount_expansion,
                   amount_contraction, amount_churn, amount_reactivation, amount_all AS amount_change, amount_end,
                   amount_end * 12 AS amount_year,
                   CASE WHEN amount_end - amount_all > 0
                        THEN -100 * amount_churn / (amount_end - amount_all) ELSE 0 END AS churn_rate
            FROM running
            """,
            companies=self.env["res.company"]._get_subscription_days(),
        )

    @api.model
    def action_open(self):
        """Menu: record what changed today, then show."""
        self.check_access("read")
        self.env["subscription.mrr.movement"]._record(self.env.company)
        return self.env["ir.actions.act_window"]._for_xml_id("subscription_billing.subscription_mrr_report_action")

    def action_open_start(self):
        return self._open_movements([("date", "<", self.month)])

    def action_open_movements(self):
        kind = self.env.context.get("movement_kind")
        domain = [("date", ">=", self.month), ("date", "<", fields.Date.add(self.month, months=1))]
        return self._open_movements([*domain, ("kind", "=", kind)] if kind else domain)

    def action_open_end(self):
        return self._open_movements([("date", "<", fields.Date.add(self.month, months=1))])

    def _open_movements(self, domain):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("subscription_billing.subscription_mrr_movement_action")
        action.update(domain=[("company_id", "=", self.company_id.id), *domain], context={})
        action["views"] = [(False, "list"), (False, "pivot")]
        return action
