import base64

from odoo import api, fields, models
from odoo.exceptions import UserError


class LedgerFile(models.Model):
    """A file that goes with a pushed document to the outside ledger: its content as it was sent, once for each
    document."""

    _name = "ledger.file"
    _description = "File in an Outside Ledger"
    _order = "id desc"
    _check_company_auto = True

    connection_id = fields.Many2one(
        "transfer.connection", required=True, index=True, ondelete="restrict", readonly=True
    )
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    move_id = fields.Many2one(
        "account.move", string="Document", required=True, index=True, readonly=True, ondelete="restrict"
    )
    name = fields.Char(string="File Name", required=True, readonly=True)
    remote_name = fields.Char(string="Name There", required=True, readonly=True)
    mimetype = fields.Char(string="Media Type", required=True, readonly=True)
    size = fields.Integer(string="Size (bytes)", required=True, readonly=True)
    checksum = fields.Char(required=True, readonly=True)
    is_document = fields.Boolean(
        readonly=True, help="The document itself; printed again, it would be another file with the same content."
    )
    content = fields.Binary(attachment=True, readonly=True)
    remote_id = fields.Char(string="Remote ID", readonly=True, help="Of the file in the store of the other side.")
    state = fields.Selection(
        [("waiting", "On its way"), ("done", "With the document there"), ("refused", "Cannot go")],
        required=True,
        default="waiting",
        readonly=True,
        index=True,
    )
    message = fields.Char(string="Reason", readonly=True)

    _content_uniq = models.Constraint(
        "UNIQUE (connection_id, move_id, checksum)", "This file goes with the document already."
    )

    def _enqueue(self):
        """Queue the next step of each file: into the store of the other side, or to its document."""
        for file in self:
            connection = file.connection_id
            is_stored = "file_store" not in connection._ledger_capabilities() or file.remote_id
            operation = "file_attach" if is_stored else "file_upload"
            connection._transfer_enqueue(operation, file, f"{operation}:{connection._ledger_reference(file)}")

    def _raw(self):
        """The content as bytes."""
        self.ensure_one()
        return base64.b64decode(self.with_context(bin_size=False).content or b"")

    def _describe(self):
        """What the log tells of it: never the content."""
        self.ensure_one()
        return {"name": self.remote_name, "type": self.mimetype, "size": self.size, "sha256": self.checksum}

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        raise UserError(self.env._("The list of files in the ledger is kept: without it, one could be sent twice."))
