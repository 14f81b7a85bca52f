from odoo import api, models
from odoo.exceptions import AccessError


class SubscriptionProofMixin(models.AbstractModel):
    """Fields that tell what happened: written by the program (sudo), never over RPC."""

    _name = "subscription.proof.mixin"
    _description = "Record of what the billing did"

    @api.model
    def _get_proof_fields(self):
        """Names of the fields. To be extended."""
        return set()

    def _check_proof_fields(self, vals_list):
        if self.env.su:
            return
        for name in sorted(self._get_proof_fields() & set().union(*vals_list)):
            raise AccessError(
                self.env._(
                    '"%s" is written by the billing and not by hand.', self._fields[name]._description_string(self.env)
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        self._check_proof_fields(vals_list)
        return super(SubscriptionProofMixin, self._without_forged_defaults()).create(vals_list)

    def _without_forged_defaults(self):
        """The same without proposals of the context for these fields: anybody may give a context."""
        if self.env.su:
            return self
        forged = {f"default_{name}" for name in self._get_proof_fields()} & set(self.env.context)
        if not forged:
            return self
        kept = {name: value for name, value in self.env.context.items() if name not in forged}
        return self.with_env(self.env(context=kept))

    def write(self, vals):
        self._check_proof_fields([vals])
        return super().write(vals)
