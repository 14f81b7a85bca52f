"""Mails with invoices that did not arrive."""

from odoo import fields, models


class AccountMove(models.Model):
    _inherit = "account.move"

    einvoice_mail_fault = fields.Char(
        string="Mail Not Delivered",
        compute="_compute_einvoice_mail_fault",
        compute_sudo=True,
        help="The latest mail to each address is looked at: one that came back, or could not be sent.",
    )

    def _compute_einvoice_mail_fault(self):
        self.einvoice_mail_fault = False
        sales = self.filtered(lambda move: move.id and move.is_sale_document(include_receipts=True))
        domain = [
            ("mail_message_id.model", "=", "account.move"),
            ("mail_message_id.res_id", "in", sales.ids),
            ("notification_type", "=", "email"),
        ]
        latest = {}
        for notification in self.env["mail.notification"].search(domain, order="id") if sales else ():
            address = notification.mail_email_address or notification.res_partner_id.email
            latest[notification.mail_message_id.res_id, address] = notification
        for move in sales:
            wrong = [
                (address, one)
                for (number, address), one in latest.items()
                if number == move.id and one.notification_status in ("bounce", "exception")
            ]
            parts = [f"{address or '?'} ({one.failure_reason})" if one.failure_reason else address or "?"
                     for address, one in wrong]  # fmt: skip
            move.einvoice_mail_fault = ", ".join(parts) or False
