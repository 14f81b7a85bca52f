from odoo import models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _get_prepayment_productions(self):
        # EXTENDS 'invoice_prepayment_mrp'
        moves = self.sudo().stock_reference_ids.move_ids | self.sudo().order_line.move_ids
        receipts = (moves | moves.move_orig_ids).filtered("is_subcontract")
        return super()._get_prepayment_productions() | receipts._get_subcontract_production()
