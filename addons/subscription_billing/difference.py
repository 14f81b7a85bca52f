"""What a month's billing differs by from the month before, by cause, in plain Python and in øre.

A row says: this line, this customer, this cause, so much. The rows of all causes add up to what is billed now minus
what was billed before, to the øre: what a cause cannot explain is a row of its own (`ROUNDING`).
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

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
    invoice's currency, discount taken off; `share` is the part of the period that is charged, negative where it is
    taken back; `rate` is what one unit of that currency is in the company's. `is_seam`: of a line that was changed from
    a day on. `times`: as how many periods it counts; a quarter of a member whose group pays by the month is three.
    """

    amount: Decimal
    quantity: Decimal
    price: Decimal
    share: Decimal = Decimal(1)
    rate: Decimal = Decimal(1)
    kind: str = ""
    is_seam: bool = False
    times: Decimal = Decimal(1)


@dataclass(frozen=True)
class Row:
    cause: str
    before: Decimal
    now: Decimal
    amount: Decimal


def explain(before, now, why_gone, why_come):
    """Rows of one line (with those it was changed into) and customer.

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
    # what only takes back days that were charged before is billed no more
    is_gone = not any(each.share > 0 for each in now)
    if kind or is_gone or not before:
        cause = kind or (why_gone() if before else why_come())
        return [Row(cause, total_before, total_now, left)] if left else []
    causes = {}
    for cause, amount in _steps(before, now):
        causes[cause] = causes.get(cause, ZERO) + amount
    causes[ROUNDING] = left - sum(causes.values(), ZERO)
    rows = [(cause, amount) for cause, amount in causes.items() if amount]
    # the totals stand once, with the first cause
    shown = [(total_before, total_now)] + [(ZERO, ZERO)] * len(rows)
    return [Row(cause, *totals, amount) for (cause, amount), totals in zip(rows, shown, strict=False)]


def _steps(before, now):
    """From the one month to the other: price, then quantity, parts, number of periods, exchange rate.

    Price and quantity are compared with those of the month before, part by part: a line that changes in the middle of a
    charged period (the old part taken back, the new one charged, docs/decisions/0022) is dearer by its price.
    """
    old, new = before[-1], now[-1]
    was = old.price * old.quantity * old.rate
    yield PRICE, _ore(sum((x.share * (x.price - old.price) for x in now), ZERO) * old.quantity * old.rate)
    yield QUANTITY, _ore(sum((x.share * (x.quantity - old.quantity) * x.price for x in now), ZERO) * old.rate)
    # what the month before had at other prices was the seam of a change: parts that do not come again
    yield PART, _ore(_shares(before) * was - sum((x.share * x.price * x.quantity for x in before), ZERO) * old.rate)
    # the parts of this month's periods against as many of the month before
    count_before, count_now = _count(before), _count(now)
    mean_before, mean_now = _shares(before) / count_before, _shares(now) / count_now
    yield PART, _ore((mean_now - mean_before) * count_before * was)
    yield PERIODS, _ore((count_now - count_before) * mean_now * was)
    yield RATE, _ore(sum((x.share * x.price * x.quantity for x in now), ZERO) * (new.rate - old.rate))


def _count(billed):
    """How many periods they are. Parts of a line and of the one that follows it make up whole ones."""
    if not any(each.is_seam for each in billed):
        return _sum_times(billed)
    return max(_shares(billed).to_integral_value(ROUND_CEILING), Decimal(1))


def _shares(billed):
    return sum((each.share for each in billed), ZERO)


def _sum_times(billed):
    return sum((each.times for each in billed), ZERO)


def _sum(billed):
    return sum((each.amount for each in billed), ZERO)


def _ore(amount):
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
