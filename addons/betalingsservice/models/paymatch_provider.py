from odoo import fields, models

from ..formats import delivery_0602


class PaymatchProvider(models.Model):
    _inherit = "paymatch.provider"

    format = fields.Selection(
        selection_add=[(delivery_0602.code, "Betalingsservice 0602 (Denmark)")],
        ondelete={delivery_0602.code: "cascade"},
    )
