from odoo import models


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def _transfer_proof(self):
        # EXTENDS 'transfer_log'
        deliveries = self.env["betalingsservice.delivery"].search([("attachment_id", "in", self.ids)])
        return super()._transfer_proof() | deliveries.attachment_id
