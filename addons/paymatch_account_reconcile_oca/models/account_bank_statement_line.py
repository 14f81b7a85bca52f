from odoo import models


class AccountBankStatementLine(models.Model):
    """What a payout, an advice or a payment explains is taken by it; OCA proposes for the rest only."""

    _inherit = "account.bank.statement.line"

    def _auto_reconcile(self):
        # EXTENDS 'account_reconcile_oca': called when bank lines are created, by whichever importer
        self.sudo()._paymatch_close()
        result = None
        for line in self.filtered(lambda found: not found.is_reconciled):
            # one by one: OCA writes the customer of all lines at once, which fails where they are several
            result = super(AccountBankStatementLine, line)._auto_reconcile()
        return result

    def _paymatch_reconcile(self, movement):
        # EXTENDS 'paymatch'
        result = super()._paymatch_reconcile(movement)
        self._forget_proposal()
        return result

    def _paymatch_book(self, parts, source):
        # EXTENDS 'paymatch'
        result = super()._paymatch_book(parts, source)
        self._forget_proposal()
        return result

    def _forget_proposal(self):
        """What OCA had proposed is history, and the line is changed in place: it is undone in place as well."""
        self.write({"reconcile_data": False, "reconcile_mode": "edit"})
