from odoo import models
from odoo.tools import format_date

from ..billing import Fault


class SubscriptionBillingRun(models.Model):
    """What is wrong with an invoice to be, found before anything is booked."""

    _inherit = "subscription.billing.run"

    def _billing_faults(self, plan, billing):
        """Everything that stops this invoice or should be looked at, found before anything is booked.

        Hook: extend with super() and add `Fault`s.
        """
        return [
            *self._get_customer_faults(plan, billing),
            *self._get_line_faults(plan, billing),
            *self._get_amount_faults(plan, billing),
        ]

    def _get_customer_faults(self, plan, billing):
        partner = billing.env["res.partner"].browse(plan.values["partner_id"])
        if not plan.customer.active or not partner.active:
            yield Fault("error", self.env._("The customer %s is archived.", plan.customer.display_name))
        for record in (partner, plan.customer):
            if record.company_id and record.company_id != self.company_id:
                yield Fault("error", self.env._("The customer %s belongs to another company.", record.display_name))
                break
        if not (partner.street and partner.city and partner.country_id):
            missing = [
                label
                for label, value in (
                    (self.env._("street"), partner.street),
                    (self.env._("city"), partner.city),
                    (self.env._("country"), partner.country_id),
                )
                if not value
            ]
            yield Fault(
                "warning",
                self.env._(
                    "The address of %(name)s lacks: %(what)s.", name=partner.display_name, what=", ".join(missing)
                ),
            )

    def _get_line_faults(self, plan, billing):
        """Lines that agree in product, account and taxes are looked at once when nothing is wrong with them."""
        for charge, (_command, _id, values) in zip(plan.charges, plan.values["invoice_line_ids"], strict=True):
            line = charge.line.with_env(billing.env_of_all)
            taxes = tuple(values["tax_ids"][0][2])
            key = ("line faults", line.product_id.id, line.id if line.tax_ids else 0, values["account_id"], taxes)
            if billing._once_now(key, lambda: any(self._get_faults_of_line(line, values))):  # noqa: B023
                yield from self._get_faults_of_line(line, values)

    def _get_faults_of_line(self, line, values):
        """Of the product, the account and the taxes of a line.

        :param line: with archived taxes too
        :param values: of its invoice line
        """
        product, name = line.product_id, line.display_name
        if product and not product.active:
            yield Fault("error", self.env._("The product %s is archived.", name))
        if product.company_id and product.company_id != self.company_id:
            yield Fault("error", self.env._("The product %s belongs to another company.", name))
        account = self.env["account.account"].browse(values["account_id"])
        if not account:
            yield Fault(
                "error",
                self.env._("No income account for %s: neither product, category nor journal has one.", name),
            )
        elif not account.active:
            yield Fault(
                "error",
                self.env._("The account %(account)s of %(line)s is archived.", account=account.code, line=name),
            )
        line_taxes = self.env["account.tax"].browse(values["tax_ids"][0][2])
        chosen = (line.tax_ids or product.product_tmpl_id.taxes_id)._filter_taxes_by_company(self.company_id)
        if (chosen | line_taxes).filtered(lambda tax: not tax.active):
            yield Fault("error", self.env._("A tax of %s is archived.", name))
        elif not line_taxes:
            yield Fault("warning", self.env._("%s has no tax.", name))

    def _get_amount_faults(self, plan, billing):
        subscription, currency = plan.subscription, plan.subscription.currency_id
        journal = billing.journal(subscription)
        if not journal:
            yield Fault("error", self.env._("There is no sales journal."))
        elif not journal.active:
            yield Fault("error", self.env._("The journal %s is archived.", journal.name))
        has_tax = any(values["tax_ids"][0][2] for _command, _id, values in plan.values["invoice_line_ids"])
        if journal and billing.lock_dates(plan.invoice_date, has_tax, journal):
            day = format_date(self.env, plan.invoice_date)
            yield Fault("error", self.env._("The invoice date %s lies in a locked period.", day))
        if reason := currency._get_subscription_rate_fault(self.company_id, plan.invoice_date):
            yield Fault("error", reason)

    def _get_sign_faults(self, invoice):
        """Of the whole invoice: one of several subscriptions may well be a deduction. What a change takes back may
        leave less than nothing: that is a credit note."""
        currency = invoice.plans[0].subscription.currency_id
        if currency.compare_amounts(invoice.amount_total, 0) < 0 and not invoice.is_credit_note:
            yield Fault("error", self.env._("The invoice would be negative."))
        elif currency.is_zero(invoice.amount_total):
            yield Fault("warning", self.env._("The invoice would be 0.00."))
