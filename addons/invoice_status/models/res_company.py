from datetime import datetime, timezone

import pytz

from odoo import models


class ResCompany(models.Model):
    _inherit = "res.company"

    def _invoice_status_timezone(self):
        """The company's own clock: its address' time zone, else that of its country."""
        self.ensure_one()
        name = self.partner_id.tz
        if not name and self.country_id.code:
            names = pytz.country_timezones.get(self.country_id.code)
            name = names[0] if names else None
        return pytz.timezone(name or "UTC")

    def _invoice_status_today(self):
        """Today's date where the company is."""
        self.ensure_one()
        return datetime.now(timezone.utc).astimezone(self._invoice_status_timezone()).date()
