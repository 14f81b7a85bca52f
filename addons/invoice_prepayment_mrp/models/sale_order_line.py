from odoo import models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def write(self, vals):
        # EXTENDS 'sale_mrp'
        if "order_id" not in vals or self.env.su:
            return super().write(vals)
        productions = self.env["mrp.production"].sudo().search([("sale_line_id", "in", self.ids)])
        with productions.sudo(False)._keep_prepayment_links():
            return super().write(vals)
