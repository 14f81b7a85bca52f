from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _vendor_payment_failed(self, reason):
        """Tell on bills that their payment was not made: in the history, and as a task for who looks after the bill.

        :param str reason: why, in the reader's words
        """
        for bill in self:
            bill.message_post(body=reason)
            bill.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Pay again: the bank has not made the payment"),
                note=reason,
                user_id=(bill.invoice_user_id or self.env.user).id,
            )
