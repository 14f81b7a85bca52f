from odoo import models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _get_prepayment_productions(self):
        # EXTENDS 'invoice_prepayment_mrp_subcontracting'
        lines = self.env["purchase.order.line"].sudo().search([("sale_line_id", "in", self.sudo().order_line.ids)])
        return super()._get_prepayment_productions() | lines.move_ids._get_subcontract_production()
