import hashlib
import os
from pathlib import Path

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.transfer_log.exceptions import RejectedError, TemporaryError, UncertainError


class TransferConnection(models.Model):
    _inherit = "transfer.connection"

    kind = fields.Selection(
        selection_add=[("einvoice_file", "E-invoice folder")],
        ondelete={"einvoice_file": lambda connections: connections._transfer_retire()},
    )
    einvoice_folder = fields.Char(
        string="Folder for E-Invoices",
        groups="base.group_system",
        help="Folder on the server that an access point or its agent picks up from. Empty: files are handed "
        "over by hand.",
    )
    has_einvoice_folder = fields.Boolean(compute="_compute_has_einvoice_folder", store=True, compute_sudo=True)

    @api.depends("einvoice_folder")
    def _compute_has_einvoice_folder(self):
        for connection in self:
            connection.has_einvoice_folder = bool(connection.einvoice_folder)

    @api.constrains("einvoice_folder")
    def _check_einvoice_folder(self):
        for connection in self.sudo():
            if connection.einvoice_folder and not Path(connection.einvoice_folder).is_absolute():
                raise ValidationError(self.env._("Give the folder for e-invoices with its full path."))

    @api.model
    def _einvoice_by_hand(self, company):
        """The connection that notes files handed over by hand; made when it is first needed."""
        Connection = self.sudo()
        domain = [("company_id", "=", company.id), ("kind", "=", "einvoice_file")]
        found = Connection.search([*domain, ("has_einvoice_folder", "=", False)], limit=1)
        return found or Connection.create(
            {"name": self.env._("E-invoices by hand"), "company_id": company.id, "kind": "einvoice_file"}
        )

    # --- exchange ------------------------------------------------------------------------------------------------
    @api.model
    def _einvoice_queued_document(self, log):
        """The document of a sending, by whatever way; a later sending of the same one makes an earlier one void."""
        document = self.env["nordic.einvoice.document"].browse(log.res_id).exists()
        if not document.attachment_id:
            raise RejectedError(self.env._("The e-invoice's file is gone."))
        document._einvoice_check_sending(log)
        return document

    def _einvoice_target(self, log):
        """(document, path of its file in the folder). A name of its own: a repeat overwrites nothing else."""
        document = self._einvoice_queued_document(log)
        return document, Path(
            self.sudo().einvoice_folder or ""
        ) / f"{document.sha256[:16]}_{Path(document.filename).name}"

    @api.model
    def _transfer_operation_names(self):
        # EXTENDS 'transfer_log'
        return super()._transfer_operation_names() | {
            "einvoice_send": self.env._("E-invoice"),
        }

    def _transfer_execute(self, log):
        # EXTENDS 'transfer_log'
        if self.kind != "einvoice_file" or log.operation != "einvoice_send":
            return super()._transfer_execute(log)
        document, path = self._einvoice_target(log)
        if not self.sudo().einvoice_folder:
            raise RejectedError(self.env._("The connection has no folder any more."))
        data = document._file_content()
        try:
            self._einvoice_write_file(path, data)
        except OSError as error:
            raise TemporaryError(
                self.env._("The folder for e-invoices cannot be written: %(reason)s.", reason=error.strerror),
                advice=self.env._("Check that the folder exists and that the server may write to it."),
            ) from error
        return self._einvoice_result(document, path)

    @api.model
    def _einvoice_write_file(self, path, data):
        """All or nothing: whoever picks up sees a whole file or none."""
        temporary = self._einvoice_part(path)
        try:
            with temporary.open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def _einvoice_result(self, document, path):
        return {"remote_id": path.name, "request": f"{path.name} (SHA-256 {document.sha256})", "response": ""}

    def _transfer_lookup(self, log):
        # EXTENDS 'transfer_log'
        if self.kind != "einvoice_file" or log.operation != "einvoice_send":
            return super()._transfer_lookup(log)
        document, path = self._einvoice_target(log)
        try:
            is_there = path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == document.sha256
            # the file gets its name in one step: while the part is there, it never had it
            is_unwritten = not is_there and self._einvoice_part(path).exists()
        except OSError as error:
            raise TemporaryError(
                self.env._("The folder for e-invoices cannot be read: %(reason)s.", reason=error.strerror)
            ) from error
        if is_there or is_unwritten:
            return self._einvoice_result(document, path) if is_there else None
        raise UncertainError(
            self.env._("The file is not in the folder: it may have been picked up, or was never written."),
            advice=self.env._(
                "Look it up at the access point, then choose “It Was Taken” or “It Is Not There” on the e-document."
            ),
        )

    def _einvoice_is_picked_up(self, document):
        """The file left the folder. A folder that cannot be read tells nothing."""
        folder = Path(self.sudo().einvoice_folder or "")
        name = document.transfer_log_id.sudo().remote_id
        return bool(name and self.sudo().einvoice_folder and folder.is_dir() and not (folder / name).exists())

    @api.model
    def _einvoice_part(self, path):
        return path.with_name(f".{path.name}.part")

    def _transfer_done(self, log, result):
        # EXTENDS 'transfer_log'
        if self.kind == "einvoice_file" and log.operation == "einvoice_send":
            self.env["nordic.einvoice.document"].browse(log.res_id)._mark_sent()
        return super()._transfer_done(log, result)
