"""Values inside a record: numbers, dates, amounts, customer numbers, printable text.

Source: payment-formats specification, sections 0 (customer numbers), 1.1 and 1.2.
"""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from functools import lru_cache

from .errors import DeliveryError

ENCODING = "iso-8859-1"
#: Two-digit years from here on belong to the last century (mandates are older than the files).
PIVOT_YEAR = 70

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
CUSTOMER_WIDTH = 15
_CUSTOMER = re.compile(r"[0-9A-ZÆØÅ]{1,15}")


def number(text, line, field):
    """Digits only."""
    if not (text.isascii() and text.isdigit()):
        raise DeliveryError(line, field, "not_a_number", value=text.strip() or text)
    return int(text)


def kroner(ore):
    """Øre as an amount in kroner."""
    return Decimal(ore).scaleb(-2)


def ore(amount, field="amount"):
    """Kroner as whole øre; a broken øre is refused."""
    value = Decimal(amount).scaleb(2)
    whole = int(value)
    if value != whole:
        raise DeliveryError(0, field, "decimals", amount=amount)
    return whole


def day6(text, line, field):
    """``ddmmyy``; all zeros: not given."""
    if not text.strip("0 "):
        return None
    year = number(text[4:6], line, field)
    return _day(text[:2], text[2:4], year + (1900 if year >= PIVOT_YEAR else 2000), line, field, text)


def day8(text, line, field):
    """``ddmmyyyy``; all zeros: not given."""
    if not text.strip("0 "):
        return None
    return _day(text[:2], text[2:4], number(text[4:8], line, field), line, field, text)


@lru_cache(maxsize=512)
def text8(day):
    """``ddmmyyyy``; None: zeros."""
    return day.strftime("%d%m%Y") if day else "0" * 8


@lru_cache(maxsize=512)
def text6(day):
    """``ddmmyy``; None: zeros."""
    return day.strftime("%d%m%y") if day else "0" * 6


def _day(day, month, year, line, field, text):
    try:
        return date(year, number(month, line, field), number(day, line, field))
    except ValueError as error:
        raise DeliveryError(line, field, "date", value=text) from error


def customer_key(customer_number):
    """What two customer numbers are compared by: no blanks, no zeros in front (section 0, point 4).

    >>> customer_key("TEST001"), customer_key("00000000TEST001"), customer_key("1001 ")
    ('TEST001', 'TEST001', '1001')
    """
    return customer_number.strip().lstrip("0").upper() or "0"


def check_customer_number(customer_number, is_kept=False):
    """Refuse what Betalingsservice does not take as a customer number (section 1.1).

    :param is_kept: a number the operator has already, whatever its characters: the rule for them has one source

    >>> check_customer_number("KUNDEÆØÅ2"), check_customer_number("a-17", is_kept=True)
    ('KUNDEÆØÅ2', 'a-17')
    """
    if _CUSTOMER.fullmatch(customer_number):
        return customer_number
    if is_kept and customer_number and customer_number == printable(customer_number, CUSTOMER_WIDTH):
        return customer_number
    for place, char in enumerate(customer_number, 1):
        if not _CUSTOMER.fullmatch(char):
            raise DeliveryError(
                0, "customer_number", "customer_character", number=customer_number, place=place, character=char
            )
    raise DeliveryError(0, "customer_number", "customer_length", number=customer_number)


#: Characters people type that ISO-8859-1 has not, and what is written instead.
_REPLACEMENTS = str.maketrans(
    {
        "–": "-",
        "—": "-",
        "‘": "'",
        "’": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "…": "...",
        "€": "EUR",
        "•": "-",
        "œ": "oe",
        "Œ": "OE",
    }
)


#: One letter of ISO-8859-1 in UTF-8, read as ISO-8859-1 or as Windows-1252.
_SECOND_BYTES = "".join(bytes([byte]).decode("cp1252", "ignore") for byte in range(0x80, 0xA0))
_DAMAGED = re.compile(f"[ÂÃ][\x80-\xbf{_SECOND_BYTES}]")


def _mended(found):
    second = found[0][1]
    code = second.encode("cp1252") if second in _SECOND_BYTES else second.encode(ENCODING)
    return (found[0][0].encode(ENCODING) + code).decode()


def printable(text, width):
    """``text`` on one line, in the characters of the file, cut to ``width``.

    Letters that were damaged before, UTF-8 once taken for something else, become what they were: the file would pass
    for one saved as UTF-8, and be refused.

    >>> printable("Søren – “Ærø”", 40), printable("Łódź", 10), printable("two  lines", 5)
    ('Søren - "Ærø"', '?ódz', 'two l')
    >>> printable("SÃ¸ren Ã…kjÃ¦r", 40)
    'Søren Åkjær'
    """
    text = _DAMAGED.sub(_mended, text or "")
    text = " ".join(text.split()).translate(_REPLACEMENTS)
    found = []
    for char in text:
        if not _encodes(char):
            char = unicodedata.normalize("NFKD", char)[0]
        found.append(char if _encodes(char) and not CONTROL.match(char) else "?")
    return "".join(found)[:width].rstrip()


def _encodes(char):
    try:
        char.encode(ENCODING)
    except UnicodeEncodeError:
        return False
    return True
