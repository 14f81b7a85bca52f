from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    prepayment_received_rule = fields.Selection(related="company_id.prepayment_received_rule", readonly=False)
    prepayment_received_percent = fields.Float(related="company_id.prepayment_received_percent", readonly=False)
