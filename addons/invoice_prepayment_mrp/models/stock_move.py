from odoo import models


class StockMove(models.Model):
    _inherit = "stock.move"

    def write(self, vals):
        # EXTENDS 'mrp'
        if vals.get("picked"):
            (self.raw_material_production_id | self.production_id)._check_prepayment_hold()
        return super().write(vals)
