from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.transfer_log.exceptions import RejectedError

from ..formats import codes

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

    asked_date = fields.Datetime(readonly=True, copy=False, help="When the other side was last asked about it.")
    is_answer_final = fields.Boolean(readonly=True, copy=False, help="Nobody can be asked any more.")
    pickup_date = fields.Datetime(
        string="Picked Up On", readonly=True, copy=False, help="The access point's agent took the file from the folder."
    )
    is_outcome_unknown = fields.Boolean(compute="_compute_is_outcome_unknown")

    @api.depends("state", "transfer_log_id.state", "transfer_log_id.is_outcome_unknown")
    def _compute_is_outcome_unknown(self):
        for document in self:
            log = document.sudo().transfer_log_id
            document.is_outcome_unknown = (
                document.state == "queued" and log.is_outcome_unknown and log.state in ("uncertain", "failed")
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
        move.activity_schedule("mail.mail_activity_data_todo", user_id=user.id, summary=summary, note=reason or False)

    def _transfer_key(self):
        # a sending that was never delivered may be repeated with the same content: its number tells them apart
        key = super()._transfer_key()
        return f"{key}-{self.sending_number}" if self.sending_number else key

    def _check_sendable(self):
        result = super()._check_sendable()
        company = self.company_id
        if company.sudo().einvoice_sender == "core" and not self._folder_connection():
            raise UserError(company._einvoice_not_registered())
        return result

    # --- one sending at a time -----------------------------------------------------------------------------------
    def _folder_connection(self):
        # the sender of the channel, whatever kind it is
        return self.env["transfer.connection"]._einvoice_sender(self.company_id, self._einvoice_channel_of_format())

    def _einvoice_channel_of_format(self):
        self.ensure_one()
        return "nemhandel" if self.format == codes.OIOUBL else "peppol"

    def _einvoice_check_sending(self, log):
        """A transfer that a later one has replaced sends nothing, even when a person repeats it."""
        self.ensure_one()
        current = self.sudo().transfer_log_id
        if (current and current.id != log.id) or log.key != self._transfer_key():
            raise RejectedError(
                self.env._("%s was made again since. This transfer is replaced by a later one.", self.name)
            )

    def action_send(self):
        result = super().action_send()
        for document in self:
            log = document.transfer_log_id
            if log.state in ("failed", "ignored"):
                # the same content again, after the cause was put right over there
                log._decide("retry", self.env._("Sent again from the e-document."))
        return result

    def action_recall(self):
        """Take a document out of the queue before it left."""
        self.check_access("write")
        for document in self:
            log = document.transfer_log_id.sudo()
            if document.state != "queued" or log.state != "queued" or not log.try_lock_for_update():
                raise UserError(self.env._("%s has left or is on its way: it cannot be recalled.", document.name))
            log._decide("ignore", self.env._("Recalled by %s.", self.env.user.name))
        return True

    def action_was_taken(self):
        """A person looked it up over there: the access point has it."""
        for document in self:
            document._unknown_log()._decide_outcome(True, self.env._("Found there by %s.", self.env.user.name))
            document._mark_sent()
        return True

    def action_not_taken(self):
        """A person looked it up over there: the access point does not have it, so it is sent."""
        for document in self:
            log, text = document._unknown_log(), self.env._("Not found there by %s.", self.env.user.name)
            log._decide_outcome(False, text)
        return True

    def _unknown_log(self):
        self.ensure_one()
        self.check_access("write")
        log = self.transfer_log_id.sudo()
        if self.state != "queued" or not log.is_outcome_unknown or log.state not in ("uncertain", "failed"):
            raise UserError(self.env._("The outcome of %s is known.", self.name))
        if not log.try_lock_for_update():
            raise UserError(self.env._("“%(name)s” is being sent just now. Look again in a minute.", name=self.name))
        return log

    def _transfer_ended(self, log):
        """The queue gave this document's transfer up, or a person chose to ignore it."""
        self.ensure_one()
        if self.transfer_log_id.id != log.id or self.state != "queued":
            return
        if log.state == "failed" and not log.is_outcome_unknown:
            self.sudo().write({"state": "failed", "error_message": log.error_message})
        elif log.state == "ignored" and not log.is_outcome_unknown:
            self.sudo().write({"state": "checked", "error_message": False})
        elif log.state == "ignored":
            # whoever ignores what may have arrived says that nothing more is to be done: it counts as sent
            self.sudo()._mark_sent()


class TransferLog(models.Model):
    _inherit = "transfer.log"

    def write(self, vals):
        # EXTENDS 'transfer_log'
        result = super().write(vals)
        if vals.get("state") in ("failed", "ignored"):
            for log in self.filtered(lambda one: one.operation == "einvoice_send"):
                self.env["nordic.einvoice.document"].browse(log.res_id).exists()._transfer_ended(log)
        return result
