import base64

from odoo import fields, models
from odoo.exceptions import UserError

from .. import files

# Data beside the document, such as an e-invoice, is no voucher anybody reads.
DATA_TYPES = ("application/xml", "text/xml", "application/json", "text/plain", "application/zip")
REMOTE_TYPES = {"out_invoice": "invoice", "out_refund": "credit_note"}


class AccountMoveFiles(models.Model):
    """The files of a document that go with it to the outside ledger."""

    _inherit = "account.move"

    ledger_file_ids = fields.One2many("ledger.file", "move_id", string="Files in the Ledger", readonly=True)

    # ---------------------------------------------------------------- actions

    def action_ledger_push_files(self):
        """Send the files that are not there yet, also those added since."""
        self.ensure_one()
        self.check_access("write")
        connection = self.env["transfer.connection"]._ledger_of_company(self.company_id)
        if self.ledger_state != "pushed":
            raise UserError(self.env._("%(name)s is not in the ledger yet: its files go after it.", name=self.name))
        if not connection._ledger_sends_files(self):
            raise UserError(
                self.env._("Files of this document are not sent to %(name)s. Choose it there.", name=connection.name)
            )
        found = self._ledger_collect_files(connection)
        text = self.env._("%(count)s files are on their way.", count=len(found["files"]))
        return connection._ledger_notification(text, "success" if found["files"] else "info")

    # --------------------------------------------------------------- business

    def _ledger_remote_type(self):
        """As what this document is linked."""
        self.ensure_one()
        return REMOTE_TYPES.get(self.move_type)

    def _ledger_collect_files(self, connection):
        """Queue every file that goes with this document and has not gone yet. One that cannot go waits in the inbox
        with its reason.

        :return: ``{"files": names, "refused": names}``, for the log
        """
        self.ensure_one()
        rules, reference = connection._ledger_file_rules(self), connection._ledger_reference(self)
        sent = self.sudo().ledger_file_ids.filtered(lambda one: one.connection_id == connection)
        known, found = set(sent.mapped("checksum")), {"files": [], "refused": []}
        for name, content, is_document in self._ledger_file_contents(connection, any(sent.mapped("is_document"))):
            digest = files.checksum(content)
            if digest in known:
                continue
            known.add(digest)
            reason = self._ledger_file_fault(connection, rules, name, content)
            file = (
                self.env["ledger.file"]
                .sudo()
                .create(
                    {
                        "connection_id": connection.id,
                        "move_id": self.id,
                        "name": name,
                        "remote_name": files.remote_name(name, reference, content),
                        "mimetype": files.kind_of(content) or "application/octet-stream",
                        "size": len(content),
                        "checksum": digest,
                        "is_document": is_document,
                        "content": False if reason else base64.b64encode(content),
                        "state": "refused" if reason else "waiting",
                        "message": reason or False,
                    }
                )
            )
            if reason:
                key = f"file_attach:{connection._ledger_reference(file)}"
                connection._transfer_refuse("file_attach", file, key, reason)
            else:
                file._enqueue()
            found["refused" if reason else "files"].append(name)
        return found

    def _ledger_file_contents(self, connection, has_document=False):
        """The document itself, unless it has gone, and what is attached to it where that goes too.

        :return: list of ``(name, bytes, whether it is the document)``
        """
        self.ensure_one()
        document = None if has_document else self.sudo()._ledger_document_file()
        found = [(*document, True)] if document else []
        if connection.ledger_files == "all":
            attachments = self.env["ir.attachment"].sudo()
            domain = [("res_model", "=", "account.move"), ("res_id", "=", self.id), ("res_field", "=", False)]
            for attachment in attachments.search(domain + [("type", "=", "binary")], order="id"):
                if attachment.mimetype not in DATA_TYPES:
                    found.append((attachment.name, attachment.raw or b"", False))
        return found

    def _ledger_document_file(self):
        """The document as it was sent to the customer, or as it is printed. :return: ``(name, bytes)``, or ``None``"""
        self.ensure_one()
        if self.invoice_pdf_report_id:
            return self.invoice_pdf_report_id.name, self.invoice_pdf_report_id.raw
        report = self.env["ir.actions.report"].with_context(lang=self.partner_id.lang or self.env.lang)
        content, _kind = report._render_qweb_pdf("account.account_invoices", self.ids)
        return self._get_invoice_report_filename(), content

    def _ledger_file_fault(self, connection, rules, name, content):
        """Why a file cannot go, in plain words; "": it can."""
        fault = files.fault(rules, content)
        if not fault:
            return ""
        if fault == "empty":
            return self.env._("The file “%(file)s” of %(name)s is empty.", file=name, name=self.name)
        if fault == "type":
            return self.env._(
                "%(ledger)s does not take the file “%(file)s” of %(name)s: it takes %(types)s only.",
                ledger=connection.name,
                file=name,
                name=self.name,
                types=", ".join(files.EXTENSIONS[one].upper() for one in rules.types),
            )
        return self.env._(
            "The file “%(file)s” of %(name)s has %(size)s MB; %(ledger)s takes %(limit)s MB at most.",
            file=name,
            name=self.name,
            size=f"{len(content) / files.MEGABYTE:.1f}",
            ledger=connection.name,
            limit=f"{rules.max_bytes / files.MEGABYTE:g}",
        )
