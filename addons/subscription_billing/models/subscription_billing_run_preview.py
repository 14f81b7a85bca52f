from odoo import models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..periods import PeriodError

#: Subscriptions read at a time for a preview.
PREVIEW_CHUNK = 500


class SubscriptionBillingRun(models.Model):
    """What a run would bill: its lines, with the amounts and faults of the invoices to be."""

    _inherit = "subscription.billing.run"

    def _make_lines(self):
        """One line per subscription and payer, with the amounts and faults of its invoices to be."""
        self.ensure_one()
        old = self.line_ids.filtered(lambda line: line.state in ("ready", "fault", "nothing"))
        taken_out = {(line.subscription_id, line.partner_id) for line in old if not line.is_selected}
        old.sudo().unlink()
        billing = self._billing()
        billing.hold(self.env)
        subscriptions = self.env["subscription.subscription"].search(self._get_subscription_domain(), order="id")
        subscriptions = subscriptions.with_env(billing.env)
        for chunk in self._get_chunks(subscriptions):
            planned = self._plan(chunk, billing)
            self._join([plans for key, plans in planned.items() if key not in taken_out], billing)
            lines = self.env["subscription.billing.run.line"]
            lines = lines.sudo().create(
                [
                    {
                        **self._prepare_run_line_values(subscription, customer, plans, billing),
                        "is_selected": (subscription, customer) not in taken_out,
                    }
                    for (subscription, customer), plans in planned.items()
                ]
            )
            self._note_units(lines, planned)
            billing.next_batch()
            if len(subscriptions) > PREVIEW_CHUNK:  # the memory of one chunk, whatever their number
                self.env.flush_all()
                self.env.invalidate_all(flush=False)

    def _get_chunks(self, subscriptions):
        """So many subscriptions at a time; those of one payer, who may get them on one invoice, never apart."""
        if len(subscriptions) <= PREVIEW_CHUNK:
            return [subscriptions] if subscriptions else []
        rows = self.env.execute_query(
            SQL(
                """
                SELECT subscription.id, COALESCE(payer.commercial_partner_id, 0)
                  FROM subscription_subscription subscription
                  LEFT JOIN subscription_group grp ON grp.id = subscription.group_id
                  LEFT JOIN res_partner payer ON payer.id = COALESCE(subscription.partner_id, grp.payer_id)
                 WHERE subscription.id IN %s
                 ORDER BY 2, 1
                """,
                tuple(subscriptions.ids),
            )
        )
        chunks, chunk, last = [], [], None
        for subscription_id, payer_id in rows:
            if len(chunk) >= PREVIEW_CHUNK and (payer_id != last or not payer_id):
                chunks.append(chunk)
                chunk = []
            chunk.append(subscription_id)
            last = payer_id
        return [subscriptions.browse(ids) for ids in [*chunks, chunk]]

    def _plan(self, subscriptions, billing):
        """Checked plans by subscription and payer. One that cannot be planned at all gets its reason as fault."""
        plans = {}
        try:
            found = subscriptions._plan_invoices(billing)
        except (UserError, ValidationError, PeriodError) as error:
            if len(subscriptions) > 1:
                for subscription in subscriptions:
                    plans.update(self._plan(subscription, billing))
                return plans
            return {(subscriptions, subscriptions.partner_id or subscriptions.group_id.payer_id): str(error)}
        for plan in found:
            plan.faults = self._billing_faults(plan, billing)
            plans.setdefault((plan.subscription, plan.customer), []).append(plan)
        return plans

    def _prepare_run_line_values(self, subscription, customer, plans, billing):
        values = {
            "run_id": self.id,
            "subscription_id": subscription.id,
            "partner_id": customer.id,
            "currency_id": subscription.currency_id.id,
            "payment_way": billing.payment_way(subscription, customer),
        }
        if isinstance(plans, str):
            return {**values, "state": "fault", "message": plans}
        faults = [fault for plan in plans for fault in plan.faults]
        charges = [charge for plan in plans for charge in plan.charges]
        untaxed, total = sum(p.amount_untaxed for p in plans), sum(p.amount_total for p in plans)
        return {
            **values,
            "state": "fault" if any(fault.is_error for fault in faults) else "ready",
            "has_warning": any(not fault.is_error for fault in faults),
            "message": "\n".join(dict.fromkeys(fault.message for fault in faults)),
            "date_start": min(charge.period.start for charge in charges),
            "date_end": max(charge.period.end for charge in charges),
            # an invoice of several is counted with its first
            "planned_invoices": sum(1 for p in plans if not p.invoice or p.invoice.plans[0] is p),
            "amount_untaxed": untaxed,
            "amount_total": total,
            "amount_untaxed_company": sum(
                billing.to_company(p.amount_untaxed, p.subscription.currency_id, p.invoice_date) for p in plans
            ),
            "amount_total_company": sum(
                billing.to_company(p.amount_total, p.subscription.currency_id, p.invoice_date) for p in plans
            ),
            "details": "\n\n".join(self._get_plan_text(plan, billing) for plan in plans),
        }

    def _get_plan_text(self, plan, billing):
        """The lines of the invoice to be, to read in the preview."""
        currency = plan.subscription.currency_id
        rows = [billing.shown_day(plan.invoice_date)]
        for _command, _id, values in plan.values["invoice_line_ids"]:
            text = (values["name"] or "").replace("\n", ", ")
            price = billing.shown_amount(values["price_unit"], currency)
            discount = f" - {values['discount']:g} %" if values["discount"] else ""
            rows.append(f"{text}: {values['quantity']:g} x {price}{discount}")
        rows.append(billing.shown_amount(plan.amount_total, currency))
        return "\n".join(rows)
