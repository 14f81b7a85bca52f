from odoo import fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    prepayment_override_ids = fields.Many2many(
        "prepayment.override",
        "prepayment_override_sale_order_rel",
        "order_id",
        "override_id",
        string="Production released by hand",
        copy=False,
    )

    def _get_prepayment_productions(self):
        """Production orders, of any level, made for these orders."""
        orders = self.sudo()
        return orders.stock_reference_ids.production_ids | orders.env["mrp.production"].search(
            [("sale_line_id", "in", orders.order_line.ids)]
        )

    def _on_prepayment_state_changed(self):
        # EXTENDS 'invoice_prepayment'
        result = super()._on_prepayment_state_changed()
        productions = self._get_prepayment_productions()
        productions.mapped("prepayment_hold_state")
        productions._notify_prepayment_hold()
        return result
