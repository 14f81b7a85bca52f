from odoo import api, fields, models


class SubscriptionStart(models.TransientModel):
    """Asked when a subscription starts in the past: bill what was missed, or go on from the running period."""

    _name = "subscription.start"
    _description = "Start a Subscription in the Past"

    subscription_id = fields.Many2one("subscription.subscription", required=True)
    missed_count = fields.Integer(string="Periods Ended Already", compute="_compute_missed")
    running_start = fields.Date(string="Running Period From", compute="_compute_missed")
    choice = fields.Selection(
        [("bill", "Bill the missed periods too"), ("skip", "Charge from the running period on")],
        required=True,
        default="skip",
    )

    @api.depends("subscription_id")
    def _compute_missed(self):
        for wizard in self:
            wizard.missed_count = wizard.subscription_id._count_missed_periods()
            wizard.running_start = wizard.subscription_id._get_running_period_start()

    def action_confirm(self):
        for wizard in self:
            if wizard.choice == "skip":
                wizard.subscription_id.bill_from = wizard.running_start
            wizard.subscription_id._start()
