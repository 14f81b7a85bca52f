from odoo import models


class MrpProduction(models.Model):
    _inherit = "mrp.production"

    def _get_prepayment_candidate_orders(self):
        # EXTENDS 'invoice_prepayment_mrp_subcontracting': what is delivered by the subcontractor names the sale itself
        lines = self._get_prepayment_receipts().purchase_line_id
        return super()._get_prepayment_candidate_orders() | lines.sale_line_id.order_id
