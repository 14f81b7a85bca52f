"""Terms of a subscription: how long the customer is bound, how long the notice is. Plain dates: no ORM, no clock."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from .periods import ONE_DAY, Schedule, add_months

#: Where a notice ends: on its last day, or with the month or the period that day lies in.
NOTICE_ENDS = ("day", "month", "period")


@dataclass(frozen=True)
class Notice:
    """`count` days or months, counted from the day the notice is given."""

    count: int = 0
    unit: str = "month"
    end: str = "day"


@dataclass(frozen=True)
class EarliestEnd:
    """The earliest last day that is charged, and what made it so."""

    day: date
    #: last day of the notice alone
    notice_day: date
    #: the binding period ends later than the notice
    is_bound: bool
    #: moved to the end of the month or period
    is_rounded: bool


def binding_until(start: date, months: int) -> date | None:
    """The last day of a binding period of so many months, the first day counted: 1 January + 6 is 30 June."""
    return add_months(start, months) - ONE_DAY if months else None


def trial_end(start: date, days: int) -> date | None:
    """The last free day."""
    return start + timedelta(days=days - 1) if days else None


def earliest_end(given: date, notice: Notice, bound_until: date | None, schedule: Schedule) -> EarliestEnd:
    """When a subscription can end at the earliest if notice is given on a day.

    Notice may be given while the customer is bound, so the later of both counts, and its month or period is ended.
    """
    if notice.unit == "month":
        notice_day = add_months(given, notice.count)
    else:
        notice_day = given + timedelta(days=notice.count)
    is_bound = bool(bound_until and bound_until > notice_day)
    reached = bound_until if is_bound else notice_day
    day = reached
    if notice.end == "month":
        day = reached.replace(day=monthrange(reached.year, reached.month)[1])
    elif notice.end == "period":
        day = schedule.period(schedule.index_of(max(reached, schedule.start))).end
    return EarliestEnd(day, notice_day, is_bound, day != reached)
