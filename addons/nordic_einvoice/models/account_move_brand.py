"""The brand an invoice is sent under: whose logo it is printed with, and its mails show."""

from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _einvoice_brand(self):
        """:return: ``account.journal`` (0..1 record) whose logo this invoice has; it may have none of its own"""
        self.ensure_one()
        return self.journal_id.sudo()

    def _notify_by_email_prepare_rendering_context(self, *args, **kwargs):
        # EXTENDS 'account'
        values = super()._notify_by_email_prepare_rendering_context(*args, **kwargs)
        if self.is_sale_document(include_receipts=True):
            values["einvoice_mail_logo"] = self._einvoice_brand()._einvoice_mail_logo(values["company"])
        return values
