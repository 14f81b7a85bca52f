from odoo import fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    einvoice_is_document_charge = fields.Boolean(
        string="Discount or Charge of the Whole Invoice",
        help="On e-invoices this product is no line: it stands in the totals, as a charge (freight, fee) or, with a "
        "negative amount, as a discount.",
    )
