from odoo import api, fields, models

from ..const import VAT_TREATMENTS


class PrepaymentVatRule(models.Model):
    _name = "prepayment.vat.rule"
    _description = "VAT of Deposits by Country"
    _order = "country_id, date_from desc, id desc"

    country_id = fields.Many2one("res.country", required=True, ondelete="cascade", index=True)
    date_from = fields.Date(string="Valid from", required=True)
    treatment = fields.Selection(VAT_TREATMENTS, required=True, default="invoice")
    exception = fields.Text(
        string="Exceptions", translate=True, help="What the rule does not hold for; choose it on the deposit rule."
    )
    source = fields.Text(required=True, help="Law or guidance this rule was read in.")
    note = fields.Text(string="Ask your accountant", translate=True)

    _country_date_uniq = models.Constraint(
        "UNIQUE (country_id, date_from)", "There is one rule per country and first day."
    )

    @api.depends("country_id", "treatment")
    def _compute_display_name(self):
        labels = dict(self._fields["treatment"]._description_selection(self.env))
        for rule in self:
            rule.display_name = f"{rule.country_id.name}: {labels.get(rule.treatment, '')}"

    @api.model
    def _find(self, company, date):
        """The rule of the company's VAT country on a day; empty where no rule is known."""
        return self.sudo().search(
            [("country_id", "=", company.account_fiscal_country_id.id), ("date_from", "<=", date)], limit=1
        )
