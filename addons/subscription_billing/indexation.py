"""New prices by a rule: per cent, amount or price index. Plain numbers and dates: no ORM, no clock, no database.

All arithmetic is exact (``Decimal``, ``Fraction``); a price is rounded once, at the end.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from fractions import Fraction

from odoo.addons.list_reader.formats.errors import CodedError

METHODS = ("percent", "amount", "index")
ROUNDINGS = {"nearest": ROUND_HALF_UP, "up": ROUND_UP, "down": ROUND_DOWN}
#: Decimals a computed price has at most, where no coarser step is asked for.
FINEST = Decimal("0.000001")
#: Regulations looked at for one price; more were missed only by a mistake in the dates.
MAX_REGULATIONS = 120


class IndexationError(CodedError):
    """A price that cannot be computed. ``code`` and ``values`` tell the caller, who has the words for it."""


@dataclass(frozen=True)
class IndexFactor:
    """The development of an index between two months."""

    month_from: date
    month_to: date
    value_from: Decimal
    value_to: Decimal

    @property
    def factor(self) -> Fraction:
        return Fraction(self.value_to) / Fraction(self.value_from)


@dataclass(frozen=True)
class NewPrice:
    """``price``, and whether the cap or the floor made it (`limited`: "cap", "floor" or "")."""

    price: Decimal
    limited: str = ""


@dataclass(frozen=True)
class PriceRule:
    """How a new price follows from the old one.

    ``value``: per cent, or the amount that is added. ``cap`` and ``floor``: the highest and lowest change in per cent.
    ``step``: prices are rounded to multiples of it.
    """

    method: str
    value: Decimal = Decimal(0)
    cap: Decimal | None = None
    floor: Decimal | None = None
    step: Decimal = Decimal("0.01")
    rounding: str = "nearest"

    def __post_init__(self):
        if self.method not in METHODS:
            raise IndexationError("method", method=self.method)
        if self.rounding not in ROUNDINGS:
            raise IndexationError("rounding", rounding=self.rounding)
        if not self.step > 0:
            raise IndexationError("step", step=self.step)
        if self.cap is not None and self.floor is not None and self.floor > self.cap:
            raise IndexationError("limits", floor=self.floor, cap=self.cap)

    def new_price(self, old: Decimal, factor: Fraction | None = None) -> NewPrice:
        """The price after ``old``. A reduction (a price below zero) grows like a price does.

        The cap and the floor hold for the rounded price as well, and rounding never turns a rise into a fall: where a
        coarse step would break that, the price is rounded to the finest of 0.01 and the step instead.

        :param factor: development of the index, for the method ``index``
        :raises IndexationError: an amount cannot be added to a reduction
        """
        sign, size = (-1, -Fraction(old)) if old < 0 else (1, Fraction(old))
        if self.method == "amount" and sign < 0:
            raise IndexationError("reduction", price=old)
        raw = max(self._raw(size, factor), Fraction(0))
        low, high = self._bounds(size)
        limited = ""
        if high is not None and raw > high:
            raw, limited = high, "cap"
        elif low is not None and raw < low:
            raw, limited = low, "floor"
        if raw >= size:
            low = size if low is None else max(low, size)
        else:
            high = size if high is None else min(high, size)
        price = self._within(raw, low, high)
        return NewPrice(price * sign if price else Decimal(0), limited)

    def _raw(self, size, factor):
        if self.method == "percent":
            return size * (1 + Fraction(self.value) / 100)
        if self.method == "amount":
            return size + Fraction(self.value)
        if factor is None:
            raise IndexationError("no_index")
        return size * factor

    def _bounds(self, size):
        if not size:
            return None, None  # no per cent of nothing
        low = None if self.floor is None else max(size * (1 + Fraction(self.floor) / 100), Fraction(0))
        high = None if self.cap is None else max(size * (1 + Fraction(self.cap) / 100), Fraction(0))
        return low, high

    def _within(self, raw, low, high):
        """``raw`` on the step, else on the finest unit, never outside the limits."""
        for step in (self.step, min(self.step, Decimal("0.01"))):
            price = round_to(raw, step, self.rounding)
            if (low is None or price >= low) and (high is None or price <= high):
                return price
        rounding = "down" if high is not None and price > high else "up"
        price = round_to(raw, min(self.step, Decimal("0.01")), rounding)
        if (low is None or price >= low) and (high is None or price <= high):
            return price
        return round_to(raw, FINEST, rounding)


def round_to(value: Fraction, step: Decimal, rounding: str = "nearest") -> Decimal:
    """``value`` (not below zero) as a multiple of ``step``."""
    count = value / Fraction(step)
    whole = count.numerator // count.denominator
    rest = count - whole
    if rounding == "up":
        whole += rest > 0
    elif rounding == "nearest":
        whole += rest >= Fraction(1, 2)
    return Decimal(whole) * step


def add_months(day: date, months: int) -> date:
    """The same day of another month, cut to its length."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def first_of_month(day: date) -> date:
    return day.replace(day=1)


def due_dates(first: date, every: int, after: date, until: date) -> Iterator[date]:
    """The days of regulation after ``after`` and not after ``until``: ``first`` and every so many months from it.

    Counted from ``first``, never from the previous day, so that 31 January comes back after 28 February.
    """
    if every < 1:
        raise IndexationError("interval", months=every)
    index = max(0, ((after.year - first.year) * 12 + after.month - first.month) // every)
    for number in range(index, index + MAX_REGULATIONS + 2):
        day = add_months(first, number * every)
        if day > until:
            return
        if day > after:
            yield day


def index_factor(series: Mapping[date, Decimal], day: date, lag: int, months: int) -> IndexFactor:
    """The development for a regulation on ``day``: from the month ``lag + months`` before it to the month ``lag``
    before it. 1 January with three months' lag and twelve months: October to October.

    :param series: value by first day of month, all of one base
    :raises IndexationError: ``missing`` with the month that has no value
    """
    month_to = add_months(first_of_month(day), -lag)
    month_from = add_months(month_to, -months)
    for month in (month_from, month_to):
        if month not in series:
            raise IndexationError("missing", month=month)
        if not series[month] > 0:
            raise IndexationError("not_positive", month=month)
    return IndexFactor(month_from, month_to, series[month_from], series[month_to])


def effect_date(due: date, today: date, notice_days: int | None) -> date:
    """The day a new price may take effect: as regulated, but not before notice can be given in time."""
    if notice_days is None:
        return due
    return max(due, today + timedelta(days=notice_days))


def percent_change(old: Decimal, new: Decimal) -> Decimal:
    """Change in per cent with two decimals; 0 when there was no price."""
    if not old:
        return Decimal(0)
    change = (Fraction(new) - Fraction(old)) / abs(Fraction(old)) * 100 * (1 if old > 0 else -1)
    hundredths = round_to(abs(change), Decimal("0.01"))
    return hundredths if change >= 0 else -hundredths
