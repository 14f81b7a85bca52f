from odoo import models

from odoo.addons.subscription_billing.billing import Fault


class SubscriptionBillingRun(models.Model):
    _inherit = "subscription.billing.run"

    def _billing_faults(self, plan, billing):
        # EXTENDS 'subscription_billing'
        faults = super()._billing_faults(plan, billing)
        references = ("ref", "buyer_reference", "einvoice_order_reference", "einvoice_channel")
        head = {name: plan.values[name] for name in references if plan.values.get(name)}
        key = ("einvoice", plan.values["partner_id"], *sorted(head.items()))
        texts = billing._once_now(key, lambda: self._get_einvoice_faults(plan, head, billing))
        return faults + [Fault("warning", text) for text in texts]

    def _get_einvoice_faults(self, plan, head, billing):
        """What the customer's e-invoice would lack; asked once for each address and reference. Nothing is saved."""
        move = billing.env["account.move"].new(
            {
                "move_type": "out_invoice",
                "company_id": billing.company.id,
                "partner_id": plan.values["partner_id"],
                **head,
            }
        )
        return move._einvoice_customer_faults() if move._einvoice_format() else []
