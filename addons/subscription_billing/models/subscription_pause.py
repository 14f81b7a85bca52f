from odoo import api, fields, models
from odoo.exceptions import ValidationError


class SubscriptionPause(models.Model):
    _name = "subscription.pause"
    _description = "Pause of a Subscription"
    _inherit = ["subscription.part.mixin"]
    _order = "date_from desc, id desc"

    subscription_id = fields.Many2one("subscription.subscription", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="subscription_id.company_id", store=True, index=True)
    date_from = fields.Date(string="First Day Not Charged", required=True)
    date_to = fields.Date(string="Last Day Not Charged", help="Empty: until the subscription is resumed.")
    reason = fields.Char()

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for pause in self:
            if pause.date_to and pause.date_to < pause.date_from:
                raise ValidationError(self.env._("The pause would end before it starts."))
