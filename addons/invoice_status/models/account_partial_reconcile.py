from odoo import api, models

from .. import announcements


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account'
        with self.env["account.move"]._collect_payment_change() as change:
            partials = super().create(vals_list)
            partials.sudo()._announce_payment_change(change)
        return partials

    def unlink(self):
        # EXTENDS 'account'
        with self.env["account.move"]._collect_payment_change() as change:
            partials = self.sudo()
            partials._announce_payment_change(change, undone=True)
            self.env["invoice.payment.removal"].sudo()._keep(partials)
            return super().unlink()

    def _announce_payment_change(self, change, undone=False):
        """Note the invoices on both sides of the matchings, and what the log shall say about them."""
        causes = []
        for partial in self:
            sides = (partial.debit_move_id, partial.credit_move_id)
            for line, other in (sides, sides[::-1]):
                for invoice in line._get_invoices_of_payment_change():
                    change.move_ids[invoice.id] = True
                    causes.append((invoice, other if invoice == line.move_id else line))
        explained = announcements.announced(self.env.cr, [invoice.id for invoice, _line in causes])
        notes = {}
        for invoice, counterpart in causes:
            if invoice.id not in explained and invoice.id not in notes:
                cause, source = counterpart._get_status_cause()
                notes[invoice.id] = (cause, self.env._("Undone: %s", source) if undone else source)
        announcements.announce(self.env.cr, notes)
