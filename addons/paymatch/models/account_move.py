from odoo import fields, models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    _inherit = "account.move"

    paymatch_report_id = fields.Many2one(
        "paymatch.report",
        string="Payment Report",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    paymatch_key = fields.Char(copy=False, readonly=True, help="One entry per bank movement and approval.")

    _paymatch_key_uniq = models.UniqueIndex(
        "(paymatch_key) WHERE paymatch_key IS NOT NULL", "This bank movement is posted already."
    )

    def write(self, vals):
        # EXTENDS 'account'
        if vals.get("state") in ("draft", "cancel") or {"paymatch_key", "paymatch_report_id"} & vals.keys():
            self._check_paymatch_undo()
        return super().write(vals)

    def button_draft(self):
        # EXTENDS 'account'
        self._check_paymatch_undo()
        return super().button_draft()

    def _reverse_moves(self, default_values_list=None, cancel=False):
        # EXTENDS 'account'
        self._check_paymatch_undo()
        return super()._reverse_moves(default_values_list, cancel)

    def _check_paymatch_undo(self):
        """The report must know when its entry is taken back."""
        if self.filtered("paymatch_key") and not self.env.context.get("paymatch_undo"):
            raise UserError(
                self.env._(
                    "The entry of a payment report cannot be set to draft or reversed. "
                    "Undo the approval on the report instead."
                )
            )

    def action_open_paymatch_report(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "paymatch.report",
            "res_id": self.paymatch_report_id.id,
            "view_mode": "form",
        }
