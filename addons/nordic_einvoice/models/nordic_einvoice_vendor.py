"""Vendors made from what a document says."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..formats import accounts


class NordicEinvoiceDocument(models.Model):
    _inherit = "nordic.einvoice.document"

    vendor_id = fields.Many2one(
        "res.partner", string="Chosen Vendor", readonly=True, copy=False, check_company=True, index="btree_not_null"
    )

    def action_clarify(self):
        """The window where a person says whose document it is and which taxes to book it with."""
        self.ensure_one()
        if self.direction != "in" or self.move_id:
            raise UserError(self.env._("There is nothing to choose: the bill is made."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Vendor and Taxes"),
            "res_model": "nordic.einvoice.clarify",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_document_id": self.id},
        }

    def action_create_bill_without_attachments(self):
        return self.with_context(einvoice_without_attachments=True).action_create_bill()


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model
    def _einvoice_create_supplier(self, invoice, company):
        """(vendor, whether its VAT number was left out because Odoo refuses it), from the document's data."""
        values = self._einvoice_supplier_values(invoice.supplier)
        Partner = self.with_company(company)
        try:
            with self.env.cr.savepoint():
                partner = Partner.create(values)
                partner.flush_recordset()
            is_without_number = False
        except (ValidationError, UserError):
            partner = Partner.create(
                {name: value for name, value in values.items() if name not in ("vat", "peppol_eas", "peppol_endpoint")}
            )
            is_without_number = True
        country = partner.country_id.code or ""
        for means in invoice.payment_means:
            key = accounts.payee_key(means, country)
            if accounts.is_bank_account(key):
                self.env["res.partner.bank"]._einvoice_of(partner, key)
        return partner, is_without_number

    @api.model
    def _einvoice_supplier_values(self, party):
        address, contact = party.address, party.contact
        country = self.env["res.country"].search([("code", "=", address.country)]) if address.country else None
        schemes = {code for code, _name in self._fields["peppol_eas"]._description_selection(self.env)}
        endpoint = party.endpoint if party.endpoint and party.endpoint.scheme in schemes else None
        return {
            "name": party.registration_name or party.name,
            "is_company": True,
            "supplier_rank": 1,
            "vat": party.vat or False,
            "company_registry": party.legal_id.value if party.legal_id else False,
            "street": " ".join(filter(None, (address.street, address.building_number))) or False,
            "street2": address.street2 or False,
            "zip": address.zip or False,
            "city": address.city or False,
            "country_id": country.id if country else False,
            "phone": contact.phone if contact and contact.phone else False,
            "email": contact.email if contact and contact.email else False,
        } | ({"peppol_eas": endpoint.scheme, "peppol_endpoint": endpoint.value} if endpoint else {})

    def _einvoice_fill_numbers(self, invoice):
        """The numbers a chosen vendor lacks, so that its next document is known by itself."""
        self.ensure_one()
        wanted = self._einvoice_supplier_values(invoice.supplier)
        for name in ("vat", "company_registry"):
            if wanted[name] and not self[name]:
                self._einvoice_fill({name: wanted[name]})
        if wanted.get("peppol_endpoint") and not self.peppol_endpoint:
            self._einvoice_fill({name: wanted[name] for name in ("peppol_eas", "peppol_endpoint")})

    def _einvoice_fill(self, values):
        try:
            with self.env.cr.savepoint():
                self.write(values)
                self.flush_recordset()
        except (ValidationError, UserError):
            self.invalidate_recordset()
