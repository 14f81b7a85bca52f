"""Amounts as text, exact: in one known notation, or in the notation a file turns out to have.

Digits are ASCII digits only. An amount that could be read in two ways is refused, never guessed: ``1.005`` is
a thousand and five in Denmark and one and a half øre too much in England.
"""

import re
from decimal import Decimal
from functools import lru_cache

from .errors import FormatError, _lt

# ISO 4217: currencies without decimals, and with three.
NO_DECIMALS = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"]
)
THREE_DECIMALS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])

ZERO = Decimal(0)
MINUS = "\u2212"
BLANKS = " \u00a0\u2009\u202f'\u2019"

_PLAIN = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,2})?")
_ROW = re.compile(r"(?:(?:[+-]?[0-9]{1,15}(?:\.[0-9]{1,2})?)?(?:;|\Z))*").fullmatch
NOT_EXACT = (ValueError, TypeError, ArithmeticError)
_THREE = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,3})?")
_FINE = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,18})?")
_AMBIGUOUS = re.compile(r"[+-]?[0-9]{1,3}[.,][0-9]{3}")
_GROUPED = {
    ".": re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,2})?|[0-9]{1,3}(?:,[0-9]{3}){1,4}\.[0-9]{1,2}"),
    ",": re.compile(r"[0-9]{1,15}(?:,[0-9]{1,2})?|[0-9]{1,3}(?:\.[0-9]{3}){1,4},[0-9]{1,2}"),
}
_SPACED = re.compile(r"[0-9]{1,3}(?:[%s][0-9]{3}){1,4}(?:[.,][0-9]{1,2})?" % BLANKS)


def exponent(currency: str) -> int:
    """Decimals of a currency after ISO 4217."""
    if currency in NO_DECIMALS:
        return 0
    return 3 if currency in THREE_DECIMALS else 2


@lru_cache(maxsize=8192)
def _plain(text: str):
    if not _PLAIN.fullmatch(text):
        return None
    return Decimal(text)


def exact_row(cells) -> list[Decimal]:
    """The fast way of :func:`plain` for all amounts of a row at once; empty is zero.

    :raises ValueError, TypeError, ArithmeticError: when one is not plain; then :func:`plain` tells which, or knows
        the decimals of its currency
    """
    if not _ROW(";".join(cells)):
        raise ValueError
    return [Decimal(cell) if cell else ZERO for cell in cells]


def plain(text, line: int = 0, field: str = "amount", currency: str = "") -> Decimal:
    """A signed amount with a decimal point and at most the currency's decimals (two without one)."""
    if isinstance(text, Decimal):
        return _number(text, line, field, currency)
    value = _plain(text)
    if value is None:
        text = (text or "").strip()
        value = _plain(text)
    if value is not None:
        return value
    if currency in THREE_DECIMALS and _THREE.fullmatch(text):
        return Decimal(text)
    raise FormatError(line, field, refusal(text))


def _number(value: Decimal, line: int, field: str, currency: str) -> Decimal:
    """A number of a spreadsheet or of JSON: no notation to get wrong, but no parts of an øre either."""
    if not value.is_finite() or value.adjusted() > 15:
        raise FormatError(line, field, _lt("'%(text)s' is not an amount", text=value))
    if value.as_tuple().exponent < -max(exponent(currency), 2):
        shortened = value.quantize(Decimal(1).scaleb(-max(exponent(currency), 2)))
        if shortened != value:
            raise FormatError(line, field, _lt("'%(text)s' has more decimals than an amount has", text=value))
        return shortened
    return value if value.as_tuple().exponent <= 0 else value.quantize(Decimal(1))


def fine(text, line: int = 0, field: str = "amount") -> Decimal:
    """A number that may have many decimals, such as a rate: never money that is booked."""
    if isinstance(text, Decimal) and text.is_finite():
        return text
    text = str(text or "").strip()
    if not _FINE.fullmatch(text):
        raise FormatError(line, field, _lt("'%(text)s' is not a number", text=text[:40]))
    return Decimal(text)


def minor(value, line: int = 0, field: str = "amount", decimals: int = 2) -> Decimal:
    """A signed whole number of øre, öre or cent; ``decimals`` as the provider counts them."""
    if isinstance(value, bool) or isinstance(value, Decimal) and value != value.to_integral_value():
        raise FormatError(line, field, _lt("'%(text)s' is not a whole number of the smallest unit", text=value))
    text = str(value if value is not None else "").strip()
    if isinstance(value, Decimal):
        text = format(value, "f").split(".")[0]
    if not re.fullmatch(r"[+-]?[0-9]{1,17}", text):
        raise FormatError(line, field, _lt("'%(text)s' is not a whole number of the smallest unit", text=text[:40]))
    return Decimal(text).scaleb(-decimals)


def refusal(text: str) -> str:
    """Why a text is no amount, in words."""
    shown = text[:40]
    if _AMBIGUOUS.fullmatch(text):
        return _lt(
            "'%(text)s' can be read in two ways (thousands or three decimals); it is not an unambiguous amount",
            text=shown,
        )
    if not text:
        return _lt("the amount is missing")
    if text.startswith("="):
        return _lt("'%(text)s' is a formula, not an amount", text=shown)
    if any(mark in text for mark in ".,") and any(digit.isascii() and digit.isdigit() for digit in text):
        return _lt("'%(text)s' is not an amount in this notation", text=shown)
    return _lt("'%(text)s' is not an amount", text=shown)


class Notation:
    """The notation of one file: a decimal mark that is given, or found from the first amount that shows it.

    Thousands separators are read when they stand where they belong. An amount in the other notation than those
    before it is refused with both lines.
    """

    def __init__(self, mark: str = ""):
        self.mark = mark
        self.shown = ("", 0)  # the amount that decided, and its line

    def amount(self, text, line: int = 0, field: str = "amount", currency: str = "") -> Decimal:
        if isinstance(text, Decimal):
            return _number(text, line, field, currency)
        text = (text or "").strip()
        sign, digits = self._sign(text)
        if not digits:
            raise FormatError(line, field, refusal(text))
        if _AMBIGUOUS.fullmatch(digits):
            raise FormatError(line, field, refusal(digits))
        if _SPACED.fullmatch(digits):
            digits = digits.translate({ord(blank): None for blank in BLANKS})
        marks = [mark for mark in ".," if _GROUPED[mark].fullmatch(digits)]
        if not marks:
            raise FormatError(line, field, refusal(text))
        if len(marks) == 1:
            self._settle(marks[0], text, line, field)
        mark = marks[0] if len(marks) == 1 else (self.mark or ".")
        other = "," if mark == "." else "."
        return sign * Decimal(digits.replace(other, "").replace(",", "."))

    def _sign(self, text):
        text = text.replace(MINUS, "-")
        if text.startswith("(") and text.endswith(")"):
            return -1, text[1:-1].strip()
        for place in (0, -1):
            if text and text[place] in "+-":
                rest = text[1:] if place == 0 else text[:-1]
                return (-1 if text[place] == "-" else 1), rest.strip()
        return 1, text

    def _settle(self, mark, text, line, field):
        if not self.mark:
            self.mark, self.shown = mark, (text, line)
        elif mark != self.mark:
            before, at = self.shown
            seen = _lt(" ('%(before)s' on line %(at)s)", before=before[:40], at=at) if at else ""
            name = {".": _lt("point"), ",": _lt("comma")}[self.mark]
            raise FormatError(
                line,
                field,
                _lt(
                    "'%(text)s' is written otherwise than the amounts before it: decimal %(name)s%(seen)s",
                    text=text[:40],
                    name=name,
                    seen=seen,
                ),
            )


# Quantities and prices of lists: any sign, up to ten decimals, and a decimal mark the whole file shows.

_DIGITS = re.compile(r"[+-]?[0-9]{1,15}(?:([.,])([0-9]{1,10}))?")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:([.,])[0-9]{3})(?:\1[0-9]{3})*(?:([.,])([0-9]{1,10}))?")


def _unspaced(text: str) -> str:
    return "".join(text.translate({ord(blank): None for blank in BLANKS}).split()).replace(MINUS, "-")


def decimal_mark(texts) -> str:
    """The decimal mark a file shows by its numbers: "," or "."; "" when no number tells."""
    for text in map(_unspaced, texts):
        if "," in text and "." in text:
            return max(",.", key=text.rfind)
        if (match := _DIGITS.fullmatch(text)) and match[1] and len(match[2]) != 3:
            return match[1]
        if (text.count(".") > 1 or text.count(",") > 1) and _THOUSANDS.fullmatch(text):
            return "," if "." in text else "."
    return ""


def read_number(text: str, mark: str = "") -> Decimal | None:
    """The number, or None. ``1.234`` is read by the file's decimal mark only; without one it is refused."""
    text = _unspaced(text)
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
    match = _THOUSANDS.fullmatch(text)
    if not match or match[2] == match[1] or (mark and mark == match[1]):
        return None
    return Decimal(text.replace(match[1], "").replace(",", "."))
