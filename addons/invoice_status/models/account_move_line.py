from odoo import models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _reconcile_plan(self, reconciliation_plan):
        # EXTENDS 'account'
        with self.env["account.move"]._collect_payment_change():
            return super()._reconcile_plan(reconciliation_plan)

    def remove_move_reconcile(self):
        # EXTENDS 'account'
        with self.env["account.move"]._collect_payment_change():
            return super().remove_move_reconcile()

    def _get_invoices_of_payment_change(self):
        """Customer invoices concerned when this line is matched or unmatched.

        The line's own invoice, or the invoices of the payment it belongs to when the payment's outstanding line
        meets the bank: then the residual stays and the payment state goes from "in payment" to "paid".
        """
        self.ensure_one()
        move = self.move_id
        if move.is_sale_document(include_receipts=True):
            return move
        if move.origin_payment_id and self.account_id.account_type != "asset_receivable":
            return move.origin_payment_id.reconciled_invoice_ids.filtered(
                lambda invoice: invoice.is_sale_document(include_receipts=True)
            )
        return move.browse()

    def _get_status_cause(self):
        """What the log says when this line settles an invoice: ``(cause, source)``."""
        self.ensure_one()
        move = self.move_id
        if move.statement_line_id:
            label = move.statement_line_id.payment_ref
            return "bank_line", f"{move.name} {label}" if label else move.name
        if move.origin_payment_id:
            return "payment", move.origin_payment_id.name or move.name
        return ("payment" if move.move_type == "entry" else "user"), move.name or move.display_name
