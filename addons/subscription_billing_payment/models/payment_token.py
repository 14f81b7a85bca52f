from odoo import models
from odoo.fields import Domain


class PaymentToken(models.Model):
    _inherit = "payment.token"

    def get_linked_records_info(self):
        # EXTENDS 'payment': what a customer reads before he deletes his card
        result = super().get_linked_records_info()
        if not self.has_access("read"):
            return result
        subscriptions_sudo = self.env["subscription.subscription"].sudo()
        of_customer = Domain("payment_token_id", "=", False) & Domain(
            "partner_id.commercial_partner_id.subscription_token_id", "=", self.id
        )
        found = subscriptions_sudo.with_company(self.company_id).search(
            Domain("state", "not in", ("draft", "closed")) & (Domain("payment_token_id", "=", self.id) | of_customer)
        )
        return result + [
            {
                "description": self.env._("Subscription"),
                "id": subscription.id,
                "name": subscription.name,
                "url": f"/my/subscriptions/{subscription.id}",
            }
            for subscription in found
        ]

    def _get_subscription_fault(self, customer, company, currency):
        """Why this card (sudo; may be empty) cannot be charged for an invoice of the customer, or an empty string."""
        name = customer.display_name
        if not self:
            return self.env._("%s is to be charged on a saved card but has none.", name)
        card = self.display_name
        if self.partner_id.commercial_partner_id != customer.commercial_partner_id:
            return self.env._("The card %(card)s does not belong to %(customer)s.", card=card, customer=name)
        if self.company_id != company:
            return self.env._("The card %(card)s was saved with another company.", card=card)
        if not self.active:
            return self.env._("The card %(card)s of %(customer)s is archived or expired.", card=card, customer=name)
        return self._get_subscription_provider_fault(currency)

    def _get_subscription_provider_fault(self, currency):
        provider = self.provider_id
        if provider.state == "disabled":
            return self.env._("The payment provider %s is disabled.", provider.name)
        if provider.available_currency_ids and currency not in provider.available_currency_ids:
            return self.env._(
                "The payment provider %(provider)s does not take %(currency)s.",
                provider=provider.name,
                currency=currency.name,
            )
        methods = provider.journal_id.inbound_payment_method_line_ids
        if not methods.filtered(lambda line: line.payment_provider_id == provider).payment_account_id:
            return self.env._(
                "The payment provider %s has no journal with an outstanding account for its payments.", provider.name
            )
        return ""
