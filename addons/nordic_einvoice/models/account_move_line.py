from odoo import api, models

from odoo.addons.transfer_log.posted import moves_with_changed_lines


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account'
        lines = super().create(vals_list)
        moves_with_changed_lines(lines)._check_einvoice_not_sent()
        return lines

    def write(self, vals):
        # EXTENDS 'account'
        moves_with_changed_lines(self, vals)._check_einvoice_not_sent()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_line_of_sent(self):
        moves_with_changed_lines(self)._check_einvoice_not_sent()
