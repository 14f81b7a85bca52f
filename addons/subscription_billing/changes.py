"""Changes in the middle of a period: what is taken back of a charged one, and what the rest of it costs. No ORM.

A change from a day ends the line the day before and goes on with a new one. Days before belong to the old line, days
from then on to the new; both keep the same whole periods. Of a charged period the unused rest is taken back.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from .periods import ONE_DAY, Period, Schedule, days_30_360

#: How the running period is divided: by days, by days of months of 30, or not at all.
RULES = ("days", "30_360", "none")


@dataclass(frozen=True)
class Part:
    """`days` of `all_days`, counted by the rule."""

    days: int
    all_days: int

    @property
    def share(self) -> Fraction:
        return Fraction(self.days, self.all_days) if self.all_days else Fraction(1)


def part_of(period: Period, rule: str) -> Part:
    """What part of its whole period a period is."""
    return _part(period.start, period.end, period.full_start, period.full_end, rule)


def unused(start: date, end: date, day: date, rule: str) -> tuple[Period, Part]:
    """The rest from `day` on of days `start` to `end` that were charged, and what part of their price it is."""
    first = max(start, day)
    return Period(first, end, start, end), _part(first, end, start, end, rule)


def effective_day(schedule: Schedule, day: date, charged_until: date | None, rule: str) -> date:
    """The day a change begins to count. Without division that is the next period that is not charged yet."""
    if rule != "none":
        return day
    if charged_until and charged_until >= day:
        day = charged_until + ONE_DAY
    index = schedule.index_of(day)
    return day if schedule.boundary(index) == day else schedule.boundary(index + 1)


def _part(start, end, full_start, full_end, rule):
    if rule == "30_360":
        return Part(days_30_360(start, end), days_30_360(full_start, full_end))
    return Part((end - start).days + 1, (full_end - full_start).days + 1)
