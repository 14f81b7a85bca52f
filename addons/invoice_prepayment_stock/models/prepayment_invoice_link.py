from odoo import api, fields, models
from odoo.exceptions import AccessError


class PrepaymentInvoiceLink(models.AbstractModel):
    """What invoices are for: a batch, a production order. The link is computed on the invoice and read from here.

    A model that inherits this has ``invoice_ids``, the other end of a stored field of ``account.move``.
    """

    _name = "prepayment.invoice.link"
    _description = "Linked to Invoices by Their Orders"

    invoice_count = fields.Integer(
        compute="_compute_invoice_count", groups="account.group_account_invoice,account.group_account_readonly"
    )

    @api.depends("invoice_ids")
    def _compute_invoice_count(self):
        for record in self:
            record.invoice_count = len(record.invoice_ids)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_invoices_not_written(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_invoices_not_written(vals)
        return super().write(vals)

    def _check_invoices_not_written(self, vals):
        if "invoice_ids" in vals and not self.env.su:
            raise AccessError(
                self.env._(
                    "The invoices of a batch or a production order follow its sale order and are not written by hand."
                )
            )

    def action_view_invoices(self):
        self.ensure_one()
        return self.invoice_ids._get_records_action(
            name=self.env._("Invoices of %s", self.display_name), context={"default_move_type": "out_invoice"}
        )
