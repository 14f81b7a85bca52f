from odoo import models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _invoice_sale_orders(self):
        # EXTENDS 'sale': an order paid in full needs no deposit draft; deposits posted before take their part.
        # A payment that is processed once more has its invoice.
        todo = self.filtered(
            lambda transaction: (
                not (transaction.is_post_processed and transaction.sale_order_ids.prepayment_milestone_ids)
            )
        )
        todo -= todo._stop_invoices_for_credit_notes()
        for transaction in todo:
            paid = transaction.sale_order_ids.filtered(
                lambda order: order.state == "sale" and order.prepayment_milestone_ids and order._is_paid()
            )
            drafts = paid._get_prepayment_invoices().filtered(
                lambda move: move.state == "draft" and move.move_type == "out_invoice"
            )
            numbered = drafts.filtered("posted_before")  # no gap in the numbers
            numbered.sudo().button_cancel()
            (drafts - numbered).sudo().unlink()
        result = super(PaymentTransaction, todo)._invoice_sale_orders()
        for transaction in todo:
            waiting = transaction.sale_order_ids.filtered("prepayment_milestone_ids")._get_prepayment_invoices()
            transaction.invoice_ids |= waiting.filtered(
                lambda move: move.move_type == "out_invoice" and move.state == "posted" and move.amount_residual
            )
        return result

    def _stop_invoices_for_credit_notes(self):
        """Payments of orders with a draft credit note of a deposit: it says what to invoice, so somebody is told."""
        stopped = self.browse()
        for transaction in self:
            orders = transaction.sale_order_ids.filtered("prepayment_milestone_ids")
            credits = orders._get_prepayment_invoices().filtered(
                lambda move: move.state == "draft" and move.move_type == "out_refund"
            )
            if credits:
                stopped |= transaction
            for order in credits._get_prepayment_orders():
                order._prepayment_activity(
                    self.env._("The invoice could not be made"), order._get_draft_credit_text(credits)
                )
        return stopped

    def _post_process(self):
        # EXTENDS 'sale': money for an order that core leaves on account, also what came before the order was confirmed
        result = super()._post_process()
        for transaction in self.filtered(lambda transaction: transaction.state == "done"):
            orders = transaction.sale_order_ids
            if len(orders) == 1 and transaction.operation != "validation":
                done = orders.sudo().transaction_ids.filtered(lambda other: other.state == "done")
                orders._prepayment_payments_arrived(done.payment_id)
        return result
