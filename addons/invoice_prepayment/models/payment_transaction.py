from odoo import models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _invoice_sale_orders(self):
        # EXTENDS 'sale': an order paid in full needs no deposit draft; deposits posted before take their part
        for transaction in self:
            paid = transaction.sale_order_ids.filtered(
                lambda order: order.state == "sale" and order.prepayment_milestone_ids and order._is_paid()
            )
            drafts = paid._get_prepayment_invoices().filtered(lambda move: move.state == "draft")
            drafts.sudo().unlink()
        result = super()._invoice_sale_orders()
        for transaction in self:
            waiting = transaction.sale_order_ids.filtered("prepayment_milestone_ids")._get_prepayment_invoices()
            transaction.invoice_ids |= waiting.filtered(
                lambda move: move.move_type == "out_invoice" and move.state == "posted" and move.amount_residual
            )
        return result

    def _post_process(self):
        # EXTENDS 'sale': money for an order that core leaves on account
        result = super()._post_process()
        for transaction in self.filtered(lambda transaction: transaction.state == "done"):
            orders = transaction.sale_order_ids
            lines = transaction.payment_id.move_id.line_ids
            if len(orders) == 1 and lines and transaction.operation != "validation":
                orders._prepayment_money_arrived(lines)
        return result
