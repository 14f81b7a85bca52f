from odoo import models

from ..const import CURRENCY, PRODUCTION


class AccountMove(models.Model):
    """Customers without an agreement pay by slip (FI 71), and read on it what they need to sign up."""

    _inherit = "account.move"

    def _post(self, soft=True):
        # EXTENDS 'account'
        posted = super()._post(soft=soft)
        posted._invite_to_betalingsservice()
        return posted

    def _can_be_drawn(self):
        """Whether Betalingsservice draws such a document at all."""
        self.ensure_one()
        return self.move_type == "out_invoice" and self.currency_id.name == CURRENCY

    def _betalingsservice_invite_group(self):
        """The debtor group customers are invited to. Numbers of the operator's test never leave the house."""
        creditors = (
            self.env["betalingsservice.creditor"]
            .sudo()
            .search(
                [
                    ("company_id", "in", self.company_id.ids),
                    ("subsystem", "=", PRODUCTION),
                    ("invite_group_id", "!=", False),
                ],
                order="id",
                limit=1,
            )
        )
        return creditors.invite_group_id

    def _invite_to_betalingsservice(self):
        """Give customers who have none a number of their own, before it is printed: the agreement waits for sign-up."""
        for moves in self.grouped("company_id").values():
            group = moves._betalingsservice_invite_group()
            if group:
                moves._invite_to_group(group)
                continue
            # those the payment reference agreement invites: the number printed is known before somebody uses it
            for reference, own in moves.grouped("payment_reference_agreement_id").items():
                if reference.sudo().pbs_number:
                    own._invite_to_group(own[:1]._betalingsservice_signup_group())

    def _invite_to_group(self, group):
        customers = self.filtered(lambda move: move._can_be_drawn()).commercial_partner_id
        if group and customers:
            self.env["betalingsservice.agreement"].sudo()._invite(group, customers)

    def _betalingsservice_invitation(self):
        """The agreement that waits for this customer to sign up, for an invoice paid by slip; or none."""
        self.ensure_one()
        Agreement = self.env["betalingsservice.agreement"].sudo()
        group = self._betalingsservice_invite_group()
        if not group or not self._can_be_drawn() or self._payment_reference_is_drawn():
            return Agreement
        return Agreement.search(
            [
                ("partner_id", "=", self.commercial_partner_id.id),
                ("group_id", "=", group.id),
                ("state", "!=", "active"),
                ("is_moved", "=", False),
            ],
            limit=1,
        )

    def _betalingsservice_invite_text(self):
        """What a customer needs to sign up, or an empty string."""
        agreement = self._betalingsservice_invitation()
        if not agreement:
            return ""
        return self.env._(
            "Sign up to Betalingsservice: PBS no. %(pbs)s, debtor group %(group)s, customer no. %(customer)s.",
            pbs=agreement.creditor_id.pbs_number,
            group=agreement.group_id.number,
            customer=agreement.customer_number,
        )

    def _betalingsservice_invite_link(self):
        """The operator's sign-up page with the numbers filled in, or an empty string."""
        agreement = self._betalingsservice_invitation()
        return agreement._signup_link() if agreement else ""
