from odoo import api, models


class PrepaymentMilestone(models.Model):
    _inherit = "prepayment.milestone"

    @api.depends("order_id.order_line.subscription_template_id", "order_id.subscription_id")
    def _compute_amount(self):
        # EXTENDS 'invoice_prepayment'
        return super()._compute_amount()
