"""Find payment references in what somebody typed, pasted or wrote in a bank text.

Source: payment-formats specification, sections 2.2, 2.4 (ways a Danish payment id comes back), 3.1, 4.1 and 5.
"""

import html
import re
from typing import NamedTuple

from . import barcode, fi, kid, rf, viite
from .errors import InvalidReference

#: A bank text is never longer; hostile input is cut here.
LONGEST_TEXT = 4000
#: Digits that stand in a longer run are looked for in runs of this length at most.
LONGEST_RUN = 64
#: Groups of digits that may be one number printed with blanks.
MOST_GROUPS = 8
#: A number put together of groups is at least this long: shorter ones are dates, amounts and house numbers.
SHORTEST_JOINED = 7

_FI_LINE = re.compile(r"\+ ?(71|73|75|04|15|01) ?<((?:\d ?){0,16}) ?\+ ?((?:\d ?){8}|(?:\d ?){7})(?=<|\D|$)<?")
# card type, payment id of the right length with or without blanks, and perhaps the creditor; marks may have been lost
_FI_TYPED = {
    card: re.compile(
        rf"(?<!\d){card}(?P<gap>[ #:<+]{{0,3}})(?P<id>(?:\d ?){{{shortest - 1},{longest - 1}}}\d)"
        r"(?:[ +<#/]{0,3}(?P<creditor>(?:\d ?){6,7}\d))?(?!\d)"
    )
    for card, shortest, longest in (("71", 15, 15), ("75", 16, 16), ("04", 13, 16), ("15", 13, 16))
}
# each word in one way only: a long one tried in every split would hold up the server
_RF = re.compile(r"(?<![A-Z0-9])RF ?\d{2}[A-Z0-9]*(?: [A-Z0-9]+){0,6}")
_NAMED = re.compile(r"\b(KID|OCR|VIITENUMERO|VIITE)[ -]?(?:NR|NUMMER|REF)?[ .:#]{0,3}((?:\d ?){1,24}(?:\d|-))(?!\d)")
_DIGITS = re.compile(r"(?<![\dA-Z])(?:\d{4,25}|\d{3,24}-)(?![\dA-Z])")
_GROUPS = re.compile(r"(?<![\dA-Z+<])\d{1,25}(?: \d{1,25})+(?![\dA-Z])")
_RUN = re.compile(r"\d{5,}")
_BARCODE = re.compile(r"(?<!\d)[45](?: ?\d){53}(?!\d)")


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
    """Lines with their marks, then card type and number with blanks, ``#`` or nothing between."""
    for found in _FI_LINE.finditer(text):
        slip = _valid(fi.parse_line, found[0])
        if slip:
            yield Reference(slip.card_type, slip.payment_id, slip.creditor)
    for card, pattern in _FI_TYPED.items():
        for found in pattern.finditer(text):
            number = _valid(fi.validate_payment_id, card, found["id"])
            creditor = found["creditor"] and _valid(fi.validate_creditor, card, found["creditor"])
            if number and (creditor or not found["creditor"]):
                yield Reference(card, number, creditor or "", certain=bool(found["gap"]))


def _rf_references(text):
    """The longest beginning of a match that passes: the text may go on after the reference."""
    for found in _RF.finditer(text):
        parts = found[0].split(" ")
        for count in range(len(parts), 0, -1):
            number = _valid(rf.validate, "".join(parts[:count]))
            if number:
                yield Reference("rf", number)
                break


def _barcode_references(text):
    """The reference in a Finnish bank bar code that was scanned or pasted."""
    for found in _BARCODE.finditer(text):
        read = _valid(barcode.read, found[0])
        if read:
            yield Reference("rf" if read.reference.startswith("RF") else "viite", read.reference)


def _named_references(text):
    """``KID 1234 5678 2``: the word says what the digits are. They may go on with something else after a blank."""
    for found in _NAMED.finditer(text):
        parts = found[2].split(" ")
        for count in range(len(parts), 0, -1):
            references = list(_named(found[1], "".join(parts[:count])))
            if references:
                yield from references
                break


def _named(word, digits):
    if word.startswith("VIITE"):
        number = _valid(viite.validate, digits)
        if number:
            yield Reference("viite", number)
    elif _valid(kid.validate, digits, "mod10"):
        yield Reference("ocr" if word == "OCR" else "kid10", digits)
    if word == "KID" and _valid(kid.validate, digits, "mod11"):
        yield Reference("kid11", digits)


def _bare_references(text):
    """Digits alone: everything they may be, a Danish payment id of full length first."""
    for found in _DIGITS.finditer(text):
        yield from _bare(found[0])
    for found in _GROUPS.finditer(text):
        groups = found[0].split(" ")[:MOST_GROUPS]
        for first in range(len(groups) - 1):
            for last in range(len(groups), first + 1, -1):
                joined = "".join(groups[first:last])
                if SHORTEST_JOINED <= len(joined) <= kid.LONGEST:
                    yield from _bare(joined)


def _bare(digits):
    if len(digits) == fi.ID_LENGTH["71"] and _valid(fi.validate_payment_id, "71", digits):
        yield Reference("71", digits, certain=False)
    if len(digits) == fi.ID_LENGTH["75"] and _valid(fi.validate_payment_id, "75", digits):
        yield Reference("75", digits, certain=False)
    if _valid(kid.validate, digits, "mod10"):
        yield Reference("kid10", digits, certain=False)
        yield Reference("ocr", digits, certain=False)
    if _valid(kid.validate, digits, "mod11"):
        yield Reference("kid11", digits, certain=False)
    number = _valid(viite.validate, digits)
    # banks pad a Finnish reference number with zeros to its full field
    if number and (number == digits or len(digits) == viite.LONGEST):
        yield Reference("viite", number, certain=False)


def _normal(text):
    """Capitals, one blank between words, marks as typed: texts come from web pages and PDF files."""
    text = html.unescape((text or "")[:LONGEST_TEXT]).replace("\u200b", "").upper()
    return " ".join(text.split())


def recognise(text):
    """Every reference in ``text`` whose check digit is right, the certain ones first, each once.

    >>> recognise("Betaling +71<026840149965328+80882939< tak")[0]
    Reference(card_type='71', number='026840149965328', creditor='80882939', certain=True)
    >>> recognise("71 0268 4014 9965 328 80882939")[0]
    Reference(card_type='71', number='026840149965328', creditor='80882939', certain=True)
    >>> recognise("7102684014996532880882939")[0]
    Reference(card_type='71', number='026840149965328', creditor='80882939', certain=False)
    >>> recognise("viite RF34 1234561 kiitos")[0]
    Reference(card_type='rf', number='RF341234561', creditor='', certain=True)
    >>> recognise("KID: 1234 5678 2")[0]
    Reference(card_type='kid10', number='123456782', creditor='', certain=True)
    >>> [(r.card_type, r.certain) for r in recognise("123456782")]
    [('kid10', False), ('ocr', False)]
    >>> recognise("26840149965329"), recognise("")
    ([], [])
    """
    text = _normal(text)
    found = {}
    for source in (_fi_references, _rf_references, _barcode_references, _named_references, _bare_references):
        for reference in source(text):
            key = (reference.card_type, reference.number)
            # the same number said twice: with a creditor, or certain, is worth more
            known = found.get(key)
            if not known or (reference.certain and not known.certain):
                found[key] = reference
    return sorted(found.values(), key=lambda reference: not reference.certain)


def contained(text, lengths):
    """Numbers of the given lengths that stand inside longer runs of digits and pass modulus 10 or 11.

    Nothing but a guess: a run of digits nearly always contains a few. It is for a person to decide.

    >>> contained("00012345678200", {9})
    ['123456782']
    >>> contained("123456782", {9})
    []
    """
    found = {}
    for match in _RUN.finditer(_normal(text).replace(" ", "")):
        run = match[0][:LONGEST_RUN]
        for length in sorted(lengths, reverse=True):
            if length >= len(run):
                continue
            for start in range(len(run) - length + 1):
                digits = run[start : start + length]
                if _valid(kid.validate, digits, "mod10") or _valid(kid.validate, digits, "mod11"):
                    found.setdefault(digits)
    return list(found)


def complaint(text):
    """Why ``text`` as a whole is no reference: the error of the kind it looks like, or None when it looks like none.

    >>> str(complaint("+71<026840149965329+80882939<"))
    'Payment ID "026840149965329": the check digit is 9 but the other digits give 8.'
    >>> str(complaint("RF19 5390 0754 7034"))
    'RF reference "RF19539007547034": the check digits are 19 but the rest gives 18.'
    >>> str(complaint("71 02684014996532 80882939"))
    'Payment ID "02684014996532" has 14 characters; allowed: 15.'
    >>> complaint("INV/2026/00012") is None
    True
    """
    text = _normal(text)
    compact = text.replace(" ", "")
    typed = re.fullmatch(r"(71|75)[ #:<+]{1,3}(\d+)(?:[ +<]+(\d{7,8}))?<?", text)
    checks = []
    if re.match(r"\+\d\d<", compact):
        checks.append((fi.parse_line, compact))
    elif typed:
        checks.append((fi.validate_payment_id, typed[1], typed[2]))
        checks.append((fi.validate_creditor, typed[1], typed[3] or "80000000"))
    elif re.match(r"RF\d\d", compact):
        checks.append((rf.validate, compact))
    elif re.fullmatch(r"\d{15}", compact):
        checks.append((fi.validate_payment_id, "71", compact))
    elif re.fullmatch(r"\d{2,25}", compact):
        checks.append((kid.validate, compact, "mod10"))
    for function, *arguments in checks:
        try:
            function(*arguments)
        except InvalidReference as error:
            return error
    return None
