from odoo import api, models


class StockMove(models.Model):
    _inherit = "stock.move"

    def _get_prepayment_productions(self):
        """Productions these moves consume for or come from. What is scrapped on the way is no production."""
        moves = self.filtered(lambda move: move.location_dest_usage != "inventory")
        return moves.raw_material_production_id | moves.production_id

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'mrp'
        moves = super().create(vals_list)
        started = moves.filtered(lambda move: move.picked or move.state == "done")
        started._get_prepayment_productions()._check_prepayment_hold()
        return moves

    def write(self, vals):
        # EXTENDS 'mrp'
        if vals.get("picked") or vals.get("state") == "done":
            self._get_prepayment_productions()._check_prepayment_hold()
        return super().write(vals)

    def _action_done(self, cancel_backorder=False):
        # EXTENDS 'mrp'
        self._get_prepayment_productions()._check_prepayment_hold()
        return super()._action_done(cancel_backorder)
