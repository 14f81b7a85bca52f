from odoo import api, models

#: Fewer are read one by one in no time.
MANY = 50


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model
    def _update_matching_number(self, amls):
        # EXTENDS 'account'
        if len(amls) > MANY:
            # Matchings that go take the whole cache with them; then core compares the taxes of each document by itself.
            amls.move_id.line_ids.mapped("tax_ids")
        return super()._update_matching_number(amls)
