from odoo import api, fields, models
from odoo.exceptions import UserError

from ..const import CARD_TYPES, DANISH
from ..formats import fi, recognise, rf, viite
from ..formats.errors import InvalidReference


class AccountMove(models.Model):
    _inherit = "account.move"

    payment_reference_agreement_id = fields.Many2one(
        "payment.reference.agreement", copy=False, readonly=True, ondelete="restrict", index="btree_not_null"
    )
    payment_card_type = fields.Selection(CARD_TYPES, string="Kind of Payment Reference", copy=False, readonly=True)
    payment_id_number = fields.Char(
        string="Payment ID",
        copy=False,
        readonly=True,
        index="btree_not_null",
        help="Digits including the check digit. Set when the invoice is posted, never changed afterwards.",
    )
    payment_creditor_number = fields.Char(copy=False, readonly=True)

    _payment_id_number_uniq = models.UniqueIndex(
        "(company_id, COALESCE(payment_creditor_number, ''), payment_id_number) WHERE payment_id_number IS NOT NULL",
        "This payment ID is already used on another invoice of the same creditor number.",
    )

    @api.model
    def _find_by_payment_reference(self, text, company=None):
        """Customer invoices whose payment ID somebody typed, pasted or wrote in a bank text.

        Certain references (with marks, or RF) go before bare digits; the first kind that finds anything counts.
        """
        company = company or self.env.company
        references = recognise(text)
        for certain in (True, False):
            numbers = {reference.number for reference in references if reference.certain == certain}
            moves = numbers and self.search(
                [("company_id", "=", company.id), ("payment_id_number", "in", list(numbers)), ("state", "=", "posted")]
            )
            if moves:
                return moves
        return self.browse()

    def _post(self, soft=True):
        # EXTENDS 'account'
        today = fields.Date.context_today(self)
        self.filtered(
            lambda move: (
                move.move_type == "out_invoice"
                and not move.payment_card_type
                and not (soft and move.date and move.date > today)
            )
        )._prepare_payment_references()
        return super()._post(soft=soft)

    def _prepare_payment_references(self):
        """Before posting: take up a reference typed by hand, and give running numbers.

        References made of the invoice number wait for ``_get_invoice_computed_reference``, which core calls as
        soon as the number is known.
        """
        for move in self:
            agreement = move._find_payment_reference_agreement()
            if not agreement:
                continue
            typed = move.payment_reference
            own = typed and agreement._recognise_own(typed)
            if own:
                move.payment_reference = move._assign_payment_reference(agreement, own)
            elif agreement.number_source == "sequence" or agreement.card_type in fi.WITHOUT_ID:
                reference = move._assign_payment_reference(agreement)
                move.payment_reference = reference or typed
            elif typed:
                move.payment_reference = False
            if typed and move.payment_reference != typed and not own:
                move.message_post(
                    body=self.env._(
                        'The payment reference "%(typed)s" was replaced: payers use the reference of %(agreement)s.',
                        typed=typed,
                        agreement=agreement.name,
                    )
                )

    def _get_invoice_computed_reference(self):
        # EXTENDS 'account'
        self.ensure_one()
        if not self.payment_card_type:
            agreement = self._find_payment_reference_agreement()
            if agreement:
                reference = self._assign_payment_reference(agreement)
                if reference:
                    return reference
        return super()._get_invoice_computed_reference()

    def _find_payment_reference_agreement(self):
        """The agreement for a customer invoice: of its journal, else of all journals of the company."""
        self.ensure_one()
        if self.move_type != "out_invoice":
            return self.env["payment.reference.agreement"]
        agreements_sudo = (
            self.env["payment.reference.agreement"]
            .sudo()
            .search([("company_id", "=", self.company_id.id), ("journal_id", "in", (self.journal_id.id, False))])
        )
        fitting_sudo = agreements_sudo.filtered(lambda agreement: agreement._fits(self))
        own_sudo = fitting_sudo.filtered("journal_id")
        return (own_sudo or fitting_sudo)[:1].sudo(False)

    def _assign_payment_reference(self, agreement, payment_id=None):
        """Store the payment id and what belongs to it; returns what the payer types (empty for type 73)."""
        self.ensure_one()
        agreement_sudo = agreement.sudo()
        try:
            if payment_id is None:
                payment_id = self._payment_id_of(agreement_sudo)
            text = agreement_sudo._payer_text(payment_id) if payment_id else ""
        except InvalidReference as error:
            raise UserError(
                self.env._(
                    "No payment reference for %(invoice)s: %(reason)s Check the agreement %(agreement)s.",
                    invoice=self.display_name,
                    reason=error,
                    agreement=agreement_sudo.name,
                )
            ) from error
        creditor = agreement_sudo.creditor_number or False
        self._refuse_used_payment_id(payment_id, creditor)
        self.write(
            {
                "payment_reference_agreement_id": agreement_sudo.id,
                "payment_card_type": agreement_sudo.card_type,
                "payment_id_number": payment_id or False,
                "payment_creditor_number": creditor,
            }
        )
        return text

    def _payment_id_of(self, agreement_sudo):
        """A new payment id by the agreement's rule."""
        self.ensure_one()
        partner = self.commercial_partner_id
        if agreement_sudo.number_source == "sequence":
            return agreement_sudo._next_payment_id(partner)
        return agreement_sudo._number_from(self.name, partner)

    def _refuse_used_payment_id(self, payment_id, creditor):
        """Say which invoice has the id already; the database refuses it in any case."""
        if not payment_id:
            return
        other_sudo = self.sudo().search(
            [
                ("company_id", "=", self.company_id.id),
                ("payment_id_number", "=", payment_id),
                ("payment_creditor_number", "=", creditor),
                ("id", "!=", self.id),
            ],
            limit=1,
        )
        if other_sudo:
            raise UserError(
                self.env._(
                    "Payment ID %(number)s is already used on %(other)s. When two journals share a creditor number, "
                    "give each its own agreement with own fixed digits, or use the running number.",
                    number=payment_id,
                    other=other_sudo.display_name,
                )
            )

    def _payment_reference_is_drawn(self):
        """Whether the amount is drawn from the payer's account; extended by direct debit.

        Such an invoice carries no payment line: there is nothing to be typed.
        """
        self.ensure_one()
        return False

    def _shows_payment_line(self):
        """Not on credit notes, invoices of 0.00, drafts and drawn invoices."""
        self.ensure_one()
        return bool(
            self.move_type == "out_invoice"
            and self.state == "posted"
            and self.payment_card_type
            and not self.currency_id.is_zero(self.amount_total)
            and not self._payment_reference_is_drawn()
        )

    def _payment_line_sentence(self):
        """What the payer is to do, in his language, or an empty string."""
        self.ensure_one()
        text = self._payment_line_text()
        if not text:
            return ""
        values = {
            "type": self.payment_card_type,
            "id": self.payment_id_number,
            "creditor": self.payment_creditor_number,
            "invoice": self.name,
            "reference": text,
            "account": self.partner_bank_id.display_name,
        }
        if self.payment_card_type == "73":
            return self.env._(
                "Pay in your online bank with payment slip type 73 and creditor number %(creditor)s. Write your name "
                "and invoice number %(invoice)s as the message.",
                **values,
            )
        if self.payment_card_type in DANISH:
            return self.env._(
                "Pay in your online bank with payment slip type %(type)s, payment ID %(id)s and creditor number "
                "%(creditor)s. Type the whole payment ID: it tells us which invoice you paid.",
                **values,
            )
        if self.payment_card_type in ("kid10", "kid11"):
            if self.partner_bank_id:
                return self.env._("Pay to account %(account)s with KID number %(reference)s.", **values)
            return self.env._("Pay with KID number %(reference)s.", **values)
        if self.partner_bank_id:
            return self.env._("Pay to account %(account)s with reference %(reference)s.", **values)
        return self.env._("Pay with reference %(reference)s.", **values)

    def _payment_line_text(self):
        """The line to be printed and read by a scanner or typed by the payer, or an empty string."""
        self.ensure_one()
        if not self._shows_payment_line():
            return ""
        if self.payment_card_type in fi.CARD_TYPES:
            return fi.line(self.payment_card_type, self.payment_id_number or "", self.payment_creditor_number)
        if self.payment_card_type == "viite":
            return viite.pretty(self.payment_id_number)
        if self.payment_card_type == "rf":
            return rf.pretty(self.payment_id_number)
        return self.payment_id_number or ""
