"""Renewals as other subscription systems tell them: JSON in, a record out. Its faults are English, for programmers."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

MAX_LINES = 200
MAX_TEXT = 2000
#: Characters of a number, and its greatest exponent: far more than any amount has.
MAX_DIGITS = 60
STAGES = ("pending", "authorised", "captured", "settled", "failed", "cancelled", "refunded")
_NUMBER = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,6})?")
_COUNTRY = re.compile(r"[A-Z]{2}")
_CURRENCY = re.compile(r"[A-Z]{3}")


class RenewalError(ValueError):
    """What is wrong with a message: ``errors`` is a list of dicts ``field``, ``message``."""

    def __init__(self, errors):
        self.errors = errors
        super().__init__("; ".join(f"{error['field']}: {error['message']}" for error in errors))


@dataclass(frozen=True)
class Customer:
    number: str
    name: str
    email: str
    phone: str
    street: str
    street2: str
    zip: str
    city: str
    country: str
    vat: str


@dataclass(frozen=True)
class Line:
    """``unit_price`` as the product's tax counts it: VAT included only where that tax is included in prices."""

    product: str
    text: str
    quantity: Decimal
    unit_price: Decimal | None
    discount: Decimal
    period_start: date | None
    period_end: date | None


@dataclass(frozen=True)
class Renewal:
    number: str
    subscription: str
    stage: str
    date: date | None
    currency: str
    total: Decimal | None
    payment_method: str
    payment_reference: str
    payment_date: date | None
    customer: Customer
    lines: tuple[Line, ...]

    def digest(self, with_stage: bool = True) -> str:
        """SHA-256 of the content; without the stage: of what the invoice says."""
        content = asdict(self)
        if not with_stage:
            for name in ("stage", "payment_date", "payment_reference"):
                content.pop(name)
        return hashlib.sha256(json.dumps(content, default=_plain, sort_keys=True).encode()).hexdigest()


def parse(body: bytes) -> tuple[str, Renewal]:
    """The idempotency key of a message (or "") and its renewal.

    :raises RenewalError: with every field that is wrong
    """
    try:
        # the text is kept as it came: bytes would let json guess UTF-16, and half a surrogate pair has no bytes at all
        data = json.loads(body.decode("utf-8-sig"), parse_float=_decimal, parse_int=_decimal, parse_constant=_refuse)
        json.dumps(data, ensure_ascii=False, default=str).encode()
    except (ValueError, RecursionError) as error:
        raise RenewalError([{"field": "", "message": "this is not JSON in UTF-8"}]) from error
    reader = _Reader()
    if not isinstance(data, dict):
        raise RenewalError([{"field": "", "message": "an object is expected"}])
    key, renewal = _renewal(reader, data)
    if reader.errors:
        raise RenewalError(reader.errors)
    return key, renewal


def _renewal(reader, data):
    reader.only(data, "", (
        "key", "renewal", "subscription", "stage", "date", "currency", "total", "payment", "customer", "lines",
    ))  # fmt: skip
    payment = reader.object(data, "payment")
    reader.only(payment, "payment.", ("method", "reference", "date"))
    customer = reader.object(data, "customer", needed=True)
    names = tuple(Customer.__dataclass_fields__)
    reader.only(customer, "customer.", names)
    values = {name: reader.text(customer, name, "customer.", 200, needed=name == "number") for name in names}
    if values["country"] and not _COUNTRY.fullmatch(values["country"]):
        reader.wrong("customer.country", "two capital letters (ISO 3166) are expected")
    lines = data.get("lines")
    if not isinstance(lines, list) or not 1 <= len(lines) <= MAX_LINES:
        reader.wrong("lines", f"a list of 1 to {MAX_LINES} lines is expected")
        lines = []
    stage = reader.text(data, "stage", needed=True)
    if stage and stage not in STAGES:
        reader.wrong("stage", f"one of {', '.join(STAGES)} is expected")
    currency = reader.text(data, "currency", needed=True)
    if currency and not _CURRENCY.fullmatch(currency):
        reader.wrong("currency", "three capital letters (ISO 4217) are expected")
    key = reader.text(data, "key")
    return key, Renewal(
        number=reader.text(data, "renewal", needed=True),
        subscription=reader.text(data, "subscription"),
        stage=stage,
        date=reader.date(data, "date"),
        currency=currency,
        total=reader.number(data, "total"),
        payment_method=reader.text(payment, "method", "payment.", needed=True),
        payment_reference=reader.text(payment, "reference", "payment."),
        payment_date=reader.date(payment, "date", "payment."),
        customer=Customer(**values),
        lines=tuple(_line(reader, line, f"lines[{at}]") for at, line in enumerate(lines)),
    )


def _line(reader, data, place):
    if not isinstance(data, dict):
        reader.wrong(place, "an object is expected")
        data = {}
    place += "."
    reader.only(data, place, tuple(Line.__dataclass_fields__))
    line = Line(
        product=reader.text(data, "product", place),
        text=reader.text(data, "text", place, MAX_TEXT),
        quantity=reader.number(data, "quantity", place, Decimal(1)),
        unit_price=reader.number(data, "unit_price", place),
        discount=reader.number(data, "discount", place, Decimal(0)),
        period_start=reader.date(data, "period_start", place),
        period_end=reader.date(data, "period_end", place),
    )
    if not line.product and not line.text:
        reader.wrong(f"{place}product", "a product or a text is needed")
    if line.unit_price is None and not line.product:
        reader.wrong(f"{place}unit_price", "a text without a product needs a price")
    if line.discount is not None and not 0 <= line.discount <= 100:
        reader.wrong(f"{place}discount", "0 to 100 per cent is expected")
    if bool(line.period_start) != bool(line.period_end):
        reader.wrong(f"{place}period_end", "a period has a first and a last day")
    elif line.period_start and line.period_end < line.period_start:
        reader.wrong(f"{place}period_end", "the period ends before it begins")
    return line


class _Reader:
    """Reads fields and notes what is wrong, so that one answer tells all of it."""

    def __init__(self):
        self.errors = []

    def wrong(self, field, message):
        self.errors.append({"field": field, "message": message})

    def only(self, data, place, names):
        for name in data:
            if name not in names:
                self.wrong(f"{place}{str(name)[:60]}", "this field is not known")

    def object(self, data, name, needed=False):
        value = data.get(name)
        if value is None and not needed:
            return {}
        if isinstance(value, dict):
            return value
        self.wrong(name, "an object is expected")
        return {}

    def text(self, data, name, place="", most=120, needed=False):
        value = data.get(name)
        if isinstance(value, Decimal) and value == value.to_integral_value():
            value = format(value, "f")
        if value is None or value == "":
            if needed:
                self.wrong(f"{place}{name}", "this field is needed")
            return ""
        if not isinstance(value, str) or "\0" in value:
            self.wrong(f"{place}{name}", "a text is expected")
            return ""
        if len(value) > most:
            self.wrong(f"{place}{name}", f"at most {most} characters are allowed")
            return ""
        return value.strip()

    def number(self, data, name, place="", default=None):
        value = data.get(name)
        if value is None:
            return default
        text = format(value, "f") if isinstance(value, Decimal) and value.is_finite() else value
        try:
            if isinstance(text, str) and _NUMBER.fullmatch(text):
                return Decimal(text).normalize() + 0
        except InvalidOperation:
            pass
        self.wrong(f"{place}{name}", "a number with a decimal point and at most six decimals is expected")
        return default

    def date(self, data, name, place=""):
        value = data.get(name)
        if value is None:
            return None
        try:
            if isinstance(value, str) and len(value) == 10:
                return date.fromisoformat(value)
        except ValueError:
            pass
        self.wrong(f"{place}{name}", "a date like 2027-03-31 is expected")
        return None


def _decimal(text):
    """A number as told; one written out it would fill the memory (1e999999999) is none."""
    number = Decimal(text) if len(text) <= MAX_DIGITS else Decimal("NaN")
    return number if abs(number.adjusted()) <= MAX_DIGITS else Decimal("NaN")


def _refuse(_name):
    raise ValueError


def _plain(value):
    return value.isoformat() if isinstance(value, date) else format(value.normalize(), "f")
