from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..const import OVERRIDE_GROUP


class PrepaymentOverrideWizard(models.TransientModel):
    _name = "prepayment.override.wizard"
    _description = "Release Production without Deposit"

    production_ids = fields.Many2many("mrp.production", string="Manufacturing orders")
    order_ids = fields.Many2many(
        "sale.order",
        string="Sale orders",
        help="Everything made for these orders is released, also what is made or ordered from a subcontractor later.",
    )
    reason = fields.Text(required=True)

    def action_release(self):
        self.ensure_one()
        if not self.env.user.has_group(OVERRIDE_GROUP):
            raise AccessError(self.env._("You may not release production that waits for its deposit."))
        if not (self.reason or "").strip():
            raise UserError(self.env._("Write why production starts without the deposit."))
        self.production_ids.check_access("write")
        self.order_ids.check_access("read")
        held = self.production_ids.filtered(lambda production: production.prepayment_hold_state == "held")
        waiting = self.order_ids.sudo()._filter_prepayment_missing()._filter_prepayment_not_overridden()
        if not held and not waiting:
            raise UserError(self.env._("Nothing chosen here waits for a deposit."))
        for production in held:
            self._release(production.name, production._get_prepayment_sale_orders(), production)
        for order in waiting:
            self._release(order.name, order)
        return {"type": "ir.actions.act_window_close"}

    def _release(self, name, orders, production=None):
        """Keep who released what and why, and tell it on both sides.

        :param production: the one production order released; none: everything made for ``orders``
        """
        missing = orders._get_prepayment_hold_text()
        company = orders.company_id[:1]
        productions = production or orders._get_prepayment_productions().filtered(
            lambda production: production.prepayment_hold_state == "held"
        )
        self.env["prepayment.override"].sudo().create(
            {
                "production_id": production.id if production else False,
                "order_ids": [(6, 0, orders.ids)],
                "company_id": company.id,
                "user_id": self.env.uid,
                "reason": self.reason.strip(),
                "missing_amount": sum(orders._get_prepayment_missing_by_order().values()),
            }
        )
        body = self.env._(
            "%(name)s was released without its deposit (%(missing)s). Reason: %(reason)s",
            name=name,
            missing=missing,
            reason=self.reason.strip(),
        )
        orders._refresh_prepayment_hold()
        for record in (*productions.sudo(), *orders.sudo()):
            record.message_post(body=body)
