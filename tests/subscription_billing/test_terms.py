"""Binding, notice and trial (features S4.23; issue 5): the earliest end, and free days without gap or overlap."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.subscription_billing import plain

periods, terms = plain.load("periods"), plain.load("terms")
Interval, Notice, Range, Schedule = periods.Interval, terms.Notice, periods.Range, periods.Schedule
D = date
MONTHS = Schedule(D(2027, 1, 15), Interval(1, "month"))


@pytest.mark.parametrize(
    ("notice", "bound", "expected"),
    [
        (Notice(), None, D(2027, 3, 10)),
        (Notice(14, "day"), None, D(2027, 3, 24)),
        (Notice(1), None, D(2027, 4, 10)),
        (Notice(1, end="month"), None, D(2027, 4, 30)),
        (Notice(0, end="month"), None, D(2027, 3, 31)),
        (Notice(1, end="period"), None, D(2027, 4, 14)),
        (Notice(3, end="period"), None, D(2027, 6, 14)),
        (Notice(1), D(2027, 6, 30), D(2027, 6, 30)),
        (Notice(1, end="month"), D(2027, 6, 10), D(2027, 6, 30)),
        (Notice(1, end="period"), D(2027, 6, 10), D(2027, 6, 14)),
        (Notice(6), D(2027, 6, 30), D(2027, 9, 10)),
    ],
)
def test_earliest_end(notice, bound, expected):
    assert terms.earliest_end(D(2027, 3, 10), notice, bound, MONTHS).day == expected


def test_why():
    found = terms.earliest_end(D(2027, 3, 10), Notice(1, end="month"), D(2027, 6, 10), MONTHS)
    assert (found.notice_day, found.is_bound, found.is_rounded) == (D(2027, 4, 10), True, True)
    found = terms.earliest_end(D(2027, 3, 10), Notice(), None, MONTHS)
    assert (found.is_bound, found.is_rounded) == (False, False)


def test_notice_before_the_start_ends_with_the_first_period():
    assert terms.earliest_end(D(2026, 11, 1), Notice(0, end="period"), None, MONTHS).day == D(2027, 2, 14)


def test_binding_and_trial_count_the_first_day():
    assert terms.binding_until(D(2027, 1, 1), 6) == D(2027, 6, 30)
    assert terms.binding_until(D(2027, 8, 31), 6) == D(2028, 2, 28)
    assert terms.binding_until(D(2027, 1, 1), 0) is None
    assert terms.trial_end(D(2027, 1, 1), 14) == D(2027, 1, 14)
    assert terms.trial_end(D(2027, 1, 1), 0) is None


days = st.dates(D(2020, 1, 1), D(2032, 12, 31))
intervals = st.builds(Interval, st.integers(1, 40), st.sampled_from(["day", "month"]))
notices = st.builds(Notice, st.integers(0, 12), st.sampled_from(["day", "month"]), st.sampled_from(terms.NOTICE_ENDS))


@given(days, notices, st.none() | days, st.builds(Schedule, days, intervals))
def test_never_before_the_notice_nor_while_bound(given_on, notice, bound, schedule):
    found = terms.earliest_end(given_on, notice, bound, schedule)
    assert found.day >= max(given_on, found.notice_day, bound or given_on)
    if notice.end == "month":
        assert (found.day + timedelta(days=1)).day == 1
    if notice.end == "period" and found.day >= schedule.start:
        assert schedule.period(schedule.index_of(found.day)).end == found.day


@given(days, intervals, st.integers(1, 90), st.sampled_from(periods.ANCHORS), st.booleans(), st.integers(0, 500))
def test_after_a_trial_each_day_is_charged_once(start, interval, trial, anchor, from_start, length):
    """The first charged period begins the day after the trial; no gap, no overlap (A1, trial of issue 5)."""
    first = terms.trial_end(start, trial) + timedelta(days=1)
    schedule = Schedule(start if from_start else first, interval, anchor, 15)
    within = Range(first, first + timedelta(days=length))
    billed = []
    for period in periods.open_periods(schedule, within):
        billed += [period.start + timedelta(days=n) for n in range(period.days)]
    assert billed == [first + timedelta(days=n) for n in range(length + 1)]
    if not from_start and anchor == "start" and length > 40 * 31:
        assert next(periods.open_periods(schedule, within)).is_full
