from odoo import api, models


class MrpProduction(models.Model):
    _inherit = "mrp.production"

    @api.depends(
        "move_finished_ids.move_dest_ids.reference_ids.sale_ids.prepayment_missing_amount",
        "move_finished_ids.move_dest_ids.reference_ids.sale_ids.prepayment_required_amount",
    )
    def _compute_prepayment_hold(self):
        # EXTENDS 'invoice_prepayment_mrp'
        return super()._compute_prepayment_hold()

    def _get_prepayment_candidate_orders(self):
        # EXTENDS 'invoice_prepayment_mrp'
        # A subcontracted order has a reference of its own; the sale is on the receipt it belongs to.
        return super()._get_prepayment_candidate_orders() | self.sudo()._get_subcontract_move().reference_ids.sale_ids
