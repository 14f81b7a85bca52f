from odoo import api, fields, models
from odoo.exceptions import UserError

from .subscription_payment_way import METHOD


class AccountMove(models.Model):
    _inherit = "account.move"

    subscription_token_id = fields.Many2one(
        "payment.token", string="Saved Card", copy=False, readonly=True, index="btree_not_null", ondelete="restrict"
    )
    subscription_charge_ids = fields.One2many("subscription.card.charge", "move_id", readonly=True)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_charged(self):
        charges_sudo = self.sudo().subscription_charge_ids
        if charges_sudo.transaction_ids.filtered(lambda each: each.state not in ("cancel", "error")):
            raise UserError(self.env._("A card was charged for this invoice. Credit it instead."))

    def _payment_reference_is_drawn(self):
        # EXTENDS 'nordic_payment_reference': no payment line while the card is to be charged
        return super()._payment_reference_is_drawn() or self.subscription_way_id.method == METHOD
