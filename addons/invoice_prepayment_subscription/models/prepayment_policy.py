from odoo import models


class PrepaymentPolicy(models.Model):
    _inherit = "prepayment.policy"

    def _get_match_reasons(self, order):
        # EXTENDS 'invoice_prepayment': an order of subscriptions alone invoices nothing, so it takes no deposit
        sold = order.order_line.filtered(lambda line: not line.display_type and not line.is_downpayment)
        if sold and not order._get_ordinary_lines():
            return False
        return super()._get_match_reasons(order)
