"""Lists from files nobody vouches for: CSV in any usual encoding and delimiter, or XLSX. Columns by their names.

The header may stand in any of the first lines, the columns in any order; what is not asked for is left alone.
"""

import csv
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from .errors import FileFault

MAX_BYTES = 20 * 1024 * 1024
MAX_UNPACKED = 200 * 1024 * 1024
MAX_ROWS = 100000
MAX_CELLS = 200
HEADER_ROWS = 20
DELIMITERS = ";\t|,"
ZIP = b"PK\x03\x04"

_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[ T][0-9:.]*)?")
_NORDIC = re.compile(r"([0-9]{1,2})[-./ ]([0-9]{1,2})[-./ ]([0-9]{4})")
_DIGITS = re.compile(r"[+-]?[0-9]{1,15}(?:([.,])([0-9]{1,10}))?")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:([.,])[0-9]{3})(?:\1[0-9]{3})*(?:([.,])([0-9]{1,10}))?")
_BLANKS = re.compile(r"[\s\u00a0\u2009\u202f'’]")


@dataclass(frozen=True)
class Row:
    """Cells of the columns that were found, as text; ``cells``: the whole row as it came."""

    line: int
    values: dict
    cells: tuple


@dataclass(frozen=True)
class Table:
    header: tuple
    rows: list


def read(data: bytes, columns: Mapping[str, Sequence[str]], required: Sequence[str]) -> Table:
    """The rows of a list.

    :param columns: own name of a column -> the names it may have in the file
    :param required: own names of the columns that must be there
    :raises FileFault: ``empty``, ``too_big``, ``no_text``, ``broken``, ``no_header`` (names), ``twice_column`` (name)
    """
    if not data:
        raise FileFault("empty")
    if len(data) > MAX_BYTES:
        raise FileFault("too_big", megabytes=MAX_BYTES // 1024 // 1024)
    names = {key: {fold(name) for name in (key, *spellings)} for key, spellings in columns.items()}
    best: set = set()
    for rows in _sources(data):
        for at, (_line, cells) in enumerate(rows[:HEADER_ROWS]):
            places = _places(cells, names)
            if all(key in places for key in required):
                return _table(rows, at, places)
            best = max(best, set(places), key=len)
    raise FileFault("no_header", names=[columns[key][0] for key in required if key not in best])


def fold(name) -> str:
    """A column name without what programs change: case, blanks, underscores, quotes, points."""
    return re.sub(r"[\s\u00a0_.]+", " ", str(name).replace("\ufeff", "")).strip(" '\"").casefold()


def _places(cells, names):
    places: dict = {}
    for at, cell in enumerate(cells):
        for key, spellings in names.items():
            if fold(cell) in spellings:
                if key in places:
                    raise FileFault("twice_column", name=cell)
                places[key] = at
    return places


def _table(rows, at, places):
    found = []
    for line, cells in rows[at + 1 :]:
        if len(found) >= MAX_ROWS:
            raise FileFault("too_big", line=line, megabytes=MAX_BYTES // 1024 // 1024)
        values = {key: cells[place] if place < len(cells) else "" for key, place in places.items()}
        if any(values.values()):
            found.append(Row(line, values, tuple(cells)))
    return Table(tuple(rows[at][1]), found)


def _sources(data):
    """Each way to read the file, as rows of (line, cells)."""
    if data.startswith(ZIP):
        yield from _workbook(data)
        return
    text = _decode(data)
    for delimiter in DELIMITERS:
        rows = []
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            for cells in reader:
                if len(rows) > MAX_ROWS + HEADER_ROWS:
                    raise FileFault("too_big", line=reader.line_num, megabytes=MAX_BYTES // 1024 // 1024)
                rows.append((reader.line_num, [cell.strip() for cell in cells[:MAX_CELLS]]))
        except csv.Error:
            continue
        yield rows


def _decode(data):
    encodings = ("utf-16",) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise FileFault("no_text")


def _workbook(data):
    from openpyxl import load_workbook  # noqa: PLC0415 - only for workbooks

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > MAX_UNPACKED or len(members) > 1000:
                raise FileFault("too_big", megabytes=MAX_BYTES // 1024 // 1024)
            for member in members:
                with archive.open(member) as part:
                    if b"<!ENTITY" in part.read(4096):
                        raise FileFault("broken")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets[:20]:
            rows = []
            for number, cells in enumerate(sheet.iter_rows(values_only=True, max_col=MAX_CELLS), 1):
                if len(rows) > MAX_ROWS + HEADER_ROWS:
                    raise FileFault("too_big", line=number, megabytes=MAX_BYTES // 1024 // 1024)
                texts = [_cell(cell) for cell in cells]
                while texts and not texts[-1]:
                    texts.pop()
                rows.append((number, texts))
            yield rows
    except FileFault:
        raise
    except Exception as error:  # openpyxl raises whatever a broken part makes it raise
        raise FileFault("broken") from error


def _cell(value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        number = Decimal(repr(value))
        return format(number.to_integral() if number == number.to_integral() else number, "f")
    return str(value).strip()


def read_date(text: str) -> date | None:
    """2027-03-31, 31-03-2027, 31.03.2027, 31/3/2027 (the day first, as in the Nordic countries), or None."""
    text = text.strip()
    try:
        if match := _ISO.fullmatch(text):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _NORDIC.fullmatch(text):
            return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        return None
    return None


def decimal_mark(texts) -> str:
    """The decimal mark a file shows by its numbers: "," or "."; "" when no number tells."""
    for text in texts:
        text = _BLANKS.sub("", text)
        if "," in text and "." in text:
            return max(",.", key=text.rfind)
        if (match := _DIGITS.fullmatch(text)) and match[1] and len(match[2]) != 3:
            return match[1]
        if (text.count(".") > 1 or text.count(",") > 1) and _GROUPED.fullmatch(text):
            return "," if "." in text else "."
    return ""


def read_number(text: str, mark: str = "") -> Decimal | None:
    """The number, or None. ``1.234`` is read by the file's decimal mark only; without one it is refused."""
    text = _BLANKS.sub("", text).replace("\u2212", "-")
    if match := _DIGITS.fullmatch(text):
        if not match[1]:
            return Decimal(text)
        if len(match[2]) == 3 and mark != match[1]:
            if not mark or len(text.lstrip("+-").split(match[1])[0]) > 3:
                return None
            return Decimal(text.replace(match[1], ""))
        if mark and mark != match[1]:
            return None
        return Decimal(text.replace(",", "."))
    if match := _GROUPED.fullmatch(text):
        if match[2] == match[1] or (mark and mark == match[1]):
            return None
        whole = text.replace(match[1], "")
        try:
            return Decimal(whole.replace(",", "."))
        except InvalidOperation:
            return None
    return None
