from odoo import models

from odoo.addons.subscription_billing.billing import Fault

from .subscription_payment_way import METHOD


class SubscriptionBillingRun(models.Model):
    _inherit = "subscription.billing.run"

    def _billing_faults(self, plan, billing):
        # EXTENDS 'subscription_billing'
        faults = super()._billing_faults(plan, billing)
        if billing.way(plan.subscription, plan.customer).method != METHOD:
            return faults
        token_sudo, text = plan.subscription._find_card(plan.customer, billing)
        if text:
            faults.append(Fault("error", text))
        elif text := self._get_card_warning(token_sudo.provider_id):
            faults.append(Fault("warning", text))
        return faults

    def _get_card_warning(self, provider_sudo):
        name = provider_sudo.name
        if provider_sudo.state == "test":
            return self.env._(
                "The payment provider %s is in test mode: the invoice is paid, but no money is taken.", name
            )
        if provider_sudo.capture_manually:
            return self.env._("The payment provider %s only reserves the amount: capture it yourself.", name)
        return ""

    def _post_invoices(self, drafts):
        # EXTENDS 'subscription_billing'
        result = super()._post_invoices(drafts)
        if METHOD in drafts.subscription_way_id.mapped("method"):
            self.env.ref("subscription_billing_payment.ir_cron_charge").sudo()._trigger()
        return result
