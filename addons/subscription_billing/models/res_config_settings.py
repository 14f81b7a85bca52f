from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    subscription_auto_run = fields.Selection(related="company_id.subscription_auto_run", readonly=False, required=True)
    subscription_joint_invoice = fields.Selection(
        related="company_id.subscription_joint_invoice", readonly=False, required=True
    )
    subscription_way_id = fields.Many2one(related="company_id.subscription_way_id", readonly=False)
    subscription_reference_days = fields.Integer(related="company_id.subscription_reference_days", readonly=False)
