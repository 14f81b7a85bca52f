from itertools import islice

from odoo import api, fields, models

from .subscription_index_rule import LOOK_AHEAD

#: Days the daily job may have stood still and yet finds the prices that came into force.
LOOK_BACK = 31


# one subject per file: how prices of a subscription are regulated
class SubscriptionSubscription(models.Model):
    """The rule by which the prices of a subscription rise, and when it is its turn."""

    _inherit = "subscription.subscription"

    index_rule_id = fields.Many2one(
        "subscription.index.rule", string="Price Regulation", index="btree_not_null", check_company=True, tracking=True
    )
    index_price_date = fields.Date(
        string="Prices Agreed On",
        compute="_compute_index_price_date",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        help="Regulations due on or before this day are not made.",
    )
    index_next_date = fields.Date(
        string="Next Regulation", compute="_compute_index_next_date", store=True, index="btree_not_null", copy=False
    )
    price_change_ids = fields.One2many(
        "subscription.indexation.line",
        "subscription_id",
        string="Price Changes",
        domain=[("state", "in", ("applied", "undone"))],
        readonly=True,
    )

    @api.depends("index_rule_id")
    def _compute_index_price_date(self):
        """Prices are agreed when the rule is: what it would have done before is not caught up unasked."""
        for subscription in self:
            company = subscription.company_id or self.env.company
            subscription.index_price_date = subscription.index_rule_id and company._subscription_today()

    @api.depends(
        "date_start", "index_price_date", "index_rule_id.schedule", "index_rule_id.date_first",
        "index_rule_id.interval_months", "index_rule_id.free_months", "all_line_ids.active", "all_line_ids.is_one_off",
        "all_line_ids.date_start", "all_line_ids.price_due_date", "all_line_ids.is_index_excluded",
        "all_line_ids.continues_id", "all_line_ids.price_base_date", "all_line_ids.date_end", "date_end",
    )  # fmt: skip
    def _compute_index_next_date(self):
        for subscription in self:
            rule = subscription.index_rule_id
            found = []
            if rule and subscription.date_start and rule.interval_months > 0:
                until = fields.Date.add(subscription.index_price_date or subscription.date_start, months=LOOK_AHEAD)
                lines = subscription._get_regulated_lines().filtered(lambda line: not line.is_index_excluded)
                first = [(line, day) for line in lines for day in islice(rule._get_due_dates(line, until), 1)]
                # a line that ends before has no regulation to wait for
                found = [day for line, day in first if day <= (line.date_end or subscription.date_end or day)]
            subscription.index_next_date = min(found, default=False)

    def _get_regulated_lines(self):
        """Lines whose price may rise: what is charged again and again."""
        return self.all_line_ids.filtered(lambda line: line.active and not line.is_one_off)

    @api.model
    def _refresh_new_prices(self):
        """The monthly value follows a price on the day it comes into force."""
        today = max(company._subscription_today() for company in self.env["res.company"].search([]))
        lines = self.env["subscription.line"].search(
            [("price_from", ">=", fields.Date.subtract(today, days=LOOK_BACK)), ("price_from", "<=", today)]
        )
        self.env.add_to_compute(self._fields["monthly_amount"], lines.subscription_id)
