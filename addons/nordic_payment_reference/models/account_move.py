import re
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..const import CARD_TYPES, CURRENCIES, DANISH, PROOF_FIELDS
from ..formats import complaint, fi, recognise
from ..formats.errors import InvalidReference
from .messages import explain


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

    # --- what the payer was told is not written by hand ------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account'
        if not self.env.su:
            given = {f"default_{name}" for name in PROOF_FIELDS} & self.env.context.keys()
            if given or any(name in vals for vals in vals_list for name in PROOF_FIELDS):
                self._refuse_written_payment_id()
        return super().create(vals_list)

    def write(self, vals):
        # EXTENDS 'account'
        if not self.env.su:
            if any(name in vals for name in PROOF_FIELDS):
                self._refuse_written_payment_id()
            if "payment_reference" in vals:
                self._check_payment_reference_kept(vals["payment_reference"])
        return super().write(vals)

    def _refuse_written_payment_id(self):
        raise UserError(
            self.env._(
                "The payment ID and what belongs to it are set when the invoice is posted and are not written by hand. "
                'An ID from another system is entered or imported in the field "Payment Reference" of the draft.'
            )
        )

    def _check_payment_reference_kept(self, reference):
        """The payer may have been told already; a correction goes by its own door, which logs."""
        for move in self:
            if move.payment_card_type and (reference or "") != (move.payment_reference or ""):
                raise UserError(
                    self.env._(
                        "%(invoice)s: the payment reference %(reference)s is what the customer pays with and cannot be "
                        'changed. The accounting manager may use the action "Correct Payment Reference", which asks '
                        "for the reason and keeps the former one.",
                        invoice=move.display_name,
                        reference=move.payment_reference or "",
                    )
                )

    # --- posting ---------------------------------------------------------------------------------------------------
    def _post(self, soft=True):
        # EXTENDS 'account'
        today = fields.Date.context_today(self)
        moves = self.filtered(
            lambda move: (
                move.move_type in ("out_invoice", "out_refund") and not (soft and move.date and move.date > today)
            )
        )
        moves._prepare_payment_references()
        posted = super()._post(soft=soft)
        moves.filtered(lambda move: move.move_type == "out_refund")._reference_credit_notes_by_name()
        return posted

    def _prepare_payment_references(self):
        """Before posting: take up a reference typed by hand, and give running numbers.

        References made of the invoice number wait for ``_compute_payment_reference``, which core calls as soon as
        the number is known.
        """
        agreements = self._payment_reference_agreements()
        running = defaultdict(self.browse)
        for move in self.filtered(lambda move: move.id in agreements or move.payment_card_type):
            agreement = agreements.get(move.id)
            if move.payment_card_type and move._keeps_payment_reference():
                continue
            if not agreement or (move.move_type == "out_refund" and move._reference_of_credited(agreement)):
                continue
            if move._take_up_typed_reference(agreement):
                continue
            agreement_sudo = agreement.sudo()
            if agreement_sudo.card_type in fi.WITHOUT_ID:
                move._store_payment_reference(agreement_sudo, "", move.payment_reference)
            elif agreement_sudo.number_source == "sequence":
                running[agreement] |= move
            else:
                move._tell_replaced_reference(agreement_sudo)
                move.sudo().write({"payment_reference_agreement_id": agreement.id, "payment_reference": False})
        for agreement, moves in running.items():
            agreement_sudo = agreement.sudo()
            payment_ids = agreement_sudo._next_payment_ids([move.commercial_partner_id for move in moves])
            for move, payment_id in zip(moves, payment_ids, strict=True):
                move._tell_replaced_reference(agreement_sudo)
                move._store_payment_reference(agreement_sudo, payment_id)

    def _keeps_payment_reference(self):
        """A draft that was posted before keeps its ID, unless it is now in a currency the kind is not for."""
        self.ensure_one()
        currency = CURRENCIES.get(self.payment_card_type)
        if not currency or self.currency_id.name == currency:
            return True
        self.message_post(
            body=self.env._(
                "The payment reference %(reference)s was dropped: it is not for invoices in %(currency)s.",
                reference=self.payment_reference,
                currency=self.currency_id.name,
            )
        )
        self.env["payment.reference.alias"]._create_former(self)
        self.sudo().write({**dict.fromkeys(PROOF_FIELDS, False), "payment_reference": False})
        return False

    def _take_up_typed_reference(self, agreement):
        """Keep the payment ID of an open invoice of another system; whether there is one.

        A line that names another creditor number or kind is kept as it is: the payer has it. One that looks like a
        reference but fails its check digit is refused, never replaced in silence.
        """
        self.ensure_one()
        typed = (self.payment_reference or "").strip()
        if not typed:
            return False
        agreement_sudo = agreement.sudo()
        card_type, payment_id, creditor = agreement_sudo.card_type, "", agreement_sudo.creditor_number or ""
        reason = None
        try:
            payment_id = agreement_sudo._validate_own(typed)
        except InvalidReference as error:
            reason = self._typed_reference_fault(agreement_sudo, typed, error)
        if not payment_id:
            kept = [found for found in recognise(typed) if found.certain and found.number and found.card_type != "15"]
            if len(kept) == 1 and (kept[0].creditor or kept[0].card_type == "rf"):
                card_type, payment_id, creditor = kept[0][:3]
            elif reason:
                self._refuse_typed_reference(typed, reason)
        if not payment_id:
            return False
        holder = self._payment_id_holders(self.company_id, creditor, [payment_id], besides=self).get(payment_id)
        if holder:
            if self.invoice_origin and creditor == (agreement_sudo.creditor_number or ""):
                # an order's reference that an earlier invoice of the same order carries already
                return False
            self._refuse_used_payment_id(payment_id, holder)
        text = fi.line(card_type, payment_id, creditor) if card_type in DANISH else payment_id
        self.sudo().write(
            {
                "payment_reference_agreement_id": agreement.id,
                "payment_card_type": card_type,
                "payment_id_number": payment_id,
                "payment_creditor_number": creditor or False,
                "payment_reference": text,
            }
        )
        return True

    def _typed_reference_fault(self, agreement_sudo, typed, error):
        """What is wrong with a text that was meant as a reference; None when it was meant as something else."""
        compact = "".join(typed.split())
        if not compact.rstrip("-").isdigit() or (agreement_sudo.card_type in DANISH and re.match(r"7[15] ", typed)):
            return complaint(typed)
        own_length = fi.ID_LENGTH.get(agreement_sudo.card_type) or agreement_sudo.total_length
        is_meant = len(compact) == own_length if own_length else agreement_sudo.card_type not in DANISH
        return error if is_meant and not self.invoice_origin else None

    def _refuse_typed_reference(self, typed, error):
        raise UserError(
            self.env._(
                'The payment reference "%(typed)s" of %(invoice)s cannot be used. %(reason)s Correct it, or empty the '
                "field to get a new one.",
                typed=typed,
                invoice=self.display_name,
                reason=explain(self.env, error),
            )
        )

    def _tell_replaced_reference(self, agreement_sudo):
        if self.payment_reference:
            self.message_post(
                body=self.env._(
                    'The payment reference "%(typed)s" was replaced: payers use the reference of %(agreement)s.',
                    typed=self.payment_reference,
                    agreement=agreement_sudo.name,
                )
            )

    def _compute_payment_reference(self):
        # EXTENDS 'account'
        waiting = self.filtered(
            lambda move: (
                move.state == "posted"
                and move.move_type == "out_invoice"
                and not move.payment_reference
                and not move.payment_card_type
                and move.payment_reference_agreement_id
            )
        )
        waiting._reference_by_name()
        return super()._compute_payment_reference()

    def _reference_by_name(self):
        """References made of the invoice number, as soon as it is known; those in use already in one query."""
        made = []
        for move in self:
            agreement_sudo = move.payment_reference_agreement_id.sudo()
            try:
                made.append((move, agreement_sudo, agreement_sudo._number_from(move.name, move.commercial_partner_id)))
            except InvalidReference as error:
                agreement_sudo._raise_for(move.display_name, error)
        holders = {}
        for agreement_sudo in self.payment_reference_agreement_id.sudo():
            ids = [payment_id for _move, own, payment_id in made if own == agreement_sudo]
            for payment_id, holder in self._payment_id_holders(
                agreement_sudo.company_id, agreement_sudo.creditor_number, ids, besides=self
            ).items():
                holders[agreement_sudo, payment_id] = holder
        for move, agreement_sudo, payment_id in made:
            if (agreement_sudo, payment_id) in holders:
                move._refuse_used_payment_id(payment_id, holders[agreement_sudo, payment_id])
            holders[agreement_sudo, payment_id] = move.display_name
            move._store_payment_reference(agreement_sudo, payment_id)

    # --- credit notes ----------------------------------------------------------------------------------------------
    def _reference_of_credited(self, agreement):
        """A credit note that is booked by the reference of its invoice; whether nothing more is to be done."""
        agreement_sudo = agreement.sudo()
        if agreement_sudo.credit_note_rule == "invoice":
            source = self.reversed_entry_id
            if source.payment_id_number and not self.payment_reference:
                self.sudo().payment_reference = source.payment_reference
            return True
        if agreement_sudo.number_source == "invoice" and not self.payment_reference:
            self.sudo().payment_reference_agreement_id = agreement
            return True
        return False

    def _reference_credit_notes_by_name(self):
        """Core gives no reference to credit notes; those whose reference is made of their number get it here."""
        self.filtered(
            lambda move: (
                move.state == "posted"
                and not move.payment_card_type
                and move.payment_reference_agreement_id.sudo().credit_note_rule == "own"
            )
        )._reference_by_name()

    # --- agreements ------------------------------------------------------------------------------------------------
    def _find_payment_reference_agreement(self):
        """The agreement for a customer invoice: of its journal, else of all journals of the company."""
        self.ensure_one()
        if self.move_type != "out_invoice":
            return self.env["payment.reference.agreement"]
        return self._payment_reference_agreements().get(self.id, self.env["payment.reference.agreement"])

    def _payment_reference_agreements(self):
        """``{invoice id: agreement}``, read once for the whole batch.

        The agreement of the journal goes before that of the company, one for the currency before RF, the company's
        own before that of the company above it. Credit notes only where the agreement has a rule for them.
        """
        Agreement = self.env["payment.reference.agreement"]
        agreements_sudo = Agreement.sudo().search([("company_id", "in", self.company_id.sudo().parent_ids.ids)])
        found = {}
        for move in self if agreements_sudo else ():
            lineage = list(move.company_id.sudo().parent_ids)
            fitting_sudo = agreements_sudo.filtered(
                lambda agreement, move=move, lineage=lineage: (
                    agreement.company_id in lineage
                    and agreement.journal_id in (move.journal_id, agreement.journal_id.browse())
                    and agreement._fits(move)
                    and (move.move_type == "out_invoice" or agreement._is_for_credit_notes())
                )
            )
            best_sudo = fitting_sudo.sorted(
                lambda agreement, lineage=lineage: (
                    not agreement.journal_id,
                    -lineage.index(agreement.company_id),
                    not agreement.currency_name,
                )
            )[:1]
            if best_sudo:
                found[move.id] = best_sudo.sudo(False)
        return found

    def _store_payment_reference(self, agreement_sudo, payment_id, text=None):
        """Keep the payment id and what belongs to it, and what the payer types (the invoice number for type 73)."""
        self.ensure_one()
        try:
            text = text or agreement_sudo._payer_text(payment_id)
        except InvalidReference as error:
            agreement_sudo._raise_for(self.display_name, error)
        self.sudo().write(
            {
                "payment_reference_agreement_id": agreement_sudo.id,
                "payment_card_type": agreement_sudo.card_type,
                "payment_id_number": payment_id or False,
                "payment_creditor_number": agreement_sudo.creditor_number or False,
                "payment_reference": text or False,
            }
        )

    # --- never twice -----------------------------------------------------------------------------------------------
    @api.model
    def _payment_id_holders(self, company, creditor_number, payment_ids, besides=None):
        """``{payment id: what has it}`` among ids of one creditor number. The database refuses a second use anyway."""
        payment_ids = [payment_id for payment_id in payment_ids if payment_id]
        if not payment_ids:
            return {}
        domain = Domain("company_id", "child_of", company.sudo().root_id.id)
        moves_sudo = self.sudo().search(
            domain
            & Domain("payment_id_number", "in", payment_ids)
            & Domain("payment_creditor_number", "=", creditor_number or False)
            & Domain("id", "not in", besides.ids if besides else [])
        )
        aliases_sudo = (
            self.env["payment.reference.alias"]
            .sudo()
            .search(
                domain & Domain("number", "in", payment_ids) & Domain("creditor_number", "=", creditor_number or False)
            )
            .filtered(lambda alias: not besides or not alias.move_ids & besides)
        )
        return {
            **{alias.number: ", ".join(alias.move_ids.mapped("display_name")) for alias in aliases_sudo},
            **{move.payment_id_number: move.display_name for move in moves_sudo},
        }

    def _refuse_used_payment_id(self, payment_id, holder):
        raise UserError(
            self.env._(
                "Payment ID %(number)s is already used on %(other)s. When two journals share a creditor number, "
                "give each its own agreement with own fixed digits, or use the running number.",
                number=payment_id,
                other=holder,
            )
        )
