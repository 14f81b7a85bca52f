from calendar import monthrange

from odoo import api, fields, models
from odoo.exceptions import ValidationError


def next_day_of_month(day, number):
    """The first day of that number on or after `day`; where a month is shorter, its last day."""
    found = day.replace(day=min(number, monthrange(day.year, day.month)[1]))
    if found >= day:
        return found
    following = fields.Date.add(day.replace(day=1), months=1)
    return following.replace(day=min(number, monthrange(following.year, following.month)[1]))


# one subject per file: the date of the invoice
class SubscriptionSubscription(models.Model):
    """The date of the invoice: that of the run, the day the period is due, or a fixed day of the month."""

    _inherit = "subscription.subscription"  # pylint: disable=consider-merging-classes-inherited

    invoice_date_rule = fields.Selection(
        selection_add=[("day", "Fixed day of the month")], ondelete={"day": "set default"}
    )
    invoice_day = fields.Integer(
        default=1,
        help="The first such day on or after the day the period is due. 31: the last day of the month.",
    )

    @api.constrains("invoice_date_rule", "invoice_day")
    def _check_invoice_day(self):
        for subscription in self:
            if subscription.invoice_date_rule == "day" and not 1 <= subscription.invoice_day <= 31:
                raise ValidationError(self.env._("The day of the month must be between 1 and 31."))

    def _get_invoice_date(self, charges, billing):
        """The date of the invoice for these charges; a lock date is no reason to move it, but a fault."""
        self.ensure_one()
        if self.invoice_date_rule == "run":
            return billing.invoice_date
        due = max(charge.due_date for charge in charges)
        return next_day_of_month(due, self.invoice_day) if self.invoice_date_rule == "day" else due


class SubscriptionTemplate(models.Model):
    _inherit = "subscription.template"

    invoice_day = fields.Integer(default=1)

    @api.constrains("invoice_date_rule", "invoice_day")
    def _check_invoice_day(self):
        for template in self:
            if template.invoice_date_rule == "day" and not 1 <= template.invoice_day <= 31:
                raise ValidationError(self.env._("The day of the month must be between 1 and 31."))

    def _prepare_subscription_values(self):
        return {**super()._prepare_subscription_values(), "invoice_day": self.invoice_day}
