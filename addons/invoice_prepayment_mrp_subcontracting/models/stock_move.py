from odoo import models


class StockMove(models.Model):
    _inherit = "stock.move"

    def _get_prepayment_orders(self):
        """Sale orders these receipts are for; what is bought to order goes on into their deliveries."""
        moves = self.sudo()
        onward = moves | moves.move_dest_ids
        return onward.reference_ids.sale_ids | onward.sale_line_id.order_id

    def _action_done(self, cancel_backorder=False):
        # EXTENDS 'invoice_prepayment_mrp'
        # Receiving finishes the subcontractor's order: refuse before anything is moved.
        self._get_subcontract_production().sudo()._check_prepayment_hold()
        return super()._action_done(cancel_backorder)

    def write(self, vals):
        # EXTENDS 'invoice_prepayment_mrp'
        if vals.get("state") == "done":
            self._get_subcontract_production().sudo()._check_prepayment_hold()
        if {"move_dest_ids", "move_orig_ids", "reference_ids", "sale_line_id"} & vals.keys() and not self.env.su:
            with self._get_subcontract_production()._keep_prepayment_links():
                return super().write(vals)
        return super().write(vals)
