from contextlib import suppress

from odoo import api, fields, models
from odoo.fields import Domain

from ..formats import complaint, contained, fi, recognise, rf, viite
from ..formats.errors import InvalidReference
from .messages import explain

#: Runs of digits that hold a payment ID somewhere are looked up this many at a time.
MOST_GUESSES = 2000


class AccountMove(models.Model):
    """Invoices found by what a payer typed or a bank passed on."""

    _inherit = "account.move"

    payment_reference_lookup = fields.Char(
        string="Payment Line or ID",
        store=False,
        compute="_compute_payment_reference_lookup",
        search="_search_payment_reference_lookup",
        help="Finds the invoice by a payment line, ID, KID, OCR or reference number as it was typed or pasted.",
    )

    def _compute_payment_reference_lookup(self):
        for move in self:
            move.payment_reference_lookup = move.payment_reference

    @api.model
    def _search_payment_reference_lookup(self, operator, value):
        if operator not in ("in", "=", "ilike", "like", "=ilike") or not value:
            return NotImplemented
        texts = [value] if isinstance(value, str) else list(value)
        found = self.browse()
        for text in filter(None, texts):
            for company in self.env.companies:
                found |= self._look_up_payment_reference(str(text), company)[0]
        return [("id", "in", found.ids)]

    @api.model
    def _find_by_payment_reference(self, text, company=None):
        """Customer invoices whose payment ID somebody typed, pasted or wrote in a bank text.

        Certain references (with marks, or RF) go before bare digits; the first kind that finds anything counts.
        """
        company = company or self.env.company
        references = recognise(text)
        certain = [found for found in references if found.certain]
        told = {found.number for found in certain}
        guessed = [found for found in references if not found.certain and found.number not in told]
        return self._of_references(certain, company) or self._of_references(guessed, company)

    @api.model
    def _of_references(self, references, company):
        """Posted documents with one of these references; where a creditor number was read, only of that creditor."""
        by_creditor = {}
        for reference in references:
            by_creditor.setdefault(reference.creditor, set()).update(_spellings(reference))
        found = self.browse()
        for creditor, numbers in by_creditor.items():
            moves = self.browse().concat(*self._by_payment_ids(numbers, company).values())
            found |= moves.filtered(
                lambda move, creditor=creditor, numbers=numbers: (
                    not creditor or creditor in (move.payment_creditor_number, *move._former_creditors(numbers))
                )
            )
        return found

    def _former_creditors(self, numbers):
        """Creditor numbers of further payment IDs of an invoice."""
        return (
            self.env["payment.reference.alias"]
            .search([("move_ids", "in", self.ids), ("number", "in", list(numbers))])
            .mapped("creditor_number")
        )

    @api.model
    def _by_payment_ids(self, numbers, company):
        """``{payment id: invoices}`` in two queries: invoices by their own ID, and by collective and former ones."""
        numbers = list(numbers)
        domain = Domain("company_id", "=", company.id)
        found = {}
        if not numbers:
            return found
        own = domain & Domain("state", "=", "posted") & Domain("payment_id_number", "in", numbers)
        for move in self.search(own):
            found[move.payment_id_number] = found.get(move.payment_id_number, self) | move
        for alias in self.env["payment.reference.alias"].search(domain & Domain("number", "in", numbers)):
            moves = alias.move_ids.filtered(lambda move: move.state == "posted")
            found[alias.number] = found.get(alias.number, self.browse()) | moves
        return found

    @api.model
    def _look_up_payment_reference(self, text, company):
        """``(invoices, explanation)`` for a person who looks for an invoice.

        Beside what :meth:`_find_by_payment_reference` accepts, an ID without its leading zeros or check digit, the
        invoice number, and an ID somewhere in a longer run of digits are tried; the explanation says how sure it is.
        """
        moves = self._find_by_payment_reference(text, company)
        if moves:
            return moves, self._explain_found(moves, text)
        moves = self._find_incomplete_reference(text, company)
        if moves:
            return moves, self.env._("Found by an incomplete number: compare the amount before you use it.")
        guesses = contained(text, self.env["payment.reference.agreement"]._used_lengths(company))[:MOST_GUESSES]
        moves = self.browse().concat(*self._by_payment_ids(guesses, company).values())
        if moves:
            return moves, self.env._(
                "Ambiguous: the payment ID stands inside a longer run of digits, which may be chance. Compare the "
                "amount and the customer."
            )
        return moves, self._explain_not_found(text, company)

    def _find_incomplete_reference(self, text, company):
        """Danish IDs without leading zeros or check digit, and invoices by their number."""
        compact = "".join((text or "").split())
        numbers = set()
        if compact.isascii() and compact.isdigit() and len(compact) < fi.ID_LENGTH["71"]:
            numbers.update((compact.zfill(15), compact.zfill(16)))
            numbers.update(fi.payment_id(card, compact) for card in ("71", "75"))
        moves = self.browse().concat(*self._by_payment_ids(numbers, company).values())
        return moves or self.search(
            Domain("company_id", "=", company.id)
            & Domain("state", "=", "posted")
            & Domain("move_type", "in", ("out_invoice", "out_refund"))
            & (Domain("name", "=", (text or "").strip()) | Domain("payment_reference", "=", (text or "").strip()))
        )

    def _explain_found(self, moves, text):
        if len(moves) > 1:
            return self.env._(
                "Ambiguous: the reference names %(count)s invoices. Compare the amount and the customer.",
                count=len(moves),
            )
        certain = any(reference.certain for reference in recognise(text))
        if certain:
            return self.env._("The check digit is right and the invoice carries this payment ID.")
        return self.env._(
            "The digits pass the check and the invoice carries them as its payment ID; the text does not say what "
            "kind of reference they are."
        )

    def _explain_not_found(self, text, company):
        error = complaint(text)
        if error:
            return explain(self.env, error)
        references = [reference for reference in recognise(text) if reference.certain]
        agreements = self.env["payment.reference.agreement"].with_context(active_test=False)
        own = set(agreements.search([("company_id", "=", company.id)]).mapped("creditor_number"))
        for reference in references:
            if reference.creditor and reference.creditor not in own:
                return self.env._(
                    "The payment is for creditor number %(number)s, which is not one of yours.",
                    number=reference.creditor,
                )
        if references:
            return self.env._(
                "%(number)s is a valid reference, but no posted invoice of %(company)s carries it.",
                number=references[0].number or references[0].creditor,
                company=company.name,
            )
        return self.env._("No payment reference was recognised, and no invoice has this number.")


class PaymentReferenceAgreement(models.Model):
    _inherit = "payment.reference.agreement"

    @api.model
    def _used_lengths(self, company):
        """Lengths the payment IDs of a company have, archived agreements included."""
        lengths = set()
        for agreement in self.with_context(active_test=False).search([("company_id", "=", company.id)]):
            lengths.update(agreement._lengths())
            try:
                lengths.add(len(agreement._number_from(str(agreement.next_number))))
            except InvalidReference:
                continue
        return lengths - {0}


def _spellings(reference):
    """A Finnish reference number and its RF form are the same: banks turn one into the other."""
    other = None
    with suppress(InvalidReference):
        if reference.card_type == "viite":
            other = rf.make(reference.number)
        elif reference.card_type == "rf":
            other = viite.validate(reference.number[4:])
    return {number for number in (reference.number, other) if number}
