from odoo import api, fields, models


class SubscriptionNumberedMixin(models.AbstractModel):
    """Records with a number of their company's series, taken when they are made."""

    _name = "subscription.numbered.mixin"
    _description = "Record With a Number of a Series"

    name = fields.Char(string="Number", default="/", readonly=True, copy=False)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("name", "/") == "/":
                company = vals.get("company_id") or self.env.company.id
                # the series has the code of the model
                vals["name"] = self.env["ir.sequence"].with_company(company).next_by_code(self._name) or "/"
        return super().create(vals_list)
