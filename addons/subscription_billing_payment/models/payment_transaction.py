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
