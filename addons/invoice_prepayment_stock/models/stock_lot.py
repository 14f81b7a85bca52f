from odoo import fields, models


class StockLot(models.Model):
    _name = "stock.lot"
    _inherit = ["prepayment.invoice.link", "stock.lot"]

    invoice_ids = fields.Many2many(
        "account.move",
        "account_move_stock_lot_rel",
        "lot_id",
        "move_id",
        string="Invoices",
        readonly=True,
        copy=False,
        groups="account.group_account_invoice,account.group_account_readonly",
    )
