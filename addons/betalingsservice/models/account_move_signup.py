from odoo import models

from ..const import PRODUCTION


class AccountMove(models.Model):
    """The sign-up text of the payment reference agreement gives way to what betalingsservice knows better."""

    _inherit = "account.move"

    def _payment_signup(self):
        # EXTENDS 'nordic_payment_reference'
        # Nothing for a customer who has joined, and one invitation only: that of the creditor's invitation group has
        # the number the customer was given.
        values = super()._payment_signup()
        if not values or self._betalingsservice_invite_text() or self._is_betalingsservice_test(values["pbs_number"]):
            return {}
        agreements_sudo = self.commercial_partner_id.sudo().betalingsservice_agreement_ids
        joined_sudo = agreements_sudo.filtered(lambda a: a.company_id == self.company_id and a.state == "active")
        return {} if joined_sudo else values

    def _payment_signup_customer_number(self):
        # EXTENDS 'nordic_payment_reference'
        # The number kept for this customer, by which his sign-up will be known; never one that may be another's.
        creditor_sudo = self._betalingsservice_signup_creditor()
        if not creditor_sudo:
            return super()._payment_signup_customer_number()
        group_sudo = self._betalingsservice_signup_group()
        agreements_sudo = self.commercial_partner_id.sudo().betalingsservice_agreement_ids
        return agreements_sudo.filtered(lambda a: a.group_id == group_sudo)[:1].customer_number or ""

    def _betalingsservice_signup_creditor(self):
        """The own creditor in production that the payment reference agreement invites to, or none."""
        reference_sudo = self.payment_reference_agreement_id.sudo()
        return (
            self.env["betalingsservice.creditor"]
            .sudo()
            .search(
                [
                    ("company_id", "=", self.company_id.id),
                    ("pbs_number", "=", reference_sudo.pbs_number or ""),
                    ("subsystem", "=", PRODUCTION),
                ],
                limit=1,
            )
        )

    def _betalingsservice_signup_group(self):
        """The debtor group the payment reference agreement invites to; the only one when it names none."""
        number = self.payment_reference_agreement_id.sudo().debtor_group
        groups_sudo = self._betalingsservice_signup_creditor().group_ids
        if number:
            return groups_sudo.filtered(lambda group: group.number == number)
        return groups_sudo if len(groups_sudo) == 1 else groups_sudo.browse()

    def _is_betalingsservice_test(self, pbs_number):
        """The number is known from the operator's test only: nobody can sign up to it."""
        creditors = self.env["betalingsservice.creditor"].sudo()
        own = creditors.search([("company_id", "=", self.company_id.id), ("pbs_number", "=", pbs_number)])
        return bool(own) and PRODUCTION not in own.mapped("subsystem")
