from odoo import fields, models
from odoo.exceptions import UserError

# how far a document has come; news that arrives late never takes it back
PROGRESS = {"queued": 1, "sent": 2, "delivered": 3, "accepted": 4, "rejected": 4}


class NordicEinvoiceDocument(models.Model):
    """What the other side tells of a document that left."""

    _inherit = "nordic.einvoice.document"

    answer_text = fields.Text(
        string="Answer", readonly=True, copy=False, help="What the customer or the access point said about it."
    )
    answer_date = fields.Datetime(string="Answered On", readonly=True, copy=False)
    sending_number = fields.Integer(
        readonly=True, copy=False, help="Grows when a sending was not delivered, so that the next one has its own key."
    )

    def _einvoice_answered(self, state, reason=""):
        """Note what the other side tells of this outgoing document, whatever way the answer came.

        :param str state: ``delivered``, ``accepted``, ``rejected`` (by the customer) or ``failed`` (never delivered:
            it may be made and sent again)
        :param str reason: in the other side's words
        :return: True when the state changed; an answer that is older than what is known changes nothing
        """
        self.ensure_one()
        if self.direction != "out" or self.state not in PROGRESS:
            return False
        if state != "failed" and state not in PROGRESS:
            raise ValueError(state)
        if state == self.state and reason == (self.answer_text or ""):
            return False
        if state == "failed":
            is_news = self.state in ("queued", "sent")
        else:
            is_news = PROGRESS[state] >= PROGRESS[self.state]
        if not is_news:
            return False
        values = {"state": state, "answer_date": fields.Datetime.now(), "answer_text": reason or False}
        if state == "failed":
            values |= {
                "error_message": reason or self.env._("It was not delivered."),
                "sending_number": self.sending_number + 1,
            }
        has_changed = state != self.state
        self.sudo().write(values)
        if has_changed and state in ("rejected", "failed"):
            self._tell_refused(state, reason)
        return has_changed

    def _tell_refused(self, state, reason):
        """An activity for whoever made the invoice: it is up to a person what happens now."""
        move = self.move_id.sudo()
        if not move:
            return
        summary = (
            self.env._("The customer rejected the e-invoice %(name)s", name=self.name)
            if state == "rejected"
            else self.env._("The e-invoice %(name)s was not delivered", name=self.name)
        )
        user = move.invoice_user_id or self.create_uid
        move.activity_schedule(
            "mail.mail_activity_data_todo", user_id=user.id, summary=summary, note=reason or False
        )

    def _transfer_key(self):
        # a sending that was never delivered may be repeated with the same content: its number tells them apart
        key = super()._transfer_key()
        return f"{key}-{self.sending_number}" if self.sending_number else key

    def _check_sendable(self):
        super()._check_sendable()
        if self.company_id.sudo().einvoice_sender == "core":
            raise UserError(
                self.env._(
                    "%(company)s sends e-invoices through Odoo's own registration. Use Send on the invoice, or choose "
                    "“Own access point” in the settings.",
                    company=self.company_id.name,
                )
            )
