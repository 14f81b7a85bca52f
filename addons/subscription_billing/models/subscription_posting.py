from odoo import fields, models
from odoo.fields import Domain

POSTINGS = [("draft", "Make drafts"), ("post", "Make and post")]
HELP = "Of the daily run. Empty: as chosen in the settings. A run made by hand has its own choice."


class SubscriptionGroup(models.Model):
    _inherit = "subscription.group"

    posting = fields.Selection(POSTINGS, string="Invoices Are", help=HELP)


class SubscriptionTemplate(models.Model):
    _inherit = "subscription.template"

    posting = fields.Selection(POSTINGS, string="Invoices Are", help=HELP)

    def _prepare_subscription_values(self):
        return {**super()._prepare_subscription_values(), "posting": self.posting}


# one subject per file: drafts, or posted at once
class SubscriptionSubscription(models.Model):
    """What the daily run leaves of its invoices: the subscription's choice, else its group's, else the company's."""

    _inherit = "subscription.subscription"  # pylint: disable=consider-merging-classes-inherited

    posting = fields.Selection(
        POSTINGS,
        string="Invoices Are",
        help="Of the daily run. Empty: as chosen on the group, else in the settings. A run made by hand has its own "
        "choice.",
    )


class SubscriptionBillingRunLine(models.Model):
    _inherit = "subscription.billing.run.line"

    posting = fields.Selection(POSTINGS, string="Own Choice", readonly=True, help="Empty: as the run.")


class SubscriptionBillingRun(models.Model):
    _inherit = "subscription.billing.run"

    def _get_own_posting(self, subscription):
        """What was chosen for a subscription, in the daily run; `False`: what holds for the run."""
        return self.is_automatic and (subscription.posting or subscription.group_id.posting)

    def _prepare_run_line_values(self, subscription, customer, plans, billing):
        values = super()._prepare_run_line_values(subscription, customer, plans, billing)
        if self.is_automatic:
            values["posting"] = self._get_own_posting(subscription)
        return values

    def _get_joint_key(self, plan, billing):
        return (*super()._get_joint_key(plan, billing), self._get_own_posting(plan.subscription))

    def _get_open_domain(self):
        if not self.is_automatic:
            return super()._get_open_domain()
        to_post = Domain("posting", "=", "post")
        if self.posting == "post":
            to_post |= Domain("posting", "=", False)
        return Domain("state", "=", "ready") | (Domain("state", "=", "billed") & to_post)

    def _get_lines_to_post(self, lines):
        if not self.is_automatic:
            return super()._get_lines_to_post(lines)
        return lines.filtered(lambda line: line.state == "billed" and (line.posting or self.posting) == "post")

    def action_post_invoices(self):
        self.check_access("write")
        # whoever posts the drafts by hand means all of them
        self.line_ids.filtered(lambda line: line.posting == "draft").sudo().posting = "post"
        return super().action_post_invoices()
