"""Products on both sides: their fields, and by what one is recognised. Plain Python.

A product is a mapping of ``FIELDS`` to text ("" when empty); what goes which way is worked out by ``contacts.plan``.
"""

from decimal import ROUND_HALF_UP, Decimal

from .contacts import FROM, NEVER, TO  # noqa: F401 (the same directions)

# ``price`` is without VAT, in the company's currency; ``account`` is the account over there, or the product group
# that carries it; ``unit`` is the code of the unit over there
FIELDS = ("name", "number", "barcode", "price", "unit", "account", "description")
KEYS = ("number", "barcode", "name")
# carried by a mapping or a rule here, so nothing can be taken over from the other side
NEVER_TAKEN = ("number", "barcode", "unit", "account")

GTIN_LENGTHS = (8, 12, 13, 14)


def key_of(key, value):
    """A value as it is compared. Item numbers keep every sign: ``A-1`` and ``A1`` are two products. A GTIN is the same
    number in each of its lengths (GS1 General Specifications, GTIN in 14 digits)."""
    text = " ".join((value or "").split()).casefold()
    if key == "barcode" and text.isascii() and text.isdigit() and len(text) in GTIN_LENGTHS:
        return text.zfill(14)
    return text


def price_text(value, decimals=2):
    """A price as text with at least two decimals, and no more than ``decimals``.

    :param value: Decimal, int or text
    """
    price = Decimal(value).quantize(Decimal(1).scaleb(-max(decimals, 2)), ROUND_HALF_UP).normalize()
    return f"{price:f}" if -price.as_tuple().exponent > 2 else f"{price:.2f}"
