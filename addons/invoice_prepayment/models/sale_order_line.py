from odoo import api, models
from odoo.tools import format_date

from ..guard import check_proof_fields


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'sale'
        for vals in vals_list:
            self._check_prepayment_links(vals)
        return super().create(vals_list)

    def write(self, vals):
        # EXTENDS 'sale'
        self._check_prepayment_links(vals)
        if "is_downpayment" in vals and any(line.is_downpayment != vals["is_downpayment"] for line in self):
            self._check_prepayment_links(vals, "is_downpayment")
        if "order_id" in vals and any(
            line.order_id.id != vals["order_id"] and line.invoice_lines for line in self.sudo()
        ):
            self._check_prepayment_links(vals, "order_id")
        return super().write(vals)

    def _check_prepayment_links(self, vals, name="invoice_lines"):
        """Which invoices belong to an order says whether its deposit is paid: who makes no invoices links none."""
        if name in vals and not self.env["account.move"].has_access("write"):
            check_proof_fields(self, vals, (name,))

    def _compare_with_ordered(self, quantity):
        """Whether ``quantity`` is less (-1), as much (0) or more (1) than ordered; of a return: in its direction."""
        self.ensure_one()
        sign = -1 if self.product_uom_qty < 0 else 1
        return self.product_uom_id.compare(sign * quantity, sign * self.product_uom_qty)

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
