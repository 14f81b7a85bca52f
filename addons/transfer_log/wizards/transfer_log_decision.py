from datetime import timedelta

from odoo import fields, models


class TransferLogDecision(models.TransientModel):
    _name = "transfer.log.decision"
    _description = "Decision on Transfers"

    log_ids = fields.Many2many("transfer.log", string="Transfers", required=True)
    decision = fields.Selection(
        [("retry", "Retry now"), ("postpone", "Skip for now"), ("ignore", "Ignore for good")],
        required=True,
        default="retry",
    )
    reason = fields.Char(required=True)
    postpone_until = fields.Datetime(default=lambda self: fields.Datetime.now() + timedelta(days=1))

    def action_confirm(self):
        self.ensure_one()
        self.log_ids._decide(self.decision, self.reason, self.postpone_until)
        return {"type": "ir.actions.act_window_close"}
