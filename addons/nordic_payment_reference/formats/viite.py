"""Finnish reference numbers (viitenumero). Specification, section 5."""

from .errors import require_check_digit, require_digits, require_length

LONGEST = 20
SHORTEST = 4


def check_digit(base):
    """Weights 7, 3, 1 from the right; ten minus the last digit of the sum.

    >>> check_digit("123456"), check_digit("1111")
    ('1', '2')
    """
    total = sum(int(digit) * (7, 3, 1)[place % 3] for place, digit in enumerate(reversed(base)))
    return str((10 - total % 10) % 10)


def make(base):
    """A reference number from 3 to 19 digits without leading zeros.

    >>> make("123456"), make("1111")
    ('1234561', '11112')
    >>> make("12")
    Traceback (most recent call last):
        ...
    odoo.addons.nordic_payment_reference.formats.errors.InvalidLength: \
Reference number made of "12" would have 3 characters; allowed: 4-20.
    """
    digits = require_digits(base, "viite").lstrip("0")
    require_length(digits + "0", "viite", SHORTEST, LONGEST, made_of=digits)
    return digits + check_digit(digits)


def validate(number):
    """The reference number without blanks and leading zeros.

    >>> validate("12 34561")
    '1234561'
    >>> validate("1234562")
    Traceback (most recent call last):
        ...
    odoo.addons.nordic_payment_reference.formats.errors.InvalidCheckDigit: \
Reference number "1234562": the check digit is 2 but the other digits give 1.
    """
    digits = require_digits(number, "viite").lstrip("0")
    require_length(digits, "viite", SHORTEST, LONGEST)
    return require_check_digit(digits, check_digit(digits[:-1]), "viite")


def pretty(number):
    """In groups of five from the right, as printed.

    >>> pretty("1234561")
    '12 34561'
    """
    digits = validate(number)
    head = len(digits) % 5
    groups = [digits[:head]] if head else []
    groups += [digits[place : place + 5] for place in range(head, len(digits), 5)]
    return " ".join(groups)
