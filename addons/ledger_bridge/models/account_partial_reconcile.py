from odoo import api, models

from .account_move import BILL_TYPES, PUSHED_TYPES


class AccountPartialReconcile(models.Model):
    """A payment of a pushed invoice made in Odoo goes to the outside ledger, where Odoo is the master of payments."""

    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account'
        partials = super().create(vals_list)
        if not self.env.context.get("ledger_payment_from_there"):
            partials._ledger_send_payments()
        return partials

    def unlink(self):
        # EXTENDS 'account': what went over is not taken back there without a person
        sent = self.env["ledger.payment"].sudo().search([("partial_id", "in", self.ids)])
        sent.filtered(lambda one: one.state in ("done", "queued")).write({"state": "gone_here"})
        return super().unlink()

    def _ledger_send_payments(self):
        connections = {
            company: self.env["transfer.connection"]._ledger_sending_payments(company) for company in self.company_id
        }
        if not any(connections.values()):
            return
        for partial in self:
            invoice, item = partial._ledger_invoice()
            connection = connections.get(invoice.company_id)
            if not connection or not connection._ledger_takes_payment(item):
                continue
            link = connection._ledger_link(invoice, invoice._ledger_remote_type())
            if link:
                connection._ledger_send_payment(partial, invoice, item)

    def _ledger_invoice(self):
        """The invoice or bill of this match and the item that pays it; both empty when it has none."""
        self.ensure_one()
        for item, other in (
            (self.debit_move_id, self.credit_move_id),
            (self.credit_move_id, self.debit_move_id),
        ):
            if item.move_id.move_type in PUSHED_TYPES + BILL_TYPES:
                return item.move_id, other
        return self.env["account.move"], self.env["account.move.line"]
