from odoo import models


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def _transfer_proof(self):
        # EXTENDS 'transfer_log'
        files = self.filtered(lambda file: file.res_model == "paymatch.report" and file.res_field == "file")
        return super()._transfer_proof() | files
