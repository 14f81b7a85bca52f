from odoo import api, fields, models
from odoo.exceptions import AccessError


class StockLot(models.Model):
    _inherit = "stock.lot"

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
    invoice_count = fields.Integer(
        compute="_compute_invoice_count", groups="account.group_account_invoice,account.group_account_readonly"
    )

    @api.depends("invoice_ids")
    def _compute_invoice_count(self):
        for lot in self:
            lot.invoice_count = len(lot.invoice_ids)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_invoices_not_written(vals)
        return super().create(vals_list)

    def write(self, vals):
        # EXTENDS 'stock'
        self._check_invoices_not_written(vals)
        return super().write(vals)

    def _check_invoices_not_written(self, vals):
        if "invoice_ids" in vals and not self.env.su:
            raise AccessError(self.env._("The invoices of a batch follow its orders and are not written by hand."))

    def action_view_invoices(self):
        self.ensure_one()
        return self.invoice_ids._get_records_action(
            name=self.env._("Invoices of %s", self.display_name), context={"default_move_type": "out_invoice"}
        )
