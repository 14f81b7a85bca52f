"""Journal entries for other finance systems, as CSV or JSON. Plain Python, exact decimals; records in, bytes out."""

import csv
import io
import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

COLUMNS = (
    "entry",
    "date",
    "journal",
    "account",
    "account_name",
    "text",
    "partner",
    "partner_vat",
    "debit",
    "credit",
    "currency",
    "amount_currency",
    "tax",
    "reference",
)


@dataclass(frozen=True)
class Row:
    """One line; ``amount`` in company currency, debit positive."""

    account: str
    account_name: str
    amount: Decimal
    text: str = ""
    partner: str = ""
    partner_vat: str = ""
    currency: str = ""
    amount_currency: Decimal = Decimal(0)
    tax: str = ""


@dataclass(frozen=True)
class Entry:
    number: str
    date: date
    journal: str
    text: str
    rows: tuple
    reference: str = ""

    @property
    def balance(self):
        return sum((row.amount for row in self.rows), Decimal(0))


@dataclass(frozen=True)
class Export:
    """``year_start`` and ``year_end``: the financial year the period lies in."""

    company: str
    organisation_number: str
    currency: str
    year_start: date
    year_end: date
    made_on: date
    entries: tuple
    program: str = "Odoo"


def to_csv(export):
    """-> bytes: one line per journal line, semicolons, decimal point, UTF-8 with a mark for spreadsheets."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for entry in export.entries:
        for row in entry.rows:
            writer.writerow([_cell(value) for value in _values(entry, row)])
    return b"\xef\xbb\xbf" + file.getvalue().encode()


def to_json(export):
    """-> bytes; amounts are texts, so that no reader makes floats of them."""
    body = {
        "company": export.company,
        "organisation_number": export.organisation_number,
        "currency": export.currency,
        "made_on": export.made_on.isoformat(),
        "entries": [
            {
                "entry": entry.number,
                "date": entry.date.isoformat(),
                "journal": entry.journal,
                "text": entry.text,
                "reference": entry.reference,
                "lines": [
                    {
                        "account": row.account,
                        "account_name": row.account_name,
                        "amount": f"{row.amount:.2f}",
                        "text": row.text,
                        "partner": row.partner,
                        "partner_vat": row.partner_vat,
                        "currency": row.currency,
                        "amount_currency": f"{row.amount_currency}",
                        "tax": row.tax,
                    }
                    for row in entry.rows
                ],
            }
            for entry in export.entries
        ],
    }
    return json.dumps(body, ensure_ascii=False, indent=1).encode()


def _values(entry, row):
    debit, credit = max(row.amount, Decimal(0)), max(-row.amount, Decimal(0))
    return (
        entry.number,
        entry.date.isoformat(),
        entry.journal,
        row.account,
        row.account_name,
        row.text or entry.text,
        row.partner,
        row.partner_vat,
        f"{debit:.2f}",
        f"{credit:.2f}",
        row.currency,
        f"{row.amount_currency}",
        row.tax,
        entry.reference,
    )


def _cell(value):
    """A text that a spreadsheet would take for a formula is shown as text."""
    return f"'{value}" if value[:1] in ("=", "+", "@", "\t", "\r") or _is_formula(value) else value


def _is_formula(value):
    return value.startswith("-") and not value[1:].replace(".", "", 1).isdigit()
