from odoo import models

from ..wanted import get_wanted


class AccountTax(models.Model):
    _inherit = "account.tax"

    def _prepare_down_payment_lines(
        self, base_lines, company, amount_type, amount, computation_key="down_payment", grouping_function=None
    ):
        # EXTENDS 'account'
        # Core rounds every deposit by itself, so two deposits of 50 % can exceed the order by 0.01. For an order
        # with a deposit plan the amounts are taken from what remains of the order instead.
        wanted = get_wanted(self.env)
        if not wanted:
            return super()._prepare_down_payment_lines(
                base_lines, company, amount_type, amount, computation_key, grouping_function
            )
        whole = super()._prepare_down_payment_lines(
            base_lines, company, "percent", 100.0, computation_key, grouping_function
        )
        return self.env["sale.order"].browse(wanted.order_id)._scale_down_payment_lines(whole, wanted)
