from odoo import models


class LedgerAccountMapping(models.Model):
    _inherit = "ledger.account.mapping"

    def _find(self, connection, account, tax):
        # EXTENDS 'ledger_bridge': lines of deposits go one way for the whole company
        if tax and account in connection.company_id._get_prepayment_accounts():
            if connection.ledger_deposit_way == "sales":
                return super()._find(connection, account.browse(), tax)
            found = super()._find(connection, account, tax)
            # never by the line for every account: that is sales
            return found if found.account_id == account else self.browse()
        return super()._find(connection, account, tax)
