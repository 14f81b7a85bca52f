from odoo import models
from odoo.tools import format_date


class ResCurrency(models.Model):
    _inherit = "res.currency"

    def _get_subscription_rate_fault(self, company, day):
        """Why nothing is invoiced in this currency on a day, in words, or None; core would book it one to one.

        :param date day: of the invoice
        """
        self.ensure_one()
        if self == company.currency_id:
            return None
        known = self.rate_ids.filtered(
            lambda rate: rate.name <= day and rate.company_id in (company.root_id, rate.company_id.browse())
        )
        if self.active and known:
            return None
        shown = format_date(self.env, day)
        return self.env._("No exchange rate for %(currency)s on %(day)s.", currency=self.name, day=shown)
