"""Answers: written to what we received, read to what we sent."""

import hashlib
import uuid
from pathlib import Path

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.transfer_log.exceptions import RejectedError, TemporaryError

from ..formats import records, responses, validation

CODES = [
    ("AB", "Received"),
    ("IP", "In process"),
    ("UQ", "Under query"),
    ("CA", "Accepted with conditions"),
    ("RE", "Rejected"),
    ("AP", "Accepted"),
    ("PD", "Paid"),
]
REASONS = [
    ("NON", "No issue"),
    ("REF", "References are wrong or missing"),
    ("LEG", "Legal information is wrong or missing"),
    ("REC", "The receiver is unknown or wrong"),
    ("QUA", "The quality of what was delivered"),
    ("DEL", "The delivery"),
    ("PRI", "The price"),
    ("QTY", "The quantity"),
    ("ITM", "The item"),
    ("PAY", "The payment terms"),
    ("UNR", "The invoice is not recognised"),
    ("FIN", "Finance terms"),
    ("PPD", "Partly paid"),
    ("OTH", "Other"),
]


class NordicEinvoiceResponse(models.Model):
    _name = "nordic.einvoice.response"
    _inherit = ["system.fields.mixin"]
    _description = "Answer to an E-Document"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(string="Number", required=True, readonly=True)
    document_id = fields.Many2one(
        "nordic.einvoice.document", required=True, readonly=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(related="document_id.company_id", store=True, index=True)
    direction = fields.Selection([("out", "Sent"), ("in", "Received")], required=True, readonly=True)
    code = fields.Selection(CODES, string="Answer", required=True, readonly=True)
    reason = fields.Selection(REASONS, readonly=True)
    text = fields.Text(string="Explanation", readonly=True)
    state = fields.Selection(
        [
            ("made", "Made"),
            ("queued", "In queue"),
            ("sent", "Sent"),
            ("received", "Received"),
        ],
        required=True,
        default="made",
        readonly=True,
    )
    attachment_id = fields.Many2one(
        "ir.attachment", string="File", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    sha256 = fields.Char(string="SHA-256", readonly=True)
    transfer_log_id = fields.Many2one("transfer.log", string="Transfer", readonly=True)
    answer_date = fields.Datetime(string="On", default=fields.Datetime.now, readonly=True)
    user_id = fields.Many2one("res.users", string="By", default=lambda self: self.env.user, readonly=True)

    _final_uniq = models.UniqueIndex(
        "(document_id, code) WHERE direction = 'out' AND code IN ('AP', 'RE')", "This answer is given already."
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        if self:
            raise UserError(self.env._("Answers to e-documents are kept: they are vouchers of the accounts."))

    @api.model
    def _make(self, document, code, reason="", text=""):
        """Write the answer to a received document, check and save it, and queue it when there is a way to send it."""
        invoice = document._read_received(document._file_content())[1]
        if not invoice:
            raise UserError(self.env._("Only invoices and credit notes that can be read can be answered."))
        number = str(uuid.uuid4())
        day = fields.Date.context_today(document)
        try:
            data = responses.write(invoice, code, number, day, (reason,) if reason else (), text or "")
        except records.EInvoiceError as error:
            raise UserError(self._fault_text(error, code)) from error
        result = validation.validate(data, packs=self.env["nordic.einvoice.rule.pack"]._in_force())
        faults = [finding for finding in result.findings if finding.severity == validation.FATAL]
        if faults:
            raise UserError(
                self.env._(
                    "The answer would not be valid: %s", faults[0].said_in(self.env.lang or "en") or faults[0].rule
                )
            )
        response = self._system_create(
            {
                "name": number,
                "document_id": document.id,
                "direction": "out",
                "code": code,
                "reason": reason or False,
                "text": text or False,
            }
        )
        response._keep_file(data, f"{document.name or document.id}_{code}.xml".replace("/", "_"))
        response._queue()
        return response

    @api.model
    def _fault_text(self, error, code):
        if error.field == "code":
            return self.env._(
                "An OIOUBL document can be accepted or rejected, but not answered with “%s”.",
                dict(CODES).get(code, code),
            )
        if error.field == "reason":
            return self.env._("Give a reason: the vendor must know what is wrong.")
        return self.env._("Both parties of the document need an electronic address to answer it.")

    def _keep_file(self, data, filename):
        self.ensure_one()
        attachment = self.env["ir.attachment"].create(
            {
                "name": filename,
                "raw": data,
                "mimetype": "application/xml",
                "res_model": self._name,
                "res_id": self.id,
                "company_id": self.company_id.id,
            }
        )
        self._system_write({"attachment_id": attachment.id, "sha256": hashlib.sha256(data).hexdigest()})

    def _queue(self):
        """Into the queue of the connection that can carry it; without one the file waits to be handed over by hand."""
        self.ensure_one()
        connection = self._sender()
        if connection:
            log = connection._transfer_enqueue("einvoice_response", self, f"einvoice-response-{self.name}")
            self._system_write({"state": "queued", "transfer_log_id": log.id})

    def action_download(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.attachment_id.id}?download=true",
            "target": "download",
        }

    def action_mark_sent(self):
        for response in self:
            response.lock_for_update()
            if response.direction != "out" or response.state != "made":
                raise UserError(self.env._("This answer is on its way already."))
            response._system_write({"state": "sent"})
        return True


class NordicEinvoiceDocument(models.Model):
    _inherit = "nordic.einvoice.document"

    response_ids = fields.One2many("nordic.einvoice.response", "document_id", string="Answers", readonly=True)

    def action_answer(self):
        """The window to answer the vendor; ``default_code`` in the context says how."""
        self.ensure_one()
        if self.direction != "in" or self.document_type == "other":
            raise UserError(self.env._("Only received invoices and credit notes are answered."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Answer the Vendor"),
            "res_model": "nordic.einvoice.answer",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_document_id": self.id, **self._answer_context()},
        }

    def _answer_context(self):
        code = self.env.context.get("default_code")
        return {"default_code": code} if code else {}

    def _answer(self, code, reason="", text=""):
        """Answer, and refuse our own bill with a rejection.

        :raises UserError: rejected and posted contradict each other; so do accepted and rejected
        """
        self.ensure_one()
        self.lock_for_update()
        final = self.response_ids.filtered(lambda each: each.direction == "out" and each.code in ("AP", "RE"))
        if final and code in ("AP", "RE"):
            raise UserError(self.env._("%(name)s is answered already.", name=self.name))
        if code == "RE":
            if self.move_id.state == "posted":
                raise UserError(
                    self.env._("The bill %s is posted. Set it back to draft before you reject it.", self.move_id.name)
                )
            if self.move_id.state == "draft":
                self.move_id.button_cancel()
            self._system_write(
                {
                    "refused_uid": self.env.uid,
                    "refused_date": fields.Datetime.now(),
                    "refused_reason": text or dict(REASONS).get(reason),
                }
            )
        return self.env["nordic.einvoice.response"]._make(self, code, reason, text)

    # --- reading -------------------------------------------------------------------------------------------------
    def _receive_other(self, root, by_hand=False):
        # EXTENDS 'nordic_einvoice' (receiving)
        if not responses.is_response(root):
            return super()._receive_other(root, by_hand=by_hand)
        self.ensure_one()
        try:
            answer = responses.read(root)
        except records.EInvoiceError as error:
            self._system_write({"state": "failed", "error_message": self._fault_text(error)})
            return True
        self._system_write({"name": answer.number, "partner_name": answer.sender.name, "state": "received"})
        sent = self._answered_document(answer)
        if not sent:
            self._system_write(
                {
                    "error_message": self.env._(
                        "This answers %(number)s, which is no e-invoice sent from here to %(who)s.",
                        number=answer.document_number or "?",
                        who=answer.sender.name or "?",
                    )
                }
            )
            return True
        doubt = "" if by_hand else self._answer_doubt(sent, answer)
        self._system_write({"error_message": doubt or False, "partner_id": sent.partner_id.id})
        if doubt:
            return True
        self._note_answer(sent, answer)
        return True

    def _answered_document(self, answer):
        """The sent document that is meant, by its number; one of several is not guessed."""
        domain = [("company_id", "=", self.company_id.id), ("direction", "=", "out")]
        found = self.search([*domain, ("name", "=", answer.document_number), ("state", "!=", "draft")])
        return found if len(found) == 1 else found.browse()

    def _answer_doubt(self, sent, answer):
        """Why a person looks at an answer first: anybody may write one, and it ends the wait for the true one."""
        customer = sent.move_id.commercial_partner_id | sent.move_id.partner_id
        numbers_of = self.env["account.move"]
        known = numbers_of._einvoice_numbers_of_partners(customer)
        endpoint = sent.move_id.partner_id._einvoice_endpoint(sent._einvoice_channel_of_format())
        known |= {endpoint.value} if endpoint else set()
        if not known & numbers_of._einvoice_numbers_of(answer.sender):
            return self.env._(
                "This answers %(number)s, but names %(who)s as its sender, not the customer %(customer)s. Ask the "
                "customer. If it is his answer, choose Note the Answer.",
                number=sent.name,
                who=answer.sender.name or (answer.sender.endpoint and answer.sender.endpoint.value) or "?",
                customer=customer[:1].display_name,
            )
        if self.received_channel == "mail":
            return self.env._(
                "This answer to %(number)s came by e-mail, where anybody can write. If you trust it, choose Note the "
                "Answer.",
                number=sent.name,
            )
        return ""

    def action_note_answer(self):
        """A person trusts an answer that was not taken by itself."""
        for document in self:
            document.check_access("write")
            if document.document_type != "other" or document.inbox_state != "person":
                raise UserError(self.env._("%s is not an answer that waits for somebody.", document.display_name))
            root, _invoice, fault = document._read_received(document._file_content())
            if root is None or not document._receive_other(root, by_hand=True):
                raise UserError(fault)
        return True

    def _note_answer(self, sent, answer):
        label = dict(self.env["nordic.einvoice.response"]._fields["code"]._description_selection(self.env))
        reasons = ", ".join(code for _list, code in answer.reasons)
        text = "; ".join(filter(None, (reasons, answer.text)))
        response = self.env["nordic.einvoice.response"].sudo()
        if answer.code in label and not response.search_count(
            [("name", "=", answer.number), ("document_id", "=", sent.id)]
        ):
            response.create(
                {
                    "name": answer.number,
                    "document_id": sent.id,
                    "direction": "in",
                    "code": answer.code,
                    "text": text or False,
                    "state": "received",
                    "attachment_id": self.attachment_id.id,
                    "sha256": self.sha256,
                }
            )
        if answer.code == "RE":
            sent._einvoice_answered("rejected", text)
        elif answer.code in responses.ACCEPTING:
            sent._einvoice_answered("accepted", text)
        sent.message_post(body=f"{label.get(answer.code, answer.code)} {text}".strip())


class AccountMove(models.Model):
    _inherit = "account.move"

    einvoice_received_id = fields.Many2one(
        "nordic.einvoice.document",
        string="Received E-Document",
        compute="_compute_einvoice_received_id",
        compute_sudo=True,
    )

    @api.depends("einvoice_document_ids.direction")
    def _compute_einvoice_received_id(self):
        for move in self:
            move.einvoice_received_id = move.einvoice_document_ids.filtered(lambda each: each.direction == "in")[:1]

    def action_einvoice_answer(self):
        self.ensure_one()
        return self.einvoice_received_id.action_answer()

    def _post(self, soft=True):
        # EXTENDS 'account'
        posted = super()._post(soft=soft)
        for bill in posted.filtered(
            lambda move: move.company_id.einvoice_answer_at_posting and move.is_purchase_document()
        ):
            document = bill.einvoice_received_id
            answered = document.response_ids.filtered(lambda each: each.code in ("AP", "RE"))
            if document and not answered:
                document._accept_quietly()
        return posted


class NordicEinvoiceDocumentAnswer(models.Model):
    _inherit = "nordic.einvoice.document"

    def _accept_quietly(self):
        """Accept; what stops the answer never stops the posting, it stands on the document."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                if self._can_be_answered():
                    self._answer("AP")
        except UserError as error:
            self.message_post(body=str(error))

    def _can_be_answered(self):
        """Peppol's answer goes to electronic addresses; a document without them is left unanswered."""
        invoice = self._read_received(self._file_content())[1]
        if not invoice:
            return False
        parties = (invoice.supplier, invoice.customer)
        return self.format == "oioubl21" or all(party.endpoint and party.endpoint.scheme for party in parties)


class ResCompany(models.Model):
    _inherit = "res.company"

    einvoice_answer_at_posting = fields.Boolean(
        string="Accept Bills When They Are Posted",
        help="The vendor of a received e-invoice gets the answer “accepted” when its bill is posted.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    einvoice_answer_at_posting = fields.Boolean(related="company_id.einvoice_answer_at_posting", readonly=False)


class TransferConnection(models.Model):
    _inherit = "transfer.connection"

    @api.model
    def _transfer_operation_names(self):
        # EXTENDS 'transfer_log'
        return super()._transfer_operation_names() | {"einvoice_response": self.env._("Answer to an e-invoice")}

    def _einvoice_response_target(self, log):
        response = self.env["nordic.einvoice.response"].browse(log.res_id).exists()
        data = response.attachment_id.sudo().raw or b""
        response._check_sending(data)
        folder = self.sudo().einvoice_folder
        if not folder:
            raise RejectedError(self.env._("The connection has no folder any more."))
        name = Path(response.attachment_id.name).name
        return response, data, Path(folder) / f"{response.sha256[:16]}_{name}"

    def _transfer_execute(self, log):
        # EXTENDS 'transfer_log'
        if self.kind != "einvoice_file" or log.operation != "einvoice_response":
            return super()._transfer_execute(log)
        response, data, path = self._einvoice_response_target(log)
        try:
            self._einvoice_write_file(path, data)
        except OSError as error:
            raise TemporaryError(
                self.env._("The folder for e-invoices cannot be written: %(reason)s.", reason=error.strerror)
            ) from error
        return {"remote_id": path.name, "request": f"{path.name} (SHA-256 {response.sha256})", "response": ""}

    def _transfer_lookup(self, log):
        # EXTENDS 'transfer_log'
        if self.kind != "einvoice_file" or log.operation != "einvoice_response":
            return super()._transfer_lookup(log)
        response, data, path = self._einvoice_response_target(log)
        is_there = path.is_file() and path.read_bytes() == data
        return {"remote_id": path.name, "request": response.sha256, "response": ""} if is_there else None

    def _transfer_done(self, log, result):
        # EXTENDS 'transfer_log'
        if self.kind in ("einvoice_file", "einvoice_api") and log.operation == "einvoice_response":
            self.env["nordic.einvoice.response"].browse(log.res_id)._system_write(
                {"state": "sent", "error_message": False}
            )
        return super()._transfer_done(log, result)
