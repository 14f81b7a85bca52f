from odoo import models

from ..clock import company_timezone, company_today


class ResCompany(models.Model):
    _inherit = "res.company"

    def _invoice_status_timezone(self):
        """The company's own clock: its address' time zone, else that of its country."""
        return company_timezone(self)

    def _invoice_status_today(self):
        """Today's date where the company is."""
        return company_today(self)
