import re
from decimal import Decimal

from odoo import models

from ..const import CHART_CATEGORIES
from ..formats import codes, records

_TEMPLATE = re.compile(r"account\.\d+_(.+)")


class AccountTax(models.Model):
    _inherit = "account.tax"

    def _einvoice_category(self):
        """VAT category of a sales tax as ``records.TaxCategory``; None when it cannot be known.

        The category set on the tax wins; then a rate above 0 is the standard category, and the 0 % taxes of a chart of
        accounts are looked up. A 0 % tax of the customer's own making needs its category.
        """
        self.ensure_one()
        rate = Decimal(str(self.amount)) if self.amount_type == "percent" else None
        if rate is None or rate < 0:
            return None
        code = self.ubl_cii_tax_category_code or ("S" if rate > 0 else self._einvoice_chart_category())
        if not code:
            return None
        reason, reason_code = codes.EXEMPTION_REASONS.get(code, ("", ""))
        if reason:
            reason_code = self.ubl_cii_tax_exemption_reason_code or reason_code
        return records.TaxCategory(code=code, rate=rate, reason=reason, reason_code=reason_code)

    def _einvoice_chart_category(self):
        self.ensure_one()
        categories = CHART_CATEGORIES.get(self.country_id.code, {})
        for name in self._get_external_ids()[self.id]:
            match = _TEMPLATE.fullmatch(name)
            if match and match[1] in categories:
                return categories[match[1]]
        return ""
