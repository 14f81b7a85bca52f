"""What an e-invoice says, independent of the XML dialect.

Amounts are ``Decimal`` with the sign of the document (a credit note is positive, as in UBL). Identifiers carry
their scheme as a code of the Electronic Address Scheme list (EAS: 0088 GLN, 0184 CVR, 0192 Norwegian
organisation number ...); the OIOUBL writer and reader translate to and from OIOUBL's own names. VAT categories
are those of UNCL 5305 (S, Z, E, AE, K, G, O, L, M).
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

INVOICE = "invoice"
CREDIT_NOTE = "credit_note"

CENT = Decimal("0.01")
ZERO = Decimal(0)


def cents(amount):
    """``amount`` with two decimals, halves away from zero."""
    return Decimal(amount).quantize(CENT, rounding=ROUND_HALF_UP)


class EInvoiceError(ValueError):
    """Something in a document or in the data for one that stops it.

    ``field`` names the place: an element path or a business field; ``line`` the line of the file, when known.
    ``code`` and ``values`` are for texts in other languages than the message's English.
    """

    def __init__(self, message, field="", line=None, code="", **values):
        super().__init__(message)
        self.message = message
        self.field = field
        self.line = line
        self.code = code
        self.values = values

    def as_dict(self):
        return {"line": self.line, "field": self.field, "message": self.message}


@dataclass(frozen=True)
class Identifier:
    value: str
    scheme: str = ""


@dataclass(frozen=True)
class Address:
    street: str = ""
    street2: str = ""
    building_number: str = ""
    city: str = ""
    zip: str = ""
    region: str = ""
    country: str = ""


@dataclass(frozen=True)
class Contact:
    id: str = ""
    name: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class Party:
    name: str
    registration_name: str = ""
    endpoint: Identifier | None = None
    identifications: tuple[Identifier, ...] = ()
    vat: str = ""
    legal_id: Identifier | None = None
    tax_registration: str = ""  # second registration: "Foretaksregisteret" (NO), "Godkänd för F-skatt" (SE)
    address: Address = field(default_factory=Address)
    contact: Contact | None = None


@dataclass(frozen=True)
class Period:
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True)
class TaxCategory:
    code: str
    rate: Decimal | None = None
    reason: str = ""
    reason_code: str = ""

    @property
    def key(self):
        """What makes two categories one subtotal: the code and the rate."""
        return self.code, None if self.code == "O" else (self.rate or ZERO).normalize()


@dataclass(frozen=True)
class TaxSubtotal:
    tax: TaxCategory
    taxable: Decimal
    amount: Decimal


@dataclass(frozen=True)
class AllowanceCharge:
    amount: Decimal
    is_charge: bool = False
    base_amount: Decimal | None = None
    percent: Decimal | None = None  # 12.5 means 12.5 %
    reason: str = ""
    reason_code: str = ""
    tax: TaxCategory | None = None


@dataclass(frozen=True)
class PaymentMeans:
    """One way to pay.

    ``code`` is of UNCL 4461: 1 nothing said, 30 transfer, 42 Danish account, 48 card, 50 giro, 58 SEPA, 93 FIK,
    97 NemKonto.
    """

    code: str
    name: str = ""
    card_type: str = ""  # 71 73 75 (FIK), 01 04 15 (giro)
    payment_id: str = ""  # what the payer states: KID, OCR, viite, digits of the payment slip
    account: str = ""  # account number, IBAN or creditor number
    account_name: str = ""
    branch: str = ""  # Danish registration number, SE:BANKGIRO, SE:PLUSGIRO
    bic: str = ""
    card_digits: str = ""  # the last four to six of the payment card, never all (BR-51)
    card_network: str = ""  # Visa, Mastercard, Dankort; "NA" where it is not known: UBL demands one
    due_date: date | None = None


@dataclass(frozen=True)
class DocumentReference:
    id: str
    issue_date: date | None = None


@dataclass(frozen=True)
class Attachment:
    id: str
    filename: str = ""
    mimetype: str = ""
    content: bytes = b""
    description: str = ""
    uri: str = ""  # where the file lies when it is not embedded; never fetched


@dataclass(frozen=True)
class Delivery:
    actual_date: date | None = None
    address: Address | None = None


@dataclass(frozen=True)
class Line:
    id: str
    quantity: Decimal
    amount: Decimal  # line total without VAT, after line allowances and charges
    price: Decimal  # per base_quantity units, before line allowances
    name: str
    tax: TaxCategory | None
    tax_amount: Decimal = ZERO
    unit: str = "C62"
    base_quantity: Decimal | None = None
    description: str = ""
    note: str = ""
    seller_item: str = ""
    buyer_item: str = ""
    standard_item: str = ""  # GTIN
    order_line: str = ""
    accounting_cost: str = ""
    period: Period | None = None
    allowances: tuple[AllowanceCharge, ...] = ()


@dataclass(frozen=True)
class Duty:
    """OIOUBL: a duty beside the VAT, part of the amount to pay; ``tax`` is the VAT charged on the duty itself."""

    name: str
    amount: Decimal
    tax: TaxCategory


@dataclass(frozen=True)
class Totals:
    """``tax_exclusive`` is the net total in every dialect (in OIOUBL's own element it would be the tax)."""

    lines: Decimal
    tax_exclusive: Decimal
    tax: Decimal
    tax_inclusive: Decimal
    payable: Decimal
    allowances: Decimal = ZERO
    charges: Decimal = ZERO
    prepaid: Decimal = ZERO
    rounding: Decimal = ZERO


@dataclass(frozen=True)
class Invoice:
    kind: str  # INVOICE or CREDIT_NOTE
    number: str
    issue_date: date
    currency: str
    supplier: Party
    customer: Party
    lines: tuple[Line, ...]
    tax_subtotals: tuple[TaxSubtotal, ...]
    totals: Totals
    type_code: str = ""
    due_date: date | None = None
    note: str = ""
    tax_currency: str = ""
    tax_currency_amount: Decimal | None = None
    exchange_rate: Decimal | None = None  # one unit of currency in tax_currency
    buyer_reference: str = ""
    order_reference: str = ""
    sales_order: str = ""
    accounting_cost: str = ""
    billing_references: tuple[DocumentReference, ...] = ()
    period: Period | None = None
    delivery: Delivery | None = None
    payment_means: tuple[PaymentMeans, ...] = ()
    payment_terms: str = ""
    allowances: tuple[AllowanceCharge, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    duties: tuple[Duty, ...] = ()
    uuid: str = ""
    dialect: str = ""  # set by the reader: bis3, oioubl21 or ubl

    @property
    def is_credit_note(self):
        return self.kind == CREDIT_NOTE


@dataclass(frozen=True)
class Amounts:
    """What a document adds up to: all that is compared with the books."""

    kind: str
    tax_subtotals: tuple[TaxSubtotal, ...]
    totals: Totals


def make_totals(lines, subtotals, allowances=(), prepaid=ZERO, rounding=ZERO):
    """Totals of EN 16931 section 6 (BR-CO-10 to BR-CO-16) from the parts, exact."""
    line_total = sum((line.amount for line in lines), ZERO)
    down = sum((a.amount for a in allowances if not a.is_charge), ZERO)
    up = sum((a.amount for a in allowances if a.is_charge), ZERO)
    tax = sum((subtotal.amount for subtotal in subtotals), ZERO)
    net = line_total - down + up
    return Totals(
        lines=line_total,
        allowances=down,
        charges=up,
        tax_exclusive=net,
        tax=tax,
        tax_inclusive=net + tax,
        prepaid=prepaid,
        rounding=rounding,
        payable=net + tax - prepaid + rounding,
    )


def sum_faults(invoice):
    """Where the totals of a document contradict its parts, as ``EInvoiceError`` (empty: they agree)."""
    expected = make_totals(
        invoice.lines, invoice.tax_subtotals, invoice.allowances, invoice.totals.prepaid, invoice.totals.rounding
    )
    labels = {
        "lines": "the sum of the lines",
        "allowances": "the sum of the allowances",
        "charges": "the sum of the charges",
        "tax_exclusive": "the total without VAT",
        "tax": "the VAT",
        "tax_inclusive": "the total with VAT",
        "payable": "the amount to pay",
    }
    faults = []
    for name, label in labels.items():
        stated, computed = getattr(invoice.totals, name), getattr(expected, name)
        if cents(stated) != cents(computed):
            faults.append(
                EInvoiceError(
                    f"The document states {stated} as {label}; its parts give {computed} "
                    f"(difference {cents(stated) - cents(computed)}).",
                    name,
                    code="sum",
                    stated=stated,
                    computed=computed,
                    difference=cents(stated) - cents(computed),
                )
            )
    return faults
