"""Danish payment slips (Fælles Indbetalingskort), card types 71, 73, 75, 04 and 15, 01.

Source: payment-formats specification, sections 2.1 (card types), 2.2 (OCR line) and 2.3 (check digit).
"""

import re
from typing import NamedTuple

from stdnum import luhn

from .errors import (
    InvalidCharacter,
    InvalidCreditor,
    InvalidLength,
    require_check_digit,
    require_digits,
    require_length,
)

#: Length of the payment identification with its check digit. 04 and 15 are written zero-filled to 16.
ID_LENGTH = {"71": 15, "75": 16, "04": 16, "15": 16}
#: Shortest identification a payer may have been given on the giro types.
ID_SHORTEST = {"71": 15, "75": 16, "04": 13, "15": 13}
#: Types without a payment identification: the payer writes a message.
WITHOUT_ID = ("73", "01")
#: Types paid to an FI creditor number (8 digits, the first is 8); the others go to a giro account (7-8 digits).
FI_CREDITOR = ("71", "73", "75")
CARD_TYPES = (*ID_LENGTH, *WITHOUT_ID)

_LINE = re.compile(
    r"\+(?P<card>\d{2})<(?P<id>\d*)\+(?P<creditor>\d{7,8})(?:<|$)",
)


class Slip(NamedTuple):
    """What an OCR line says."""

    card_type: str
    payment_id: str
    creditor: str


def require_card_type(card_type):
    """Refuse a card type this module does not know."""
    if card_type not in CARD_TYPES:
        raise InvalidCharacter("unknown_card", value=card_type, wanted=", ".join(sorted(CARD_TYPES)))
    return card_type


def payment_id(card_type, payload):
    """The zero-filled payment identification with its check digit (modulus 10, section 2.3).

    >>> payment_id("71", "2684014996532")
    '026840149965328'
    >>> payment_id("71", 1), payment_id("71", 2), payment_id("71", 123)
    ('000000000000018', '000000000000026', '000000000001230')
    >>> payment_id("75", 2)
    '0000000000000026'
    >>> payment_id("71", "123456789012345")
    Traceback (most recent call last):
        ...
    odoo.addons.nordic_payment_reference.formats.errors.InvalidLength: \
The number "123456789012345" has 15 digits; card type 71 has room for 14.
    """
    require_card_type(card_type)
    if card_type in WITHOUT_ID:
        raise InvalidCharacter("without_id", card=card_type)
    room = ID_LENGTH[card_type] - 1
    digits = require_digits(payload, "number")
    if len(digits) > room:
        raise InvalidLength("room", value=digits[:60], count=len(digits), card=card_type, room=room)
    digits = digits.zfill(room)
    return digits + luhn.calc_check_digit(digits)


def validate_payment_id(card_type, number):
    """The identification without blanks when length and check digit are right; 04 and 15 filled to 16 with zeros.

    >>> validate_payment_id("04", "0000000000018")
    '0000000000000018'
    >>> validate_payment_id("71", "0268 4014 9965 328")
    '026840149965328'
    >>> validate_payment_id("71", "026840149965329")
    Traceback (most recent call last):
        ...
    odoo.addons.nordic_payment_reference.formats.errors.InvalidCheckDigit: \
Payment ID "026840149965329": the check digit is 9 but the other digits give 8.
    """
    require_card_type(card_type)
    if card_type in WITHOUT_ID:
        raise InvalidCharacter("without_id", card=card_type)
    digits = require_digits(number, "payment_id")
    require_length(digits, "payment_id", ID_SHORTEST[card_type], ID_LENGTH[card_type])
    return require_check_digit(digits, luhn.calc_check_digit(digits[:-1]), "payment_id").zfill(ID_LENGTH[card_type])


def validate_creditor(card_type, number):
    """The FI creditor number or giro account of a card type (section 2.1).

    >>> validate_creditor("71", "8888 8888")
    '88888888'
    >>> validate_creditor("71", "12345678")
    Traceback (most recent call last):
        ...
    odoo.addons.nordic_payment_reference.formats.errors.InvalidCreditor: \
FI creditor number "12345678": it must have 8 digits and begin with 8.
    >>> validate_creditor("04", "1234567")
    '1234567'
    """
    require_card_type(card_type)
    what = "fi_creditor" if card_type in FI_CREDITOR else "giro"
    digits = require_digits(number, what)
    if card_type in FI_CREDITOR:
        if len(digits) != 8 or digits[0] != "8":
            raise InvalidCreditor("fi_creditor", what=what, value=digits[:60])
    elif len(digits) not in (7, 8):
        raise InvalidCreditor("giro", what=what, value=digits[:60])
    return digits


def line(card_type, number, creditor):
    """The OCR line as printed (section 2.2).

    >>> line("71", "026840149965328", "80882939")
    '+71<026840149965328+80882939<'
    >>> line("73", "", "80882939")
    '+73<+80882939<'
    """
    creditor = validate_creditor(card_type, creditor)
    number = "" if card_type in WITHOUT_ID else validate_payment_id(card_type, number)
    return f"+{card_type}<{number}+{creditor}<"


def parse_line(text):
    """Read an OCR line; blanks anywhere and a missing last ``<`` are accepted (section 2.2).

    >>> parse_line("+71< 026840149965328 +80882939")
    Slip(card_type='71', payment_id='026840149965328', creditor='80882939')
    >>> parse_line("71 026840149965328 80882939")
    Traceback (most recent call last):
        ...
    odoo.addons.nordic_payment_reference.formats.errors.InvalidCharacter: \
"7102684014996532880882939" is not a payment slip line such as +71<000000000001230+88888888<.
    """
    compact = "".join(str(text).split())
    found = _LINE.fullmatch(compact)
    if not found:
        raise InvalidCharacter("not_a_line", value=compact[:60])
    card_type = require_card_type(found["card"])
    creditor = validate_creditor(card_type, found["creditor"])
    if card_type in WITHOUT_ID:
        if found["id"]:
            raise InvalidLength("without_id", card=card_type)
        return Slip(card_type, "", creditor)
    return Slip(card_type, validate_payment_id(card_type, found["id"]), creditor)
