import re
from string import Formatter

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..const import CARD_TYPES, CREDIT_NOTE_RULES, CURRENCIES, DANISH, LAYOUTS, OCR_LEVELS, WITH_LAYOUT
from ..formats import fi
from ..formats.errors import InvalidReference, require_digits
from .messages import explain

#: Where running numbers begin: Finnish reference numbers need three digits and a check digit at least.
FIRST_NUMBER = 1000
#: What may stand in the sign-up link.
LINK_NAMES = {"pbs", "group", "customer"}


class PaymentReferenceAgreement(models.Model):
    _name = "payment.reference.agreement"
    _description = "Payment Reference Agreement"
    _order = "company_id, journal_id, id"
    _check_company_auto = True
    _rec_names_search = ["creditor_number", "journal_id.name"]

    name = fields.Char(compute="_compute_name", search="_search_name")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    journal_id = fields.Many2one(
        "account.journal",
        string="Sales Journal",
        check_company=True,
        domain="[('type', '=', 'sale')]",
        ondelete="restrict",
        help="Leave empty to use the agreement for every sales journal that has none of its own.",
    )
    card_type = fields.Selection(CARD_TYPES, string="Kind of Reference", required=True, default="71")
    currency_name = fields.Char(
        string="Currency of Invoices", compute="_compute_currency_name", store=True, precompute=True
    )
    creditor_number = fields.Char(
        help="Who is paid: the FI creditor number (8 digits beginning with 8) for 71, 73 and 75, "
        "the giro account for 04, the account or bankgiro number elsewhere.",
    )
    pbs_number = fields.Char(
        string="PBS Number",
        help="Your creditor number in Betalingsservice. With it, invoices with a payment slip also tell how the "
        "customer signs up.",
    )
    debtor_group = fields.Char(help="The debtor group of Betalingsservice that payers sign up to: 5 digits.")
    signup_link = fields.Char(
        string="Sign-up Link",
        help="Address of your sign-up page at Betalingsservice, as you got it. {pbs}, {group} and {customer} in it "
        "become the numbers. Leave empty to print the numbers only.",
    )
    number_source = fields.Selection(
        [("sequence", "Own running number"), ("invoice", "Digits of the invoice number")],
        required=True,
        default="sequence",
        help="An own running number never changes and is never used twice, whatever the invoices are called.",
    )
    sequence_id = fields.Many2one("ir.sequence", string="Running Number", readonly=True, copy=False)
    next_number = fields.Integer(
        compute="_compute_next_number",
        inverse="_inverse_next_number",
        help="The next running number to be used. Agreements with the same creditor number share it.",
    )
    fixed_part = fields.Char(
        string="Fixed Digits",
        help="Digits that stand in every reference, for instance to tell two journals with the same creditor number "
        "apart.",
    )
    customer_digits = fields.Integer(
        string="Customer Number Digits",
        help="Number of positions holding the customer's reference (digits). 0: none.",
    )
    layout = fields.Selection(
        LAYOUTS,
        string="Order of Parts",
        required=True,
        default="fixed customer number",
        help="As agreed with the bank; the check digit comes last.",
    )
    total_length = fields.Integer(
        help="KID and OCR level 4: length agreed with the bank, check digit included. 0: may vary.",
    )
    second_length = fields.Integer(help="OCR level 4: the second length, when the bank agreed two. 0: none.")
    ocr_level = fields.Selection(OCR_LEVELS, string="OCR Level", default="2")
    is_minus_allowed = fields.Boolean(
        string="Check Digit - Allowed",
        help="Modulus 11 gives a minus sign for one number in eleven. Without this, such numbers are skipped: "
        "AvtaleGiro and many banks take digits only.",
    )
    credit_note_rule = fields.Selection(
        CREDIT_NOTE_RULES,
        string="Credit Notes",
        required=True,
        default="none",
        help="What a credit note is booked by when the bank reports it with a reference. No payment line is printed on "
        "a credit note in any case.",
    )
    example = fields.Char(compute="_compute_example", help="What the next reference looks like.")
    problem = fields.Char(compute="_compute_example")
    preview = fields.Char(string="What the Payer Sees", compute="_compute_example")
    explanation = fields.Char(string="Made of", compute="_compute_example")

    _journal_uniq = models.UniqueIndex(
        "(company_id, COALESCE(journal_id, 0), COALESCE(currency_name, '')) WHERE active",
        "There is already an agreement on payment references for this journal and currency.",
    )

    # --- compute ---------------------------------------------------------------------------------------------------
    @api.depends("card_type", "creditor_number", "journal_id.name")
    @api.depends_context("lang")
    def _compute_name(self):
        labels = dict(self._fields["card_type"]._description_selection(self.env))
        for agreement in self:
            parts = [labels.get(agreement.card_type), agreement.creditor_number, agreement.journal_id.name]
            agreement.name = " · ".join(part for part in parts if part)

    @api.model
    def _search_name(self, operator, value):
        return [("display_name", operator, value)]

    @api.depends("card_type")
    def _compute_currency_name(self):
        for agreement in self:
            agreement.currency_name = CURRENCIES.get(agreement.card_type, "")

    def _compute_next_number(self):
        for agreement in self:
            agreement.next_number = agreement.sudo().sequence_id.number_next_actual or FIRST_NUMBER

    def _inverse_next_number(self):
        for agreement in self:
            sequence_sudo = agreement.sudo().sequence_id
            if agreement.next_number < sequence_sudo.number_next_actual:
                raise UserError(
                    self.env._(
                        "The next running number cannot go back to %(wanted)s: numbers up to %(last)s may be in use.",
                        wanted=agreement.next_number,
                        last=sequence_sudo.number_next_actual - 1,
                    )
                )
            sequence_sudo.number_next_actual = agreement.next_number

    @api.depends(
        "card_type",
        "creditor_number",
        "fixed_part",
        "customer_digits",
        "layout",
        "total_length",
        "second_length",
        "ocr_level",
        "number_source",
    )
    def _compute_example(self):
        for agreement in self:
            number = str(agreement.next_number or FIRST_NUMBER)
            if agreement.number_source == "invoice":
                number = f"{fields.Date.context_today(agreement).year}00001"
            agreement.example = agreement.preview = agreement.explanation = agreement.problem = False
            try:
                agreement._validate_creditor()
                payment_id = agreement._number_from(number)
                agreement.example = agreement._payer_text(payment_id) or self.env._("The invoice number")
            except InvalidReference as error:
                agreement.problem = explain(self.env, error)
                continue
            agreement.preview = agreement._payer_sentence(payment_id)
            agreement.explanation = agreement._explain_parts(payment_id, number)

    def _payer_sentence(self, payment_id):
        """The sentence an invoice prints with this payment id."""
        self.ensure_one()
        sentence = self.env["account.move"]._payment_sentence(
            self.card_type,
            payment_id,
            self.creditor_number or "",
            self.env._("(number of the invoice)"),
            "",
        )
        line = fi.line(self.card_type, payment_id, self.creditor_number) if self.card_type in DANISH else ""
        return f"{sentence} {line}".strip()

    def _explain_parts(self, payment_id, number):
        """Which part of a reference is what, for the one who sets it up."""
        self.ensure_one()
        if self.card_type in fi.WITHOUT_ID:
            return self.env._("No payment ID: the payer writes his name and the invoice number.")
        parts = []
        if self.fixed_part:
            parts.append(self.env._("fixed digits %(digits)s", digits=self.fixed_part))
        if self.customer_digits and self.card_type in WITH_LAYOUT:
            parts.append(self.env._("customer number in %(count)s positions", count=self.customer_digits))
        source = self.number_source == "invoice"
        parts.append(
            self.env._("invoice number %(number)s", number=number)
            if source
            else self.env._("running number %(number)s", number=number)
        )
        if self.card_type == "rf":
            parts.append(self.env._("check digits %(digits)s", digits=payment_id[2:4]))
        else:
            parts.append(self.env._("check digit %(digit)s", digit=payment_id[-1:]))
        return ", ".join(parts)

    # --- constraints -----------------------------------------------------------------------------------------------
    @api.constrains(
        "card_type",
        "creditor_number",
        "pbs_number",
        "debtor_group",
        "fixed_part",
        "total_length",
        "second_length",
        "customer_digits",
        "layout",
        "number_source",
        "ocr_level",
        "is_minus_allowed",
    )
    def _check_numbers(self):
        for agreement in self:
            try:
                agreement._validate_creditor()
                if agreement.fixed_part:
                    require_digits(agreement.fixed_part, "fixed")
                agreement._number_from(str(FIRST_NUMBER))
            except InvalidReference as error:
                raise ValidationError(explain(self.env, error)) from error
            agreement._check_betalingsservice_numbers()
            if (
                agreement.card_type == "kid11"
                and agreement.number_source != "sequence"
                and not agreement.is_minus_allowed
            ):
                raise ValidationError(
                    self.env._(
                        "KID with modulus 11 needs its own running number: some invoice numbers give the check digit "
                        '"-", which not every bank takes, and those are skipped.'
                    )
                )

    def _check_betalingsservice_numbers(self):
        if self.pbs_number and not re.fullmatch(r"\d{8}", self.pbs_number):
            raise ValidationError(self.env._('PBS number "%(number)s": it must have 8 digits.', number=self.pbs_number))
        if self.debtor_group and not re.fullmatch(r"\d{5}", self.debtor_group):
            raise ValidationError(
                self.env._('Debtor group "%(number)s": it must have 5 digits.', number=self.debtor_group)
            )

    @api.constrains("signup_link")
    def _check_signup_link(self):
        for agreement in self.filtered("signup_link"):
            try:
                names = {name for _text, name, _format, _conversion in Formatter().parse(agreement.signup_link) if name}
            except ValueError:
                names = {""}
            if names - LINK_NAMES or not agreement.signup_link.startswith("https://"):
                raise ValidationError(
                    self.env._(
                        'Sign-up link "%(link)s": it must begin with https:// and may hold {pbs}, {group} and '
                        "{customer}.",
                        link=agreement.signup_link,
                    )
                )

    # --- CRUD ------------------------------------------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        agreements = super().create(vals_list)
        for agreement in agreements:
            agreement._join_sequence()
        return agreements

    def write(self, vals):
        result = super().write(vals)
        if "creditor_number" in vals:
            for agreement in self:
                agreement._join_sequence()
        return result

    def _join_sequence(self):
        """One running number per company and creditor number, so that two journals never give the same payment ID.

        A sequence of its own: gaps do no harm, speed and never going back do matter.
        """
        self.ensure_one()
        siblings_sudo = (
            self.sudo()
            .with_context(active_test=False)
            .search([("company_id", "=", self.company_id.id), ("sequence_id", "!=", False)])
            .filtered(lambda other: (other.creditor_number or "") == (self.creditor_number or ""))
        )
        sequences_sudo = (siblings_sudo | self.sudo()).sequence_id
        self.sudo().sequence_id = sequences_sudo.sorted("number_next_actual")[-1:] or self.env[
            "ir.sequence"
        ].sudo().create(
            {
                "name": self.env._("Payment ID %(name)s", name=self.creditor_number or self.name),
                "implementation": "standard",
                "number_next": FIRST_NUMBER,
                "company_id": self.company_id.id,
            }
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for agreement in self:
            if (
                self.env["account.move"]
                .sudo()
                .search_count([("payment_reference_agreement_id", "=", agreement.id)], limit=1)
            ):
                raise UserError(
                    self.env._(
                        "%(name)s is used on invoices. Archive it instead; the invoices keep their references.",
                        name=agreement.name,
                    )
                )

    def _validate_creditor(self):
        """Refuse a creditor number of the wrong shape, or a missing one where the payer needs it."""
        self.ensure_one()
        if self.card_type in DANISH:
            fi.validate_creditor(self.card_type, self.creditor_number or "")

    def _is_for_credit_notes(self):
        """Credit notes have references where banks report them with one; no payment slip is printed on them."""
        self.ensure_one()
        return self.card_type not in DANISH and self.credit_note_rule != "none"

    def _fits(self, move):
        """Whether the agreement may be used for a customer invoice."""
        self.ensure_one()
        currency = CURRENCIES.get(self.card_type)
        return not currency or move.currency_id.name == currency
