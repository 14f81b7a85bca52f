from odoo import api, fields, models


class PrepaymentPolicy(models.Model):
    _inherit = "prepayment.policy"

    is_rounding_advised = fields.Boolean(compute="_compute_is_rounding_advised")

    @api.depends("company_id", "rounding", "amount_type", "basis")
    def _compute_is_rounding_advised(self):
        """Whether deposits of this rule may differ by an øre from what the outside ledger makes of them."""
        for policy in self:
            policy.is_rounding_advised = (
                policy.amount_type == "percent"
                and (policy.basis == "net" or not policy.rounding or policy.rounding % 1)
                and self.env["transfer.connection"]._has_ledger(policy.company_id)
            )
