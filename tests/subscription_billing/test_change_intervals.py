"""An interval that changes from a day on: each day billed once, in whole periods (S4.12, S4.21)."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.subscription_billing import plain

periods = plain.load("periods")
Interval, Range, Schedule = periods.Interval, periods.Range, periods.Schedule
MONTH, QUARTER, YEAR = Interval(1, "month"), Interval(3, "month"), Interval(12, "month")
D, DAY = date, timedelta(days=1)


def billable(base, changes, within, taken=()):
    """What a member is billed: the periods of each schedule in its days."""
    schedules = periods.change_intervals(base, changes)
    for number, (first, schedule) in enumerate(schedules):
        end = schedules[number + 1][0] - DAY if number + 1 < len(schedules) else None
        start, end = max(within.start, first), min(d for d in (within.end, end) if d)
        if start <= end:
            yield from periods.open_periods(schedule, Range(start, end), taken)


def begins(base, changes):
    return [first for first, _schedule in periods.change_intervals(base, changes)][1:]


def test_a_new_interval_begins_with_the_next_period():
    monthly = Schedule(D(2027, 1, 15), MONTH)
    assert begins(monthly, [(D(2027, 2, 1), QUARTER)]) == [D(2027, 2, 15)]
    assert begins(monthly, [(D(2027, 2, 15), QUARTER)]) == [D(2027, 2, 15)]
    found = list(billable(monthly, [(D(2027, 2, 1), QUARTER)], Range(D(2027, 1, 15), D(2027, 8, 14))))
    assert [(p.start, p.end) for p in found] == [
        (D(2027, 1, 15), D(2027, 2, 14)),
        (D(2027, 2, 15), D(2027, 5, 14)),
        (D(2027, 5, 15), D(2027, 8, 14)),
    ]
    assert all(p.is_full for p in found)


def test_the_31st_returns_after_a_change_in_february():
    schedule = periods.change_intervals(Schedule(D(2027, 1, 31), MONTH), [(D(2027, 2, 28), QUARTER)])[-1][1]
    assert [schedule.boundary(n) for n in range(3)] == [D(2027, 2, 28), D(2027, 5, 31), D(2027, 8, 31)]


def test_calendar_quarters_wait_for_a_quarter():
    base = Schedule(D(2027, 1, 1), MONTH, "first", anchor_month=1)
    assert begins(base, [(D(2027, 2, 1), QUARTER)]) == [D(2027, 4, 1)]


def test_back_to_the_interval_of_the_subscription_is_in_step_with_the_others():
    base = Schedule(D(2027, 1, 1), QUARTER)
    assert begins(base, [(D(2027, 4, 1), MONTH), (D(2027, 5, 10), QUARTER)]) == [D(2027, 4, 1), D(2027, 7, 1)]


def test_a_change_inside_a_long_period_waits_until_it_is_over():
    yearly = Schedule(D(2027, 1, 1), YEAR)
    changes = [(D(2027, 3, 1), MONTH), (D(2027, 5, 1), QUARTER)]
    assert begins(yearly, changes) == [D(2028, 1, 1), D(2028, 1, 1)]


def test_how_many_prices_a_period_costs():
    assert QUARTER.times(MONTH) == 3
    assert MONTH.times(YEAR) == Fraction(1, 12)
    with pytest.raises(periods.PeriodError):
        MONTH.times(Interval(30, "day"))


def test_the_end_of_the_calendar_changes_nothing():
    base = Schedule(D(9999, 1, 1), YEAR)
    assert periods.change_intervals(base, [(D(9999, 6, 1), MONTH)]) == [(date.min, base)]


days = st.dates(D(2024, 1, 1), D(2030, 12, 31))


@st.composite
def histories(draw):
    """A schedule and the intervals it changes to, all in months or all in days."""
    unit = draw(st.sampled_from(["day", "month"]))
    intervals = st.builds(Interval, st.integers(1, 13), st.just(unit))
    base = Schedule(
        draw(days),
        draw(intervals),
        draw(st.sampled_from(periods.ANCHORS)),
        draw(st.integers(1, 31)),
        draw(st.integers(0, 12)),
    )
    return base, draw(st.lists(st.tuples(days, intervals), max_size=4, unique_by=lambda change: change[0]))


@given(histories(), st.integers(0, 1500))
def test_each_day_is_billed_exactly_once(history, length):
    base, changes = history
    within = Range(base.start, base.start + timedelta(days=length))
    billed = []
    for period in billable(base, changes, within):
        assert period.full_start <= period.start <= period.end <= period.full_end
        billed += [period.start + timedelta(days=n) for n in range(period.days)]
    assert billed == [within.start + timedelta(days=n) for n in range(length + 1)]


@given(histories(), st.data())
def test_changes_entered_while_it_is_billed_leave_no_gap_and_bill_no_day_twice(history, data):
    """Each change is written down when something was billed, for a day after that, as the screen asks for."""
    base, changes = history
    end = base.start + timedelta(days=1200)
    taken, known = [], []
    for _day, interval in changes:
        found = list(billable(base, known, Range(base.start, end), taken))
        taken += [Range(p.start, p.end) for p in found[: data.draw(st.integers(0, 6))]]
        last = max((r.end for r in taken), default=base.start - DAY)
        later = max([last + DAY, *(day + DAY for day, _interval in known)])
        known.append((later + timedelta(days=data.draw(st.integers(0, 100))), interval))
    taken += [Range(p.start, p.end) for p in billable(base, known, Range(base.start, end), taken)]
    ordered = sorted(taken, key=lambda r: r.start)
    assert ordered[0].start == base.start
    assert ordered[-1].end == end
    assert all(a.end + DAY == b.start for a, b in zip(ordered, ordered[1:], strict=False))


@given(histories())
def test_no_period_is_divided_where_neither_interval_is_set_in_the_year(history):
    base, changes = history
    base = Schedule(base.start, base.interval, base.anchor, base.anchor_day)
    first = base.period(0).start
    found = list(billable(base, changes, Range(first, first + timedelta(days=1500))))
    assert all(p.is_full for p in found[:-1])
