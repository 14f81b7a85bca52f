from datetime import timezone

import pytz

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    subscription_auto_run = fields.Selection(
        [("no", "By hand"), ("draft", "Every day, as drafts"), ("post", "Every day, posted")],
        string="Billing of Subscriptions",
        default="no",
        required=True,
    )
    subscription_joint_invoice = fields.Selection(
        [("apart", "An invoice for each"), ("joint", "Together on one invoice")],
        string="Several Subscriptions of a Customer",
        default="apart",
        required=True,
    )

    def _subscription_today(self):
        """Today where the company is: its contact's time zone, else that of its country, else the user's."""
        self.ensure_one()
        country = (self.country_id.code or "").upper()
        zones = pytz.country_timezones.get(country) or []
        name = self.partner_id.tz or (zones[0] if zones else None) or self.env.user.tz or "UTC"
        return fields.Datetime.now().replace(tzinfo=timezone.utc).astimezone(pytz.timezone(name)).date()
