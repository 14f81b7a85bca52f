from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    einvoice_has_tax_registration = fields.Boolean(related="company_id.einvoice_has_tax_registration", readonly=False)
    einvoice_pdf = fields.Selection(related="company_id.einvoice_pdf", readonly=False, required=True)
    einvoice_sender = fields.Selection(related="company_id.einvoice_sender", readonly=False)
    einvoice_channel = fields.Selection(related="company_id.einvoice_channel", readonly=False)
    einvoice_fallback = fields.Selection(related="company_id.einvoice_fallback", readonly=False)
    einvoice_consent_rule = fields.Selection(related="company_id.einvoice_consent_rule", readonly=False)
    einvoice_lookup = fields.Boolean(related="company_id.einvoice_lookup", readonly=False)
