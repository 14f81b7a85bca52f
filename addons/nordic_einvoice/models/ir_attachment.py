from odoo import models


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def _transfer_proof(self):
        # EXTENDS 'transfer_log'
        documents = self.env["nordic.einvoice.document"].search([("attachment_id", "in", self.ids)])
        kept = documents.filtered(lambda document: document._is_kept())
        return super()._transfer_proof() | kept.attachment_id
