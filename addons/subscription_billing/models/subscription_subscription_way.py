from odoo import fields, models

from ..billing import Fault


# one subject per file: how the customer pays
class SubscriptionSubscription(models.Model):
    """The way of payment: the subscription's, else the customer's, else the company's."""

    _inherit = "subscription.subscription"  # pylint: disable=consider-merging-classes-inherited

    way_id = fields.Many2one(
        "subscription.payment.way",
        string="Way of Payment",
        index="btree_not_null",
        check_company=True,
        domain="[('source_id', '=', False)]",
        tracking=True,
        ondelete="restrict",
        help="Empty: as chosen on the customer, else in the settings. It brings the payment terms with it.",
    )

    def _find_way(self, customer, billing):
        """The row of *Ways of Payment and Terms* for what this customer is invoiced; may be empty.

        Ask `billing.way`, which knows it.
        """
        self.ensure_one()
        chosen = self.way_id or self._get_customer_way(customer, billing)
        return chosen or self._get_default_way(customer, billing)

    def _get_customer_way(self, customer, billing):
        return customer.commercial_partner_id.with_company(billing.company).subscription_way_id

    def _get_payers(self):
        """Who is or was invoiced: the customer, the group's payer, or its members."""
        self.ensure_one()
        group = self.group_id
        return self.partner_id or (group.payer_id if group.invoice_mode == "payer" else group.member_ids.partner_id)

    def _get_default_way(self, customer, billing):
        """Where nobody chose: the company's. Hook for joints that know the customer's channel or agreement."""
        return billing.company.subscription_way_id

    def _get_way_by_method(self, method, billing):
        """The company's first row of that method, or an empty record. For defaults."""
        rows = self.env["subscription.payment.way"]
        return billing._once(
            ("way by method", method),
            lambda: rows._get_of_company(billing.company).filtered(lambda way: way.method == method)[:1],
        )

    def _get_payment_way(self, customer, billing):
        way = billing.way(self, customer)
        return way.name if way else super()._get_payment_way(customer, billing)


class SubscriptionBillingRun(models.Model):
    _inherit = "subscription.billing.run"

    way_ids = fields.Many2many(
        "subscription.payment.way",
        string="Only Ways of Payment",
        check_company=True,
        domain="[('source_id', '=', False)]",
        help="Only what is paid in one of these ways, whether it was chosen on the subscription, the customer or in "
        "the settings.",
    )

    def _plan(self, subscriptions, billing):
        planned = super()._plan(subscriptions, billing)
        if not self.way_ids:
            return planned
        return {
            (subscription, customer): plans
            for (subscription, customer), plans in planned.items()
            if billing.way(subscription, customer) in self.way_ids
        }

    def _billing_faults(self, plan, billing):
        faults = super()._billing_faults(plan, billing)
        way = billing.way(plan.subscription, plan.customer)
        if way and not way.active:
            faults.append(Fault("error", self.env._("The way of payment %s is archived.", way.name)))
        return faults

    def _post_invoices(self, drafts):
        result = super()._post_invoices(drafts)
        if "paid" in drafts.subscription_way_id.mapped("kind"):
            self.env.ref("subscription_billing.ir_cron_payments").sudo()._trigger()
        return result

    def _get_scope(self):
        scope = super()._get_scope()
        if not self.way_ids:
            return scope
        billing = self._billing()
        subscriptions = billing.env["subscription.subscription"]
        found = subscriptions.search([("company_id", "=", self.company_id.id)]) if scope is None else None
        found = subscriptions.browse(scope) if found is None else found
        return [each.id for each in found if any(billing.way(each, who) in self.way_ids for who in each._get_payers())]


class SubscriptionTemplate(models.Model):
    _inherit = "subscription.template"

    way_id = fields.Many2one(
        "subscription.payment.way",
        string="Way of Payment",
        check_company=True,
        domain="[('source_id', '=', False)]",
        ondelete="restrict",
        help="Empty: as chosen on the customer, else in the settings.",
    )

    def _prepare_subscription_values(self):
        return {**super()._prepare_subscription_values(), "way_id": self.way_id.id}
