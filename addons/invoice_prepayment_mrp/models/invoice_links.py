"""Invoices and the production orders they are for, stored both ways, before and after delivery."""

from odoo import api, fields, models


class AccountMove(models.Model):
    _inherit = "account.move"

    invoice_production_ids = fields.Many2many(
        "mrp.production",
        "account_move_mrp_production_rel",
        "move_id",
        "production_id",
        string="Production orders",
        compute="_compute_invoice_production_ids",
        store=True,
        copy=False,
        help="Production orders, of any level, made for the orders this invoice is for.",
    )
    invoice_production_count = fields.Integer(compute="_compute_invoice_production_count")

    @api.depends(
        "move_type",
        "line_ids.sale_line_ids.order_id.stock_reference_ids.production_ids.state",
    )
    def _compute_invoice_production_ids(self):
        for move in self:
            orders = move._get_invoiced_order_lines().order_id
            productions = orders._get_prepayment_productions().filtered(lambda production: production.state != "cancel")
            if move.invoice_production_ids != productions:
                move.invoice_production_ids = productions

    @api.depends("invoice_production_ids")
    def _compute_invoice_production_count(self):
        for move in self:
            move.invoice_production_count = len(move.sudo().invoice_production_ids)

    @api.depends("line_ids.sale_line_ids.order_id.stock_reference_ids.production_ids.lot_producing_ids")
    def _compute_invoice_lot_ids(self):
        # EXTENDS 'invoice_prepayment_stock': a batch is known from its production on
        return super()._compute_invoice_lot_ids()

    @api.model
    def _get_invoice_status_system_fields(self):
        # EXTENDS 'invoice_status'
        return super()._get_invoice_status_system_fields() | {"invoice_production_ids"}

    def action_view_invoice_productions(self):
        self.ensure_one()
        return self.invoice_production_ids._get_records_action(
            name=self.env._("Production orders of %s", self.display_name)
        )


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _get_prepayment_lots(self):
        # EXTENDS 'invoice_prepayment_stock'
        lots = super()._get_prepayment_lots()
        productions = self.order_id._get_prepayment_productions().filtered(
            lambda production: production.state != "cancel" and production.product_id in self.product_id
        )
        return lots | productions.lot_producing_ids.sudo(self.env.su)


class MrpProduction(models.Model):
    _name = "mrp.production"
    _inherit = ["prepayment.invoice.link", "mrp.production"]

    invoice_ids = fields.Many2many(
        "account.move",
        "account_move_mrp_production_rel",
        "production_id",
        "move_id",
        string="Invoices",
        readonly=True,
        copy=False,
        groups="account.group_account_invoice,account.group_account_readonly",
    )
