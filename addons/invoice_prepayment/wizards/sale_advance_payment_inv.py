from odoo import models


class SaleAdvancePaymentInv(models.TransientModel):
    _inherit = "sale.advance.payment.inv"

    def _prepare_down_payment_invoice_line_values(self, order, so_line, account):
        # EXTENDS 'sale'
        values = super()._prepare_down_payment_invoice_line_values(order, so_line, account)
        milestone = self.env["prepayment.milestone"].browse(self.env.context.get("prepayment_milestone_id"))
        if milestone:
            values["name"] = milestone.with_context(lang=order._get_lang())._get_invoice_line_name()
        return values

    def _prepare_down_payment_invoice_values(self, order, so_lines):
        # EXTENDS 'sale'
        values = super()._prepare_down_payment_invoice_values(order, so_lines)
        milestone = self.env["prepayment.milestone"].browse(self.env.context.get("prepayment_milestone_id"))
        if milestone:
            values["prepayment_milestone_id"] = milestone.id
            if milestone.policy_id.payment_term_id:
                values["invoice_payment_term_id"] = milestone.policy_id.payment_term_id.id
        return values
