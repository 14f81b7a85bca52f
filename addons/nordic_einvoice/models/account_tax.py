import re
from decimal import Decimal

from odoo import api, fields, models, tools

from ..formats import codes, records

_TEMPLATE = re.compile(r"account\.\d+_(.+)")


class AccountTax(models.Model):
    _inherit = "account.tax"

    einvoice_exemption_reason = fields.Char(
        string="Reason on E-Invoices",
        help="Why no VAT is charged, in the words for the customer. Empty: the text of the VAT category.",
    )
    einvoice_category = fields.Char(
        string="VAT Category on E-Invoices",
        compute="_compute_einvoice_category",
        help="What e-invoices state with this tax: from the category set on the tax, else from the table of VAT "
        "categories.",
    )

    @api.depends("amount", "amount_type", "type_tax_use", "ubl_cii_tax_category_code", "einvoice_exemption_reason")
    def _compute_einvoice_category(self):
        for tax in self:
            category = tax._einvoice_category() if tax.type_tax_use == "sale" else None
            tax.einvoice_category = category and " · ".join(filter(None, (category.code, category.reason)))

    def _einvoice_category(self):
        """VAT category of a sales tax as ``records.TaxCategory``; None when it cannot be known.

        The category set on the tax wins; then a rate above 0 is the standard category, and the 0 % taxes of a chart of
        accounts are looked up (``nordic.einvoice.vat.rule``). A 0 % tax of the company's own making needs its category.
        """
        self.ensure_one()
        rate = Decimal(str(self.amount)) if self.amount_type == "percent" else None
        if rate is None or rate < 0:
            return None
        chosen, reason, reason_code = self.ubl_cii_tax_category_code, "", ""
        if rate == 0 and chosen in (False, "E", "AE", "K", "G", "O"):
            category, *ruled = self._einvoice_rule()
            chosen = chosen or category
            if chosen == category:
                reason, reason_code = ruled
        code = chosen or ("S" if rate > 0 else "")
        if not code:
            return None
        if code in codes.EXEMPTION_REASONS:
            usual_reason, usual_code = codes.EXEMPTION_REASONS[code]
            reason = self.einvoice_exemption_reason or reason or usual_reason
            reason_code = self.ubl_cii_tax_exemption_reason_code or reason_code or usual_code
        return records.TaxCategory(code=code, rate=rate, reason=reason, reason_code=reason_code)

    def _einvoice_rule(self):
        """(category, reason, code of the reason) of the law's table, or empty texts."""
        self.ensure_one()
        rules = self.env["nordic.einvoice.vat.rule"]._of_country(self.country_id.code)
        name = self._einvoice_chart_name() if self.ids else ""
        return rules.get(name) or ("", "", "")

    @tools.ormcache("self.id")
    def _einvoice_chart_name(self):
        """What the tax is called in the chart of accounts it came with, or ""."""
        matches = map(_TEMPLATE.fullmatch, self._get_external_ids()[self.id])
        return next((match[1] for match in matches if match), "")
