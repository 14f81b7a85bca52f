from odoo import api, fields, models, tools

VAT_CATEGORIES = [
    ("S", "S: taxed"),
    ("Z", "Z: zero rated"),
    ("E", "E: exempt"),
    ("AE", "AE: reverse charge"),
    ("K", "K: sale within the EU"),
    ("G", "G: export"),
    ("O", "O: outside the VAT act"),
]


class NordicEinvoiceVatRule(models.Model):
    """What law makes of a tax of a chart of accounts: the same for every company of the country."""

    _name = "nordic.einvoice.vat.rule"
    _description = "VAT Category on E-Invoices"
    _order = "country_id, sequence, id"
    _rec_name = "chart_tax"

    country_id = fields.Many2one("res.country", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    chart_tax = fields.Char(
        string="Tax of the Chart", required=True, help="Name of the tax in Odoo's chart of accounts of the country."
    )
    description = fields.Char(string="Used For", translate=True)
    category = fields.Selection(VAT_CATEGORIES, string="VAT Category", required=True)
    reason_code = fields.Char(help="Code of the list VATEX, for instance VATEX-EU-AE. Left out when empty.")
    reason = fields.Char(
        string="Reason on the E-Invoice",
        help="The words the law wants on the invoice, in the language of the country and in English.",
    )

    _chart_tax_uniq = models.Constraint(
        "UNIQUE (country_id, chart_tax)", "There is a VAT category for this tax of the chart already."
    )

    @api.model
    @tools.ormcache("country_code")
    def _of_country(self, country_code):
        """{tax of the chart: (category, reason, code of the reason)}."""
        rules = self.sudo().search([("country_id.code", "=", country_code)])
        return {rule.chart_tax: (rule.category, rule.reason or "", rule.reason_code or "") for rule in rules}

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()
