from odoo import models


class ResCurrency(models.Model):
    _inherit = "res.currency"

    def _has_subscription_rate(self, company, day):
        """Whether the company knows what this currency is worth on a day; core would book it one to one.

        :param date day: of the invoice
        """
        self.ensure_one()
        known = self.rate_ids.filtered(
            lambda rate: rate.name <= day and rate.company_id in (company.root_id, rate.company_id.browse())
        )
        return self == company.currency_id or bool(self.active and known)
