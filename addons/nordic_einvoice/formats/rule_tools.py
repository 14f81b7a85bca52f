"""Reading values for rules, as section 0 of the rule tables defines them."""

import re
from decimal import ROUND_FLOOR, Decimal, InvalidOperation

from .xml import local_name

ZERO = Decimal(0)
_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?\s*")


def every(element, path):
    """Elements at a path of local names below ``element``."""
    found = [element]
    for step in path.split("/"):
        found = [child for each in found for child in each if local_name(child) == step]
    return found


def one(element, path):
    found = every(element, path)
    return found[0] if found else None


def raw(element):
    return "" if element is None else "".join(element.itertext())


def norm(element):
    return " ".join(raw(element).split())


def text(element, path):
    return norm(one(element, path))


def num(element):
    """The number in an element, or None."""
    if element is None or not _NUMBER.fullmatch(raw(element)):
        return None
    try:
        return Decimal(raw(element).strip())
    except InvalidOperation:
        return None


def number_at(element, path, default=ZERO):
    found = one(element, path)
    return default if found is None else num(found)


def round2(value):
    """Two decimals, halves up toward plus infinity."""
    return (value * 100 + Decimal("0.5")).to_integral_value(rounding=ROUND_FLOOR) / 100


def where(element):
    """A readable place: /Invoice/InvoiceLine[2]/Price."""
    steps = []
    while element is not None:
        name = local_name(element)
        parent = element.getparent()
        same = [] if parent is None else [child for child in parent if local_name(child) == name]
        steps.append(f"{name}[{same.index(element) + 1}]" if len(same) > 1 else name)
        element = parent
    return "/" + "/".join(reversed(steps))


def gln_ok(value):
    if not value.isascii() or not value.isdigit():
        return False
    total = sum(int(digit) * (3 if index % 2 == 0 else 1) for index, digit in enumerate(reversed(value[:-1])))
    return (10 - total % 10) % 10 == int(value[-1])


def mod11_ok(value):
    """Norwegian organisation number: 9 digits with a check digit modulus 11."""
    if not re.fullmatch(r"[0-9]{9}", value) or int(value) == 0:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(value, (3, 2, 7, 6, 5, 4, 3, 2), strict=False))
    return (11 - total % 11) % 11 == int(value[8])


def luhn_ok(value):
    if not re.fullmatch(r"[0-9]+", value):
        return False
    total = 0
    for index, digit in enumerate(reversed(value[:-1])):
        doubled = int(digit) * 2 if index % 2 == 0 else int(digit)
        total += doubled - 9 if doubled > 9 else doubled
    return (10 - total % 10) % 10 == int(value[-1])
