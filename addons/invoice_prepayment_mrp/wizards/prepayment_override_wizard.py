from odoo import fields, models
from odoo.exceptions import AccessError, UserError

GROUP = "invoice_prepayment_mrp.group_prepayment_override"


class PrepaymentOverrideWizard(models.TransientModel):
    _name = "prepayment.override.wizard"
    _description = "Release Production without Deposit"

    production_ids = fields.Many2many("mrp.production", string="Manufacturing orders", required=True)
    reason = fields.Text(required=True)

    def action_release(self):
        self.ensure_one()
        if not self.env.user.has_group(GROUP):
            raise AccessError(self.env._("You may not release production that waits for its deposit."))
        if not (self.reason or "").strip():
            raise UserError(self.env._("Write why production starts without the deposit."))
        productions = self.production_ids
        productions.check_access("write")
        held = productions.filtered(lambda production: production.prepayment_hold_state == "held")
        if not held:
            raise UserError(self.env._("None of these manufacturing orders waits for a deposit."))
        for production in held:
            self._release(production)
        return {"type": "ir.actions.act_window_close"}

    def _release(self, production):
        orders = production._get_prepayment_sale_orders()
        missing = orders._get_prepayment_missing_text()
        self.env["prepayment.override"].sudo().create(
            {
                "production_id": production.id,
                "order_ids": [(6, 0, orders.ids)],
                "user_id": self.env.uid,
                "reason": self.reason.strip(),
                "missing_amount": production.prepayment_missing_amount,
            }
        )
        body = self.env._(
            "%(production)s was released without its deposit (%(missing)s). Reason: %(reason)s",
            production=production.name,
            missing=missing,
            reason=self.reason.strip(),
        )
        production.message_post(body=body)
        for order in orders:
            order.message_post(body=body)
