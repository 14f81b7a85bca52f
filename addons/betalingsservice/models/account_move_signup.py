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

    def _is_betalingsservice_test(self, pbs_number):
        """The number is known from the operator's test only: nobody can sign up to it."""
        creditors = self.env["betalingsservice.creditor"].sudo()
        own = creditors.search([("company_id", "=", self.company_id.id), ("pbs_number", "=", pbs_number)])
        return bool(own) and PRODUCTION not in own.mapped("subsystem")
