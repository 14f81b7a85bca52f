from odoo import api, models
from odoo.fields import Domain


class AccountMove(models.Model):
    _inherit = "account.move"

    @api.depends("prepayment_is_request")
    def _compute_einvoice_can_be_made(self):
        # EXTENDS 'nordic_einvoice': a payment request is no sales invoice
        result = super()._compute_einvoice_can_be_made()
        self.filtered("prepayment_is_request").einvoice_can_be_made = False
        return result

    def _search_einvoice_can_be_made(self, operator, value):
        # EXTENDS 'nordic_einvoice'
        domain = super()._search_einvoice_can_be_made(operator, value)
        if domain is NotImplemented:
            return domain
        requests = Domain("prepayment_is_request", "=", True)
        return domain & ~requests if True in value else domain | requests

    def _einvoice_is_to_leave(self):
        # EXTENDS 'nordic_einvoice'
        return not self.prepayment_is_request and super()._einvoice_is_to_leave()

    def _einvoice_faults(self, is_draft_fine=False):
        # EXTENDS 'nordic_einvoice'
        if self.prepayment_is_request:
            return [
                self.env._(
                    "%(document)s is a payment request and no sales invoice: it is not sent as an e-invoice. The final "
                    "invoice is, with the VAT of the whole order.",
                    document=self.display_name,
                )
            ]
        return super()._einvoice_faults(is_draft_fine)

    def _einvoice_payment_lines(self):
        # EXTENDS 'nordic_einvoice': what a payment request asked for was paid in advance; the VAT is on this invoice
        lines = super()._einvoice_payment_lines()
        if self.prepayment_invoice_type != "final":
            return lines
        return lines | self.invoice_line_ids.filtered(
            lambda line: any(line.sudo().sale_line_ids.invoice_lines.move_id.mapped("prepayment_is_request"))
        )

    def _einvoice_deposit_invoices(self):
        # EXTENDS 'nordic_einvoice_sale': a payment request is no preceding invoice
        return super()._einvoice_deposit_invoices().filtered(lambda move: not move.prepayment_is_request)

    def _need_ubl_cii_xml(self, ubl_cii_format):
        # EXTENDS 'account_edi_ubl_cii': no way of Odoo's own either
        return not self.prepayment_is_request and super()._need_ubl_cii_xml(ubl_cii_format)

    def _send_prepayment_channels(self):
        # EXTENDS 'invoice_prepayment'
        result = super()._send_prepayment_channels()
        if self.einvoice_can_be_made:
            # what stops it is kept on the e-invoice; the mail has gone out in any case
            self._einvoice_create_documents()
        return result
