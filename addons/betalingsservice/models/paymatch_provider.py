from odoo import fields, models

from ..formats import delivery_0602


class PaymatchProvider(models.Model):
    _inherit = "paymatch.provider"

    format = fields.Selection(
        selection_add=[(delivery_0602.code, "Betalingsservice 0602 (Denmark)")],
        # Reports and their entries stay when the addon goes: their provider is archived under a format that stays.
        ondelete={delivery_0602.code: lambda providers: providers.write({"format": "camt054", "active": False})},
    )
