from odoo import models

LINK_FIELDS = {"production_ids", "sale_ids"}


class StockReference(models.Model):
    _inherit = "stock.reference"

    def write(self, vals):
        # EXTENDS 'stock': what ties a production to its sale order is not cut while it waits for the deposit
        if LINK_FIELDS & vals.keys():
            with self.production_ids._keep_prepayment_links():
                return super().write(vals)
        return super().write(vals)
