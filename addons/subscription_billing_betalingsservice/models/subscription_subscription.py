from odoo import api, fields, models

from odoo.addons.betalingsservice.const import CURRENCY

from .subscription_payment_way import METHOD


class SubscriptionSubscription(models.Model):
    _inherit = "subscription.subscription"

    betalingsservice_agreement_id = fields.Many2one(
        "betalingsservice.agreement",
        compute="_compute_betalingsservice_agreement_id",
        help="The customer's active agreement, or the one that waits for sign-up.",
    )

    @api.depends("partner_id.commercial_partner_id.betalingsservice_agreement_ids.state", "currency_id", "company_id")
    def _compute_betalingsservice_agreement_id(self):
        for subscription in self:
            subscription.betalingsservice_agreement_id = subscription._get_betalingsservice_agreement(
                subscription.partner_id
            )

    def _get_betalingsservice_agreement(self, customer):
        """The agreement invoices of this customer are drawn by (`active`), or the one waiting (`pending`)."""
        self.ensure_one()
        company = self.company_id
        agreements = customer.commercial_partner_id.sudo().betalingsservice_agreement_ids.filtered(
            lambda agreement: agreement.company_id == company and agreement.state in ("active", "pending")
        )
        if self.currency_id.name != CURRENCY:
            agreements = agreements.browse()
        return (agreements._for_company(company) or agreements[:1]).sudo(False)

    def _get_payment_way(self, customer, billing):
        # EXTENDS 'subscription_billing'
        text = super()._get_payment_way(customer, billing)
        agreement = self._get_betalingsservice_agreement(customer).sudo()
        if not agreement or not billing.way(self, customer)._is_drawn():
            return text
        if agreement.state == "active":
            return self.env._("Betalingsservice")
        return self.env._("%s until the customer has signed up to Betalingsservice", text)

    def _get_default_way(self, customer, billing):
        # EXTENDS 'subscription_billing': whoever is drawn has the terms of Betalingsservice. Without a row for them he
        # has the company's, but not one by which the money comes in another way: nobody chose that for him.
        way, default = self._get_way_by_method(METHOD, billing), super()._get_default_way(customer, billing)
        matters = way or not default._has_slip()
        if matters and self._get_betalingsservice_agreement(customer).sudo().state == "active":
            return way
        return default

    def _prepare_invoice_values(self, charges, billing):
        # EXTENDS 'subscription_billing'
        values = super()._prepare_invoice_values(charges, billing)
        customer = self._get_payer(charges[0])
        if not billing.way(self, customer)._is_drawn() and self._get_betalingsservice_agreement(customer):
            values["betalingsservice_agreement_id"] = False
        return values
