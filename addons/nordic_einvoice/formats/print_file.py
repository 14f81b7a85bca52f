"""The file for a print service: a zip with one PDF per invoice and a list of the addresses. Plain Python."""

import csv
import io
import re
import zipfile
from dataclasses import astuple, dataclass, fields


@dataclass(frozen=True)
class Letter:
    file: str
    invoice: str
    customer: str
    name: str
    street: str
    street2: str
    zip: str
    city: str
    country: str  # ISO 3166-1 alpha-2


def write(letters, sheets):
    """``letters`` beside ``sheets`` (bytes of their PDFs), in the same order; equal letters give equal bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for letter, sheet in zip(letters, sheets, strict=True):
            archive.writestr(_entry(letter.file), sheet)
        archive.writestr(_entry("addresses.csv"), addresses(letters))
    return packed.getvalue()


def addresses(letters):
    """CSV with semicolons, UTF-8 with byte order mark (Excel's Nordic reading)."""
    text = io.StringIO()
    table = csv.writer(text, delimiter=";", lineterminator="\r\n")
    table.writerow([field.name for field in fields(Letter)])
    table.writerows([[_cell(value) for value in astuple(letter)] for letter in letters])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def file_name(number, taken):
    """A name for the PDF of an invoice number, unlike those in ``taken`` (a set, which is added to)."""
    base = re.sub(r"[^\w.-]+", "_", number).strip("._") or "invoice"
    name, count = f"{base}.pdf", 2
    while name.lower() in taken:
        name, count = f"{base}_{count}.pdf", count + 1
    taken.add(name.lower())
    return name


def _cell(value):
    """One line, and never a formula in a spreadsheet."""
    value = " ".join(str(value).split())
    return f"'{value}" if value[:1] in ("=", "+", "-", "@") else value


def _entry(name):
    return zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
