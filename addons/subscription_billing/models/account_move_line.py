from odoo import fields, models

from ..batch import is_idle


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    start_date = fields.Date(string="Period From")
    end_date = fields.Date(string="Period To")
    subscription_period_ids = fields.One2many(
        "subscription.period", "move_line_id", string="Subscription Periods", readonly=True, copy=False
    )

    def write(self, vals):
        # EXTENDS 'account'
        return is_idle(self, vals, "partner_id") or super().write(vals)

    def unlink(self):
        # EXTENDS 'account': the periods of a deleted draft or line are billable again
        if self.ids:  # core calls it with nothing, several times an invoice
            periods = self.env["subscription.period"].sudo().search([("move_line_id", "in", self.ids)])
            if periods:
                periods._check_not_taken_back()
                periods.write({"state": "released", "move_line_id": False})
                periods.subscription_id._reopen_freed()
        return super().unlink()
