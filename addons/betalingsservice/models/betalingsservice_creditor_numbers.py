from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..formats import records


class BetalingsserviceCreditor(models.Model):
    """How customer numbers are made, and how customers learn theirs."""

    _inherit = "betalingsservice.creditor"

    number_scheme = fields.Selection(
        [("reference", "The customer's reference"), ("sequence", "Own series")],
        string="Customer Numbers",
        required=True,
        default="reference",
        help="New agreements get their customer number from here. Numbers of an old system are kept as they are.",
    )
    number_length = fields.Integer(
        string="Number of Characters",
        help="0: as many as there are, at most 15. Otherwise shorter numbers get zeros in front and longer ones are "
        "refused.",
    )
    is_number_digits = fields.Boolean(string="Digits Only")
    number_sequence_id = fields.Many2one("ir.sequence", string="Series", readonly=True, copy=False)
    invite_group_id = fields.Many2one(
        "betalingsservice.debtor.group",
        string="Invite on Invoices To",
        domain="[('creditor_id', '=', id)]",
        check_company=True,
        help="Invoices to customers without an agreement show what they need to sign up: PBS number, this debtor group "
        "and their customer number. Empty: no invitation.",
    )
    signup_url = fields.Char(
        string="Sign-Up Link",
        help="Printed with the invitation. {pbs}, {group} and {customer} are filled in. Take it from your agreement "
        "with Betalingsservice: it is not known here.",
    )

    @api.constrains("number_length")
    def _check_number_length(self):
        for creditor in self:
            if not 0 <= creditor.number_length <= 15:
                raise ValidationError(self.env._("A customer number has at most 15 characters."))

    def _number_sequence(self):
        """The series, made when it is first needed."""
        self.ensure_one()
        creditor = self.sudo()
        if not creditor.number_sequence_id:
            creditor.number_sequence_id = creditor.env["ir.sequence"].create(
                {
                    "name": self.env._("Betalingsservice customers %(pbs)s", pbs=creditor.pbs_number),
                    "implementation": "standard",
                    "number_next": 1001,
                    "company_id": creditor.company_id.id,
                }
            )
        return creditor.number_sequence_id

    def _next_customer_number(self, is_preview=False):
        """A number of the own series that no agreement of ours has.

        :param bool is_preview: only look, for a form that may never be saved
        """
        self.ensure_one()
        sequence = self._number_sequence()
        if is_preview:
            number = sequence.number_next_actual
            while self._is_number_taken(str(number)):
                number += 1
            return self._padded(str(number))
        while self._is_number_taken(number := sequence.next_by_id()):
            pass
        return self._padded(number)

    def _is_number_taken(self, number):
        return bool(
            self.env["betalingsservice.agreement"]
            .sudo()
            .search_count([("creditor_id", "=", self.id), ("customer_key", "=", records.customer_key(number))], limit=1)
        )

    def _padded(self, number):
        return number.zfill(self.number_length) if self.number_length else number

    def _number_fault(self, number):
        """What is wrong with a new customer number by our own rules, or an empty string."""
        self.ensure_one()
        if self.is_number_digits and not (number.isdigit() and number.isascii()):
            return self.env._('"%(number)s" must have digits only', number=number)
        if self.number_length and len(number) != self.number_length:
            return self.env._(
                '"%(number)s" has %(found)s characters; %(wanted)s are agreed',
                number=number,
                found=len(number),
                wanted=self.number_length,
            )
        return ""
