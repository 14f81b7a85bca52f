from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.tools import SQL


class SubscriptionMrrMovement(models.Model):
    """A change of the monthly value of a subscription. The monthly value of any day is the sum of what came before.

    Written once a day, and when the report is opened: what changed since is one movement. Days that are past are
    never rewritten, so last month's figures stay what they were.
    """

    _name = "subscription.mrr.movement"
    _description = "Movement of the Monthly Value"
    _inherit = ["subscription.proof.mixin"]
    _order = "date desc, id desc"

    subscription_id = fields.Many2one("subscription.subscription", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="subscription_id.company_id", store=True, precompute=True, index=True)
    partner_id = fields.Many2one(related="subscription_id.partner_id", store=True, precompute=True, string="Customer")
    group_id = fields.Many2one(related="subscription_id.group_id", store=True, precompute=True)
    number = fields.Integer(required=True, help="The how many-th movement of the subscription this is.")
    date = fields.Date(required=True, index=True)
    kind = fields.Selection(
        [
            ("new", "New"),
            ("expansion", "Expansion"),
            ("contraction", "Contraction"),
            ("churn", "Churn"),
            ("reactivation", "Reactivation"),
        ],
        required=True,
    )
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    amount = fields.Monetary(string="Monthly Value", currency_field="company_currency_id")
    currency_id = fields.Many2one("res.currency", required=True)
    amount_currency = fields.Monetary(string="In the Subscription's Currency", aggregator=None)

    # two processes that look at once: one of them is refused and looks again
    _number_uniq = models.Constraint("UNIQUE (subscription_id, number)", "This movement was already recorded.")

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | set(self._fields)

    @api.depends("subscription_id", "kind", "date")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for movement in self:
            movement.display_name = f"{movement.subscription_id.display_name}: {kinds.get(movement.kind)}"

    @api.model
    def _record_all(self):
        for (company,) in self.env["subscription.subscription"]._read_group([], ["company_id"]):
            self._record(company)

    @api.model
    def _record(self, company):
        """What changed since the last time. One query finds the few; the others are not read.

        Worth counting: what is running today. A pause is churn, its end a reactivation.
        """
        today = company._subscription_today()
        self.env["subscription.subscription"].flush_model()
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT found.id, found.value, found.currency_id, found.before, found.before_company, found.number
                FROM (
                    SELECT sub.id, sub.currency_id,
                           CASE WHEN sub.state = 'active' AND sub.date_start <= %(today)s
                                     AND (sub.trial_end IS NULL OR sub.trial_end < %(today)s)
                                     AND (sub.date_end IS NULL OR sub.date_end >= %(today)s)
                                THEN COALESCE(sub.monthly_amount, 0) ELSE 0 END AS value,
                           COALESCE(sums.amount_currency, 0) AS before,
                           COALESCE(sums.amount, 0) AS before_company,
                           COALESCE(sums.number, 0) AS number
                    FROM subscription_subscription sub
                    LEFT JOIN (
                        SELECT subscription_id, SUM(amount_currency) AS amount_currency, SUM(amount) AS amount,
                               MAX(number) AS number
                        FROM subscription_mrr_movement
                        WHERE company_id = %(company)s
                        GROUP BY subscription_id
                    ) sums ON sums.subscription_id = sub.id
                    WHERE sub.company_id = %(company)s AND (sub.state = 'active' OR sums.amount_currency != 0)
                ) found
                WHERE ABS(found.value - found.before) >= 0.005
                ORDER BY found.id
                """,
                today=today,
                company=company.id,
            )
        )
        values_list = []
        for subscription_id, value, currency_id, before, before_company, number in rows:
            currency = self.env["res.currency"].browse(currency_id)
            value, before, before_company = float(value), float(before), float(before_company)
            in_company = currency._convert(value, company.currency_id, company, today) if value else 0.0
            values_list.append(
                {
                    "subscription_id": subscription_id,
                    "number": number + 1,
                    "date": today,
                    "kind": _kind(number, before, value),
                    "currency_id": currency_id,
                    "amount_currency": value - before,
                    "amount": in_company - before_company,
                }
            )
        if not values_list:
            return self.browse()
        try:
            with self.env.cr.savepoint():
                return self.sudo().create(values_list)
        except UniqueViolation:
            return self.browse()  # another process has just recorded them


def _kind(number, before, value):
    if not number:
        return "new"
    if not before:
        return "reactivation"
    if not value:
        return "churn"
    return "expansion" if value > before else "contraction"
