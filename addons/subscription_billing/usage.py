"""What was used, priced: included quantity, tiers. Plain numbers and dates: no ORM, no clock, no database.

Usage is charged when its period is over. Each recorded use belongs to the first period that is not charged yet and
ends on its day or later, so what is reported late is charged with the next period, and nothing twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from odoo.addons.list_reader.formats.errors import CodedError

from .periods import MAX_OPEN_PERIODS, ONE_DAY, Period, Range, Schedule, check_count, open_periods

MODES = ("graduated", "volume")


class UsageError(CodedError):
    """Tiers or quantities that cannot be priced; ``code`` tells the caller, who has the words."""


@dataclass(frozen=True)
class Tier:
    """From ``above`` on (of the quantity beyond what is included) one unit costs ``price``."""

    above: Decimal
    price: Decimal


@dataclass(frozen=True)
class Part:
    quantity: Decimal
    price: Decimal


@dataclass(frozen=True)
class UsagePrice:
    """What a quantity costs: ``parts`` add up to the quantity that is charged, their amounts to ``amount``."""

    used: Decimal
    included: Decimal
    parts: tuple[Part, ...]

    @property
    def charged(self) -> Decimal:
        return sum((part.quantity for part in self.parts), Decimal(0))

    @property
    def amount(self) -> Decimal:
        return sum((part.quantity * part.price for part in self.parts), Decimal(0))


def price_usage(
    used: Decimal, price: Decimal, tiers: Iterable[Tier] = (), included: Decimal = Decimal(0), mode: str = "graduated"
) -> UsagePrice:
    """What ``used`` costs.

    :param price: of one unit, up to the first tier
    :param included: costs nothing; never more than was used
    :param mode: ``graduated``: each unit at the price of its own tier; ``volume``: all units at the price of the tier
        that is reached
    :raises UsageError: ``mode``, ``included``, ``tiers`` (not above zero, or one twice)
    """
    if mode not in MODES:
        raise UsageError("mode", mode=mode)
    if included < 0:
        raise UsageError("included", included=included)
    steps = _steps(price, tiers)
    if used <= 0:  # nothing, or a correction of what was charged before
        return UsagePrice(used, Decimal(0), (Part(used, price),) if used else ())
    included = min(included, used)
    rest = used - included
    if mode == "volume":
        reached = [step for step in steps if step.above < rest] or steps[:1]
        return UsagePrice(used, included, (Part(rest, reached[-1].price),) if rest else ())
    parts = []
    for at, step in enumerate(steps):
        upper = steps[at + 1].above if at + 1 < len(steps) else None
        quantity = (rest if upper is None else min(rest, upper)) - step.above
        if quantity <= 0:
            break
        parts.append(Part(quantity, step.price))
    return UsagePrice(used, included, tuple(parts))


@dataclass(frozen=True)
class Charged:
    """What was charged of a period: ``used`` (below zero: a correction), at which price, with what included."""

    used: Decimal
    price: Decimal
    included: Decimal


def price_correction(
    used: Decimal, charged: Iterable[Charged], price: Decimal, tiers: Iterable[Tier] = (), mode: str = "graduated"
) -> UsagePrice:
    """What a correction takes back: what was charged with it, less what would have been charged without it.

    :param used: below zero
    :param charged: the periods charged before, the newest first; corrections among them are answered by older ones
    :param price: for what is more than was ever charged
    """
    tiers, rest, pending = tuple(tiers), -used, Decimal(0)
    sums: dict[Decimal, Decimal] = {}
    for row in charged:
        if row.used <= 0:
            pending -= row.used
            continue
        stands = row.used - min(pending, row.used)
        pending -= row.used - stands
        taken = min(rest, stands)
        if taken:
            for sign, quantity in ((-1, stands), (1, stands - taken)):
                for part in price_usage(quantity, row.price, tiers, row.included, mode).parts:
                    sums[part.price] = sums.get(part.price, Decimal(0)) + sign * part.quantity
            rest -= taken
        if not rest:
            break
    if rest:
        sums[price] = sums.get(price, Decimal(0)) - rest
    return UsagePrice(used, Decimal(0), tuple(Part(quantity, each) for each, quantity in sums.items() if quantity))


def _steps(price, tiers):
    ordered = sorted(tiers, key=lambda tier: tier.above)
    if any(tier.above <= 0 for tier in ordered) or len({tier.above for tier in ordered}) < len(ordered):
        raise UsageError("tiers")
    return [Tier(Decimal(0), price), *ordered]


def part_of(quantity: Decimal, factor: Fraction) -> Decimal:
    """What is included in a part of a period, to six decimals."""
    if factor == 1:
        return quantity
    exact = Fraction(quantity) * factor
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal("0.000001"))


def usage_due_date(
    schedule: Schedule, period: Period, timing: str, lead_days: int = 0, last: date | None = None
) -> date:
    """The day the usage of a period is due to be invoiced: never before the period is over.

    In arrears with the other lines of the period; in advance with the first invoice that is made after the period, so
    that there is one invoice for both. After ``last`` (the subscription's end) there is none: the day after the period.
    """
    if timing == "arrears":
        return period.due_date("arrears", min(lead_days, 0))
    return _next_invoice(schedule, period.end + ONE_DAY, lead_days, last)


def _next_invoice(schedule, after, lead_days, last):
    index = schedule.index_of(after)
    for number in range(index, index + MAX_OPEN_PERIODS):
        start = schedule.boundary(number)
        if last and start > last:
            return after
        day = date.fromordinal(start.toordinal() - lead_days)
        if day >= after:
            return day
    return after


def due_usage_periods(
    schedule: Schedule, within: Range, taken: Iterable[Range], *, until: date, timing: str, lead_days: int = 0
) -> list[tuple[Period, date]]:
    """The periods not charged yet whose usage is due on or before ``until``, each with its due date."""
    found = []
    for period in open_periods(schedule, within, taken):
        due = usage_due_date(schedule, period, timing, lead_days, within.end)
        if due > until:
            break
        found.append((period, due))
        check_count(found, within)
    return found


def assign(uses: Iterable[tuple[date, object]], periods: Iterable[Period]) -> dict[Period, list]:
    """Each use (day, anything) to the first of the open periods that ends on its day or later; the rest wait."""
    found: dict[Period, list] = {period: [] for period in sorted(periods, key=lambda period: period.end)}
    for day, use in uses:
        for period in found:
            if day <= period.end:
                found[period].append(use)
                break
    return found
