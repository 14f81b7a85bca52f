from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    einvoice_has_tax_registration = fields.Boolean(related="company_id.einvoice_has_tax_registration", readonly=False)
    einvoice_pdf = fields.Selection(related="company_id.einvoice_pdf", readonly=False, required=True)
