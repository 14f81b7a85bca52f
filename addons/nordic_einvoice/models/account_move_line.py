from odoo import api, models

from odoo.addons.transfer_log.posted import LINE_CONTENT, changed, is_posted_content


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account'
        lines = super().create(vals_list)
        if not self.env.su:
            lines.filtered(is_posted_content).move_id._check_einvoice_not_sent()
        return lines

    def write(self, vals):
        # EXTENDS 'account'
        shown = self.filtered(is_posted_content)
        changed(shown, vals, LINE_CONTENT).move_id._check_einvoice_not_sent()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_line_of_sent(self):
        if not self.env.su:
            self.filtered(is_posted_content).move_id._check_einvoice_not_sent()
