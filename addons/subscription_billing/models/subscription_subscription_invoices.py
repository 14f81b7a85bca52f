from fractions import Fraction

from markupsafe import Markup

from odoo import Command, api, models
from odoo.tools import format_amount, format_date
from odoo.tools.misc import formatLang

from ..billing import Billing, InvoicePlan


# one subject per file: what is due, what the invoice says
class SubscriptionSubscription(models.Model):
    """What the invoice says: one value builder for previews and invoices."""

    _inherit = "subscription.subscription"  # pylint: disable=consider-merging-classes-inherited

    def _plan_invoices(self, billing):
        """The invoices due, as `InvoicePlan` in order of due date. Writes nothing."""
        plans = []
        self._fetch_together()
        due = self._collect_charges(billing.until)
        billing.used.update(self._collect_used([c for charges in due.values() for c in charges if c.is_usage]))
        for subscription, charges in due.items():
            for customer, items in subscription._group_charges(charges, billing.apart_after):
                values = subscription._prepare_invoice_values(items, billing)
                plan = InvoicePlan(subscription, customer, items, values["invoice_date"], values)
                computed = billing.taxes_of.compute(values)
                plan.amount_untaxed, plan.amount_tax, plan.amount_total = computed.untaxed, computed.tax, computed.total
                plans.append(plan)
        return plans

    def _fetch_together(self):
        """Read what is asked of each line in one go; subscription by subscription it would be a statement each."""
        lines = self.all_line_ids
        lines.fetch(["tax_ids"])
        lines.with_context(active_test=False).fetch(["tax_ids"])

    def _group_charges(self, charges, apart_after=None):
        """Charges by invoice: by payer, and by due date when each gets its own invoice.

        :param date apart_after: what is due later comes with later runs, so never on one invoice
        """
        self.ensure_one()
        invoices = {}
        for charge in sorted(charges, key=lambda c: (c.due_date, c.partner.id, c.line.sequence, c.line.id)):
            is_later = apart_after and charge.due_date > apart_after
            due_date = charge.due_date if self.backlog == "separate" or is_later else None
            invoices.setdefault((self._get_payer(charge), due_date), []).append(charge)
        return [(payer, items) for (payer, _due_date), items in invoices.items()]

    def _get_payer(self, charge):
        if self.group_id.invoice_mode == "payer":
            return self.group_id.payer_id
        return charge.partner

    def _prepare_invoice_values(self, charges, billing):
        """Values of one invoice for these charges (all of one subscription and payer).

        Hook: extend with super(). Everything core would ask for one record at a time is given.
        """
        self.ensure_one()
        customer = self._get_payer(charges[0])
        day = self._get_invoice_date(charges, billing)
        partner = self._get_addressee(charges, day, billing)
        billing.addressees.update((charge.key, partner) for charge in charges)
        values = {
            "move_type": "out_invoice",
            "company_id": self.company_id.id,
            "journal_id": billing.journal(self).id,
            "partner_id": partner.id,
            "currency_id": self.currency_id.id,
            "fiscal_position_id": billing.fiscal_position(partner).id,
            "invoice_date": day,
            "invoice_user_id": self.user_id.id,
            "invoice_origin": self.name,
            "ref": self.customer_reference,
            "subscription_run_id": billing.run.id if billing.run else False,
            "invoice_line_ids": [
                Command.create(self._prepare_invoice_line_values(charge, billing, sequence))
                for sequence, charge in enumerate(charges, start=1)
            ],
        }
        way = billing.way(self, customer)
        if way:
            values["subscription_way_id"] = way.id
        has_terms = bool(partner.with_company(self.company_id).property_payment_term_id)
        values.update(way._prepare_invoice_values(self.payment_term_id, values["invoice_date"], has_terms))
        return values

    def _get_addressee(self, charges, day, billing):
        """Who the invoice of that day is made out to. Hook: extend with super()."""
        return billing.invoice_partner(self._get_payer(charges[0]))

    def _prepare_invoice_line_values(self, charge, billing, sequence=1):
        """Values of the invoice line of one charge. Hook: extend with super()."""
        line, partner = charge.line, billing.addressees[charge.key]
        fiscal_position, journal = billing.fiscal_position(partner), billing.journal(self)
        account = billing.account(line, fiscal_position, journal)
        price, factor = billing.prices[charge.key] = self._get_charge_price(charge)
        values = {
            "display_type": "product",
            "sequence": sequence,
            "product_id": line.product_id.id,
            "name": self._get_charge_text(charge, partner.lang or self.env.lang, price, factor),
            "quantity": line.quantity,
            "product_uom_id": line.product_id.uom_id.id,
            "price_unit": self._get_part_price(price, factor, line.quantity),
            "discount": line._get_discount(charge.member),
            "tax_ids": [Command.set(billing.taxes(line, fiscal_position, account).ids)],
            "account_id": account.id,
        }
        if not charge.is_one_off or line.product_id.must_have_dates:
            values.update(start_date=charge.period.start, end_date=charge.period.end)
        if charge.is_usage:
            values.update(self._prepare_usage_values(charge, billing, partner.lang or self.env.lang, price, factor))
        return values

    def _get_charge_price(self, charge):
        """Price of a whole period, and the part of it these days cost."""
        price = charge.line._get_price(charge.member, charge.period.start)
        return price, Fraction(1) if charge.is_one_off else charge.period.factor(self.proration)

    def _get_part_price(self, price, factor, quantity):
        """Price for a part of a period. The part goes into the price, not the quantity: quantities are rounded
        to two decimals and 6 of 31 days of 100.00 would cost 19.00 instead of 19.35."""
        if factor == 1:
            return price
        exact = Fraction(str(price)) * factor
        return self.currency_id.round(float(exact)) if quantity == 1 else round(float(exact), 6)

    def _get_charge_text(self, charge, lang, price, factor):
        """Text of the line in the customer's language: what, for whom, for which days, and how a part is computed."""
        env = self.env if self.env.lang == lang else self.with_context(lang=lang).env
        line, period = charge.line, charge.period
        text = (charge.member and charge.member._get_own_text(line.product_id)) or line.name
        parts = [text] if text else []
        if not parts:
            product = line.product_id.with_env(env)
            parts = [product.display_name, product.description_sale]
        if charge.partner != self._get_payer(charge):
            parts.insert(0, charge.partner.display_name)
        if not charge.is_one_off:
            parts.append(self._get_period_text(env, period.start, period.end))
        if charge.times != 1:
            each = line._get_price(charge.member, period.start)
            parts.append(f"{charge.times} x {format_amount(env, each, self.currency_id, lang_code=lang)}")
        if factor != 1:
            amount = format_amount(env, price, self.currency_id, lang_code=lang)
            if self.proration == "days":
                text = env._(
                    "%(days)s of %(all)s days of %(price)s", days=period.days, all=period.full_days, price=amount
                )
            else:
                text = env._("%(part)s of %(price)s (months of 30 days)", part=factor, price=amount)
            parts.append(text)
        return "\n".join(part for part in parts if part)

    @api.model
    def _get_period_text(self, env, start, end):
        """The days of a period in the language of ``env``, as "Period 01.01.2027 - 31.01.2027". Nearly all lines of a
        run say the same, and writing a date takes as long as working out a price: it is kept for the transaction."""
        known = env.cr.cache.setdefault("subscription_billing_period_texts", {})
        key = env.lang, start, end
        if key not in known:
            dates = {
                "start": format_date(env, start, lang_code=env.lang),
                "end": format_date(env, end, lang_code=env.lang),
            }
            known[key] = env._("Period %(start)s - %(end)s", **dates)
        return known[key]

    # ------------------------------------------------------------------
    # The next invoices, by the same code
    # ------------------------------------------------------------------

    def _get_upcoming_plans(self, count=3):
        """The next `count` invoices of a running subscription as they will be made."""
        self.ensure_one()
        dates = self._get_next_due_dates(count)
        if not dates:
            return []
        billing = Billing(self.env, self.company_id, dates[-1], dates[-1])
        subscription = self.with_env(billing.env)
        plans = subscription._plan_invoices(billing)
        return plans[:count]

    def _compute_upcoming(self):
        for subscription in self:
            saved = subscription._origin
            if not saved or saved.state == "closed" or not (saved.line_ids or saved.one_off_line_ids):
                subscription.upcoming = False
                continue
            rows = [subscription._render_plan(plan) for plan in saved._get_upcoming_plans()]
            subscription.upcoming = Markup("<div>%s</div>") % Markup("").join(rows)

    def _render_plan(self, plan):
        currency = plan.subscription.currency_id
        lines = Markup("").join(
            Markup("<li>%s: %s x %s%s</li>")
            % (
                Markup("<br/>").join((vals["name"] or "").split("\n")),
                formatLang(self.env, vals["quantity"], digits=2),
                format_amount(self.env, vals["price_unit"], currency),
                f" - {formatLang(self.env, vals['discount'], digits=2)} %" if vals.get("discount") else "",
            )
            for _command, _id, vals in plan.values["invoice_line_ids"]
        )
        head = Markup("<strong>%s</strong> %s: %s") % (
            format_date(self.env, max(charge.due_date for charge in plan.charges)),
            plan.customer.display_name,
            self.env._("%s including VAT", format_amount(self.env, plan.amount_total, currency)),
        )
        return Markup("<p>%s</p><ul>%s</ul>") % (head, lines)
