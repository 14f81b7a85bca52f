"""Dates as text: ISO, or with the day or the month first as the file itself shows."""

import re
from datetime import date

from .errors import FormatError, _lt

_DAYS: dict[str, date] = {}
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[ T][0-9:.]*)?")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[-./ ]([0-9]{1,2})[-./ ]([0-9]{4})")
_NUMERIC_DATE = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})")


def date_reader(dates, field: str, order: str = "auto"):
    """A function that reads the dates of this file; it is in the file itself whether the day or the month is first.

    Dates with points or hyphens have the day first, in every country that writes them so.

    :param dates: (line, text) of all rows
    :param order: ``auto``, ``dmy`` or ``mdy``
    """
    first, second = {"dmy": (13, 0), "mdy": (0, 13)}.get(order, (0, 0))
    for _at, text in dates if order == "auto" else ():
        match = _NUMERIC_DATE.fullmatch(str(text).strip().split(" ")[0])
        if match and match[2] == "/":
            first, second = max(first, int(match[1])), max(second, int(match[3]))
    if first > 12 and second > 12:
        raise FormatError(dates[0][0], field, _lt("the dates have neither the day nor the month first"))

    def read(text, line):
        text = str(text).strip()
        text = text.split(" ")[0] if "/" in text or "." in text else text
        match = _NUMERIC_DATE.fullmatch(text)
        if not match:
            return day_of(text, line, field)
        left, right, year = int(match[1]), int(match[3]), int(match[4])
        if match[2] == "/" and first <= 12 and second <= 12 and left != right:
            message = _lt(
                "'%(text)s' can be read in two ways; fetch a period with a day after the 12th, or choose ISO dates",
                text=text,
            )
            raise FormatError(line, field, message)
        month_first = second > 12 and (match[2] == "/" or order == "mdy")
        try:
            return date(year, left, right) if month_first else date(year, right, left)
        except ValueError as error:
            raise FormatError(line, field, _lt("'%(text)s' is not a date", text=text)) from error

    return read


def day_of(text, line: int = 0, field: str = "date") -> date:
    """The day of an ISO date or date and time; days are kept, since a million lines share a few."""
    found = _DAYS.get(text[:10]) if isinstance(text, str) else None
    if found is not None:
        return found
    text = str(text or "").strip()
    key = text[:10].replace("/", "-")
    try:
        if len(key) != 10 or not key.isascii():
            raise ValueError
        found = date.fromisoformat(key)
    except ValueError as error:
        raise FormatError(line, field, _lt("'%(text)s' is not a date", text=text[:40])) from error
    if len(_DAYS) > 20000:
        _DAYS.clear()
    _DAYS[text[:10]] = found
    return found


def read_date(text: str) -> date | None:
    """2027-03-31, 31-03-2027, 31.03.2027, 31/3/2027 (the day first, as in the Nordic countries), or None."""
    text = text.strip()
    try:
        if match := _ISO.fullmatch(text):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _DAY_FIRST.fullmatch(text):
            return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        return None
    return None
