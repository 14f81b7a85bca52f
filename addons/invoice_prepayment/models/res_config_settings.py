from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    prepayment_received_rule = fields.Selection(related="company_id.prepayment_received_rule", readonly=False)
    prepayment_received_percent = fields.Float(related="company_id.prepayment_received_percent", readonly=False)
    prepayment_automation = fields.Selection(related="company_id.prepayment_automation", readonly=False)
    prepayment_final_mode = fields.Selection(related="company_id.prepayment_final_mode", readonly=False)
    prepayment_deduction = fields.Selection(related="company_id.prepayment_deduction", readonly=False)
    prepayment_draft_rule = fields.Selection(related="company_id.prepayment_draft_rule", readonly=False)
    prepayment_money_rule = fields.Selection(related="company_id.prepayment_money_rule", readonly=False)
    prepayment_request_journal_id = fields.Many2one(related="company_id.prepayment_request_journal_id", readonly=False)
    prepayment_forfeit_account_id = fields.Many2one(related="company_id.prepayment_forfeit_account_id", readonly=False)
