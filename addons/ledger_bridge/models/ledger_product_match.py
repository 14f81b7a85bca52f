from odoo import fields, models


class LedgerProductMatch(models.Model):
    """A product over there that may be one of ours."""

    _name = "ledger.product.match"
    _inherit = ["ledger.match.mixin"]
    _description = "Match of Products with an Outside Ledger"
    _order = "state, product_id, id"
    _rec_name = "product_id"
    _check_company_auto = True

    _record_field = "product_id"
    _remote_type = "product"

    product_id = fields.Many2one("product.product", required=True, index=True, ondelete="cascade", readonly=True)
    remote_name = fields.Char(string="Product There", readonly=True)
    key = fields.Selection(
        [("number", "Internal reference"), ("barcode", "Barcode (GTIN)"), ("name", "Name")],
        string="Recognised By",
        readonly=True,
    )

    _match_uniq = models.Constraint(
        "UNIQUE (connection_id, product_id, remote_id)", "These two are already in the list."
    )
