"""What the law asks an invoice to say, whatever way it goes: told when it is posted, and printed where we know it.

Directive 2006/112/EC, article 226 (Denmark, Sweden, Finland); Norway: bokføringsforskriften § 5-1-1 and § 5-1-2, and
foretaksregisterloven § 10-2. The acts were not looked up here: see docs/go-live.md.
"""

import re

from odoo import models
from odoo.tools import html2plaintext

from ..const import NORDIC

REGISTRATIONS = {"NO": "Foretaksregisteret", "SE": "Godkänd för F-skatt"}
LIMITED = re.compile(r"\b(AS|ASA|A/S)\b", re.IGNORECASE)


class AccountMove(models.Model):
    _inherit = "account.move"

    # --- what is missing -----------------------------------------------------------------------------------------
    def _einvoice_legal_faults(self):
        """What an invoice on paper or by mail lacks, in a bookkeeper's words. Empty: nothing is known to be missing."""
        self.ensure_one()
        return self._einvoice_legal_seller_faults() + self._einvoice_legal_buyer_faults()

    def _einvoice_legal_seller_faults(self):
        partner, faults = self.company_id.partner_id, []
        name, country = partner.display_name, partner._einvoice_country()
        if not (partner.street and partner.zip and partner.city):
            faults.append(self.env._("The address of your company %s is not complete.", name))
        faults += self._einvoice_company_number_faults()
        if self.amount_tax and not partner._einvoice_vat():
            faults.append(self.env._("The invoice charges VAT, but your company %s has no VAT number.", name))
        if country == "NO" and LIMITED.search(name) and not self.company_id.einvoice_has_tax_registration:
            faults.append(
                self.env._(
                    "An AS or ASA states that it is in Foretaksregisteret: tick “State the Second Tax Registration” in "
                    "the settings."
                )
            )
        return faults

    def _einvoice_legal_buyer_faults(self):
        partner, faults = self.partner_id, []
        if partner.einvoice_kind != "person" and not (partner.city or partner.commercial_partner_id.city):
            faults.append(self.env._("The customer %s has no address.", partner.display_name))
        faults += self._einvoice_customer_number_faults({one.code for one in self._einvoice_legal_categories()})
        if any(not (line.name or line.product_id) for line in self._einvoice_amount_lines()):
            faults.append(self.env._("A line has neither a product nor a text."))
        return faults

    def _einvoice_legal_categories(self):
        """VAT categories of the lines, each once, as far as they are known."""
        taxes = self._einvoice_amount_lines().tax_ids.filtered(lambda tax: not tax.amount)
        return list(dict.fromkeys(filter(None, (tax._einvoice_category() for tax in taxes))))

    # --- what is printed -----------------------------------------------------------------------------------------
    def _einvoice_legal_lines(self):
        """[str] for the printed invoice: the seller's numbers where the letterhead lacks them, registrations, and why
        there is no VAT."""
        self.ensure_one()
        partner, country = self.company_id.partner_id, self.company_id.account_fiscal_country_id.code
        if not self.is_sale_document() or country not in NORDIC:
            return []
        lines = [" · ".join(self._einvoice_legal_numbers(partner, country))]
        if self.company_id.einvoice_has_tax_registration:
            lines.append(REGISTRATIONS.get(country, ""))
        if not self.taxes_legal_notes and not self.fiscal_position_id.note:
            lines += [category.reason for category in self._einvoice_legal_categories() if category.code != "Z"]
        return [line for line in dict.fromkeys(lines) if line]

    def _einvoice_legal_numbers(self, partner, country):
        """Company and VAT number in the country's own words, without those that the letterhead states."""
        legal, vat = partner._einvoice_legal_id(), partner._einvoice_vat()
        number = legal.value if legal else ""
        if country == "NO" and number:
            spaced = f"{number[:3]} {number[3:6]} {number[6:]}"
            stated = [f"Org.nr. {f'NO {spaced} MVA' if vat else spaced}"]
        elif country == "SE":
            stated = [f"Org.nr {number[:6]}-{number[6:]}" if number else "", f"Momsreg.nr {vat}" if vat else ""]
        elif country == "FI":
            stated = [f"Y-tunnus {number}" if number else "", f"ALV-nro {vat}" if vat else ""]
        else:
            stated = [f"CVR-nr. {number}" if number else ""]
        company = self.company_id
        letterhead = re.sub(
            r"\W", "", html2plaintext(company.company_details or "") + html2plaintext(company.report_footer or "")
        )
        return [text for text in stated if text and re.sub(r"\D", "", text) not in letterhead]
