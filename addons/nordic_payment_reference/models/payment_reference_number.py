import re

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..const import DANISH, NORWEGIAN, WITH_LAYOUT
from ..formats import fi, kid, ocr, rf, viite
from ..formats.errors import InvalidLength, InvalidReference
from .messages import explain

#: Numbers that give "-" or are taken already are skipped; more rounds than this mean a fault.
MOST_ROUNDS = 50


class PaymentReferenceAgreement(models.Model):
    """How an agreement makes payment ids."""

    _inherit = "payment.reference.agreement"

    def _lengths(self):
        """Lengths agreed with the bank, check digit included; empty when it may vary."""
        self.ensure_one()
        return tuple(length for length in (self.total_length, self.second_length) if length > 0)

    def _number_from(self, number, partner=None):
        """The payment id around a running or invoice number; raises InvalidReference."""
        self.ensure_one()
        if self.card_type in fi.WITHOUT_ID:
            return ""
        number = re.sub(r"\D", "", number or "")
        if self.card_type in fi.ID_LENGTH:
            room = fi.ID_LENGTH[self.card_type] - 1 - len(self.fixed_part or "")
            return fi.payment_id(self.card_type, f"{self.fixed_part or ''}{number.zfill(max(room, 0))}")
        body = self._layout_parts(number, partner)
        if self.card_type in NORWEGIAN:
            return kid.make(body, self.card_type.replace("kid", "mod"), self.total_length)
        if self.card_type == "ocr":
            return ocr.make(body, self.ocr_level, self._lengths())
        if self.card_type == "viite":
            return viite.make(body)
        finnish = self.company_id.account_fiscal_country_id.code == "FI"
        return rf.make_finnish(body) if finnish else rf.make(body)

    def _layout_parts(self, number, partner=None):
        """Fixed part, customer number and number in the agreed order; the number filled with zeros to the length."""
        self.ensure_one()
        parts = {"fixed": self.fixed_part or "", "customer": self._customer_part(partner)}
        if self.total_length and self.card_type in (*NORWEGIAN, "ocr"):
            own = 2 if self.card_type == "ocr" and self.ocr_level == "3" else 1
            room = self.total_length - own - len(parts["fixed"]) - len(parts["customer"])
            number = number.zfill(max(room, 0))
        parts["number"] = number
        return "".join(parts[name] for name in (self.layout or "fixed customer number").split())

    def _customer_part(self, partner):
        """The customer's own number, or the number of the record, in the agreed positions."""
        if self.customer_digits <= 0 or self.card_type not in WITH_LAYOUT:
            return ""
        customer = re.sub(r"\D", "", partner and partner.ref or "") or str(partner.id if partner else 1)
        if len(customer.lstrip("0")) > self.customer_digits:
            raise InvalidLength(
                self.env._(
                    'Customer number "%(number)s" has more than the %(count)s digits of the agreement.',
                    number=customer,
                    count=self.customer_digits,
                )
            )
        return customer.lstrip("0").zfill(self.customer_digits)

    # --- running numbers -------------------------------------------------------------------------------------------
    def _next_payment_id(self, partner):
        """A payment id from the running number."""
        return self._next_payment_ids([partner])[0]

    def _next_payment_ids(self, partners):
        """One payment id per partner, in a few queries for the whole batch.

        Numbers that give a "-" the bank does not take, and ids that are in use already (imported from an old system),
        are skipped.
        """
        self.ensure_one()
        found = {}
        waiting = list(range(len(partners)))
        for _round in range(MOST_ROUNDS):
            made = {}
            for place, number in zip(waiting, self._next_numbers(len(waiting)), strict=True):
                made[place] = self._make_for(number, partners[place])
            taken = self._taken_payment_ids(made.values())
            found.update({place: payment_id for place, payment_id in made.items() if self._is_free(payment_id, taken)})
            waiting = [place for place in waiting if place not in found]
            if not waiting:
                return [found[place] for place in range(len(partners))]
        raise UserError(self.env._("No running number gave a payment ID that is free and accepted by banks."))

    def _make_for(self, number, partner):
        """A payment id; what is wrong with the customer's number is said with the customer's name."""
        try:
            return self._number_from(number, partner)
        except InvalidReference as error:
            self._raise_for(partner.display_name, error)

    def _is_free(self, payment_id, taken):
        return payment_id not in taken and (self.is_minus_allowed or not payment_id.endswith("-"))

    def _next_numbers(self, count):
        """Running numbers as text; one query, however many."""
        sequence_sudo = self.sudo().sequence_id
        if sequence_sudo.implementation != "standard" or sequence_sudo.use_date_range:
            return [sequence_sudo.next_by_id() for _number in range(count)]
        name = f"ir_sequence_{sequence_sudo.id:03d}"
        rows = self.env.execute_query(SQL("SELECT nextval(%s) FROM generate_series(1, %s)", name, count))
        return [str(number) for (number,) in rows]

    def _taken_payment_ids(self, payment_ids):
        """Those of the ids that an invoice or a collective reference of the same creditor number has."""
        self.ensure_one()
        return set(
            self.env["account.move"]._payment_id_holders(self.company_id, self.creditor_number, list(payment_ids))
        )

    # --- texts -----------------------------------------------------------------------------------------------------
    def _payer_text(self, payment_id):
        """What the payer types, for a payment id of this agreement."""
        self.ensure_one()
        if self.card_type in fi.WITHOUT_ID:
            return ""
        if self.card_type in DANISH:
            return fi.line(self.card_type, payment_id, self.creditor_number or "")
        return payment_id

    def _recognise_own(self, text):
        """The payment id in ``text`` when it is a valid reference of this agreement, else an empty string."""
        self.ensure_one()
        try:
            return self._validate_own(text)
        except InvalidReference:
            return ""

    def _validate_own(self, text):
        """The payment id in ``text``; raises InvalidReference when it is none of this agreement."""
        self.ensure_one()
        if self.card_type in fi.ID_LENGTH:
            if "<" in text or "+" in text:
                slip = fi.parse_line(text)
                own = (slip.card_type, slip.creditor) == (self.card_type, self.creditor_number)
                return slip.payment_id if own else ""
            return fi.validate_payment_id(self.card_type, text)
        if self.card_type in NORWEGIAN:
            return kid.validate(text, self.card_type.replace("kid", "mod"), self.total_length)
        if self.card_type == "ocr":
            return ocr.validate(text, self.ocr_level, self._lengths())
        if self.card_type == "viite":
            return viite.validate(text)
        return rf.validate(text) if self.card_type == "rf" else ""

    def _raise_for(self, document, error):
        """Say which document has no reference, why, and where to put it right."""
        raise UserError(
            self.env._(
                "No payment reference for %(invoice)s: %(reason)s Check the agreement %(agreement)s.",
                invoice=document,
                reason=explain(self.env, error),
                agreement=self.sudo().name,
            )
        ) from error
