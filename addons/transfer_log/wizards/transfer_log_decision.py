from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError


class TransferLogDecision(models.TransientModel):
    _name = "transfer.log.decision"
    _description = "Decision on Transfers"

    log_ids = fields.Many2many("transfer.log", string="Transfers", required=True)
    decision = fields.Selection(
        [("retry", "Retry now"), ("postpone", "Skip for now"), ("ignore", "Ignore for good"), ("resend", "Send again")],
        required=True,
        default="retry",
    )
    reason = fields.Char(compute="_compute_reason", store=True, readonly=False)
    postpone_until = fields.Datetime(default=lambda self: fields.Datetime.now() + timedelta(days=1))

    @api.depends("decision")
    def _compute_reason(self):
        """The everyday reason of a retry is filled in; the others are given by a person."""
        put_right = self.env._("The cause is put right.")
        for wizard in self:
            if wizard.decision == "retry":
                wizard.reason = wizard.reason or put_right
            elif wizard.reason == put_right:
                wizard.reason = False

    def action_confirm(self):
        self.ensure_one()
        if not (self.reason or "").strip():
            raise UserError(self.env._("Give a reason: it stays on the record."))
        self.log_ids._decide(self.decision, self.reason, self.postpone_until)
        return {"type": "ir.actions.act_window_close"}
