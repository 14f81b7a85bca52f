from odoo import api, models


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'mrp'
        lines = super().create(vals_list)
        lines._check_prepayment_picked()
        return lines

    def write(self, vals):
        # EXTENDS 'mrp'
        result = super().write(vals)
        if vals.get("picked") or vals.get("move_id"):
            self._check_prepayment_picked()
        return result

    def _check_prepayment_picked(self):
        self.filtered("picked").move_id._get_prepayment_productions()._check_prepayment_hold()
