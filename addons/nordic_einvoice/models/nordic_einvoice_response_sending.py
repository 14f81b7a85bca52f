"""Answers on their way: through the connection the document came by, or the sender of its channel."""

import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.transfer_log.exceptions import RejectedError, UncertainError

from ..api import access_point
from ..formats import codes, responses, xml
from .nordic_einvoice_response import REASONS

OPERATION = "einvoice_response"


class NordicEinvoiceResponse(models.Model):
    _inherit = "nordic.einvoice.response"

    error_message = fields.Text(string="What Stops It", readonly=True)
    transfer_error = fields.Text(related="transfer_log_id.error_message", string="Transfer Error")
    is_outcome_unknown = fields.Boolean(compute="_compute_is_outcome_unknown")

    @api.depends("state", "transfer_log_id.state", "transfer_log_id.is_outcome_unknown")
    def _compute_is_outcome_unknown(self):
        for response in self:
            log = response.sudo().transfer_log_id
            response.is_outcome_unknown = (
                response.state == "queued" and log.is_outcome_unknown and log.state in ("uncertain", "failed")
            )

    def _sender(self):
        """The connection that can carry this answer; empty: by hand."""
        self.ensure_one()
        document = self.document_id
        Connection = self.env["transfer.connection"].sudo()
        number = (document.remote_id or "").partition("/")[0]
        came_by = Connection.browse(int(number)).exists() if number.isdecimal() else Connection
        came_by = came_by.filtered(lambda one: one.company_id == document.company_id and one.active)
        candidates = came_by | document._folder_connection()
        return next((one for one in candidates if one._einvoice_can_answer(self)), Connection)

    def action_send(self):
        """Again, after the cause was put right, or for the first time where no connection could carry it before."""
        for response in self:
            response.check_access("write")
            response.lock_for_update()
            if response.direction != "out" or response.state != "made":
                raise UserError(self.env._("This answer is on its way already."))
            log = response.transfer_log_id.sudo()
            if log:
                log._decide("retry", self.env._("Sent again from the answer."))
                response._system_write({"state": "queued", "error_message": False})
            else:
                response._queue()
            if response.state == "made":
                raise UserError(
                    self.env._(
                        "No connection of %s can carry this answer. Download the file and hand it to your access "
                        "point, or answer on its pages; then choose Mark as Sent.",
                        response.company_id.name,
                    )
                )
        return True

    def action_was_taken(self):
        """A person looked it up over there: the access point has it."""
        for response in self:
            response._unknown_log()._decide_outcome(True, self.env._("Found there by %s.", self.env.user.name))
            response._system_write({"state": "sent", "error_message": False})
        return True

    def action_not_taken(self):
        """A person looked it up over there: the access point does not have it, so it is sent."""
        for response in self:
            log, text = response._unknown_log(), self.env._("Not found there by %s.", self.env.user.name)
            log._decide_outcome(False, text)
        return True

    def _unknown_log(self):
        self.ensure_one()
        self.check_access("write")
        log = self.transfer_log_id.sudo()
        if not self.is_outcome_unknown:
            raise UserError(self.env._("The outcome of this answer is known."))
        if not log.try_lock_for_update():
            raise UserError(self.env._("The answer is being sent just now. Look again in a minute."))
        return log

    def _check_sending(self, data):
        """An answer that left by hand, or whose file is another, is not sent."""
        if not self or hashlib.sha256(data).hexdigest() != self.sha256:
            raise RejectedError(self.env._("The file of the answer is gone or was changed."))
        if self.state == "sent":
            raise RejectedError(self.env._("This answer was sent already."))

    def _transfer_ended(self, log):
        """The queue gave it up, or a person chose to ignore it: it can be sent again or handed over by hand."""
        self.ensure_one()
        if self.state != "queued" or self.transfer_log_id.id != log.id:
            return
        if log.is_outcome_unknown and log.state == "ignored":
            # whoever ignores what may have arrived says that nothing more is to be done: it counts as sent
            self._system_write({"state": "sent"})
        elif not log.is_outcome_unknown:
            self._system_write({"state": "made", "error_message": log.error_message})


class TransferLog(models.Model):
    _inherit = "transfer.log"

    def write(self, vals):
        # EXTENDS 'transfer_log'
        result = super().write(vals)
        if vals.get("state") in ("failed", "ignored"):
            for log in self.filtered(lambda one: one.operation == OPERATION):
                response = self.env["nordic.einvoice.response"].browse(log.res_id).exists()
                if response:
                    response._transfer_ended(log)
        return result


class TransferConnection(models.Model):
    _inherit = "transfer.connection"

    def _einvoice_can_answer(self, response):
        """Whether answers leave through this connection, as far as its interface is known."""
        self.ensure_one()
        if self.kind == "einvoice_file":
            return self.has_einvoice_folder
        if self.kind != "einvoice_api":
            return False
        call = self._einvoice_read_definition().respond
        if not call or call.missing():
            return False
        return not call.uses("remote_id") or bool(self._einvoice_inbox_number(response.document_id.remote_id))

    def _einvoice_response_message(self, log):
        """(response, the message) of a queued answer. Its message id is the same however often it is tried."""
        response = self.env["nordic.einvoice.response"].browse(log.res_id).exists()
        data = response.attachment_id.sudo().raw or b""
        response._check_sending(data)
        answer = responses.read(xml.parse(data))
        is_oioubl = answer.dialect == "oioubl"
        customization = codes.OIOUBL_CUSTOMIZATION if is_oioubl else responses.T111
        ends = [
            (one.scheme, one.value) if one else ("", "") for one in (answer.sender.endpoint, answer.receiver.endpoint)
        ]
        return response, access_point.Message(
            message_id=self._einvoice_message_id(log.key),
            content=data,
            filename=response.attachment_id.name,
            sender=ends[0],
            receiver=ends[1],
            document_type=f"{responses.NS_RESPONSE}::ApplicationResponse##{customization}::2.1",
            process=responses.OIOUBL_PROFILE if is_oioubl else responses.T111_PROFILE,
            kind="response",
            country=response.company_id.account_fiscal_country_id.code or "",
        )

    def _transfer_execute(self, log):
        # EXTENDS 'transfer_log'
        if self.kind != "einvoice_api" or log.operation != OPERATION:
            return super()._transfer_execute(log)
        response, message = self._einvoice_response_message(log)
        reason = "; ".join(filter(None, (dict(REASONS).get(response.reason), response.text)))
        number = self._einvoice_inbox_number(response.document_id.remote_id)
        return self._einvoice_receipt(self._einvoice_call("respond", message, number, response.code, reason))

    def _transfer_lookup(self, log):
        # EXTENDS 'transfer_log'
        if self.kind != "einvoice_api" or log.operation != OPERATION:
            return super()._transfer_lookup(log)
        definition = self._einvoice_read_definition()
        if definition.respond is definition.send and definition.repeat == "safe":
            return None  # it knows a message id it has seen: sending again is how it is asked
        if definition.respond is definition.send and definition.repeat == "find":
            receipt = self._einvoice_call("find", self._einvoice_response_message(log)[1])
            return self._einvoice_receipt(receipt) if receipt else None
        raise UncertainError(
            self.env._("%s cannot be asked whether it took this answer.", self.name),
            advice=self.env._("Look it up over there, then choose “It Was Taken” or “It Is Not There” on the answer."),
        )
