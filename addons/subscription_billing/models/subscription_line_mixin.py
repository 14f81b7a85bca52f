from odoo import api, fields, models
from odoo.exceptions import ValidationError


class SubscriptionLineMixin(models.AbstractModel):
    """What a line of a subscription and one of a template say alike: what, how much of it, with which terms."""

    _name = "subscription.line.mixin"
    _description = "What a Subscription Charges"
    _inherit = ["subscription.interval", "subscription.part.mixin"]

    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        "product.product", check_company=True, domain=[("sale_ok", "=", True)], ondelete="restrict"
    )
    name = fields.Text(string="Text", help="Empty: the product's own text in the customer's language.")
    quantity = fields.Float(default=1.0, required=True, digits="Product Unit")
    is_price_fixed = fields.Boolean(
        string="Agreed Price",
        default=True,
        help="The price stays as agreed. Otherwise each invoice takes the price list's price of that day.",
    )
    is_index_excluded = fields.Boolean(string="Not Regulated", help="The price of this line stays as agreed.")
    discount = fields.Float(string="Discount (%)", digits="Discount")
    tax_ids = fields.Many2many(
        "account.tax",
        string="Taxes",
        domain=[("type_tax_use", "=", "sale")],
        check_company=True,
        help="Empty: the product's taxes, or the company's usual sales tax where there is no product. "
        "The customer's fiscal position applies either way.",
    )
    interval_count = fields.Integer(help="Own interval of this line; without a unit the subscription's applies.")
    usage_included = fields.Float(
        string="Included", min_display_digits=1, help="In each whole period; a part of a period includes its part."
    )
    usage_mode = fields.Selection(
        [("graduated", "Each unit at the price of its tier"), ("volume", "All units at the price of the tier reached")],
        string="Tiers",
        default="graduated",
        required=True,
    )

    @api.depends("name", "product_id")
    def _compute_display_name(self):
        for line in self:
            line.display_name = (line.name or line.product_id.display_name or "").split("\n")[0]

    # the quantity has a default: a new line given neither product nor text is looked at too
    @api.constrains("product_id", "name", "quantity")
    def _check_text(self):
        for line in self:
            if not line.product_id and not (line.name or "").strip():
                raise ValidationError(self.env._("A line needs a product or a text."))

    @api.constrains("discount")
    def _check_discount(self):
        for line in self:
            if not 0 <= line.discount <= 100:
                raise ValidationError(self.env._("A discount is between 0 and 100 per cent."))

    @api.constrains("usage_included")
    def _check_included(self):
        for line in self:
            if line.usage_included < 0:
                raise ValidationError(self.env._("The included quantity cannot be below zero."))


class SubscriptionTierMixin(models.AbstractModel):
    """A price from a quantity on: of a usage line, or of a template's. The model that inherits has the line."""

    _name = "subscription.tier.mixin"
    _description = "Price from a Quantity On"
    _inherit = ["subscription.part.mixin"]
    _order = "line_id, above"

    above = fields.Float(
        string="More Than", required=True, min_display_digits=1, help="Counted from what is not included in the price."
    )
    price_unit = fields.Float(string="Unit Price", required=True, min_display_digits="Product Price")

    _above_uniq = models.Constraint("UNIQUE (line_id, above)", "There is already a tier that begins there.")
    _above_check = models.Constraint(
        "CHECK (above > 0)", "A tier begins above zero; below it the price of the line holds."
    )

    @api.depends("above", "price_unit")
    def _compute_display_name(self):
        for tier in self:
            tier.display_name = f"> {tier.above:g}: {tier.price_unit:g}"
