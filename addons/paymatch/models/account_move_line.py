from odoo import api, models
from odoo.exceptions import UserError

# What makes an entry what it is; the rest (due date, analytics) may be completed.
POSTED_FIELDS = ("account_id", "balance", "debit", "credit", "amount_currency", "currency_id", "move_id", "partner_id")


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account'
        lines = super().create(vals_list)
        lines._check_paymatch_posted()
        return lines

    def write(self, vals):
        # EXTENDS 'account': core lets the account of a posted item be changed, over RPC as well
        names = [name for name in POSTED_FIELDS if name in vals]
        if names:
            changed = self.filtered(
                lambda line: any(self.env["account.move"]._field_will_change(line, vals, name) for name in names)
            )
            changed._check_paymatch_posted()
        return super().write(vals)

    def _check_paymatch_posted(self):
        """Items of the entry of a payment report stay as the report has posted them."""
        moves = self.filtered(lambda line: line.parent_state == "posted").move_id.filtered("paymatch_key")
        if moves:
            raise UserError(
                self.env._(
                    "%s was posted by a payment report and stays as it is. Undo the approval on the report to correct "
                    "it.",
                    moves[0].name,
                )
            )
