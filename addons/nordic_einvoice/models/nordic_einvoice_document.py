import hashlib

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from .. import formats
from ..const import FORMATS
from ..formats import codes, reader, records, validation, xml

SENT_STATES = ("queued", "sent", "delivered", "accepted", "rejected")


class NordicEinvoiceDocument(models.Model):
    _name = "nordic.einvoice.document"
    _inherit = ["system.fields.mixin", "mail.thread"]
    _description = "E-Document"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(string="Number", readonly=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, readonly=True
    )
    direction = fields.Selection([("out", "Sent"), ("in", "Received")], required=True, default="out", readonly=True)
    format = fields.Selection(FORMATS, readonly=True)
    document_type = fields.Selection(
        [("invoice", "Invoice"), ("credit_note", "Credit Note"), ("other", "Other")], default="other", readonly=True
    )
    move_id = fields.Many2one(
        "account.move", string="Invoice", index="btree_not_null", ondelete="set null", check_company=True, readonly=True
    )
    partner_id = fields.Many2one("res.partner", string="Customer / Vendor", readonly=True, index="btree_not_null")
    partner_name = fields.Char(string="Name in the Document", readonly=True)
    state = fields.Selection(
        [
            ("draft", "To correct"),
            ("checked", "Checked"),
            ("queued", "In queue"),
            ("sent", "Sent"),
            ("delivered", "Delivered"),
            ("accepted", "Accepted"),
            ("rejected", "Rejected"),
            ("received", "Received"),
            ("failed", "Failed"),
        ],
        required=True,
        default="draft",
        readonly=True,
        tracking=True,
        index=True,
    )
    attachment_id = fields.Many2one(
        "ir.attachment", string="File", readonly=True, ondelete="restrict", copy=False, index="btree_not_null"
    )
    filename = fields.Char(related="attachment_id.name")
    sha256 = fields.Char(string="SHA-256", readonly=True, copy=False)
    document_key = fields.Char(
        readonly=True, copy=False, help="Received documents: vendor, number, date and type. One document, one bill."
    )
    validation_layers = fields.Json(readonly=True, help="What was checked: layer -> run or not run.")
    validation_summary = fields.Char(string="Checked", compute="_compute_validation_summary")
    finding_ids = fields.One2many("nordic.einvoice.finding", "document_id", string="Findings", readonly=True)
    fatal_count = fields.Integer(string="Faults", compute="_compute_fatal_count", store=True)
    error_message = fields.Text(string="What Stops It", readonly=True)
    invoice_date = fields.Date(readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount_total = fields.Monetary(string="Total", readonly=True)
    amount_tax = fields.Monetary(string="VAT", readonly=True)
    sent_date = fields.Datetime(string="Sent On", readonly=True, copy=False)
    connection_id = fields.Many2one("transfer.connection", string="Sent Through", readonly=True, check_company=True)
    transfer_log_id = fields.Many2one("transfer.log", string="Transfer", readonly=True, copy=False)
    transfer_error = fields.Text(related="transfer_log_id.error_message", string="Transfer Error")

    _move_out_uniq = models.UniqueIndex(
        "(move_id) WHERE direction = 'out'", "There is already an e-document for this invoice."
    )
    _sha_in_uniq = models.UniqueIndex("(company_id, sha256) WHERE direction = 'in'", "This file was received before.")
    _key_in_uniq = models.UniqueIndex(
        "(company_id, document_key) WHERE direction = 'in' AND document_key IS NOT NULL AND refused_date IS NULL",
        "This document of this vendor was received before.",
    )

    @api.depends("finding_ids.severity")
    def _compute_fatal_count(self):
        for document in self:
            document.fatal_count = len(document.finding_ids.filtered(lambda f: f.severity == "fatal"))

    @api.depends("validation_layers")
    @api.depends_context("lang")
    def _compute_validation_summary(self):
        labels = dict(self.env["nordic.einvoice.finding"]._fields["layer"]._description_selection(self.env))
        for document in self:
            layers = document.validation_layers or {}
            run = [labels[name] for name in validation.LAYERS if layers.get(name) == validation.RUN]
            rest = [labels[name] for name in document._applicable_layers() if layers.get(name) != validation.RUN]
            parts = [self.env._("checked: %(layers)s", layers=", ".join(run))] if run else []
            if layers and rest:
                parts.append(self.env._("not or not completely checked: %(layers)s", layers=", ".join(rest)))
            document.validation_summary = "; ".join(parts)

    def _applicable_layers(self):
        if self.format == codes.OIOUBL:
            return ("xsd", "oioubl")
        return ("xsd", "en16931", "peppol", "national") if self.format == codes.BIS3 else ("xsd", "en16931")

    def _is_kept(self):
        """Sent and received documents are vouchers of the accounts."""
        self.ensure_one()
        return self.direction == "in" or self.state in SENT_STATES

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        if any(document._is_kept() for document in self):
            raise UserError(self.env._("Sent and received e-documents are kept: they are vouchers of the accounts."))

    # --- writing -------------------------------------------------------------------------------------------------
    @api.model
    def _write_outgoing(self, move):
        """(bytes, root, amounts as read back) of the document of a posted invoice, compared with the books.

        :raises UserError: it cannot be written, or would not agree with the books
        """
        try:
            data = formats.write(move._prepare_einvoice_values(), move._einvoice_format())
            root = xml.parse(data)
            amounts = reader.read_amounts(root)
        except records.EInvoiceError as error:
            raise UserError(
                self.env._("The e-invoice of %(invoice)s: %(reason)s", invoice=move.name, reason=error.message)
            ) from error
        move._einvoice_check_books(amounts)
        return data, root, amounts

    @api.model
    def _make_outgoing(self, move, runner=None):
        """(bytes, values) of the document of a posted invoice: written, compared with the books, checked; not saved."""
        data, root, amounts = self._write_outgoing(move)
        packs = self.env["nordic.einvoice.rule.pack"]._in_force()
        result = validation.validate(data, runner, root=root, packs=packs)
        return data, {
            "document_type": amounts.kind,
            "partner_id": move.partner_id.id,
            "partner_name": move.partner_id.name,
            "error_message": False,
            "state": "checked" if result.valid else "draft",
            **self._result_values(result),
        }

    @api.model
    def _store_outgoing(self, existing, made, failed):
        """Save what ``_make_outgoing`` made, ``{move: (bytes, values)}``, and why others failed, ``{move: text}``: one
        document per invoice, the one in ``existing`` or a new one.

        :return: existing and new documents
        """
        files = {move: data for move, (data, _values) in made.items()}
        attachments = self._store_files(
            {move: (data, f"{move.name.replace('/', '_')}.xml") for move, data in files.items()}
        )
        known = {document.move_id: document for document in existing}
        old, fresh = self.env["ir.attachment"], []
        for move in [*made, *failed]:
            values = self._invoice_values(move)
            if move in made:
                values |= made[move][1] | self._file_values(attachments[move], files[move])
            else:
                values |= {"state": "failed", "error_message": failed[move]}
            document = known.get(move)
            if document:
                old |= document.attachment_id if move in made else old
                document._system_write(values)
            else:
                fresh.append(values)
        old.unlink()
        quiet = self.with_context(tracking_disable=True)  # no message that it was made, no followers
        return existing | quiet._system_create(fresh).with_env(self.env) if fresh else existing

    @api.model
    def _invoice_values(self, move):
        return {
            "name": move.name,
            "company_id": move.company_id.id,
            "direction": "out",
            "format": move._einvoice_format(),
            "move_id": move.id,
            "invoice_date": move.invoice_date,
            "currency_id": move.currency_id.id,
            "amount_total": move.amount_total,
            "amount_tax": move.amount_tax,
        }

    @api.model
    def _store_files(self, files):
        """``{record: (bytes, file name)}`` to ``{record: attachment}``: kept where the user looks for them."""
        attachments = self.env["ir.attachment"].create(
            [
                {
                    "name": filename,
                    "raw": data,
                    "mimetype": "application/xml",
                    "res_model": record._name,
                    "res_id": record.id,
                    "company_id": record.company_id.id,
                }
                for record, (data, filename) in files.items()
            ]
        )
        return dict(zip(files, attachments, strict=True))

    @api.model
    def _file_values(self, attachment, data):
        return {"attachment_id": attachment.id, "sha256": hashlib.sha256(data).hexdigest()}

    def _store_file(self, data, filename):
        """Keep a received file."""
        self.ensure_one()
        attachments = self._store_files({self: (data, filename)})
        self._system_write(self._file_values(attachments[self], data))

    @api.model
    def _result_values(self, result):
        return {
            "validation_layers": result.layers,
            "finding_ids": [Command.clear()]
            + [
                Command.create(
                    {
                        "layer": finding.layer,
                        "rule": finding.rule,
                        "severity": finding.severity,
                        "location": finding.location,
                        "message": finding.message,
                        "hint": finding.hint,
                        "text_key": finding.text,
                        "text_values": finding.values,
                        "concern": finding.concern,
                    }
                )
                for finding in result.findings
            ],
        }

    def _store_result(self, result):
        self.ensure_one()
        self._system_write(self._result_values(result))

    def _mark_outdated(self):
        """The invoice was reset to draft: its unsent e-invoice no longer says what the books will say."""
        self._system_write(
            {"state": "draft", "error_message": self.env._("The invoice was reset to draft. Make the e-invoice again.")}
        )

    # --- sending -------------------------------------------------------------------------------------------------
    def action_create_again(self):
        for document in self:
            document.move_id._einvoice_create_document()
        return True

    def action_send(self):
        """Put checked documents into the queue of the company's folder connection."""
        for document in self:
            document._check_sendable()
            connection = document._folder_connection()
            if not connection:
                raise UserError(
                    self.env._(
                        "No folder for e-invoices is set up for %(company)s. Download the file, hand it to your access "
                        "point and choose Mark as Sent, or set up a connection of the kind E-invoice folder under "
                        "Transfers.",
                        company=document.company_id.name,
                    )
                )
            log = connection._transfer_enqueue("einvoice_send", document, document._transfer_key())
            document._system_write({"state": "queued", "connection_id": connection.id, "transfer_log_id": log.id})
        return True

    def action_download(self):
        self.ensure_one()
        if not self.attachment_id:
            raise UserError(self.env._("There is no file."))
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.attachment_id.id}?download=true",
            "target": "download",
        }

    def action_mark_sent(self):
        """The user handed the downloaded file to his access point himself."""
        for document in self:
            document._check_sendable()
            connection = self.env["transfer.connection"]._einvoice_by_hand(document.company_id)
            log = connection._transfer_record(
                "einvoice_by_hand", document, document._transfer_key(), direction="out", remote_id=document.sha256
            )
            document._system_write({"connection_id": connection.id, "transfer_log_id": log.id})
            document._mark_sent()
        return True

    def action_view_transfer(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "transfer.log",
            "res_id": self.transfer_log_id.id,
            "view_mode": "form",
        }

    def _check_sendable(self):
        self.ensure_one()
        self.lock_for_update()
        if self.direction != "out" or self.state in SENT_STATES:
            raise UserError(self.env._("%(name)s is already on its way.", name=self.name))
        if self.state != "checked":
            raise UserError(
                self.env._("%(name)s cannot be sent: put its faults right and make it again.", name=self.name)
            )
        self._file_content()

    def _file_content(self):
        """The bytes of the file, proven to be what was checked."""
        self.ensure_one()
        data = self.attachment_id.sudo().raw or b""
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise UserError(
                self.env._("The file of %(name)s was changed after it was checked. Make it again.", name=self.name)
            )
        return data

    def _transfer_key(self):
        """One effect per document and content."""
        return f"einvoice-{self.id}-{self.sha256}"

    def _folder_connection(self):
        return (
            self.env["transfer.connection"]
            .sudo()
            .search(
                [
                    ("company_id", "=", self.company_id.id),
                    ("kind", "=", "einvoice_file"),
                    ("has_einvoice_folder", "=", True),
                ],
                limit=1,
            )
        )

    def _mark_sent(self):
        self._system_write({"state": "sent", "sent_date": fields.Datetime.now()})
        self.move_id.sudo().is_move_sent = True
