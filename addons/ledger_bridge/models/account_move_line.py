from odoo import api, models

from odoo.addons.transfer_log.posted import LINE_CONTENT, changed, is_posted_content

# the other ledger has the account too
CONTENT = LINE_CONTENT | {"account_id"}


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account'
        lines = super().create(vals_list)
        if not self.env.su:
            lines.filtered(is_posted_content).move_id._ledger_check_not_pushed()
        return lines

    def write(self, vals):
        # EXTENDS 'account'
        shown = self.filtered(is_posted_content)
        changed(shown, vals, CONTENT).move_id._ledger_check_not_pushed()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_pushed(self):
        if not self.env.su:
            self.filtered(is_posted_content).move_id._ledger_check_not_pushed()
