from odoo import api, fields, models

from odoo.addons.betalingsservice.const import CURRENCY
from odoo.addons.subscription_billing.billing import Fault

from .subscription_payment_way import METHOD


class SubscriptionBillingRun(models.Model):
    _inherit = "subscription.billing.run"

    betalingsservice_deadline = fields.Char(compute="_compute_betalingsservice_deadline")

    @api.depends("company_id", "invoice_date")
    def _compute_betalingsservice_deadline(self):
        """Until when this run has to be finished for the next drawing day."""
        for run in self:
            creditor = (
                self.env["betalingsservice.creditor"]
                .sudo()
                .search([("company_id", "=", run.company_id.id)], order="subsystem, id", limit=1)
            )
            if not creditor:
                run.betalingsservice_deadline = False
                continue
            payment_date = creditor._earliest_payment_date()
            run.betalingsservice_deadline = self.env._(
                "What is to be drawn by Betalingsservice on %(date)s must be delivered before %(deadline)s.",
                date=payment_date.strftime("%d.%m.%Y"),
                deadline=creditor._moment_text(creditor._delivery_deadline(payment_date)),
            )

    def _get_ended_agreement_faults(self, plan):
        """A customer who was drawn and no longer is: the invoice will wait for him to pay it himself."""
        if plan.subscription.currency_id.name != CURRENCY:
            return []
        agreements = plan.customer.commercial_partner_id.sudo().betalingsservice_agreement_ids
        ended = agreements.filtered(lambda each: each.company_id == self.company_id and each.start_date)
        if not ended:
            return []
        name = plan.customer.name
        text = self.env._("The Betalingsservice agreement of %s has ended; the invoice is not drawn.", name)
        return [Fault("warning", text)]

    def _get_missing_agreement_fault(self, plan):
        return Fault(
            "warning",
            self.env._(
                "%s is to be drawn by Betalingsservice but has no agreement; the invoice is not drawn.",
                plan.customer.name,
            ),
        )

    def _billing_faults(self, plan, billing):
        # EXTENDS 'subscription_billing'
        faults = super()._billing_faults(plan, billing)
        way = billing.way(plan.subscription, plan.customer)
        if not way._is_drawn():
            return faults
        agreement = plan.subscription._get_betalingsservice_agreement(plan.customer).sudo()
        if not agreement:
            ended = self._get_ended_agreement_faults(plan)
            faults += ended
            if way.method == METHOD and not ended:
                faults.append(self._get_missing_agreement_fault(plan))
        if agreement.state != "active":
            return faults
        due = billing.due_date(plan)
        creditor = agreement.creditor_id
        if creditor._is_too_late(due):
            day, reason = creditor._payment_date(due)
            drawn = day.strftime("%d.%m.%Y") if day else self.env._("no day")
            faults.append(
                Fault(
                    "warning",
                    self.env._(
                        "Due on %(due)s, but Betalingsservice draws on %(day)s: %(reason)s",
                        due=due.strftime("%d.%m.%Y"),
                        day=drawn,
                        reason=reason,
                    ),
                )
            )
        return faults
