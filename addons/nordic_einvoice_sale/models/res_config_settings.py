from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    einvoice_reference_check = fields.Selection(
        related="company_id.einvoice_reference_check", readonly=False, required=True
    )
