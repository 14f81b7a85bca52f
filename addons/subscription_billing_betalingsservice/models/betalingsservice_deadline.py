from odoo import models
from odoo.fields import Domain


class BetalingsserviceDeadline(models.Model):
    _inherit = "betalingsservice.deadline"

    def _unbilled_domain(self):
        """Subscriptions to be drawn that are due on the day of the deadline or before, and not billed."""
        self.ensure_one()
        day = self.creditor_id._to_local(self.deadline).date()
        agreement = Domain("creditor_id", "=", self.creditor_id.id) & Domain("state", "=", "active")
        drawn = Domain("commercial_partner_id.betalingsservice_agreement_ids", "any", agreement)
        own = Domain("partner_id", "any", drawn)
        of_group = Domain("group_id.member_ids.partner_id", "any", drawn) | Domain("group_id.payer_id", "any", drawn)
        return (
            Domain("company_id", "=", self.company_id.id)
            & Domain("state", "=", "active")
            & Domain("next_invoice_date", "<=", day)
            & (own | of_group)
        )

    def _missing(self):
        # EXTENDS 'betalingsservice'
        missing = super()._missing()
        count = self.env["subscription.subscription"].search_count(self._unbilled_domain())
        if count:
            missing.append(
                {
                    "text": self.env._("%(count)s subscriptions to be drawn have not been billed.", count=count),
                    "model": "subscription.subscription",
                    "domain": list(self._unbilled_domain()),
                    "count": count,
                }
            )
        return missing
