"""Series of price indices as statistical offices hand them out: CSV, one value a month.

Both layouts are read: months below each other (a column of months and a column of values, perhaps further columns
that name the series), and months beside each other (a heading of months, one row for each series). Delimiter,
decimal mark, encoding and the notation of the month are found in the file.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from odoo.addons.list_reader.formats import lists
from odoo.addons.list_reader.formats.errors import FileFault

MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 50000
MAX_CELLS = 5000
#: How offices write a value that is not published (yet).
NO_VALUE = frozenset(["", ".", "..", "...", ":", "-", "–", "n/a", "na"])

_YEAR_FIRST = re.compile(r"((?:19|20)[0-9]{2})\s*[-./ ]?\s*M?\s*(0?[1-9]|1[0-2])(?:[-./](?:0?1))?", re.IGNORECASE)
_MONTH_FIRST = re.compile(r"(?:0?1[-./])?(0?[1-9]|1[0-2])[-./ ]((?:19|20)[0-9]{2})")
_NAMED = re.compile(r"([a-zæøåä]{3,9})\.?[ -]((?:19|20)[0-9]{2})|((?:19|20)[0-9]{2})[ -]([a-zæøåä]{3,9})\.?")
_NUMBER = re.compile(r"[0-9]{1,7}(?:[.,][0-9]{1,8})?")
#: First letters of the months in Danish, Norwegian, Swedish and English.
_NAMES = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "maj": 5, "mai": 5, "may": 5, "jun": 6, "jul": 7, "aug": 8,
    "sep": 9, "okt": 10, "oct": 10, "nov": 11, "des": 12, "dec": 12,
}  # fmt: skip


@dataclass(frozen=True)
class IndexValue:
    """The value of a month (its first day)."""

    month: date
    value: Decimal
    line: int


def parse(data: bytes, series: str = "") -> list[IndexValue]:
    """The values of one series, in order of month.

    :param series: the row or column to read, by its name in the file; empty when there is but one
    :raises FileFault: ``empty``, ``too_big``, ``no_text``, ``no_months``, ``several`` (names), ``unknown_series``
        (name, names), ``twice`` (month), ``not_a_number`` (month, text)
    """
    best: tuple = (0, [])
    for rows in map(_filled, lists.delimited(data, MAX_BYTES, MAX_ROWS, MAX_CELLS + 1)):
        months = sum(1 for _line, cells in rows for cell in cells if read_month(cell))
        if months > best[0]:
            best = (months, rows)
    if not best[0]:
        raise FileFault("no_months")
    rows = best[1]
    heading = next((at for at, (_line, cells) in enumerate(rows) if sum(bool(read_month(c)) for c in cells) > 1), None)
    found = _read_down(rows, series) if heading is None else _read_across(rows, heading, series)
    return _in_order(found)


def read_month(text: str) -> date | None:
    """The month a cell names, or None: 2026M01, 2026-01, 202601, 01.2026, 2026-01-01, 01-01-2026, januar 2026."""
    text = text.strip().casefold()
    if match := _YEAR_FIRST.fullmatch(text):
        return date(int(match[1]), int(match[2]), 1)
    if match := _MONTH_FIRST.fullmatch(text):
        return date(int(match[2]), int(match[1]), 1)
    if match := _NAMED.fullmatch(text):
        month = _NAMES.get((match[1] or match[4])[:3])
        return date(int(match[2] or match[3]), month, 1) if month else None
    return None


def _filled(rows) -> list[tuple[int, list[str]]]:
    for line, cells in rows:
        if len(cells) > MAX_CELLS:
            raise FileFault("too_big", line=line, megabytes=MAX_BYTES // 1024 // 1024)
    return [(line, cells) for line, cells in rows if any(cells)]


def _read_across(rows, heading, series):
    """Months in a heading, a series in each row below."""
    places = {at: read_month(cell) for at, cell in enumerate(rows[heading][1]) if read_month(cell)}
    names = {}
    for line, cells in rows[heading + 1 :]:
        values = {at: cells[at] for at in places if at < len(cells)}
        if not any(_is_number(text) for text in values.values()):
            continue
        label = " ".join(cell for at, cell in enumerate(cells) if at not in places and cell)
        names.setdefault(label, (line, values))
    line, values = _choose(names, series)
    return [(places[at], text, line) for at, text in values.items()]


def _read_down(rows, series):
    """A month in each row; the value in another cell, the series told by the heading or by a cell of the row."""
    data = [(line, cells) for line, cells in rows if any(read_month(cell) for cell in cells)]
    first = rows.index(data[0])
    heading = rows[first - 1][1] if first else []
    month_at = next(at for at, cell in enumerate(data[0][1]) if read_month(cell))
    columns: dict = {}
    labels: dict = {}
    for line, cells in data:
        if month_at >= len(cells) or not (month := read_month(cells[month_at])):
            continue
        others = [(at, cell) for at, cell in enumerate(cells) if at != month_at]
        label = " ".join(cell for _at, cell in others if cell.casefold() not in NO_VALUE and not _is_number(cell))
        for at, cell in others:
            if _is_number(cell) or cell.casefold() in NO_VALUE:
                columns.setdefault(at, []).append((month, cell, line, label))
                labels.setdefault(label, None)
    columns = {at: found for at, found in columns.items() if any(_is_number(row[1]) for row in found)}
    by_name: dict = {}
    for at, found in columns.items():
        title = heading[at] if at < len(heading) else ""
        for month, cell, line, label in found:
            name = " ".join(part for part in (label, title if len(columns) > 1 else "") if part)
            by_name.setdefault(name, []).append((month, cell, line))
    if not by_name:
        month = read_month(data[0][1][month_at])
        raise FileFault("not_a_number", line=data[0][0], month=month, text=" ".join(data[0][1]))
    return _choose(by_name, series)


def _choose(names: dict, series: str):
    """The one that is asked for, else the only one there is."""
    if series:
        wanted = _fold(series)
        exact = [name for name in names if _fold(name) == wanted]
        hits = exact or [name for name in names if wanted in _fold(name)]
        if len(hits) == 1:
            return names[hits[0]]
        if not hits:
            raise FileFault("unknown_series", name=series, names=_some(names))
        raise FileFault("several", names=_some(hits))
    if len(names) == 1:
        return next(iter(names.values()))
    if not names:
        raise FileFault("no_months")
    raise FileFault("several", names=_some(names))


def _in_order(found) -> list[IndexValue]:
    values: dict[date, IndexValue] = {}
    for month, text, line in found:
        if text.casefold() in NO_VALUE:
            continue
        if not _is_number(text):
            raise FileFault("not_a_number", line=line, month=month, text=text)
        value = IndexValue(month, Decimal(text.replace(",", ".")), line)
        if not value.value:
            raise FileFault("not_a_number", line=line, month=month, text=text)
        if month in values and values[month].value != value.value:
            raise FileFault("twice", line=line, month=month)
        values.setdefault(month, value)
    if not values:
        raise FileFault("no_months")
    return [values[month] for month in sorted(values)]


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text))


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()


def _some(names) -> list[str]:
    return [name or "?" for name in names][:20]
