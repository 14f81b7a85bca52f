"""A payment request (Norway: no sales invoice before delivery) is a customer document, but no invoice anywhere."""

from odoo import api, models

# Ways that carry a document of any kind; others (Peppol, NemHandel) carry invoices alone.
WAYS_OF_ANY_DOCUMENT = {"email", "manual", "snailmail"}


class AccountMove(models.Model):
    _inherit = "account.move"

    @api.depends("prepayment_is_request")
    def _compute_type_name(self):
        # EXTENDS 'account': what mails, portal and chatter call the document
        result = super()._compute_type_name()
        names = {
            "out_invoice": self.env._("Payment request"),
            "out_refund": self.env._("Payment request taken back"),
        }
        for move in self.filtered("prepayment_is_request"):
            move.type_name = names.get(move.move_type, move.type_name)
        return result

    def _reverse_moves(self, default_values_list=None, cancel=False):
        # EXTENDS 'account': what takes a request back is no credit note of an invoice
        reversals = super()._reverse_moves(default_values_list, cancel=cancel)
        of_requests = reversals.filtered(lambda move: move.reversed_entry_id.prepayment_is_request)
        of_requests.sudo().prepayment_is_request = True
        return reversals

    def _get_prepayment_mail_template(self, invoice_type):
        # EXTENDS 'invoice_prepayment'
        template = super()._get_prepayment_mail_template(invoice_type)
        request = self.env.ref("invoice_prepayment.mail_template_request", raise_if_not_found=False)
        is_own = template and template == self.company_id.sudo().prepayment_mail_template_id
        if invoice_type == "prepayment" and request and not is_own and all(self.mapped("prepayment_is_request")):
            return request
        return template


class AccountMoveSend(models.AbstractModel):
    _inherit = "account.move.send"

    @api.model
    def _get_default_invoice_edi_format(self, move, **kwargs):
        # EXTENDS 'account'
        return False if move.prepayment_is_request else super()._get_default_invoice_edi_format(move, **kwargs)

    @api.model
    def _get_default_sending_methods(self, move):
        # EXTENDS 'account'
        methods = super()._get_default_sending_methods(move)
        return (methods & WAYS_OF_ANY_DOCUMENT or {"email"}) if move.prepayment_is_request else methods
