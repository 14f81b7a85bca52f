"""Changes in the middle of a period: each day once, credit and charge add up to the calendar (issue 5, upgrades)."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.subscription_billing import plain

periods, changes = plain.load("periods"), plain.load("changes")
Interval, Period, Range, Schedule = periods.Interval, periods.Period, periods.Range, periods.Schedule
D = date
MARCH = Schedule(D(2027, 3, 1), Interval(1, "month"))


@pytest.mark.parametrize(("rule", "part"), [("days", (17, 31)), ("30_360", (16, 30))])
def test_the_unused_rest(rule, part):
    rest, found = changes.unused(D(2027, 3, 1), D(2027, 3, 31), D(2027, 3, 15), rule)
    assert (rest.start, rest.end, (found.days, found.all_days)) == (D(2027, 3, 15), D(2027, 3, 31), part)


def test_a_period_that_begins_later_is_taken_back_whole():
    rest, found = changes.unused(D(2027, 4, 1), D(2027, 4, 30), D(2027, 3, 15), "days")
    assert (rest.start, found.share) == (D(2027, 4, 1), 1)


@pytest.mark.parametrize(
    ("rule", "charged_until", "expected"),
    [
        ("days", D(2027, 3, 31), D(2027, 3, 15)),
        ("none", D(2027, 3, 31), D(2027, 4, 1)),
        ("none", None, D(2027, 4, 1)),
        ("none", D(2027, 5, 31), D(2027, 6, 1)),
        ("none", D(2027, 3, 20), D(2027, 4, 1)),
    ],
)
def test_the_day_it_counts_from(rule, charged_until, expected):
    assert changes.effective_day(MARCH, D(2027, 3, 15), charged_until, rule) == expected


def test_the_first_day_of_a_period_needs_no_move():
    assert changes.effective_day(MARCH, D(2027, 4, 1), None, "none") == D(2027, 4, 1)


schedules = st.builds(
    Schedule,
    start=st.dates(D(2020, 1, 1), D(2030, 12, 31)),
    interval=st.builds(Interval, st.integers(1, 40), st.sampled_from(["day", "month"])),
    anchor=st.sampled_from(periods.ANCHORS),
    anchor_day=st.integers(1, 31),
)


def _days(start, end):
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


@given(schedules, st.integers(0, 300), st.integers(1, 900), st.integers(0, 60), st.sampled_from(["days", "30_360"]))
def test_each_day_is_paid_once_whatever_was_charged_before(schedule, trial, offset, ahead, rule):
    """Old line until the day before, new one from then on, what was charged ahead taken back: each day once."""
    first = schedule.start + timedelta(days=trial)
    day = first + timedelta(days=offset)
    last = day + timedelta(days=200)
    charged = []
    for period in periods.open_periods(schedule, Range(first, last)):
        if period.start > day + timedelta(days=ahead):
            break
        charged.append(period)
    paid = {}
    for period in charged:
        for each in _days(period.start, period.end):
            paid[each, "old"] = paid.get((each, "old"), 0) + 1
        if period.end >= day:
            rest, part = changes.unused(period.start, period.end, day, rule)
            assert 0 <= part.share <= 1
            for each in _days(rest.start, rest.end):
                paid[each, "old"] -= 1
    taken = [Range(p.start, p.end) for p in charged]
    if first <= day - timedelta(days=1):
        for period in periods.open_periods(schedule, Range(first, day - timedelta(days=1)), taken):
            for each in _days(period.start, period.end):
                paid[each, "old"] = paid.get((each, "old"), 0) + 1
    for period in periods.open_periods(schedule, Range(day, last)):
        for each in _days(period.start, period.end):
            paid[each, "new"] = paid.get((each, "new"), 0) + 1
    for each in _days(first, last):
        assert (paid.get((each, "old"), 0), paid.get((each, "new"), 0)) == ((1, 0) if each < day else (0, 1))


def _money(value):
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP)


@given(
    schedules,
    st.integers(0, 30),
    st.floats(0, 1, exclude_max=True),
    st.sampled_from(["days", "30_360"]),
    st.integers(0, 10**7),
    st.integers(0, 10**7),
)
def test_credit_and_charge_add_up_to_the_calendar(schedule, index, where, rule, old, new):
    """Charged in advance, then changed: in all, the old price is paid for its days and the new one for its own."""
    whole = schedule.period(index)
    day = whole.start + timedelta(days=int(where * whole.days))
    _rest, back = changes.unused(whole.start, whole.end, day, rule)
    after = changes.part_of(Period(day, whole.end, whole.start, whole.end), rule)
    assert back.share == after.share, "the same days, counted the same way"
    old, new = Fraction(old, 100), Fraction(new, 100)
    paid = _money(old) - _money(old * back.share) + _money(new * after.share)
    exact = old * (1 - after.share) + new * after.share
    assert abs(Fraction(paid) - exact) <= Fraction(1, 100), "an øre at most: two amounts are rounded"
    if day > whole.start:
        before = changes.part_of(Period(whole.start, day - timedelta(days=1), whole.start, whole.end), rule)
        assert before.share + after.share == 1
