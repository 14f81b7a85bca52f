from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.transfer_log.exceptions import RejectedError

FILE_OPERATIONS = ("files", "file_upload", "file_attach")


class TransferConnectionFiles(models.Model):
    """Files follow their document: each is a transfer of its own, after the document is there."""

    _inherit = "transfer.connection"

    ledger_files = fields.Selection(
        [
            ("none", "No files"),
            ("document", "The document itself"),
            ("all", "The document and what is attached to it"),
        ],
        string="Files",
        default="none",
        required=True,
        tracking=True,
        help="Sent after the document is in the ledger, each file once.",
    )
    ledger_takes_files = fields.Boolean(compute="_compute_ledger_takes_files")

    @api.depends("kind")
    def _compute_ledger_takes_files(self):
        for connection in self:
            connection.ledger_takes_files = bool({"files", "bill_files"} & connection._ledger_capabilities())

    # --------------------------------------------------------------- business

    def _ledger_sends_files(self, move):
        """Whether files of this document go over."""
        self.ensure_one()
        return self.ledger_files != "none" and bool(self._ledger_file_rules(move))

    def _ledger_file_document(self, file):
        """The link of the document a file belongs to."""
        link = self._ledger_link(file.move_id, file.move_id._ledger_remote_type())
        if not link:
            raise RejectedError(
                self.env._("%(name)s is not in the ledger yet: its files go after it.", name=file.move_id.name)
            )
        return link

    # ------------------------------------------------------- transfer queue

    @api.model
    def _transfer_operation_names(self):
        # EXTENDS 'transfer_log'
        return super()._transfer_operation_names() | {
            "files": self.env._("Files gathered"),
            "file_upload": self.env._("File sent"),
            "file_attach": self.env._("File put to its document"),
        }

    def _transfer_execute(self, log):
        # EXTENDS 'ledger_bridge'
        if not self.is_ledger or log.operation not in FILE_OPERATIONS:
            return super()._transfer_execute(log)
        record = self.env[log.res_model].sudo().browse(log.res_id).exists()
        if not record:
            raise UserError(self.env._("The document no longer exists."))
        if log.operation == "files":
            return {"response": record._ledger_collect_files(self)}
        if record.state == "refused":
            raise UserError(record.message)
        is_again = log.attempts > 1 or log.is_outcome_unknown
        if log.operation == "file_upload":
            return (self._ledger_find_file(record) if is_again else None) or self._ledger_upload_file(record)
        link = self._ledger_file_document(record)
        if is_again and self._ledger_is_file_attached(record, link):
            return {"remote_id": record.remote_id or link.remote_id, "request": record._describe()}
        return self._ledger_attach_file(record, link)

    def _transfer_lookup(self, log):
        # EXTENDS 'ledger_bridge': gathering stores nothing there, and the others look for themselves
        if self.is_ledger and log.operation in FILE_OPERATIONS:
            return None
        return super()._transfer_lookup(log)

    def _transfer_done(self, log, result):
        # EXTENDS 'ledger_bridge'
        res = super()._transfer_done(log, result)
        if not self.is_ledger:
            return res
        record = self.env[log.res_model].sudo().browse(log.res_id) if log.res_model in self.env else None
        if log.operation == "file_upload":
            record.remote_id = result["remote_id"]
            record._enqueue()
        elif log.operation == "file_attach":
            record.state = "done"
        elif record and record._name == "account.move" and log.operation in self._ledger_document_operations():
            if self._ledger_sends_files(record):
                self._transfer_enqueue("files", record, f"files:{self._ledger_reference(record)}")
        return res

    @api.model
    def _ledger_document_operations(self):
        """Operations that put a document into the ledger, which its files follow."""
        return ["invoice_create", "credit_note_create"]

    # --------------------------------- adapter contract, implemented per kind

    def _ledger_file_rules(self, move):
        """:return: ``files.Rules`` of what the other side takes with this document, or ``None``: it takes no files.
        Capabilities: ``files`` (with every document), ``bill_files`` (with vendor bills only), ``file_store`` (a file
        is stored first, and then put to its document)."""
        return None

    def _ledger_upload_file(self, file):
        """Store a file (``ledger.file``) there. :return: ``{"remote_id", "request", "response"}``"""
        raise NotImplementedError

    def _ledger_find_file(self, file):
        """A file stored by an earlier attempt whose answer was lost.

        :return: as ``_ledger_upload_file``, or ``None``
        """
        return None

    def _ledger_attach_file(self, file, link):
        """Put a file to its document (``ledger.link``). :return: ``{"remote_id", "request", "response"}``"""
        raise NotImplementedError

    def _ledger_is_file_attached(self, file, link):
        """Whether it is with its document already, as far as the other side tells."""
        return False
