from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _vendor_numbers(self):
        """Numbers a bank may tell of these bills."""
        return [number for bill in self for number in (bill.name, bill.ref, bill.payment_reference) if number]

    def _vendor_open(self):
        """The action that shows these bills, one of them as its form."""
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Bills"),
            "res_model": "account.move",
            "view_mode": "list,form",
            "views": [(self.env.ref("account.view_in_invoice_bill_tree").id, "list"), (False, "form")],
            "domain": [("id", "in", self.ids)],
            "context": {"create": False},
        }
        if len(self) == 1:
            action.update(view_mode="form", views=[(False, "form")], res_id=self.id)
        return action

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
