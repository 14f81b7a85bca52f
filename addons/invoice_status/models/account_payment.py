from odoo import models


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def write(self, vals):
        # EXTENDS 'account'
        # A payment without an entry of its own settles its invoices by its state alone.
        invoices = self._get_invoices_without_entry() if "state" in vals else self.env["account.move"]
        if not invoices:
            return super().write(vals)
        with invoices._collect_payment_change() as change:
            change.move_ids.update(dict.fromkeys(invoices.ids, True))
            for payment in self:
                payment.invoice_ids._without_status_cause()._log_status_cause("payment", payment.name or "")
            return super().write(vals)

    def _get_invoices_without_entry(self):
        payments = self.sudo().filtered(lambda payment: not payment.move_id)
        return payments.invoice_ids.filtered(lambda move: move.is_sale_document(include_receipts=True)).sudo(
            self.env.su
        )
