"""Lists somebody brings: small enough to be read at once, columns by their names, faults as codes.

The header may stand in any of the first lines, the columns in any order; what is not asked for is left alone.
"""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice

from . import tables
from .errors import FileFault, FormatError, TooBigError

MAX_BYTES = 20 * 1024 * 1024
MAX_UNPACKED = 200 * 1024 * 1024
MAX_ROWS = 100000
MAX_CELLS = 200
HEADER_ROWS = 20
DELIMITERS = ";\t|,"


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
    names = {key: {fold(name) for name in (key, *spellings)} for key, spellings in columns.items()}
    best: set = set()
    _check_size(data, MAX_BYTES)
    for rows in _workbook(data) if data.startswith(tables.ZIP) else delimited(data):
        for at, (_line, cells) in enumerate(rows[:HEADER_ROWS]):
            places = _places(cells, names)
            if all(key in places for key in required):
                return _table(rows, at, places)
            best = max(best, set(places), key=len)
    raise FileFault("no_header", names=[columns[key][0] for key in required if key not in best])


def fold(name) -> str:
    """A column name without what programs change: case, blanks, underscores, quotes, points."""
    return re.sub(r"[ .]+", " ", tables.fold(name)).strip()


def delimited(
    data: bytes, max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS + HEADER_ROWS, max_cells: int = MAX_CELLS
) -> Iterator[list]:
    """A text read with one delimiter after the other, as rows of (line, cells); one that does not fit is left out.

    :raises FileFault: ``empty``, ``too_big``, ``no_text``
    """
    _check_size(data, max_bytes)
    source = io.BytesIO(data)
    try:
        encoding = tables.encoding_of(source)
    except FormatError as error:
        raise FileFault("no_text", error.line) from error
    for delimiter in DELIMITERS:
        try:
            rows = list(islice(tables.text_rows(source, encoding, delimiter, strict=False), max_rows + 1))
        except FormatError:
            continue
        if len(rows) > max_rows:
            raise FileFault("too_big", line=rows[-1][0], megabytes=max_bytes // 1024 // 1024)
        yield [(line, [cell.strip() for cell in cells[:max_cells]]) for line, cells in rows]


def _check_size(data, most):
    if not data:
        raise FileFault("empty")
    if len(data) > most:
        raise FileFault("too_big", megabytes=most // 1024 // 1024)


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


def _workbook(data):
    try:
        book = tables.open_workbook(data, MAX_UNPACKED, values_only=True)
        for sheet in book.worksheets[: tables.MAX_SHEETS]:
            rows = list(islice(tables.sheet_rows(sheet, _cell, MAX_CELLS), MAX_ROWS + HEADER_ROWS + 1))
            if len(rows) > MAX_ROWS + HEADER_ROWS:
                raise FileFault("too_big", line=rows[-1][0], megabytes=MAX_BYTES // 1024 // 1024)
            yield rows
    except TooBigError as error:
        raise FileFault("too_big", error.line, megabytes=MAX_BYTES // 1024 // 1024) from error
    except FormatError as error:
        raise FileFault("broken", error.line) from error


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
