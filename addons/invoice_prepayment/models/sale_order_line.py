from odoo import models
from odoo.tools import format_date


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _get_downpayment_description(self):
        # EXTENDS 'sale': the deposit invoice's number; core shows its payment reference, a whole +71 line
        text = super()._get_downpayment_description()
        if self.display_type or self._get_downpayment_state() or not self.order_id.sudo().prepayment_milestone_ids:
            return text  # without a plan nothing is different from core
        lines = self._get_invoice_lines().filtered(lambda line: line.quantity >= 0)
        invoice = lines.move_id.filtered(lambda move: move.move_type == "out_invoice")
        if len(invoice) != 1 or not invoice.invoice_date:
            return text
        date = format_date(self.env, invoice.invoice_date)
        return self.env._("Deposit %(number)s of %(date)s", number=invoice.name, date=date)
