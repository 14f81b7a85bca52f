from odoo import fields, models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    subscription_charge_id = fields.Many2one(
        "subscription.card.charge", string="Charge of a Saved Card", index="btree_not_null", readonly=True
    )
    subscription_is_unknown = fields.Boolean(
        string="Result Not Known", readonly=True, help="In error without a certain no of the provider."
    )

    def _validate_amount(self, payment_data):
        # EXTENDS 'payment': an answer with another amount is an error to core, but something was taken
        was_error = self.state == "error"
        result = super()._validate_amount(payment_data)
        if self.subscription_charge_id and self.state == "error" and not was_error:
            self.subscription_is_unknown = True
        return result

    def _post_process(self):
        # EXTENDS 'account_payment': core's own cron may be the one that registers what came late
        result = super()._post_process()
        for transaction in self.filtered(lambda each: each.state == "done"):
            charge_sudo = transaction.subscription_charge_id.sudo()
            if charge_sudo.state == "done":
                charge_sudo._tell_what_is_over()
        return result

    def _get_amount_over(self):
        """What was taken and is matched with nothing, in the transaction's currency."""
        items = self.payment_id.move_id.line_ids.filtered(lambda item: item.account_type == "asset_receivable")
        return -sum(items.mapped("amount_residual_currency"))
