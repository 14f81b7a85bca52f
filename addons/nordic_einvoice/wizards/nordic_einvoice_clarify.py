from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..formats import bill as bill_format


class NordicEinvoiceClarify(models.TransientModel):
    _name = "nordic.einvoice.clarify"
    _description = "Vendor and Taxes of a Received Document"

    document_id = fields.Many2one("nordic.einvoice.document", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="document_id.company_id")
    partner_name = fields.Char(related="document_id.partner_name")
    numbers = fields.Char(readonly=True, string="Numbers in the Document")
    account = fields.Char(readonly=True, string="Account in the Document")
    partner_id = fields.Many2one("res.partner", string="Vendor")
    is_new = fields.Boolean(
        string="Create the Vendor", help="With name, numbers, address and account as the document states them."
    )
    tax_ids = fields.One2many("nordic.einvoice.clarify.tax", "clarify_id", string="Purchase Taxes")

    @api.model
    def default_get(self, fields):
        # EXTENDS 'base'
        values = super().default_get(fields)
        document = self.env["nordic.einvoice.document"].browse(values.get("document_id"))
        if not document:
            return values
        invoice = self._invoice(document)
        Move = self.env["account.move"].with_company(document.company_id)
        try:
            partner, _reason = Move._einvoice_vendor(document, invoice)
        except UserError:
            partner = self.env["res.partner"]
        made = bill_format.make(invoice, Move._einvoice_quantity_digits())
        _found, unknown = Move._einvoice_known_taxes(made, invoice, partner, document.company_id)
        supplier = invoice.supplier
        shown = [supplier.vat, supplier.legal_id and supplier.legal_id.value]
        shown.append(supplier.endpoint and f"{supplier.endpoint.scheme}:{supplier.endpoint.value}")
        return values | {
            "partner_id": partner.id,
            "is_new": not partner and not Move._einvoice_vendor_hits(invoice, document.company_id),
            "numbers": ", ".join(dict.fromkeys(filter(None, shown))),
            "account": ", ".join(
                " ".join(filter(None, (means.branch, means.account)))
                for means in invoice.payment_means
                if means.account
            ),
            "tax_ids": [
                Command.create({"vat_key": Move._einvoice_vat_key(tax), "name": Move._einvoice_vat_label(tax)})
                for tax in unknown
            ],
        }

    @api.model
    def _invoice(self, document):
        _root, invoice, fault = document._read_received(document._file_content())
        if not invoice:
            raise UserError(fault)
        return invoice

    def action_apply(self):
        self.ensure_one()
        document = self.document_id
        document.check_access("write")
        invoice = self._invoice(document)
        if self.is_new:
            partner, is_without_number = self.env["res.partner"]._einvoice_create_supplier(invoice, document.company_id)
            if is_without_number:
                partner.message_post(body=self.env._("The VAT number of the e-invoice is not valid and was left out."))
        elif self.partner_id:
            partner = self.partner_id.commercial_partner_id
            partner._einvoice_fill_numbers(invoice)
        else:
            raise UserError(self.env._("Pick the vendor, or tick that it is to be created."))
        document._system_write({"vendor_id": partner.id, "partner_id": partner.id})
        self.env["nordic.einvoice.choice"]._remember(
            partner,
            document.company_id,
            {(line.vat_key, ""): {"tax_id": line.tax_id.id} for line in self.tax_ids if line.tax_id or line.is_without},
        )
        document.action_create_bill()
        return {"type": "ir.actions.act_window_close"}


class NordicEinvoiceClarifyTax(models.TransientModel):
    _name = "nordic.einvoice.clarify.tax"
    _description = "Purchase Tax for a VAT of a Received Document"

    clarify_id = fields.Many2one("nordic.einvoice.clarify", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="clarify_id.company_id")
    vat_key = fields.Char(required=True)
    name = fields.Char(string="VAT in the Document", readonly=True)
    tax_id = fields.Many2one("account.tax", string="Book with", domain="[('type_tax_use', '=', 'purchase')]")
    is_without = fields.Boolean(string="Without Tax")
