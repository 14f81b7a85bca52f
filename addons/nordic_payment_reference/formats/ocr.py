"""Swedish OCR references and the four levels of control. Specification, section 4.1.

Level 1 soft and level 2 hard want a check digit; level 3 has a length digit before it; level 4 has one or two agreed
lengths.
"""

from stdnum import luhn

from .errors import InvalidCheckDigit, InvalidLength, require_check_digit, require_digits

LONGEST = 25
SHORTEST = 2


def make(base, level="2", lengths=()):
    """An OCR reference from its payload.

    >>> make("12345")
    '123455'
    >>> make("12345", "3"), make("123456789", "3")
    ('1234574', '12345678911')
    >>> make("12345", "4", (8,))
    '00123455'
    """
    digits = require_digits(base, "OCR reference")
    if level == "3":
        digits += str((len(digits) + 2) % 10)
    if level == "4":
        fitting = [length for length in sorted(lengths) if length > len(digits)]
        if not fitting:
            wanted = " or ".join(str(length) for length in sorted(lengths)) or "no length"
            raise InvalidLength(
                f'OCR reference from "{digits}" has {len(digits) + 1} digits; the agreement says {wanted}.'
            )
        digits = digits.zfill(fitting[0] - 1)
    if len(digits) + 1 > LONGEST:
        raise InvalidLength(f'OCR reference from "{digits}" has {len(digits) + 1} digits; {LONGEST} is the most.')
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
    digits = require_digits(number, "OCR reference")
    if not SHORTEST <= len(digits) <= LONGEST:
        raise InvalidLength(f'OCR reference "{digits}" has {len(digits)} digits; {SHORTEST} to {LONGEST} are allowed.')
    require_check_digit(digits, luhn.calc_check_digit(digits[:-1]), "OCR reference")
    if level == "3" and int(digits[-2]) != len(digits) % 10:
        raise InvalidCheckDigit(
            f'OCR reference "{digits}": the length digit is {digits[-2]} but the reference has {len(digits)} digits.'
        )
    if level == "4" and len(digits) not in lengths:
        wanted = " or ".join(str(length) for length in sorted(lengths)) or "no length"
        raise InvalidLength(f'OCR reference "{digits}" has {len(digits)} digits; the agreement says {wanted}.')
    return digits
