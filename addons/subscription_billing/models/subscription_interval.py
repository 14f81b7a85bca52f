from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..periods import Interval

UNITS = {"day": ("day", 1), "week": ("day", 7), "month": ("month", 1), "quarter": ("month", 3), "year": ("month", 12)}


class SubscriptionInterval(models.AbstractModel):
    _name = "subscription.interval"
    _description = "How Often a Subscription Is Charged"

    interval_count = fields.Integer(string="Every", default=1)
    interval_unit = fields.Selection(
        [("day", "Days"), ("week", "Weeks"), ("month", "Months"), ("quarter", "Quarters"), ("year", "Years")],
        string="Interval",
    )

    @api.constrains("interval_count", "interval_unit")
    def _check_interval(self):
        for record in self:
            if record.interval_unit and not 1 <= record.interval_count <= 1000:
                raise ValidationError(self.env._("The interval must be between 1 and 1000."))

    def _get_interval(self):
        """The interval in days or months."""
        self.ensure_one()
        unit, factor = UNITS[self.interval_unit]
        return Interval(self.interval_count * factor, unit)

    def _get_interval_text(self):
        """How often, e.g. "every 3 months"."""
        self.ensure_one()
        texts = {
            "day": (self.env._("every day"), self.env._("every %s days", self.interval_count)),
            "week": (self.env._("every week"), self.env._("every %s weeks", self.interval_count)),
            "month": (self.env._("every month"), self.env._("every %s months", self.interval_count)),
            "quarter": (self.env._("every quarter"), self.env._("every %s quarters", self.interval_count)),
            "year": (self.env._("every year"), self.env._("every %s years", self.interval_count)),
        }
        one, several = texts[self.interval_unit]
        return one if self.interval_count == 1 else several
