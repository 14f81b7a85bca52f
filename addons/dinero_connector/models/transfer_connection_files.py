from odoo import models

from odoo.addons.ledger_bridge import files

from ..api import files as dinero

RULES = files.Rules(6 * files.MEGABYTE, (files.PDF, files.JPEG, files.PNG, files.GIF))


class TransferConnectionFiles(models.Model):
    """Files in Dinero: stored first, where nobody sees them, and then put to a voucher."""

    _inherit = "transfer.connection"

    def _ledger_capabilities(self):
        # EXTENDS 'ledger_bridge'
        capabilities = super()._ledger_capabilities()
        return capabilities | {"files", "file_store"} if self.kind == "dinero" else capabilities

    def _ledger_file_rules(self, move):
        # EXTENDS 'ledger_bridge'
        return RULES if self.kind == "dinero" else super()._ledger_file_rules(move)

    def _ledger_upload_file(self, file):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_upload_file(file)
        answer = self._dinero_call("upload_file", file.remote_name, file._raw(), file.mimetype, is_write=True)
        return {"remote_id": dinero.guid(answer), "request": file._describe(), "response": answer}

    def _ledger_find_file(self, file):
        # EXTENDS 'ledger_bridge': by its name, and where the list tells none by its content; it is put to nothing yet
        if self.kind != "dinero":
            return super()._ledger_find_file(file)
        known = set(self.env["ledger.file"].sudo().search([("connection_id", "=", self.id)]).mapped("remote_id"))
        rows = [row for row in self._dinero_call("list_files", "Unused") if dinero.guid(row) not in known]
        for row in dinero.candidates(rows, file.remote_name):
            if dinero.name(row) or self._dinero_has_content(row, file):
                return {"remote_id": dinero.guid(row), "request": file._describe(), "response": row}
        return None

    def _dinero_has_content(self, row, file):
        content = self._dinero_call("download_file", dinero.guid(row), file.size)
        return content is not None and files.checksum(content) == file.checksum

    def _ledger_attach_file(self, file, link):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_attach_file(file, link)
        answer = self._dinero_call("attach_file", link.remote_id, file.remote_id, file.remote_name, is_write=True)
        return {"remote_id": file.remote_id, "request": file._describe(), "response": answer}

    def _ledger_is_file_attached(self, file, link):
        # EXTENDS 'ledger_bridge'
        if self.kind != "dinero":
            return super()._ledger_is_file_attached(file, link)
        return any(
            dinero.guid(row).lower() == file.remote_id.lower() and dinero.is_linked(row, link.remote_id)
            for row in self._dinero_call("list_files", "Used")
        )
