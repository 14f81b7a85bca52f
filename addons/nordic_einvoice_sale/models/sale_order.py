from odoo import api, fields, models
from odoo.exceptions import UserError


class SaleOrder(models.Model):
    _inherit = "sale.order"

    buyer_reference = fields.Char(
        compute="_compute_buyer_reference",
        store=True,
        readonly=False,
        precompute=True,
        help="The customer's own reference: contact person, department, requisition. Stated on the e-invoice.",
    )
    einvoice_is_reference_missing = fields.Boolean(compute="_compute_einvoice_is_reference_missing")
    einvoice_has_brands = fields.Boolean(compute="_compute_einvoice_has_brands")

    @api.depends("partner_invoice_id")
    def _compute_buyer_reference(self):
        for order in self:
            partner = order.partner_invoice_id
            default = partner.buyer_reference or partner.commercial_partner_id.buyer_reference
            order.buyer_reference = default or order.buyer_reference

    @api.depends("partner_invoice_id.einvoice_needs_reference", "client_order_ref", "buyer_reference")
    def _compute_einvoice_is_reference_missing(self):
        for order in self:
            partner = order.partner_invoice_id
            standing = partner.einvoice_order_reference or partner.commercial_partner_id.einvoice_order_reference
            has_reference = order.client_order_ref or order.buyer_reference or standing
            order.einvoice_is_reference_missing = partner.einvoice_needs_reference and not has_reference

    @api.depends("company_id")
    def _compute_einvoice_has_brands(self):
        journals_sudo = self.env["account.journal"].sudo()
        journals_sudo = journals_sudo.search([("type", "=", "sale"), ("einvoice_logo", "!=", False)])
        for order in self:
            order.einvoice_has_brands = order.company_id in journals_sudo.company_id

    def _einvoice_reference_message(self):
        self.ensure_one()
        return self.env._(
            "%(order)s: %(customer)s is a public customer (GLN/EAN) and refuses invoices without a reference. Fill in "
            "the customer's order number (Customer Reference) or the buyer reference on the tab Other Info.",
            order=self.name,
            customer=self.partner_invoice_id.display_name,
        )

    def _confirmation_error_message(self):
        # EXTENDS 'sale'
        message = super()._confirmation_error_message()
        if not message and self.company_id.einvoice_reference_check == "order" and self.einvoice_is_reference_missing:
            return self._einvoice_reference_message()
        return message

    def _create_invoices(self, grouped=False, final=False, date=None):
        # EXTENDS 'sale'
        for order in self:
            if order.company_id.einvoice_reference_check != "sending" and order.einvoice_is_reference_missing:
                raise UserError(order._einvoice_reference_message())
        return super()._create_invoices(grouped=grouped, final=final, date=date)

    def _prepare_invoice(self):
        # EXTENDS 'sale'
        values = super()._prepare_invoice()
        if self.buyer_reference:
            values["buyer_reference"] = self.buyer_reference
        return values

    def _notify_by_email_prepare_rendering_context(self, *args, **kwargs):
        # EXTENDS 'sale'
        values = super()._notify_by_email_prepare_rendering_context(*args, **kwargs)
        values["einvoice_mail_logo"] = self.journal_id._einvoice_mail_logo(values["company"])
        return values
