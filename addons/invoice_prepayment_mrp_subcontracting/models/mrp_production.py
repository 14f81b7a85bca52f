from odoo import api, models


class MrpProduction(models.Model):
    _inherit = "mrp.production"

    @api.depends(
        "move_finished_ids.move_dest_ids.reference_ids.sale_ids.prepayment_missing_amount",
        "move_finished_ids.move_dest_ids.reference_ids.sale_ids.prepayment_required_amount",
        "move_finished_ids.move_dest_ids.reference_ids.sale_ids.prepayment_override_ids",
    )
    def _compute_prepayment_hold(self):
        # EXTENDS 'invoice_prepayment_mrp'
        return super()._compute_prepayment_hold()

    def _get_prepayment_candidate_orders(self):
        # EXTENDS 'invoice_prepayment_mrp'
        # A subcontracted order has a reference of its own; the sale is on the receipt it belongs to, and further on.
        return super()._get_prepayment_candidate_orders() | self._get_prepayment_receipts()._get_prepayment_orders()

    def _get_prepayment_receipts(self):
        """Moves that bring what the subcontractor made."""
        return self.sudo().move_finished_ids.move_dest_ids.filtered("is_subcontract")
