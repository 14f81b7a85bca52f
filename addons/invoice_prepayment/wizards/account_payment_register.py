from odoo import models

from ..const import REGISTERING_KEY


class AccountPaymentRegister(models.TransientModel):
    _inherit = "account.payment.register"

    def _create_payments(self):
        # EXTENDS 'account'
        payments = super(AccountPaymentRegister, self.with_context(**{REGISTERING_KEY: True}))._create_payments()
        return payments.with_env(self.env)
