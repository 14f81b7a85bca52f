from odoo import fields, models


class NordicEinvoiceChoice(models.Model):
    """What a person chose for a vendor's e-invoices, taken again for the next one until somebody deletes it."""

    _name = "nordic.einvoice.choice"
    _description = "Remembered Choice for a Vendor's E-Invoices"
    _order = "partner_id, vat_key, line_key"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    partner_id = fields.Many2one(
        "res.partner", string="Vendor", required=True, index=True, ondelete="cascade", check_company=True
    )
    vat_key = fields.Char(
        string="VAT in the Document", required=True, default="", help="Category and rate, for a choice of tax."
    )
    line_key = fields.Char(
        string="Text of the Line",
        required=True,
        default="",
        help="Without numbers, for a choice of account or product.",
    )
    tax_id = fields.Many2one(
        "account.tax",
        string="Purchase Tax",
        domain="[('type_tax_use', '=', 'purchase')]",
        check_company=True,
        ondelete="cascade",
        help="Empty for a choice of VAT: the line is booked without tax.",
    )
    account_id = fields.Many2one("account.account", check_company=True, ondelete="cascade")
    product_id = fields.Many2one("product.product", check_company=True, ondelete="cascade")

    _key_uniq = models.UniqueIndex(
        "(company_id, partner_id, vat_key, line_key)", "There is already a choice for this vendor and this text."
    )

    def _of(self, partner, company):
        """``{(vat_key, line_key): choice}`` of a vendor."""
        found = self.search([("company_id", "=", company.id), ("partner_id", "=", partner.commercial_partner_id.id)])
        return {(choice.vat_key, choice.line_key): choice for choice in found}

    def _remember(self, partner, company, choices):
        """Keep ``{(vat_key, line_key): values}``; what is kept already is changed where it differs."""
        known = self._of(partner, company)
        fresh = []
        for (vat_key, line_key), values in choices.items():
            choice = known.get((vat_key, line_key))
            if not choice:
                keys = {"company_id": company.id, "partner_id": partner.commercial_partner_id.id}
                fresh.append(keys | {"vat_key": vat_key, "line_key": line_key} | values)
            elif any(choice[name].id != value for name, value in values.items()):
                choice.write(values)
        return self.create(fresh)
