from odoo import models

from odoo.addons.nordic_einvoice.const import CHANNEL_FORMATS

#: Methods of `subscription.payment.way` that say how the customer gets the invoice.
EINVOICE, MAIL = "einvoice", "mail"


class SubscriptionSubscription(models.Model):
    _inherit = "subscription.subscription"

    def _get_default_way(self, customer, billing):
        # EXTENDS 'subscription_billing': whoever gets e-invoices has the terms of e-invoices
        way = self._get_way_by_method(EINVOICE, billing)
        if way and self._has_einvoice_channel(customer, billing):
            return way
        return super()._get_default_way(customer, billing)

    def _has_einvoice_channel(self, customer, billing):
        partner = billing.invoice_partner(customer)
        move = billing.env["account.move"].new(
            {"move_type": "out_invoice", "company_id": billing.company.id, "partner_id": partner.id}
        )
        return move._einvoice_default_channel() in CHANNEL_FORMATS

    def _prepare_invoice_values(self, charges, billing):
        # EXTENDS 'subscription_billing'
        values = super()._prepare_invoice_values(charges, billing)
        if billing.way(self, self._get_payer(charges[0])).method == MAIL:
            values["einvoice_channel"] = "mail"
        return values
