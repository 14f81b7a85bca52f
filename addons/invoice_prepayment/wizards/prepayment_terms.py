"""What every deposit invoice gets when it is made: journal and terms of the company."""

from odoo import models
from odoo.tools import is_html_empty


class SaleAdvancePaymentInv(models.TransientModel):
    _inherit = "sale.advance.payment.inv"

    def _prepare_down_payment_invoice_values(self, order, so_lines):
        # EXTENDS 'sale': for deposits of a plan, of core's wizard and of the portal alike
        values = super()._prepare_down_payment_invoice_values(order, so_lines)
        company = order.company_id
        if company.prepayment_journal_id:
            values["journal_id"] = company.prepayment_journal_id.id
        terms = company.with_context(lang=order._get_lang()).prepayment_terms
        if not is_html_empty(terms):
            values["narration"] = terms + (values.get("narration") or "")
        return values
