from odoo import api, fields, models
from odoo.exceptions import ValidationError

MOST_LEAD_DAYS = 1000


class SubscriptionScheduleMixin(models.AbstractModel):
    """When and how periods are charged; the same on subscriptions and on their templates."""

    _name = "subscription.schedule.mixin"
    _description = "When a Subscription Is Charged"
    _inherit = ["subscription.interval"]

    interval_unit = fields.Selection(required=True, default="month")
    anchor = fields.Selection(
        [
            ("start", "On the day of the start"),
            ("day", "On a fixed day of the month"),
            ("first", "On the first day of the month"),
            ("last", "On the last day of the month"),
        ],
        string="Periods Begin",
        default="start",
        required=True,
    )
    anchor_day = fields.Integer(string="Day of the Month", default=1)
    anchor_month = fields.Selection(
        [(str(number), f"{number:02}") for number in range(1, 13)],
        string="First Month",
        help="For calendar quarters, half-years and years: a month in which a period begins.",
    )
    timing = fields.Selection(
        [("advance", "In advance"), ("arrears", "In arrears")], string="Invoiced", default="advance", required=True
    )
    lead_days = fields.Integer(
        string="Days Before",
        help="Invoiced so many days before the period begins (in advance) or ends (in arrears). Negative: after.",
    )
    proration = fields.Selection(
        [("days", "By days"), ("30_360", "By days, months of 30 days"), ("none", "Full price")],
        string="Part of a Period",
        default="days",
        required=True,
        help="What a first, last, paused or changed period costs that has not all its days.",
    )
    backlog = fields.Selection(
        [("separate", "One invoice for each due date"), ("together", "All on one invoice")],
        string="Several Periods Due",
        default="separate",
        required=True,
    )

    @api.constrains("lead_days")
    def _check_lead_days(self):
        for record in self:
            if abs(record.lead_days) > MOST_LEAD_DAYS:
                raise ValidationError(
                    self.env._("An invoice is made at most %s days before or after its period.", MOST_LEAD_DAYS)
                )
