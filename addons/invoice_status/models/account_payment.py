from odoo import models

# What makes a payment without an entry of its own pay an invoice, or no longer pay it.
PAYING_FIELDS = {"state", "amount", "invoice_ids"}


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def write(self, vals):
        # EXTENDS 'account'
        # A payment without an entry of its own settles its invoices by what it says of itself alone.
        if not PAYING_FIELDS & vals.keys():
            return super().write(vals)
        with self.env["account.move"]._collect_payment_change() as change:
            self._announce_without_entry(change)
            result = super().write(vals)
            if "invoice_ids" in vals:
                self._announce_without_entry(change)
            return result

    def unlink(self):
        # EXTENDS 'account'
        with self.env["account.move"]._collect_payment_change() as change:
            self._announce_without_entry(change)
            return super().unlink()

    def _announce_without_entry(self, change):
        """Note the invoices that payments without an entry are for, and what the log shall say about them."""
        for payment in self.sudo().filtered(lambda payment: not payment.move_id):
            invoices = payment.invoice_ids.filtered(lambda move: move.is_sale_document(include_receipts=True))
            change.move_ids.update(dict.fromkeys(invoices.ids, True))
            invoices._without_status_cause()._log_status_cause("payment", payment.name or "")
