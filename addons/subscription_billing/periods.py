"""Periods of a subscription. Plain dates: no ORM, no clock, no database.

Every period is computed from a fixed anchor: period k starts at anchor + k x interval, its day cut
to the length of the month, never at "the previous date plus one interval". So 31 January is followed
by 28 February and 31 March.

Days that are already billed, paused or outside the subscription are subtracted from the periods. What
is left is billable: a period with all its days, or the part of it that remains. Billable parts can
therefore never overlap what was billed, and no day is forgotten, whatever was changed in between.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

ANCHORS = ("start", "day", "first", "last")
TIMINGS = ("advance", "arrears")

ONE_DAY = timedelta(days=1)
#: Days of a calendar year, for the monthly value of an interval in days.
DAYS_PER_MONTH = Fraction(365, 12)
#: A subscription that is this many periods behind is a mistake in its dates.
MAX_OPEN_PERIODS = 1200
#: Periods looked through for a day on which both of two intervals begin one.
LOOK_FOR_SEAM = 60


class PeriodError(ValueError):
    """A schedule that cannot be computed."""


class TooManyPeriods(PeriodError):
    """Open from ``start`` on: more than anybody means."""

    def __init__(self, start: date):
        self.start = start
        super().__init__(f"More than {MAX_OPEN_PERIODS} periods are open from {start} on")


def check_count(found, within: "Range") -> None:
    """
    :raises TooManyPeriods: there are more of them than anybody means
    """
    if len(found) > MAX_OPEN_PERIODS:
        raise TooManyPeriods(within.start)


@dataclass(frozen=True)
class Interval:
    """`count` days or months."""

    count: int
    unit: str

    def __post_init__(self):
        if self.unit not in ("day", "month"):
            raise PeriodError(f"Unknown unit of an interval: {self.unit}")
        if not 1 <= self.count <= 36500:
            raise PeriodError(f"An interval is 1 to 36500 days or months, not {self.count}")

    def monthly_factor(self) -> Fraction:
        """What one price per interval is worth per month."""
        if self.unit == "month":
            return Fraction(1, self.count)
        return DAYS_PER_MONTH / self.count

    def times(self, other: "Interval") -> Fraction:
        """How many of the other interval it is: a quarter is three months."""
        if self.unit != other.unit:
            raise PeriodError("An interval in days cannot be counted in months, nor one in months in days")
        return Fraction(self.count, other.count)


@dataclass(frozen=True)
class Range:
    """Days from `start` to `end`, both included; without an end: for ever."""

    start: date
    end: date | None = None

    def __post_init__(self):
        if self.end is not None and self.end < self.start:
            raise PeriodError(f"A range of days ends ({self.end}) before it starts ({self.start})")


@dataclass(frozen=True)
class Period:
    """The billable days `start` to `end` of the whole period `full_start` to `full_end` (all included)."""

    start: date
    end: date
    full_start: date
    full_end: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def full_days(self) -> int:
        return (self.full_end - self.full_start).days + 1

    @property
    def is_full(self) -> bool:
        return (self.start, self.end) == (self.full_start, self.full_end)

    def due_date(self, timing: str, lead_days: int = 0) -> date:
        """The day this period is due to be invoiced: its first day in advance, its last day in arrears,
        `lead_days` earlier (negative: later)."""
        day = self.start if timing == "advance" else self.end
        return day - timedelta(days=lead_days)

    def factor(self, rule: str) -> Fraction:
        """The part of the price of a whole period these days cost."""
        if rule == "none" or self.is_full:
            return Fraction(1)
        if rule == "30_360":
            whole = days_30_360(self.full_start, self.full_end)
            return Fraction(days_30_360(self.start, self.end), whole) if whole else Fraction(1)
        return Fraction(self.days, self.full_days)


@dataclass(frozen=True)
class Schedule:
    """Whole periods without end in sight: where they begin, and how they go on.

    `anchor`: `start` (the day of the start date), `day` (`anchor_day` of the month), `first` or `last` (day of the
    month). `anchor_month` 1-12 sets in which months longer periods begin: 1 with three months gives calendar quarters.
    It says nothing about intervals that do not fit into years, such as five months, and is ignored there.
    """

    start: date
    interval: Interval
    anchor: str = "start"
    anchor_day: int = 0
    anchor_month: int = 0

    def __post_init__(self):
        if self.anchor not in ANCHORS:
            raise PeriodError(f"Unknown anchor: {self.anchor}")
        if self.anchor == "day" and not 1 <= self.anchor_day <= 31:
            raise PeriodError(f"The anchor day is 1 to 31, not {self.anchor_day}")
        if not 0 <= self.anchor_month <= 12:
            raise PeriodError(f"The anchor month is 1 to 12, not {self.anchor_month}")

    @property
    def _day(self) -> int:
        return {"start": self.start.day, "day": self.anchor_day, "first": 1, "last": 31}[self.anchor]

    @property
    def is_set_in_year(self) -> bool:
        """Whether the anchor month says where its periods begin."""
        count = self.interval.count
        return bool(self.anchor_month) and self.interval.unit == "month" and (12 % count == 0 or count % 12 == 0)

    @property
    def _origin(self) -> int:
        """Month number (year x 12 + month - 1) in which period 0 begins: the last anchor not after the start."""
        month = _month_number(self.start)
        if _month_day(month, self._day) > self.start:
            month -= 1
        count = self.interval.count
        if self.is_set_in_year:
            month -= (month - (self.anchor_month - 1)) % min(count, 12)
        return month

    def boundary(self, index: int) -> date:
        """First day of period `index`."""
        if self.interval.unit == "day":
            return self.start + timedelta(days=index * self.interval.count)
        return _month_day(self._origin + index * self.interval.count, self._day)

    def period(self, index: int) -> Period:
        start, end = self.boundary(index), self.boundary(index + 1) - ONE_DAY
        return Period(start, end, start, end)

    def index_of(self, day: date) -> int:
        """Index of the period `day` lies in."""
        if self.interval.unit == "day":
            return (day - self.start).days // self.interval.count
        index = (_month_number(day) - self._origin) // self.interval.count
        while self.boundary(index) > day:
            index -= 1
        while self.boundary(index + 1) <= day:
            index += 1
        return index


def change_intervals(base: Schedule, changes: Iterable[tuple[date, Interval]]) -> list[tuple[date, Schedule]]:
    """Schedules that follow one another, each with its first day, when the interval changes from days on.

    A new interval begins with the first period of the old one that begins on its day or later, so that no period is
    divided; where the year or `base` says when its periods begin, with the first such period that begins on both. On or
    before the start of `base` it holds from the beginning: the first row has the first day `date.min`.
    """
    found = [(date.min, base)]
    for day, interval in sorted(changes, key=lambda change: change[0]):
        first, old = found[-1]
        if day <= base.start:
            found = [(date.min, replace(base, interval=interval))]
            continue
        if interval == old.interval:
            continue
        try:
            found.append(_follow(old, max(day, first), replace(base, interval=interval), interval == base.interval))
        except (OverflowError, ValueError):
            break  # after the end of the calendar
    return found


def _follow(old: Schedule, day: date, fixed: Schedule, is_base: bool) -> tuple[date, Schedule]:
    """First day and schedule of the interval of `fixed` after the periods of `old`, from `day` on."""
    index = old.index_of(day)
    index += old.boundary(index) < day
    start = old.boundary(index)
    if is_base or fixed.is_set_in_year:
        for number in range(index, index + LOOK_FOR_SEAM):
            both = old.boundary(number)
            if fixed.boundary(fixed.index_of(both)) == both:
                return both, fixed
        if fixed.is_set_in_year:
            return start, fixed
    if fixed.interval.unit == "day":
        return start, Schedule(start, fixed.interval)
    # the day of the month is the old one's: cut in a short month, it returns in the next
    return start, Schedule(start, fixed.interval, "day", fixed._day)


def open_periods(schedule: Schedule, within: Range, taken: Iterable[Range] = ()) -> Iterator[Period]:
    """The billable periods in order: the days of `within` that no range of `taken` covers, cut at the
    boundaries of the schedule. Endless when `within` has no end."""
    taken = merge(taken)
    day = _first_free(within.start, taken)
    if day is None or (within.end and day > within.end):
        return
    try:
        index = schedule.index_of(day)
        while True:
            whole = schedule.period(index)
            if within.end and whole.start > within.end:
                return
            if taken and taken[-1].end is None and whole.start >= taken[-1].start:
                return
            last = min(whole.end, within.end) if within.end else whole.end
            for part in subtract(Range(max(whole.start, within.start), last), taken):
                yield Period(part.start, part.end, whole.start, whole.end)
            index += 1
    except (OverflowError, ValueError) as error:
        if isinstance(error, PeriodError):
            raise
        return  # the end of the calendar


def due_periods(schedule, within, taken, *, until, timing="advance", lead_days=0) -> list[Period]:
    """The billable periods that are due on or before `until`."""
    found = []
    for period in open_periods(schedule, within, taken):
        if period.due_date(timing, lead_days) > until:
            break
        found.append(period)
        check_count(found, within)
    return found


def merge(ranges: Iterable[Range]) -> list[Range]:
    """The same days in as few ranges as possible, in order."""
    merged: list[Range] = []
    for item in sorted(ranges, key=lambda r: r.start):
        last = merged[-1] if merged else None
        if last and (last.end is None or item.start <= last.end + ONE_DAY):
            end = None if last.end is None or item.end is None else max(last.end, item.end)
            merged[-1] = Range(last.start, end)
        else:
            merged.append(item)
    return merged


def subtract(days: Range, taken: list[Range]) -> list[Range]:
    """The parts of `days` (with an end) that the merged ranges `taken` leave free."""
    free, start = [], days.start
    for item in taken:
        if item.start > days.end:
            break
        if item.end is not None and item.end < start:
            continue
        if item.start > start:
            free.append(Range(start, item.start - ONE_DAY))
        if item.end is None or item.end >= days.end:
            return free
        start = item.end + ONE_DAY
    if start <= days.end:
        free.append(Range(start, days.end))
    return free


def days_30_360(start: date, end: date) -> int:
    """Days from `start` to `end`, both included, with every month counted as 30 days (European 30E/360)."""
    after = end + ONE_DAY
    return (after.year - start.year) * 360 + (after.month - start.month) * 30 + min(after.day, 30) - min(start.day, 30)


def _first_free(day: date, taken: list[Range]) -> date | None:
    for item in taken:
        if item.start > day:
            break
        if item.end is None:
            return None
        if item.end >= day:
            day = item.end + ONE_DAY
    return day


def add_months(day: date, count: int) -> date:
    """The same day so many months later, cut to the length of the month."""
    return _month_day(_month_number(day) + count, day.day)


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _month_day(number: int, day: int) -> date:
    """Day of the numbered month, cut to its length."""
    year, month = divmod(number, 12)
    return date(year, month + 1, min(day, monthrange(year, month + 1)[1]))
