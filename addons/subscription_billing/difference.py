"""What a month's billing differs by from the month before, by cause, in plain Python and in øre.

A row says: this line, this customer, this cause, so much. The rows of all causes add up to what is billed now minus
what was billed before, to the øre: what a cause cannot explain is a row of its own (`ROUNDING`).
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

NEW = "new"
STOPPED = "stopped"
PAUSE = "pause"
RESUMED = "resumed"
MISSING = "missing"
NOT_DUE = "not_due"
DUE_AGAIN = "due_again"
PRICE = "price"
QUANTITY = "quantity"
PERIODS = "periods"
PART = "part"
ONE_OFF = "one_off"
USAGE = "usage"
RATE = "rate"
ROUNDING = "rounding"
ZERO = Decimal(0)


@dataclass(frozen=True)
class Billed:
    """One period of one line that was, or will be, invoiced.

    `amount`: untaxed, in the company's currency. `quantity` times `price` is what a whole period costs in the
    invoice's currency, discount taken off; `share` is the part of the period that is charged; `rate` is what one unit
    of that currency is in the company's.
    """

    amount: Decimal
    quantity: Decimal
    price: Decimal
    share: Decimal = Decimal(1)
    rate: Decimal = Decimal(1)
    kind: str = ""


@dataclass(frozen=True)
class Row:
    cause: str
    before: Decimal
    now: Decimal
    amount: Decimal


def explain(before, now, why_gone, why_come):
    """Rows of one line and customer.

    :param list before: `Billed` of the month before
    :param list now: `Billed` of this month
    :param why_gone: -> cause, asked when nothing is billed now
    :param why_come: -> cause, asked when nothing was billed before
    """
    total_before, total_now = _sum(before), _sum(now)
    left = total_now - total_before
    if not before and not now:
        return []
    kind = next((each.kind for each in [*now, *before] if each.kind), "")
    if kind or not now or not before:
        cause = kind or (why_gone() if not now else why_come())
        return [Row(cause, total_before, total_now, left)] if left else []
    rows = []
    for cause, amount in _steps(before, now):
        if amount:
            rows.append((cause, amount))
            left -= amount
    if left:
        rows.append((ROUNDING, left))
    # the totals stand once, with the first cause
    shown = [(total_before, total_now)] + [(ZERO, ZERO)] * len(rows)
    return [Row(cause, *totals, amount) for (cause, amount), totals in zip(rows, shown, strict=False)]


def _steps(before, now):
    """From the one month to the other: price, then quantity, parts, number of periods, exchange rate."""
    old, new = before[-1], now[-1]
    count = Decimal(len(before))
    yield PRICE, _ore((new.price - old.price) * old.quantity * _shares(before) * old.rate)
    yield QUANTITY, _ore((new.quantity - old.quantity) * new.price * _shares(before) * old.rate)
    whole = new.price * new.quantity
    # the parts of this month's periods against as many of the month before
    mean_before, mean_now = _shares(before) / count, _shares(now) / len(now)
    yield PART, _ore((mean_now - mean_before) * count * whole * old.rate)
    yield PERIODS, _ore((len(now) - count) * mean_now * whole * old.rate)
    yield RATE, _ore((new.rate - old.rate) * _shares(now) * whole)


def _shares(billed):
    return sum((each.share for each in billed), ZERO)


def _sum(billed):
    return sum((each.amount for each in billed), ZERO)


def _ore(amount):
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
