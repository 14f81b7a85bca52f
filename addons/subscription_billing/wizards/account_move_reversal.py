from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountMoveReversal(models.TransientModel):
    _inherit = "account.move.reversal"

    has_subscription_periods = fields.Boolean(compute="_compute_has_subscription_periods")
    subscription_choice = fields.Selection(
        [("keep", "Stay billed"), ("release", "Are billed again by the next run")],
        string="The Credited Periods",
        help="What happens with the subscription periods of a fully credited invoice.",
    )

    @api.depends("move_ids")
    def _compute_has_subscription_periods(self):
        for wizard in self:
            wizard.has_subscription_periods = any(
                period.state == "invoiced" for period in wizard.move_ids._origin._get_subscription_periods()
            )

    def reverse_moves(self, is_modify=False):
        # EXTENDS 'account'
        if is_modify and self.has_subscription_periods and self.subscription_choice == "release":
            raise UserError(
                self.env._(
                    "The new invoice charges the periods of the old one: let them stay billed. "
                    "To have them billed by the next run, reverse without a new invoice."
                )
            )
        return super().reverse_moves(is_modify=is_modify)

    def _prepare_default_reversal(self, move):
        # EXTENDS 'account'
        return {
            **super()._prepare_default_reversal(move),
            "subscription_release_periods": self.subscription_choice == "release",
        }
