from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from odoo.addons.subscription_billing.billing import Billing

from .subscription_payment_way import METHOD


class SubscriptionSubscription(models.Model):
    _inherit = "subscription.subscription"

    payment_token_id = fields.Many2one(
        "payment.token",
        string="Saved Card",
        copy=False,
        tracking=True,
        index="btree_not_null",
        ondelete="restrict",
        domain="[('company_id', '=', company_id),"
        " '|', ('partner_id', 'child_of', partner_id), ('partner_id', 'parent_of', partner_id)]",
        help="Charged when the way of payment is Saved card. Empty: the card chosen on the customer, else the only one"
        " the customer has saved.",
    )
    is_paid_by_card = fields.Boolean(compute="_compute_is_paid_by_card")

    @api.depends("way_id", "partner_id", "company_id", "group_id")
    def _compute_is_paid_by_card(self):
        for company, subscriptions in self.grouped("company_id").items():
            today = company._subscription_today() if company else None
            billing = Billing(self.env, company, today, today)
            for subscription in subscriptions:
                customer = subscription.partner_id
                way = billing.way(subscription.with_env(billing.env), customer) if customer and company else None
                subscription.is_paid_by_card = bool(way) and way.method == METHOD

    @api.constrains("payment_token_id", "partner_id", "company_id")
    def _check_payment_token(self):
        for subscription in self:
            token_sudo = subscription.sudo().payment_token_id
            if not token_sudo:
                continue
            owner = token_sudo.partner_id.commercial_partner_id
            if owner != subscription.sudo().partner_id.commercial_partner_id:
                raise ValidationError(self.env._("The card chosen on %s is another customer's.", subscription.name))
            if token_sudo.company_id != subscription.company_id:
                raise ValidationError(
                    self.env._("The card chosen on %s was saved with another company.", subscription.name)
                )

    def _find_card(self, customer, billing):
        """The card an invoice to this customer is charged on, and why it cannot be.

        :return: (`payment.token` (sudo), text of the fault or an empty string)
        """
        self.ensure_one()
        token_sudo = self.sudo().payment_token_id or self._get_customers_choice(customer, billing)
        if not token_sudo:
            token_sudo = self._get_saved_cards(customer, billing)
            if len(token_sudo) > 1:
                text = self.env._(
                    "%(customer)s has %(count)s saved cards: choose one on the subscription or on the customer.",
                    customer=customer.display_name,
                    count=len(token_sudo),
                )
                return token_sudo.browse(), text
        return token_sudo, token_sudo._get_subscription_fault(customer, billing.company, self.currency_id)

    def _get_customers_choice(self, customer, billing):
        """The card that stands on the customer himself (sudo): the only place where a member of a group has one."""
        return customer.sudo().commercial_partner_id.with_company(billing.company).subscription_token_id

    def _get_saved_cards(self, customer, billing):
        """Active cards of the customer or his company (sudo), read for all customers of the batch at once."""
        known = billing._once_now("saved cards", dict)
        if customer.id not in known:
            ids = {number for number in customer._prefetch_ids if isinstance(number, int)} - set(known)
            customers = customer.sudo().browse(ids | {customer.id})
            partners = customers | customers.commercial_partner_id
            domain = Domain("company_id", "=", billing.company.id) & Domain("partner_id", "in", partners.ids)
            cards = customer.env["payment.token"].sudo().search(domain).grouped("partner_id")
            none = customer.env["payment.token"].sudo()
            for each in customers:
                known[each.id] = cards.get(each, none) | cards.get(each.commercial_partner_id, none)
        return known[customer.id]

    def _prepare_invoice_values(self, charges, billing):
        # EXTENDS 'subscription_billing'
        values = super()._prepare_invoice_values(charges, billing)
        customer = self._get_payer(charges[0])
        if billing.way(self, customer).method == METHOD:
            values["subscription_token_id"] = self._find_card(customer, billing)[0].id
        return values

    # ------------------------------------------------------------------
    # Customer's page
    # ------------------------------------------------------------------

    def _get_portal_cards(self, partner):
        """Cards this person may choose for the subscription (sudo): his own and his company's."""
        self.ensure_one()
        owners = partner | partner.commercial_partner_id
        domain = Domain("company_id", "=", self.company_id.id) & Domain("partner_id", "in", owners.ids)
        cards = self.env["payment.token"].sudo().search(domain)
        return cards.filtered(lambda card: card.provider_id.state != "disabled")

    def _get_portal_card(self):
        """The card the next invoice is charged on (sudo), or none."""
        today = self.company_id._subscription_today()
        billing = Billing(self.env, self.company_id, today, today)
        return self._find_card(self.partner_id, billing)[0]

    def _choose_portal_card(self, partner, token_id):
        """What a customer chose on his page.

        :raises UserError: it is none of his cards
        """
        card = self._get_portal_cards(partner).filtered(lambda each: each.id == token_id)
        if not card:
            raise UserError(self.env._("Choose one of your own saved cards."))
        self.payment_token_id = card
