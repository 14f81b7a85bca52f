from odoo import api, models

from odoo.addons.transfer_log.posted import LINE_CONTENT, moves_with_changed_lines

# the other ledger has the account too
CONTENT = LINE_CONTENT | {"account_id"}


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account'
        lines = super().create(vals_list)
        moves_with_changed_lines(lines)._ledger_check_not_pushed()
        return lines

    def write(self, vals):
        # EXTENDS 'account'
        moves_with_changed_lines(self, vals, CONTENT)._ledger_check_not_pushed()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_pushed(self):
        moves_with_changed_lines(self)._ledger_check_not_pushed()
