from odoo import models


class AccountMove(models.Model):
    """How a payer who is not signed up yet joins Betalingsservice: printed beside the payment slip."""

    _inherit = "account.move"

    def _payment_signup(self):
        # EXTENDS 'nordic_payment_reference'
        # The creditor in production fills in what the payment reference agreement leaves open. Nothing is printed for
        # a customer who has joined, and test numbers (KR9) never leave the house.
        if not self._may_show_payment_signup():
            return {}
        reference_sudo = self.payment_reference_agreement_id.sudo()
        agreements_sudo = self.commercial_partner_id.sudo().betalingsservice_agreement_ids.filtered(
            lambda a: a.company_id == self.company_id and a.creditor_id.subsystem == "BS1" and a.creditor_id.active
        )
        if "active" in agreements_sudo.mapped("state"):
            return {}
        known_sudo = agreements_sudo.sorted("id")[-1:]
        group_sudo = known_sudo.group_id or self._betalingsservice_signup_group(reference_sudo)
        if not group_sudo:
            return super()._payment_signup()
        return self._payment_signup_values(
            reference_sudo,
            group_sudo.creditor_id.pbs_number,
            group_sudo.number,
            known_sudo.customer_number or self._payment_signup_customer_number(),
        )

    def _betalingsservice_signup_group(self, reference_sudo):
        """The debtor group a new payer joins; none when there are several and the agreement does not say which."""
        groups_sudo = (
            self.env["betalingsservice.debtor.group"]
            .sudo()
            .search(
                [
                    ("company_id", "=", self.company_id.id),
                    ("creditor_id.subsystem", "=", "BS1"),
                    ("creditor_id.active", "=", True),
                ]
            )
        )
        if reference_sudo.pbs_number:
            groups_sudo = groups_sudo.filtered(lambda g: g.creditor_id.pbs_number == reference_sudo.pbs_number)
        if reference_sudo.debtor_group:
            groups_sudo = groups_sudo.filtered(lambda g: g.number == reference_sudo.debtor_group)
        return groups_sudo if len(groups_sudo) == 1 else groups_sudo.browse()
