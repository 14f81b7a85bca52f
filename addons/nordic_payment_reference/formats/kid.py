"""Norwegian customer identification (KID), modulus 10 and modulus 11. Specification, section 3.1."""

from stdnum import luhn

from .errors import InvalidCharacter, require_check_digit, require_digits, require_length

#: Positions a KID may have, check digit included.
LONGEST = 25
SHORTEST = 2
METHODS = ("mod10", "mod11")


def check_digit_mod10(base):
    """Modulus 10, the same as on Danish slips.

    >>> check_digit_mod10("12345678"), check_digit_mod10("1234")
    ('2', '4')
    """
    return luhn.calc_check_digit(base)


def check_digit_mod11(base):
    """Modulus 11: weights 2 to 7 from the right; 11 gives ``0`` and 10 gives ``-``.

    >>> check_digit_mod11("12345678"), check_digit_mod11("1234"), check_digit_mod11("12345670112345")
    ('5', '3', '8')
    >>> check_digit_mod11("104")
    '-'
    """
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(base)))
    check = (11 - total % 11) % 11
    return "-" if check == 10 else str(check)


def check_digit(base, method):
    """The check digit of ``base`` by ``mod10`` or ``mod11``."""
    if method not in METHODS:
        raise InvalidCharacter("unknown_method", value=method, wanted=", ".join(METHODS))
    return check_digit_mod10(base) if method == "mod10" else check_digit_mod11(base)


def make(base, method="mod10", length=0):
    """A KID from its payload; ``length`` is the total agreed with the bank, 0 when it may vary.

    >>> make("12345678"), make("12345678", "mod11")
    ('123456782', '123456785')
    >>> make("1234", length=10)
    '0000012344'
    >>> make("12345", length=5)
    Traceback (most recent call last):
        ...
    odoo.addons.nordic_payment_reference.formats.errors.InvalidLength: \
KID made of "12345" would have 6 characters; allowed: 5.
    """
    digits = require_digits(base, "kid").zfill(length - 1)
    require_length(digits + "0", "kid", length or SHORTEST, length or LONGEST, made_of=digits)
    return digits + check_digit(digits, method)


def validate(number, method="mod10", length=0):
    """The KID without blanks when length, characters and check digit are right.

    >>> validate("1234 5678 2")
    '123456782'
    >>> validate("104-", "mod11")
    '104-'
    >>> validate("104-")
    Traceback (most recent call last):
        ...
    odoo.addons.nordic_payment_reference.formats.errors.InvalidCharacter: \
KID "104-": character 4 is "-", only digits are allowed.
    """
    compact = "".join(str(number).split())
    if method == "mod11" and compact.endswith("-"):
        require_digits(compact[:-1], "kid")
    else:
        require_digits(compact, "kid")
    require_length(compact, "kid", length or SHORTEST, length or LONGEST)
    return require_check_digit(compact, check_digit(compact[:-1], method), "kid")
