from odoo import models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    _inherit = "account.move"

    def _ledger_check_pushable(self, connection):
        # EXTENDS 'ledger_bridge'
        if self.prepayment_is_request:
            raise UserError(
                self.env._(
                    "%(name)s cannot be pushed: it is a payment request and no sales invoice. Push the final invoice.",
                    name=self.name,
                )
            )
        return super()._ledger_check_pushable(connection)

    def _send_prepayment_channels(self):
        # EXTENDS 'invoice_prepayment'
        result = super()._send_prepayment_channels()
        if not self.prepayment_is_request and self.env["transfer.connection"]._has_ledger(self.company_id):
            try:
                with self.env.cr.savepoint():
                    self.action_ledger_push()
            except UserError as error:
                self.message_post(body=str(error))  # the mail has gone out in any case
        return result
