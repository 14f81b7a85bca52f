from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    payment_reference_advise_from = fields.Integer(related="company_id.payment_reference_advise_from", readonly=False)
