from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    def unlink(self):
        # EXTENDS 'account': the renewal of a deleted draft is decided about again
        if self.ids:
            self.env["subscription.renewal"].sudo().search([("move_id", "in", self.ids)])._release()
        return super().unlink()
