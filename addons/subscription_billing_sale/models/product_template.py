from odoo import fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    subscription_template_id = fields.Many2one(
        "subscription.template",
        string="Sold as Subscription",
        company_dependent=True,
        help="Confirming an order with this product starts a subscription of this kind.",
    )
