"""Lists of subscriptions to be taken over: CSV or XLSX, one row for each line; rows with one number are one of them.

A row is charged every period, once, or by usage (with what is included and with tiers, ``100=15,00 | 500=12,00``: more
than so many cost so much).
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from odoo.addons.list_reader.formats import lists
from odoo.addons.list_reader.formats.dates import read_date
from odoo.addons.list_reader.formats.errors import FileFault
from odoo.addons.list_reader.formats.numbers import decimal_mark, read_number

from ..periods import Interval, Range, Schedule, open_periods
from ..usage import usage_due_date

COLUMNS = {
    "number": ("subscription", "abonnement", "abonnementsnr", "abonnementsnummer", "abonnemang", "number", "nummer"),
    "customer": ("customer", "kunde", "kundenr", "kundenummer", "kund", "kundnummer", "debitor", "debitornr"),
    "title": ("title", "titel", "tittel", "aftale", "navn"),
    "product": ("product", "vare", "varenr", "varenummer", "produkt", "artikel", "sku"),
    "text": ("text", "tekst", "beskrivelse", "description", "varetekst"),
    "quantity": ("quantity", "antal", "antall"),
    "price": ("price", "pris", "enhedspris", "stykpris", "enhetspris", "unit price"),
    "discount": ("discount", "rabat", "rabatt", "rabat %"),
    "kind": ("kind", "charged", "opkrævning", "linjetype", "opkrevning", "debitering"),
    "included": ("included", "inkluderet", "inkludert", "inkluderat"),
    "tiers": ("tiers", "pristrin", "pristrinn", "prissteg"),
    "every": ("every", "hver", "antal perioder", "interval count"),
    "unit": ("unit", "interval", "periode", "frekvens", "hyppighed", "intervall"),
    "start": ("start", "startdato", "fra", "start date", "startdatum"),
    "end": ("end", "slut", "slutdato", "til", "end date", "sluttdato", "slutdatum"),
    "billed_until": ("billed until", "faktureret til", "fakturert til", "fakturerad till", "faktureret til og med"),
    "timing": ("timing", "forud bagud", "opkræves", "betaling"),
    "currency": ("currency", "valuta"),
    "reference": ("reference", "rekvisition", "ordrenr", "ref", "deres ref", "referanse", "referens"),
    "way": ("payment way", "way of payment", "betalingsmåde", "betalingsmetode", "betalingsmåte", "betalningssätt"),
    "buyer": ("buyer reference", "køberreference", "købers reference", "kjøpers referanse", "köparens referens"),
}
REQUIRED = ("number", "customer", "unit", "start", "price")
#: What holds for a whole subscription: its rows must not differ.
OF_ALL = (
    "customer", "title", "every", "unit", "start", "end", "billed_until", "timing", "currency", "reference", "way",
    "buyer",
)  # fmt: skip
DATES = ("start", "end", "billed_until")
NUMBERS = ("quantity", "price", "discount", "included")
UNITS = {
    "day": ("day", "days", "dag", "dage", "dager", "dagar", "daglig", "daily"),
    "week": ("week", "weeks", "uge", "uger", "uke", "uker", "vecka", "veckor", "ugentlig", "weekly"),
    "month": (
        "month", "months", "måned", "måneder", "månad", "månader", "md", "mdr", "månedlig", "månedligt", "monthly",
    ),
    "quarter": ("quarter", "quarters", "kvartal", "kvartaler", "kvartalsvis", "quarterly"),
    "year": ("year", "years", "år", "årlig", "årligt", "yearly"),
}  # fmt: skip
HALF_YEARS = ("halvår", "halvårlig", "halvårligt", "half year", "semester")
TIMINGS = {
    "advance": ("advance", "in advance", "forud", "forskud", "i förskott", "forskudd"),
    "arrears": ("arrears", "in arrears", "bagud", "etterskudd", "i efterskott"),
}
KINDS = {
    "standing": ("every period", "hver periode", "fast", "løbende", "løpende", "löpande", "varje period", "standing"),
    "one_off": ("once", "én gang", "engang", "en gang", "engangs", "engangsopkrævning", "one-off"),
    "usage": ("by usage", "usage", "efter forbrug", "forbrug", "etter forbruk", "forbruk", "förbrukning"),
}
MONTHS = {"month": 1, "quarter": 3, "year": 12}
DAYS = {"day": 1, "week": 7}


@dataclass(frozen=True)
class Line:
    """``product``: as the file names it, or the id of a record where a database is read."""

    product: object
    text: str
    quantity: Decimal
    price: Decimal
    discount: Decimal = Decimal(0)
    is_one_off: bool = False
    is_usage: bool = False
    included: Decimal = Decimal(0)
    tiers: tuple[tuple[Decimal, Decimal], ...] = ()
    start: date | None = None
    end: date | None = None
    tax_ids: tuple = ()
    is_price_fixed: bool = True


@dataclass(frozen=True)
class Document:
    """One subscription to be. ``fault``: why it cannot be; ``notes``: what is not carried over, in codes."""

    number: str
    customer: object
    unit: str
    every: int
    start: date
    lines: tuple[Line, ...]
    title: str = ""
    end: date | None = None
    billed_until: date | None = None
    timing: str = "advance"
    lead_days: int = 0
    anchor: str = "start"
    currency: str = ""
    reference: str = ""
    #: the way of payment as the list calls it, and the customer's contact person, department or case number
    way: str = ""
    buyer: str = ""
    line: int = 0
    rows: tuple = ()
    fault: FileFault | None = None
    notes: tuple = ()
    next_date: date | None = None
    settings: dict = field(default_factory=dict)

    @property
    def interval(self) -> Interval:
        if self.unit in MONTHS:
            return Interval(self.every * MONTHS[self.unit], "month")
        return Interval(self.every * DAYS[self.unit], "day")

    @property
    def monthly_value(self) -> Fraction:
        """Untaxed value a month, one-offs and usage apart, exact."""
        standing = (line for line in self.lines if not line.is_one_off and not line.is_usage)
        amount = sum((Fraction(x.quantity) * Fraction(x.price) * (1 - Fraction(x.discount) / 100) for x in standing), 0)
        return amount * self.interval.monthly_factor()

    @property
    def days(self) -> list[date]:
        """Every date that is told."""
        told = [self.start, self.end, self.billed_until, self.next_date]
        told += [day for line in self.lines for day in (line.start, line.end)]
        return [day for day in told if day]

    @property
    def bill_from(self) -> date | None:
        """First day that is not invoiced; None: nothing is."""
        return self.billed_until + timedelta(days=1) if self.billed_until else None

    @property
    def anchored_start(self) -> date:
        """Where periods are counted from: the start, unless what was invoiced ends inside one of its periods; then the
        day after, so that no period is charged in part that the old system charged in full."""
        first = self.bill_from
        if not first or first <= self.start:
            return self.start
        schedule = Schedule(self.start, self.interval, self.anchor)
        return self.start if schedule.boundary(schedule.index_of(first)) == first else first

    @property
    def first_due(self) -> date | None:
        """The day the next invoice is due; None: nothing is left to charge."""
        start = self.anchored_start
        first = max(start, self.bill_from or start)
        has_more = not all(line.is_one_off for line in self.lines)
        schedule = Schedule(start, self.interval, self.anchor)
        period = None
        if has_more and not (self.end and self.end < first):
            period = next(open_periods(schedule, Range(first, self.end)), None)
        if not period:
            # one-offs come with the next invoice; where none is to come, by themselves
            return (self.end or start) if any(line.is_one_off for line in self.lines) else None
        due = []
        if any(line.is_usage for line in self.lines):
            due.append(usage_due_date(schedule, period, self.timing, self.lead_days, self.end))
        if not all(line.is_usage or line.is_one_off for line in self.lines):
            due.append(period.due_date(self.timing, self.lead_days))
        return min(due)


def parse(data: bytes) -> tuple[list[Document], tuple]:
    """The subscriptions in the order of the file, those with faults too, and the header.

    :raises FileFault: as `lists.read`, or ``no_rows``; faults of subscriptions: ``no_subscription``, ``no_customer``,
        ``bad_date``, ``bad_number``, ``bad_unit``, ``bad_timing``, ``no_what``, ``no_price``, ``bad_discount``,
        ``differs``, ``end_before_start``, ``bad_kind``, ``only_usage``, ``bad_tiers``
    """
    table = lists.read(data, COLUMNS, REQUIRED)
    if not table.rows:
        raise FileFault("no_rows")
    marks = (decimal_mark(row.values.get(name, "") for row in table.rows) for name in NUMBERS)
    mark = next((found for found in marks if found), "")
    groups: dict = {}
    for row in table.rows:
        groups.setdefault(row.values["number"] or row.line, []).append(row)
    return [_document(rows, mark) for rows in groups.values()], table.header


def _document(rows, mark):
    first = rows[0]
    told = {"number": first.values["number"], "customer": first.values["customer"], "line": first.line,
            "rows": tuple(rows)}  # fmt: skip
    try:
        return Document(**told, **_read(rows, mark))
    except FileFault as fault:
        return Document(**told, unit="month", every=1, start=date.min, lines=(), fault=fault)


def _read(rows, mark):
    first = rows[0]
    texts = {name: first.values.get(name, "") for name in OF_ALL}
    for row in rows:
        for name in OF_ALL:
            if row.values.get(name, "") not in ("", texts[name]):
                raise FileFault("differs", row.line, name=name)
    if not first.values["number"]:
        raise FileFault("no_subscription", first.line)
    if not texts["customer"]:
        raise FileFault("no_customer", first.line)
    days = {}
    for name in DATES:
        days[name] = read_date(texts[name]) if texts[name] else None
        if days[name] is None and (texts[name] or name == "start"):
            raise FileFault("bad_date", first.line, text=texts[name])
    if days["end"] and days["end"] < days["start"]:
        raise FileFault("end_before_start", first.line)
    unit, every = _interval(texts, first.line)
    return {
        **days,
        "unit": unit,
        "every": every,
        "timing": _known(TIMINGS, texts["timing"] or "advance", "bad_timing", first.line),
        "title": texts["title"],
        "currency": texts["currency"].upper(),
        "reference": texts["reference"],
        "way": texts["way"],
        "buyer": texts["buyer"],
        "lines": tuple(_line(row, mark) for row in rows),
    }


def _interval(texts, line):
    every = texts["every"] or "1"
    if not every.isascii() or not every.isdigit() or not 1 <= int(every) <= 1000:
        raise FileFault("bad_number", line, text=every)
    if lists.fold(texts["unit"]) in HALF_YEARS:
        return "month", int(every) * 6
    return _known(UNITS, texts["unit"], "bad_unit", line), int(every)


def _known(words, text, code, line):
    for key, spellings in words.items():
        if lists.fold(text) in spellings:
            return key
    raise FileFault(code, line, text=text)


def _line(row, mark):
    numbers = {}
    defaults = (("quantity", Decimal(1)), ("price", None), ("discount", Decimal(0)), ("included", Decimal(0)))
    for name, default in defaults:
        text = row.values.get(name, "")
        numbers[name] = read_number(text, mark) if text else default
        if numbers[name] is None or (name == "included" and numbers[name] < 0):
            raise FileFault("bad_number" if text else "no_price", row.line, text=text)
    if not 0 <= numbers["discount"] <= 100:
        raise FileFault("bad_discount", row.line)
    product, text = row.values.get("product", ""), row.values.get("text", "")
    if not product and not text:
        raise FileFault("no_what", row.line)
    kind = _known(KINDS, row.values.get("kind", "") or "standing", "bad_kind", row.line)
    tiers = _tiers(row.values.get("tiers", ""), mark, row.line)
    if kind != "usage" and (tiers or numbers["included"]):
        raise FileFault("only_usage", row.line)
    return Line(product, text, is_one_off=kind == "one_off", is_usage=kind == "usage", tiers=tiers, **numbers)


def _tiers(text, mark, line):
    """``100=15,00 | 500=12,00`` as pairs of more-than and price."""
    found = []
    for piece in text.split("|") if text.strip() else ():
        above, _equals, price = (part.strip() for part in piece.partition("="))
        pair = read_number(above, mark) if above else None, read_number(price, mark) if price else None
        if None in pair or pair[0] <= max((above for above, _price in found), default=0):
            raise FileFault("bad_tiers", line, text=piece.strip())
        found.append(pair)
    return tuple(found)
