from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .. import products


class LedgerProductRule(models.Model):
    """How the products of one category are handled over there."""

    _name = "ledger.product.rule"
    _inherit = ["ledger.rule.mixin"]
    _description = "Rule for Products in an Outside Ledger"
    _order = "connection_id, is_subscription desc, category_id, id"
    _rec_name = "category_id"

    category_id = fields.Many2one(
        "product.category",
        string="Product Category",
        ondelete="cascade",
        help="With the categories below it. Empty: every product that has no rule of its own.",
    )
    on_missing = fields.Selection(
        help="What happens to a product that is not over there. Never create: lines of it go without the product.",
    )
    key = fields.Selection(
        [
            ("number", "Internal reference"),
            ("barcode", "Barcode (GTIN)"),
            ("name", "Name"),
            ("none", "Nothing"),
        ],
        string="Recognised By",
        required=True,
        default="number",
        help="A product that was there before is recognised by this. Two with the same: nothing is guessed.",
    )
    remote_account = fields.Char(
        string="Account or Group There",
        help="Sales account of new products (in e-conomic the product group, which is needed). Empty: by the account "
        "mapping, from the income account and the sales tax of the product.",
    )

    _category_uniq = models.UniqueIndex(
        "(connection_id, COALESCE(category_id, 0), is_subscription)",
        "There is already a rule for this category.",
    )

    @api.constrains("key", "connection_id")
    def _check_key(self):
        for rule in self.filtered(lambda rule: rule.key != "none"):
            if rule.key not in rule.connection_id._ledger_product_fields():
                raise ValidationError(
                    self.env._(
                        "%(ledger)s keeps no such field of a product. Choose another key.",
                        ledger=rule.connection_id.name,
                    )
                )


class LedgerProductField(models.Model):
    """Which way one field of a product goes."""

    _name = "ledger.product.field"
    _inherit = ["ledger.direction.mixin"]
    _description = "Field of a Product in an Outside Ledger"
    _rec_name = "field"

    field = fields.Selection(
        [
            ("name", "Name"),
            ("number", "Internal reference"),
            ("barcode", "Barcode (GTIN)"),
            ("price", "Sales price without VAT"),
            ("unit", "Unit"),
            ("account", "Account or group"),
            ("description", "Sales description"),
        ],
        required=True,
    )

    _field_uniq = models.Constraint("UNIQUE (connection_id, field)", "This field already has a direction.")

    @api.constrains("field", "direction")
    def _check_taken(self):
        for line in self:
            if line.direction == "from" and line.field in products.NEVER_TAKEN:
                raise ValidationError(
                    self.env._(
                        "Numbers, units and accounts of a product are kept here: they go to the ledger, or nowhere."
                    )
                )
