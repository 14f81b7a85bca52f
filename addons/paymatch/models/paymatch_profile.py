import base64

from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import formats
from ..const import LINE_TYPES
from ..formats import profile as profiles

COLUMN_FIELDS = [
    ("payout", "Payout number"),
    ("payout_date", "Payout date"),
    ("payout_amount", "Payout amount"),
    ("bank_reference", "Text on the bank statement"),
    ("event_date", "Date of the transaction"),
    ("booking_date", "Booking date"),
    ("type", "Type"),
    ("currency", "Currency"),
    ("gross", "Amount"),
    ("debit", "Amount out"),
    ("credit", "Amount in"),
    ("fee", "Fee"),
    ("fee_vat", "VAT on the fee"),
    ("net", "Net"),
    ("reserve", "Reserve"),
    ("balance", "Balance"),
    ("account", "Merchant number"),
    ("order_reference", "Order number"),
    ("provider_reference", "Transaction number"),
    ("related_reference", "Belongs to transaction"),
    ("payment_id", "Payment ID"),
    ("payer_name", "Payer"),
    ("fee_type", "Card or fee type"),
    ("text", "Text"),
    ("presentment_amount", "Amount in the customer's currency"),
    ("presentment_currency", "The customer's currency"),
    ("authorisation_code", "Authorisation code"),
    ("acquirer_reference", "Acquirer's reference (ARN)"),
    ("card_digits", "Card number (last four digits)"),
]
SHOWN_LINES = 10
# model field -> key of the JSON
SETTINGS = (
    "kind",
    "decimal",
    "dates",
    "fee_sign",
    "amount_sign",
    "payout_sign",
    "settled",
    "default_type",
    "minor_units",
)


class PaymatchProfile(models.Model):
    """Which column of a CSV or XLSX file is what, for providers and banks without a format of their own."""

    _name = "paymatch.profile"
    _description = "Payment File Profile"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=False)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    kind = fields.Selection(
        [("payout", "Payout report"), ("statement", "Bank statement")], required=True, default="payout"
    )
    decimal = fields.Selection(
        [("auto", "As the file shows"), (",", "1.234,56"), (".", "1,234.56")],
        string="Amounts",
        required=True,
        default="auto",
    )
    minor_units = fields.Boolean(string="In Whole Øre", help="125000 is 1,250.00.")
    dates = fields.Selection(
        [("auto", "As the file shows"), ("dmy", "Day first"), ("mdy", "Month first")], required=True, default="auto"
    )
    currency_id = fields.Many2one("res.currency", help="Where no column tells the currency.")
    fee_sign = fields.Selection(
        [("cost", "Always lowers the payout"), ("written", "As written"), ("negated", "Opposite sign")],
        required=True,
        default="cost",
    )
    amount_sign = fields.Selection(
        [("written", "As written"), ("negated", "Opposite sign"), ("type", "By the type of the line")],
        required=True,
        default="written",
    )
    payout_sign = fields.Selection(
        [("any", "Always paid to us"), ("plus", "Plus is paid to us"), ("minus", "Minus is paid to us")],
        string="Rows of Payouts",
        required=True,
        default="any",
        help="Needed where a payout can also be drawn from our bank account, because refunds were more than sales.",
    )
    settled = fields.Selection(
        [("net", "Fees are kept back"), ("gross", "Fees come on a bill")],
        string="Payout",
        required=True,
        default="net",
    )
    default_type = fields.Selection(
        [("sign", "Sale or refund by its sign")],
        string="Other Types",
        help="Empty: what has no type below becomes an adjustment that a person decides.",
    )
    column_ids = fields.One2many("paymatch.profile.column", "profile_id", copy=True)
    type_ids = fields.One2many("paymatch.profile.type", "profile_id", copy=True)
    sample = fields.Binary(attachment=True, copy=False)
    sample_name = fields.Char(copy=False)
    preview = fields.Text(readonly=True, copy=False)
    problem = fields.Text(compute="_compute_problem")
    definition = fields.Text(
        compute="_compute_definition",
        inverse="_inverse_definition",
        help="The profile as JSON: copy it to keep it, or paste the profile of another company.",
    )

    _company_name_uniq = models.Constraint("UNIQUE (company_id, name)", "A profile of this name exists already.")

    def _values(self):
        """The profile as :func:`formats.profile.checked` takes it."""
        self.ensure_one()
        columns = {}
        for column in self.column_ids.filtered("field"):
            columns.setdefault(column.field, []).append(column.name)
        return {
            "name": self.name or "",
            "currency": self.currency_id.name or "",
            **{name: self[name] or ("" if name == "default_type" else False) for name in SETTINGS},
            "columns": columns,
            "types": {row.word: row.line_type for row in self.type_ids},
        }

    @api.depends("name", "currency_id", "column_ids.field", "column_ids.name", "type_ids.word", "type_ids.line_type")
    @api.depends(*SETTINGS)
    def _compute_problem(self):
        for record in self:
            try:
                profiles.checked(record._values())
                record.problem = False
            except formats.FormatError as error:
                record.problem = self.env["paymatch.report"]._told(error.message)

    @api.depends("problem")
    def _compute_definition(self):
        for record in self:
            record.definition = False if record.problem else profiles.checked(record._values()).dump()

    def _inverse_definition(self):
        for record in self.filtered("definition"):
            try:
                found = profiles.load(record.definition)
            except formats.FormatError as error:
                reason = self.env["paymatch.report"]._format_error_text(error)
                raise UserError(self.env._("This is not a profile: %s", reason)) from error
            record.write(record._from_profile(found))

    def _from_profile(self, found):
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", found.currency)])
        pairs = [(name, field) for field, names in found.columns.items() for name in names]
        return {
            "name": self.name or found.name,
            "currency_id": currency.id if found.currency else False,
            **{name: getattr(found, name) for name in SETTINGS if name != "default_type"},
            "default_type": "sign" if found.default_type == "sign" else False,
            "column_ids": [(5, 0, 0), *((0, 0, {"name": name, "field": field}) for name, field in pairs)],
            "type_ids": [(5, 0, 0)]
            + [(0, 0, {"word": word, "line_type": line_type}) for word, line_type in found.types.items()],
        }

    # Buttons

    def action_read_columns(self):
        """The columns of the sample with examples, for the user to say what each is."""
        self.ensure_one()
        columns = profiles.suggested_columns(self._sample())
        if not columns:
            raise UserError(self.env._("No row with the names of columns was found in %s.", self.sample_name or ""))
        known = {column.name: column.field for column in self.column_ids}
        self.column_ids = [(5, 0, 0)] + [
            (
                0,
                0,
                {
                    "sequence": at,
                    "name": column["name"],
                    "example": " | ".join(column["examples"])[:100],
                    "field": known.get(column["name"]),
                },
            )
            for at, column in enumerate(columns)
        ]
        return True

    def action_try(self):
        """Read the sample and say what it adds up to. Nothing is imported."""
        self.ensure_one()
        if self.problem:
            raise UserError(self.problem)
        try:
            report = profiles.checked(self._values()).parse(self._sample(), self.sample_name or "")
        except formats.FormatError as error:
            self.preview = self.env["paymatch.report"]._format_error_text(error)
            return True
        self.preview = "\n".join(self._preview_lines(report))
        return True

    def _preview_lines(self, report):
        for group in report.groups:
            net = sum(line.net for line in report.group_lines(group.key) if line.line_type != "payout")
            yield self.env._(
                "%(payout)s, %(date)s: %(count)s lines add up to %(net)s %(currency)s; the file says %(amount)s",
                payout=group.reference,
                date=group.date,
                count=len(report.group_lines(group.key)),
                net=self.env["paymatch.report"]._told(net),
                currency=group.currency,
                amount="-" if group.amount is None else self.env["paymatch.report"]._told(group.amount),
            )
        faults = report.faults()
        yield self.env._("Everything adds up.") if not faults else self.env._("It does not add up:")
        reports = self.env["paymatch.report"]
        yield from (reports._fault_text(fault) for fault in faults[:SHOWN_LINES])
        yield from (reports._told(note) for note in report.notes)
        yield ""
        labels = dict(self.env["paymatch.report.line"]._fields["line_type"]._description_selection(self.env))
        for line in report.lines[:SHOWN_LINES]:
            parts = (line.event_date, labels[line.line_type], line.gross, line.fee + line.fee_vat, line.net)
            yield " | ".join(map(str, (*parts, line.order_reference or line.text)))

    def _sample(self):
        if not self.sample:
            raise UserError(self.env._("Upload a sample file first."))
        return base64.b64decode(self.sample)

    # Import

    @api.model
    def _formats(self, company, provider=None):
        """The company's profiles as formats: those of a provider, or all; and those of bank statements."""
        domain = [("company_id", "=", company.id)]
        found = self.search(domain).filtered(lambda record: not record.problem)
        if provider:
            used = provider.profile_id
        else:
            used = self.env["paymatch.provider"].search([*domain, ("format", "=", "profile")]).profile_id
        ready = {record: profiles.checked(record._values()) for record in found}
        payouts = [checked for record, checked in ready.items() if record in used]
        return [
            profiles.ProfileSet("profile", "payout", payouts),
            profiles.ProfileSet("profile_statement", "statement", ready.values()),
        ]


class PaymatchProfileColumn(models.Model):
    """One column of the file and what it is."""

    _name = "paymatch.profile.column"
    _description = "Column of a Payment File"
    _order = "sequence, id"

    profile_id = fields.Many2one("paymatch.profile", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(string="Column", required=True, translate=False)
    example = fields.Char(readonly=True)
    field = fields.Selection(COLUMN_FIELDS, string="Is", help="Several columns of fees or amounts are added up.")


class PaymatchProfileType(models.Model):
    """A word of the file and the type of line it means."""

    _name = "paymatch.profile.type"
    _description = "Word of a Payment File"
    _order = "word, id"

    profile_id = fields.Many2one("paymatch.profile", required=True, ondelete="cascade", index=True)
    word = fields.Char(string="Word in the File", required=True, translate=False)
    line_type = fields.Selection([*LINE_TYPES, ("ignore", "Leave out")], string="Type", required=True)

    _word_uniq = models.Constraint("UNIQUE (profile_id, word)", "Each word has one type.")


class PaymatchReport(models.Model):
    _inherit = "paymatch.report"

    @api.model
    def _import_file(self, content, filename, provider=None):
        # EXTENDS 'paymatch' - the profiles of the company are formats as well
        company = provider.company_id if provider else self.env.company
        with formats.also(*self.env["paymatch.profile"]._formats(company, provider)):
            return super()._import_file(content, filename, provider)


class AccountBankStatement(models.Model):
    _inherit = "account.bank.statement"

    @api.model
    def _paymatch_import_file(self, content, filename, journal=None):
        # EXTENDS 'paymatch' - the profiles of the company are formats as well
        company = journal.company_id if journal else self.env.company
        with formats.also(*self.env["paymatch.profile"]._formats(company)):
            return super()._paymatch_import_file(content, filename, journal)
