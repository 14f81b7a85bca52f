from odoo import models

from odoo.addons.subscription_billing.billing import Fault

from .subscription_subscription import EINVOICE


class SubscriptionBillingRun(models.Model):
    _inherit = "subscription.billing.run"

    def _billing_faults(self, plan, billing):
        # EXTENDS 'subscription_billing'
        faults = super()._billing_faults(plan, billing)
        references = ("ref", "buyer_reference", "einvoice_order_reference", "einvoice_channel")
        head = {name: plan.values[name] for name in references if plan.values.get(name)}
        key = ("einvoice", plan.values["partner_id"], *sorted(head.items()))
        texts = billing._once_now(key, lambda: self._get_einvoice_faults(plan, head, billing))
        return faults + [Fault("warning", text) for text in [*texts, *self._get_einvoice_way_faults(plan, billing)]]

    def _get_einvoice_way_faults(self, plan, billing):
        """The way of payment is e-invoice, and the customer cannot get one."""
        way = billing.way(plan.subscription, plan.customer)
        if way.method != EINVOICE:
            return []
        key = ("einvoice channel", plan.customer.id)
        has_channel = plan.subscription._has_einvoice_channel
        if billing._once_now(key, lambda: has_channel(plan.customer, billing)):
            return []
        text = self.env._(
            "%(customer)s is to have e-invoices (%(way)s), but has no electronic address or another channel.",
            customer=plan.customer.name,
            way=way.name,
        )
        return [text]

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
