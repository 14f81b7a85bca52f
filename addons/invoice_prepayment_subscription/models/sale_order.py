from odoo import api, models

from odoo.addons.invoice_prepayment import allocation


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _get_ordinary_lines(self):
        # EXTENDS 'invoice_prepayment': what a subscription charges is never on the order's invoices
        return super()._get_ordinary_lines().filtered(lambda line: not line._is_recurring())

    def _get_prepayment_wholes(self):
        # EXTENDS 'invoice_prepayment'
        wholes = super()._get_prepayment_wholes()
        if not self.order_line.filtered(lambda line: line._is_recurring()):
            return wholes
        cells = self._get_order_cells()
        return {"total": allocation.total(cells), "net": allocation.net(cells)}

    @api.depends("order_line.subscription_template_id", "subscription_id")
    def _compute_prepayment_policy_id(self):
        # EXTENDS 'invoice_prepayment'
        return super()._compute_prepayment_policy_id()
