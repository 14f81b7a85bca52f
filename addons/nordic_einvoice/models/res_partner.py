import re

from odoo import api, fields, models

from ..const import CHANNELS, GLN
from ..formats import codes, records

# Second tax registration in PartyTaxScheme with the scheme TAX (NO-R-002, SE-R-005)
TAX_REGISTRATIONS = {"NO": "Foretaksregisteret", "SE": "Godkänd för F-skatt"}
CUSTOMER_KINDS = [("person", "Private person"), ("business", "Business"), ("public", "Public authority")]


class ResPartner(models.Model):
    _inherit = "res.partner"

    einvoice_channel = fields.Selection(
        CHANNELS,
        string="E-Invoice Channel",
        company_dependent=True,
        help="How this customer gets invoices. Empty: decided from the electronic address and the country.",
    )
    buyer_reference = fields.Char(
        help="The customer's own reference for all invoices (contact person, department), if it is always the same."
    )
    einvoice_order_reference = fields.Char(
        string="Standing Order Number", help="Order number to state when an invoice has none of its own."
    )
    einvoice_accounting_cost = fields.Char(
        string="Buyer's Account", help="The customer's account string (konteringsstreng) to state on invoices."
    )
    einvoice_customer_kind = fields.Selection(
        CUSTOMER_KINDS,
        string="Kind of Customer",
        help="Decides the channel, the duty to send e-invoices and which references are required. Empty: public when "
        "the electronic address is a Danish GLN/EAN, a business when it is a company or has a VAT or register number, "
        "else a private person.",
    )
    einvoice_kind = fields.Selection(CUSTOMER_KINDS, string="Treated As", compute="_compute_einvoice_kind")
    einvoice_needs_reference = fields.Boolean(
        string="Reference Required",
        compute="_compute_einvoice_kind",
        help="Public authorities must have an order number or a reference on every invoice.",
    )

    @api.depends(
        "einvoice_customer_kind",
        "parent_id.einvoice_customer_kind",
        "is_company",
        "vat",
        "company_registry",
        "peppol_eas",
        "peppol_endpoint",
        "country_code",
        "parent_id.peppol_eas",
        "parent_id.peppol_endpoint",
        "parent_id.is_company",
        "parent_id.vat",
        "parent_id.company_registry",
    )
    def _compute_einvoice_kind(self):
        for partner in self:
            partner.einvoice_kind = partner._einvoice_get_kind()
            partner.einvoice_needs_reference = partner.einvoice_kind == "public"

    def _einvoice_get_kind(self):
        """Private person, business or public authority: as chosen, on the address or its company, else as known."""
        company = self.commercial_partner_id
        if chosen := self.einvoice_customer_kind or company.einvoice_customer_kind:
            return chosen
        if self._einvoice_country() == "DK":
            endpoint = self._einvoice_endpoint()
            if endpoint and endpoint.scheme == GLN:
                return "public"
        return "business" if company.is_company or company.vat or company.company_registry else "person"

    # --- who the partner is, in numbers --------------------------------------------------------------------------
    def _einvoice_country(self):
        self.ensure_one()
        return self.country_id.code or self.commercial_partner_id.country_id.code or ""

    def _einvoice_endpoint(self, channel=""):
        """Electronic address as ``records.Identifier``: of the invoice address, else of the company, else derived from
        its register number. None when there is none."""
        self.ensure_one()
        for partner in self | self.commercial_partner_id:
            if channel == "nemhandel" and "nemhandel_identifier_type" in partner._fields:
                scheme, value = partner.nemhandel_identifier_type, partner.nemhandel_identifier_value
                if scheme and value and partner.peppol_eas != GLN:
                    return self._einvoice_identifier(value, scheme)
            if partner.peppol_eas and partner.peppol_endpoint:
                return self._einvoice_identifier(partner.peppol_endpoint, partner.peppol_eas)
        legal = self._einvoice_legal_id()
        if legal and legal.scheme == "0212":
            return records.Identifier("0037" + re.sub(r"\D", "", legal.value), "0216")
        return legal if legal and legal.scheme in ("0184", "0192", "0007") else None

    def _einvoice_identifier(self, value, scheme):
        value = re.sub(r"\s", "", value)
        if scheme == "0184":
            value = re.sub(r"\D", "", value)
        elif scheme == "0198":
            value = "DK" + re.sub(r"\D", "", value)
        elif scheme in ("0192", "0007", GLN):
            value = re.sub(r"[^0-9]", "", value)
        return records.Identifier(value, scheme)

    def _einvoice_legal_id(self):
        """Number in the company register with its scheme, or None."""
        self.ensure_one()
        partner = self.commercial_partner_id
        country = partner._einvoice_country()
        if country not in codes.LEGAL_SCHEMES:
            return records.Identifier(partner.company_registry) if partner.company_registry else None
        number = partner.company_registry or partner.vat or ""
        digits = re.sub(r"\D", "", number)
        length = {"DK": 8, "NO": 9, "SE": 10, "FI": 8}.get(country)
        if not length:
            return records.Identifier(partner.company_registry) if partner.company_registry else None
        digits = digits[:length]
        if len(digits) != length:
            return None
        if country == "FI":
            digits = f"{digits[:7]}-{digits[7]}"
        return records.Identifier(digits, codes.LEGAL_SCHEMES[country])

    def _einvoice_vat(self):
        """VAT number as e-invoices write it: NO310999903MVA, SE559999123801, DK12345674."""
        self.ensure_one()
        partner = self.commercial_partner_id
        vat = re.sub(r"[^0-9A-Za-z]", "", partner.vat or "").upper()
        country = partner._einvoice_country()
        if not vat or vat == "NA":
            return ""
        if country == "NO":
            digits = re.sub(r"\D", "", vat)
            return f"NO{digits}MVA" if len(digits) == 9 else vat
        if not vat[:2].isalpha():
            vat = ("EL" if country == "GR" else country) + vat
        return vat

    def _einvoice_address(self):
        self.ensure_one()
        return records.Address(
            street=self.street or "",
            street2=self.street2 or "",
            city=self.city or "",
            zip=self.zip or "",
            region=self.state_id.name or "",
            country=self._einvoice_country(),
        )

    def _einvoice_party(self, *, channel="", contact=None, tax_registration=""):
        """``records.Party`` of an invoice address (``self``) and its company."""
        self.ensure_one()
        company = self.commercial_partner_id
        return records.Party(
            name=self.name or company.name or "",
            registration_name=company.name or "",
            endpoint=self._einvoice_endpoint(channel),
            vat=self._einvoice_vat(),
            legal_id=self._einvoice_legal_id(),
            tax_registration=tax_registration,
            address=self._einvoice_address(),
            contact=contact,
        )
