from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..terms import Notice

MOST_TRIAL_DAYS = 3660
MOST_BINDING_MONTHS = 600


class SubscriptionTermsMixin(models.AbstractModel):
    """What is agreed about trial, binding and notice; the same on subscriptions and on their templates."""

    _name = "subscription.terms.mixin"
    _description = "Trial, Binding and Notice"

    trial_days = fields.Integer(string="Trial (Days)", help="The first days are free. Zero: no trial.")
    trial_anchor = fields.Selection(
        [("after", "On the day after the trial"), ("start", "As chosen, the first charged period is a part")],
        string="After the Trial Periods Begin",
        default="after",
        required=True,
        help="With periods that begin on the day of the start: whether they count from the first charged day, or from "
        "the start all the same.",
    )
    binding_months = fields.Integer(
        string="Binding (Months)", help="Counted from the start, the trial included. Zero: not bound."
    )
    notice_count = fields.Integer(string="Notice Period", help="Zero: may end any day.")
    notice_unit = fields.Selection(
        [("day", "Days"), ("month", "Months")], string="Notice In", default="month", required=True
    )
    notice_end = fields.Selection(
        [("day", "On any day"), ("month", "At the end of a month"), ("period", "At the end of a period")],
        string="Ends",
        default="day",
        required=True,
    )

    @api.constrains("trial_days", "binding_months", "notice_count")
    def _check_terms(self):
        for record in self:
            if not 0 <= record.trial_days <= MOST_TRIAL_DAYS:
                raise ValidationError(self.env._("A trial has 0 to 3660 days."))
            if not 0 <= record.binding_months <= MOST_BINDING_MONTHS:
                raise ValidationError(self.env._("A customer is bound for 0 to 600 months."))
            if not 0 <= record.notice_count <= 1000:
                raise ValidationError(self.env._("A notice has 0 to 1000 days or months."))

    @api.model
    def _get_terms_fields(self):
        """Names of the fields that say what is agreed. To be extended."""
        return ["trial_days", "trial_anchor", "binding_months", "notice_count", "notice_unit", "notice_end"]

    def _get_notice(self):
        self.ensure_one()
        return Notice(self.notice_count, self.notice_unit, self.notice_end)
