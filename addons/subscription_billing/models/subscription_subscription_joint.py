from odoo import fields, models

#: Empty: as the customer, else the company says.
CHOICES = [("joint", "Together with others"), ("apart", "On their own")]


# one subject per file: which subscriptions come on one invoice
class SubscriptionSubscription(models.Model):
    """Whether a subscription's charges come on an invoice with those of others of the same payer."""

    _inherit = "subscription.subscription"  # pylint: disable=consider-merging-classes-inherited

    joint_invoice = fields.Selection(
        CHOICES,
        string="Its Invoices",
        help="Together: one invoice for all subscriptions of the customer that are due in the same month and agree in "
        "currency, journal, terms, way of payment and order number. Empty: as chosen on the customer.",
    )

    def _is_joint(self, customer, company):
        """The subscription's own choice, else the payer's, else the company's."""
        self.ensure_one()
        choice = self.joint_invoice or customer.commercial_partner_id.subscription_joint_invoice
        return (choice or company.subscription_joint_invoice) == "joint"
