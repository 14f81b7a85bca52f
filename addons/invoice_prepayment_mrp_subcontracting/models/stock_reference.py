from odoo import models


class StockReference(models.Model):
    _inherit = "stock.reference"

    def write(self, vals):
        # EXTENDS 'invoice_prepayment_mrp': the sale of a subcontracted order is on its receipt's reference
        if {"move_ids", "sale_ids"} & vals.keys() and not self.env.su:
            with self.sudo().move_ids._get_subcontract_production().sudo(False)._keep_prepayment_links():
                return super().write(vals)
        return super().write(vals)
