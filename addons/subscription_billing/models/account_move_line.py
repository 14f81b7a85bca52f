from odoo import fields, models

from ..batch import is_idle


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    start_date = fields.Date(string="Period From")
    end_date = fields.Date(string="Period To")
    subscription_period_ids = fields.One2many(
        "subscription.period", "move_line_id", string="Subscription Periods", readonly=True, copy=False
    )

    # what the deferral looks for at night: few of the many lines, in the order it takes them (docs/decisions/0025)
    _subscription_deferral_idx = models.Index(
        "(company_id, id) WHERE parent_state = 'posted' AND display_type = 'product' AND start_date IS NOT NULL"
        " AND end_date >= DATE_TRUNC('month', date::timestamp) + INTERVAL '1 month'"
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
