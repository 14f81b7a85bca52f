"""Swedish OCR references and the four levels of control. Specification, section 4.1.

Level 1 soft and level 2 hard want a check digit; level 3 has a length digit before it; level 4 has one or two agreed
lengths.
"""

from stdnum import luhn

from .errors import InvalidCheckDigit, InvalidLength, require_check_digit, require_digits, require_length

LONGEST = 25
SHORTEST = 2


def make(base, level="2", lengths=()):
    """An OCR reference from its payload.

    >>> make("12345")
    '123455'
    >>> make("12345", "3"), make("123456789", "3")
    ('1234574', '12345678911')
    >>> make("12345", "4", (8,)), make("123456789", "4", (8, 12))
    ('00123455', '001234567897')
    >>> make("123456789", "4", (8,))
    Traceback (most recent call last):
        ...
    odoo.addons.nordic_payment_reference.formats.errors.InvalidLength: \
OCR reference made of "123456789" would have 10 characters; allowed: 8.
    """
    digits = require_digits(base, "ocr")
    payload = digits
    if level == "3":
        digits += str((len(digits) + 2) % 10)
    if level == "4":
        fitting = [length for length in sorted(lengths) if length > len(digits)]
        if not fitting:
            _refuse_length("length_made", payload, len(digits) + 1, lengths)
        digits = digits.zfill(fitting[0] - 1)
    require_length(digits + "0", "ocr", SHORTEST, LONGEST, made_of=payload)
    return digits + luhn.calc_check_digit(digits)


def validate(number, level="2", lengths=()):
    """The reference without blanks when it passes the control of its level.

    >>> validate("1234574", "3")
    '1234574'
    >>> validate("1234584", "3")
    Traceback (most recent call last):
        ...
    odoo.addons.nordic_payment_reference.formats.errors.InvalidCheckDigit: \
OCR reference "1234584": the check digit is 4 but the other digits give 2.
    """
    digits = require_digits(number, "ocr")
    require_length(digits, "ocr", SHORTEST, LONGEST)
    require_check_digit(digits, luhn.calc_check_digit(digits[:-1]), "ocr")
    if level == "3" and int(digits[-2]) != len(digits) % 10:
        raise InvalidCheckDigit("length_digit", what="ocr", value=digits, given=digits[-2], count=len(digits))
    if level == "4" and len(digits) not in lengths:
        _refuse_length("length", digits, len(digits), lengths)
    return digits


def _refuse_length(key, digits, count, lengths):
    """Level 4: say which lengths were agreed."""
    if not lengths:
        raise InvalidLength("no_length", what="ocr", value=digits)
    wanted = " / ".join(str(length) for length in sorted(lengths))
    raise InvalidLength(key, what="ocr", value=digits, count=count, wanted=wanted)
