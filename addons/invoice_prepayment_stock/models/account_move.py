from odoo import api, fields, models


class AccountMove(models.Model):
    _inherit = "account.move"

    invoice_lot_ids = fields.Many2many(
        "stock.lot",
        "account_move_stock_lot_rel",
        "move_id",
        "lot_id",
        string="Batches",
        compute="_compute_invoice_lot_ids",
        store=True,
        copy=False,
        help="Lots and serial numbers of the goods this invoice is for: produced or reserved before delivery, "
        "delivered afterwards. A deposit is for every batch of its order.",
    )
    invoice_lot_count = fields.Integer(compute="_compute_invoice_lot_count")

    @api.depends(
        "move_type",
        "line_ids.sale_line_ids.is_downpayment",
        "line_ids.sale_line_ids.order_id.order_line.move_ids.state",
        "line_ids.sale_line_ids.order_id.order_line.move_ids.move_line_ids.lot_id",
    )
    def _compute_invoice_lot_ids(self):
        for move in self:
            lots = move._get_invoiced_order_lines()._get_prepayment_lots()
            if move.invoice_lot_ids != lots:
                move.invoice_lot_ids = lots

    @api.depends("invoice_lot_ids")
    def _compute_invoice_lot_count(self):
        for move in self:
            move.invoice_lot_count = len(move.sudo().invoice_lot_ids)

    def _get_invoiced_order_lines(self):
        """Order lines this document is for; a deposit stands for the whole of its order."""
        if not self.is_sale_document(include_receipts=True):
            return self.env["sale.order.line"]
        lines = self.line_ids.sale_line_ids
        deposits = lines.filtered("is_downpayment")
        return (lines | deposits.order_id.order_line).filtered(
            lambda line: not line.is_downpayment and not line.display_type
        )

    @api.model
    def _get_invoice_status_system_fields(self):
        # EXTENDS 'invoice_status'
        return super()._get_invoice_status_system_fields() | {"invoice_lot_ids"}

    def action_view_invoice_lots(self):
        self.ensure_one()
        return self.invoice_lot_ids._get_records_action(name=self.env._("Batches of %s", self.display_name))
