"""Check digits and rounding of the rule tables (section 2 of the Peppol one)."""

import re
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
_CENT = Decimal("0.01")
_HALF = Decimal("0.5")
_DIGITS = re.compile(r"[0-9]+")
_NORWAY = (3, 2, 7, 6, 5, 4, 3, 2)
_AUSTRALIA = (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)


def is_digits(value, *lengths):
    return bool(_DIGITS.fullmatch(value)) and (not lengths or len(value) in lengths)


def round2(value):
    """Two decimals, halves up toward plus infinity."""
    return (value * 100 + _HALF).to_integral_value(rounding=ROUND_FLOOR) / 100


def format2(value):
    """Two decimals, halves to even: how the Danish rules write a sum before they compare it."""
    return value.quantize(_CENT, rounding=ROUND_HALF_EVEN)


def decimals(value):
    """Digits after the decimal point of a number as written."""
    return len(value.strip().partition(".")[2])


def gln_ok(value):
    """GS1 check digit; the length is not looked at."""
    if not is_digits(value):
        return False
    total = sum(int(digit) * (1 if index % 2 else 3) for index, digit in enumerate(reversed(value[:-1])))
    return (10 - total % 10) % 10 == int(value[-1])


def norway_ok(value):
    """Norwegian organisation number: 9 digits with a check digit modulus 11."""
    if not is_digits(value, 9) or int(value) == 0:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(value, _NORWAY, strict=False))
    return (11 - total % 11) % 11 == int(value[8])


def luhn_ok(value):
    """Swedish organisation number: 10 digits, the last by Luhn's formula."""
    if not is_digits(value, 10):
        return False
    total = 0
    for index, digit in enumerate(reversed(value[:-1])):
        one = int(digit) * (1 if index % 2 else 2)
        total += one - 9 if one > 9 else one
    return (10 - total % 10) % 10 == int(value[-1])


def belgium_ok(value):
    return is_digits(value, 10) and int(value[8:]) == 97 - int(value[:8]) % 97


def australia_ok(value):
    if not is_digits(value, 11):
        return False
    digits = [int(value[0]) - 1, *map(int, value[1:])]
    return sum(digit * weight for digit, weight in zip(digits, _AUSTRALIA, strict=True)) % 89 == 0


def codice_fiscale_ok(value):
    if len(value) == 11:
        return is_digits(value)
    return bool(re.fullmatch(r"[A-Za-z]{6}[0-9]{2}[A-Za-z][0-9]{2}.{3}[0-9][A-Za-z]", value))


def partita_iva_ok(value):
    """Only numbers that begin with IT are looked at."""
    if value[:2].upper() != "IT":
        return True
    if not is_digits(value[2:], 11):
        return False
    total = 0
    for index, digit in enumerate(value[2:]):
        one = int(digit) * (2 if index % 2 else 1)
        total += one - 9 if one > 9 else one
    return total % 10 == 0
