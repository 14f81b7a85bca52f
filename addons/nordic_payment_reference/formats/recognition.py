"""Find payment references in what somebody typed, pasted or wrote in a bank text.

Source: payment-formats specification, sections 2.2, 2.4 (ways a Danish payment id comes back), 3.1, 4.1 and 5.
"""

import re
from typing import NamedTuple

from . import fi, kid, rf, viite
from .errors import InvalidReference

#: A bank text is never longer; hostile input is cut here.
LONGEST_TEXT = 4000

_FI_LINE = re.compile(r"\+\s?(71|73|75|04|15|01)\s?<([\d ]{0,24})\+([\d ]{7,12})<?")
_FI_TYPED = re.compile(r"(?<!\d)(71|75|04|15)[ #:<+]{1,3}(\d{13,16})(?:[ +<]{1,3}(\d{7,8}))?(?!\d)")
_RF = re.compile(r"(?<![A-Z0-9])RF\d{2}(?: ?[A-Z0-9]{1,4}){1,6}(?![A-Z0-9])")
_DIGITS = re.compile(r"(?<![\dA-Z])\d{4,25}(?![\dA-Z])")


class Reference(NamedTuple):
    """A reference found. ``certain`` is False for bare digits that only happen to pass a check digit."""

    card_type: str
    number: str
    creditor: str = ""
    certain: bool = True


def _valid(function, *arguments):
    try:
        return function(*arguments)
    except InvalidReference:
        return None


def _fi_references(text):
    """Lines with their marks, then card type and number with blanks or ``#`` between."""
    for found in _FI_LINE.finditer(text):
        slip = _valid(fi.parse_line, found[0])
        if slip:
            yield Reference(slip.card_type, slip.payment_id, slip.creditor)
    for found in _FI_TYPED.finditer(text):
        number = _valid(fi.validate_payment_id, found[1], found[2])
        creditor = found[3] and _valid(fi.validate_creditor, found[1], found[3])
        if number:
            yield Reference(found[1], number, creditor or "")


def _rf_references(text):
    """The longest beginning of a match that passes: the text may go on after the reference."""
    for found in _RF.finditer(text):
        parts = found[0].split(" ")
        for count in range(len(parts), 0, -1):
            number = _valid(rf.validate, "".join(parts[:count]))
            if number:
                yield Reference("rf", number)
                break


def _bare_references(text):
    """Digits alone: everything they may be, a Danish payment id of full length first."""
    for found in _DIGITS.finditer(text):
        digits = found[0]
        if len(digits) == fi.ID_LENGTH["71"] and _valid(fi.validate_payment_id, "71", digits):
            yield Reference("71", digits, certain=False)
        if len(digits) == fi.ID_LENGTH["75"] and _valid(fi.validate_payment_id, "75", digits):
            yield Reference("75", digits, certain=False)
        if _valid(kid.validate, digits, "mod10"):
            yield Reference("kid10", digits, certain=False)
            yield Reference("ocr", digits, certain=False)
        if _valid(kid.validate, digits, "mod11"):
            yield Reference("kid11", digits, certain=False)
        if digits[0] != "0" and _valid(viite.validate, digits):
            yield Reference("viite", digits, certain=False)


def recognise(text):
    """Every reference in ``text`` whose check digit is right, the certain ones first, each once.

    >>> recognise("Betaling +71<026840149965328+80882939< tak")[0]
    Reference(card_type='71', number='026840149965328', creditor='80882939', certain=True)
    >>> recognise("71 026840149965328")[0]
    Reference(card_type='71', number='026840149965328', creditor='', certain=True)
    >>> recognise("viite RF34 1234561 kiitos")[0]
    Reference(card_type='rf', number='RF341234561', creditor='', certain=True)
    >>> [(r.card_type, r.certain) for r in recognise("123456782")]
    [('kid10', False), ('ocr', False)]
    >>> recognise("26840149965329"), recognise("")
    ([], [])
    """
    text = (text or "")[:LONGEST_TEXT].upper()
    found = {}
    for source in (_fi_references, _rf_references, _bare_references):
        for reference in source(text):
            found.setdefault((reference.card_type, reference.number), reference)
    return list(found.values())
