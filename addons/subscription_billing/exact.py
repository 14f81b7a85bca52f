"""Stored numbers as the decimals that were entered."""

from decimal import Decimal


def exact(value: float) -> Decimal:
    """A stored price or quantity, which a float is a little off, as it was typed: to six decimals."""
    return Decimal(repr(round(float(value), 6)))
