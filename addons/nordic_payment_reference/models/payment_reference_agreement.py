import re

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..const import CARD_TYPES, CURRENCIES, DANISH, OCR_LEVELS
from ..formats import fi, kid, ocr, rf, viite
from ..formats.errors import InvalidCheckDigit, InvalidLength, InvalidReference, require_digits

#: Where running numbers begin: Finnish reference numbers need three digits and a check digit at least.
FIRST_NUMBER = 1000
#: Bases of KID modulus 11 that give "-" are skipped; two in a row are rare, more than a few mean a fault.
MOST_SKIPPED = 20


class PaymentReferenceAgreement(models.Model):
    _name = "payment.reference.agreement"
    _description = "Payment Reference Agreement"
    _order = "company_id, journal_id, id"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name", store=True)
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
    creditor_number = fields.Char(
        help="Who is paid: the FI creditor number (8 digits beginning with 8) for 71, 73 and 75, "
        "the giro account for 04, the account or bankgiro number elsewhere.",
    )
    pbs_number = fields.Char(
        string="PBS Number",
        help="Your creditor number in Betalingsservice. Payers need it to sign up.",
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
        help="The next running number to be used.",
    )
    fixed_part = fields.Char(
        string="Fixed Digits",
        help="Digits in front of the number, for instance to tell two journals with the same creditor number apart.",
    )
    customer_digits = fields.Integer(
        string="Customer Number Digits",
        help="KID and OCR: number of positions holding the customer's reference (digits). 0: none.",
    )
    total_length = fields.Integer(
        help="KID and OCR level 4: length agreed with the bank, check digit included. 0: may vary.",
    )
    ocr_level = fields.Selection(OCR_LEVELS, string="OCR Level", default="2")
    example = fields.Char(compute="_compute_example", help="What the next reference looks like.")

    _journal_uniq = models.UniqueIndex(
        "(company_id, COALESCE(journal_id, 0)) WHERE active",
        "There is already an agreement on payment references for this journal.",
    )

    @api.depends("card_type", "creditor_number", "journal_id.name")
    def _compute_name(self):
        labels = dict(self._fields["card_type"]._description_selection(self.env))
        for agreement in self:
            parts = [labels.get(agreement.card_type), agreement.creditor_number, agreement.journal_id.name]
            agreement.name = " · ".join(part for part in parts if part)

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
        "card_type", "creditor_number", "fixed_part", "customer_digits", "total_length", "ocr_level", "number_source"
    )
    def _compute_example(self):
        for agreement in self:
            number = str(agreement.next_number or FIRST_NUMBER)
            if agreement.number_source == "invoice":
                number = f"{fields.Date.context_today(agreement).year}00001"
            try:
                agreement.example = agreement._payer_text(agreement._number_from(number))
            except InvalidReference as error:
                agreement.example = str(error)

    @api.constrains(
        "card_type",
        "creditor_number",
        "pbs_number",
        "fixed_part",
        "total_length",
        "customer_digits",
        "number_source",
        "ocr_level",
    )
    def _check_numbers(self):
        for agreement in self:
            try:
                agreement._validate_creditor()
                if agreement.fixed_part:
                    require_digits(agreement.fixed_part, self.env._("Fixed digits"))
                agreement._number_from(str(FIRST_NUMBER))
            except InvalidReference as error:
                raise ValidationError(str(error)) from error
            if agreement.pbs_number and not re.fullmatch(r"\d{8}", agreement.pbs_number):
                raise ValidationError(
                    self.env._('PBS number "%(number)s": it must have 8 digits.', number=agreement.pbs_number)
                )
            if agreement.card_type == "kid11" and agreement.number_source != "sequence":
                raise ValidationError(
                    self.env._(
                        "KID with modulus 11 needs its own running number: some invoice numbers give the check digit "
                        '"-", which not every bank takes, and those are skipped.'
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        agreements = super().create(vals_list)
        for agreement in agreements.filtered(lambda a: not a.sequence_id):
            agreement.sudo().sequence_id = agreement._create_sequence()
        return agreements

    def _create_sequence(self):
        """A sequence of its own: gaps do no harm, speed and never going back do matter."""
        self.ensure_one()
        return (
            self.env["ir.sequence"]
            .sudo()
            .create(
                {
                    "name": self.env._("Payment ID %(name)s", name=self.name),
                    "implementation": "standard",
                    "number_next": FIRST_NUMBER,
                    "company_id": self.company_id.id,
                }
            )
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

    def _fits(self, move):
        """Whether the agreement may be used for a customer invoice."""
        self.ensure_one()
        currency = CURRENCIES.get(self.card_type)
        return not currency or move.currency_id.name == currency

    def _number_from(self, number, partner=None):
        """The payment id around a running or invoice number; raises InvalidReference."""
        self.ensure_one()
        if self.card_type in fi.WITHOUT_ID:
            return ""
        number = re.sub(r"\D", "", number or "")
        if self.card_type in fi.ID_LENGTH:
            room = fi.ID_LENGTH[self.card_type] - 1 - len(self.fixed_part or "")
            return fi.payment_id(self.card_type, f"{self.fixed_part or ''}{number.zfill(max(room, 0))}")
        body = self._layout(number, partner)
        if self.card_type in ("kid10", "kid11"):
            return kid.make(body, self.card_type.replace("kid", "mod"), self.total_length)
        if self.card_type == "ocr":
            return ocr.make(body, self.ocr_level, (self.total_length,) if self.total_length else ())
        if self.card_type == "viite":
            return viite.make(body)
        finnish = self.company_id.account_fiscal_country_id.code == "FI"
        return rf.make_finnish(body) if finnish else rf.make(body)

    def _layout(self, number, partner=None):
        """Fixed part, customer number, then the number; the latter filled with zeros to the agreed length."""
        self.ensure_one()
        fixed = self.fixed_part or ""
        customer = ""
        if self.customer_digits:
            customer = re.sub(r"\D", "", partner and partner.ref or "") or str(partner.id if partner else 1)
            customer = customer.zfill(self.customer_digits)
            if len(customer) > self.customer_digits:
                raise InvalidLength(
                    self.env._(
                        'Customer number "%(number)s" has more than the %(count)s digits of the agreement.',
                        number=customer,
                        count=self.customer_digits,
                    )
                )
        if self.total_length:
            own = 2 if self.card_type == "ocr" and self.ocr_level == "3" else 1
            number = number.zfill(max(self.total_length - own - len(fixed) - len(customer), 0))
        return fixed + customer + number

    def _next_payment_id(self, partner):
        """A payment id from the running number."""
        self.ensure_one()
        sequence_sudo = self.sudo().sequence_id
        for _attempt in range(MOST_SKIPPED):
            payment_id = self._number_from(sequence_sudo.next_by_id(), partner)
            if not payment_id.endswith("-"):
                return payment_id
        raise InvalidCheckDigit(self.env._("No running number gave a check digit that banks accept."))

    def _payer_text(self, payment_id):
        """What the payer types, for a payment id of this agreement."""
        self.ensure_one()
        if self.card_type in DANISH:
            return fi.line(self.card_type, payment_id, self.creditor_number or "")
        return payment_id

    def _recognise_own(self, text):
        """The payment id in ``text`` when it is a valid reference of this agreement, else an empty string."""
        self.ensure_one()
        try:
            if self.card_type in fi.ID_LENGTH:
                if "<" in text or "+" in text:
                    slip = fi.parse_line(text)
                    own = (slip.card_type, slip.creditor) == (self.card_type, self.creditor_number)
                    return slip.payment_id if own else ""
                return fi.validate_payment_id(self.card_type, text)
            if self.card_type in ("kid10", "kid11"):
                return kid.validate(text, self.card_type.replace("kid", "mod"), self.total_length)
            if self.card_type == "ocr":
                return ocr.validate(text, self.ocr_level, (self.total_length,) if self.total_length else ())
            if self.card_type == "viite":
                return viite.validate(text)
            if self.card_type == "rf":
                return rf.validate(text)
        except InvalidReference:
            return ""
        return ""
