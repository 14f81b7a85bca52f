"""Lists of usage: which subscription, when, how much. CSV or XLSX; one fault never stops the other rows."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from odoo.addons.list_reader.formats import lists
from odoo.addons.list_reader.formats.dates import read_date
from odoo.addons.list_reader.formats.errors import FileFault
from odoo.addons.list_reader.formats.numbers import decimal_mark, read_number

COLUMNS = {
    "subscription": ("subscription", "abonnement", "abonnementsnr", "abonnementsnummer", "abonnemang", "number"),
    "customer": ("customer", "kunde", "kundenr", "kundenummer", "kund", "kundnummer", "debitor", "debitornr"),
    "product": ("product", "vare", "varenr", "varenummer", "produkt", "line", "linje", "artikel", "sku"),
    "date": ("date", "dato", "datum", "day", "dag"),
    "quantity": ("quantity", "antal", "antall", "mængde", "forbrug", "usage"),
    "reference": ("reference", "referance", "ref", "id", "løbenummer"),
    "text": ("text", "tekst", "beskrivelse", "description", "note"),
}
REQUIRED = ("subscription", "date", "quantity")


@dataclass(frozen=True)
class Use:
    """A row that can be read. ``subscription``, ``customer`` and ``product`` as the file names them."""

    line: int
    subscription: str
    customer: str
    product: str
    date: date
    quantity: Decimal
    reference: str
    text: str
    cells: tuple = ()


@dataclass(frozen=True)
class BadRow:
    line: int
    cells: tuple
    fault: FileFault


def parse(data: bytes) -> tuple[list[Use], list[BadRow], tuple]:
    """The rows, the rows that cannot be read, and the header.

    :raises FileFault: as `lists.read`, or ``no_rows``; of a row: ``no_subscription``, ``bad_date``, ``bad_number``
    """
    table = lists.read(data, COLUMNS, REQUIRED)
    if not table.rows:
        raise FileFault("no_rows")
    mark = decimal_mark(row.values["quantity"] for row in table.rows)
    uses, bad = [], []
    for row in table.rows:
        try:
            uses.append(_read_row(row, mark))
        except FileFault as fault:
            bad.append(BadRow(row.line, row.cells, fault))
    return uses, bad, table.header


def _read_row(row, mark):
    values = row.values
    if not values["subscription"]:
        raise FileFault("no_subscription", row.line)
    day = read_date(values["date"])
    if day is None:
        raise FileFault("bad_date", row.line, text=values["date"])
    quantity = read_number(values["quantity"], mark)
    if quantity is None:
        raise FileFault("bad_number", row.line, text=values["quantity"])
    return Use(
        row.line,
        values["subscription"],
        values.get("customer", ""),
        values.get("product", ""),
        day,
        quantity,
        values.get("reference", ""),
        values.get("text", ""),
        row.cells,
    )
