"""Decisions about money received, in plain Python: how sure a match is, which invoices a payment adds up to, which
differences are small, what of a bill was paid already. No database, no float: amounts are whole øre or Decimal.
"""

from . import bill, combine, tolerance, weights, words

__all__ = ["bill", "combine", "tolerance", "weights", "words"]
