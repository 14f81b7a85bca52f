"""Lists of invoices to be made: CSV or XLSX, one row for each invoice line; rows with one number are one invoice."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from odoo.addons.list_reader.formats import lists
from odoo.addons.list_reader.formats.dates import read_date
from odoo.addons.list_reader.formats.errors import FileFault
from odoo.addons.list_reader.formats.numbers import decimal_mark, read_number

COLUMNS = {
    "number": ("invoice", "faktura", "fakturanr", "fakturanummer", "bilag", "bilagsnr", "number", "nummer"),
    "customer": ("customer", "kunde", "kundenr", "kundenummer", "kund", "kundnummer", "debitor", "debitornr"),
    "product": ("product", "vare", "varenr", "varenummer", "produkt", "artikel", "sku"),
    "text": ("text", "tekst", "beskrivelse", "description", "varetekst"),
    "quantity": ("quantity", "antal", "antall"),
    "price": ("price", "pris", "enhedspris", "stykpris", "enhetspris", "unit price", "à-pris"),
    "discount": ("discount", "rabat", "rabatt", "rabat %", "discount %"),
    "tax": ("tax", "moms", "mva", "vat", "momskode"),
    "date": ("date", "dato", "fakturadato", "invoice date", "fakturadatum"),
    "due": ("due", "forfald", "forfaldsdato", "forfallsdato", "due date", "förfallodatum"),
    "reference": ("reference", "rekvisition", "ordrenr", "ref", "deres ref", "referanse", "referens"),
    "currency": ("currency", "valuta"),
}
REQUIRED = ("customer",)
#: What holds for a whole invoice: rows of one invoice must not differ.
OF_THE_INVOICE = ("customer", "date", "due", "reference", "currency")
NUMBERS = ("quantity", "price", "discount")


@dataclass(frozen=True)
class Line:
    """``None``: the file leaves it to the product."""

    line: int
    product: str
    text: str
    quantity: Decimal
    price: Decimal | None
    discount: Decimal
    tax: str


@dataclass(frozen=True)
class Document:
    """One invoice to be. ``fault``: why it cannot be made, as the file stands."""

    number: str
    customer: str
    date: date | None
    due: date | None
    reference: str
    currency: str
    lines: tuple[Line, ...]
    rows: tuple
    fault: FileFault | None = None

    @property
    def line(self) -> int:
        return self.rows[0].line


def parse(data: bytes) -> tuple[list[Document], tuple]:
    """The invoices in the order of the file, those with faults too, and the header.

    :raises FileFault: as `lists.read`, or ``no_rows``; faults of invoices: ``no_customer``, ``bad_date``,
        ``bad_number``, ``no_what`` (neither product nor text), ``no_price`` (a text without one), ``bad_discount``,
        ``differs`` (what the rows of one invoice disagree about)
    """
    table = lists.read(data, COLUMNS, REQUIRED)
    if not table.rows:
        raise FileFault("no_rows")
    marks = {name: decimal_mark(row.values.get(name, "") for row in table.rows) for name in NUMBERS}
    mark = next((found for found in marks.values() if found), "")
    groups: dict = {}
    for row in table.rows:
        number = row.values.get("number", "")
        groups.setdefault(number or row.line, []).append(row)
    return [_document(rows, mark) for rows in groups.values()], table.header


def _document(rows, mark):
    values = rows[0].values
    texts = {name: values.get(name, "") for name in OF_THE_INVOICE}
    dates, lines, fault = {"date": None, "due": None}, [], None
    try:
        for row in rows:
            for name in OF_THE_INVOICE:
                if row.values.get(name, "") not in ("", texts[name]):
                    raise FileFault("differs", row.line, name=name)
        if not texts["customer"]:
            raise FileFault("no_customer", rows[0].line)
        for name in dates:
            if texts[name]:
                dates[name] = read_date(texts[name])
                if dates[name] is None:
                    raise FileFault("bad_date", rows[0].line, text=texts[name])
        lines = [_line(row, mark) for row in rows]
    except FileFault as found:
        fault = found
    return Document(
        values.get("number", ""),
        texts["customer"],
        dates["date"],
        dates["due"],
        texts["reference"],
        texts["currency"].upper(),
        tuple(lines),
        tuple(rows),
        fault,
    )


def _line(row, mark):
    numbers = {}
    for name in NUMBERS:
        text = row.values.get(name, "").removesuffix("%")
        numbers[name] = read_number(text, mark) if text else None
        if text and numbers[name] is None:
            raise FileFault("bad_number", row.line, text=text)
    product, text = row.values.get("product", ""), row.values.get("text", "")
    if not product and not text:
        raise FileFault("no_what", row.line)
    if not product and numbers["price"] is None:
        raise FileFault("no_price", row.line)
    discount = numbers["discount"] or Decimal(0)
    if not 0 <= discount <= 100:
        raise FileFault("bad_discount", row.line, text=str(discount))
    quantity = Decimal(1) if numbers["quantity"] is None else numbers["quantity"]
    return Line(row.line, product, text, quantity, numbers["price"], discount, row.values.get("tax", ""))
