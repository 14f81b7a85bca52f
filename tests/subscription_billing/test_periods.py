"""Periods: fixed anchors, no overlap, no gap (requirements A1, A2, A5, A6, B1)."""

import importlib.util
import sys
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
# periods.py is plain Python beside models that need Odoo's registry: loaded on its own
_spec = importlib.util.spec_from_file_location(
    "subscription_billing_periods", ROOT / "addons/subscription_billing/periods.py"
)
periods = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = periods
_spec.loader.exec_module(periods)

Interval, Range, Schedule = periods.Interval, periods.Range, periods.Schedule
MONTH = Interval(1, "month")
D = date


def first(schedule, count, within=None, taken=()):
    found = []
    for period in periods.open_periods(schedule, within or Range(schedule.start), taken):
        found.append(period)
        if len(found) == count:
            break
    return found


def starts(schedule, count, **kwargs):
    return [period.start for period in first(schedule, count, **kwargs)]


@pytest.mark.parametrize("start", [D(2027, 1, 31), D(2028, 2, 29), D(2026, 11, 30)])
def test_day_of_start_never_drifts(start):
    for index, day in enumerate(starts(Schedule(start, MONTH), 24)):
        month = start.month - 1 + index
        year, month = start.year + month // 12, month % 12 + 1
        length = (D(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
        assert day == D(year, month, min(start.day, length))


def test_31_january_returns_in_march():
    assert starts(Schedule(D(2027, 1, 31), MONTH), 3) == [D(2027, 1, 31), D(2027, 2, 28), D(2027, 3, 31)]


def test_last_day_of_month_has_no_one_day_period():
    found = first(Schedule(D(2027, 1, 31), MONTH, "last"), 3)
    assert [(p.start, p.end) for p in found] == [
        (D(2027, 1, 31), D(2027, 2, 27)),
        (D(2027, 2, 28), D(2027, 3, 30)),
        (D(2027, 3, 31), D(2027, 4, 29)),
    ]
    assert all(p.is_full for p in found)


def test_last_day_differs_from_the_day_of_a_short_month():
    assert starts(Schedule(D(2027, 2, 28), MONTH, "last"), 2)[1] == D(2027, 3, 31)
    assert starts(Schedule(D(2027, 2, 28), MONTH), 2)[1] == D(2027, 3, 28)


def test_first_day_of_month_makes_a_short_first_period_with_its_part_of_the_price():
    found = first(Schedule(D(2027, 1, 31), MONTH, "first"), 2)
    assert (found[0].start, found[0].end, found[0].factor("days")) == (D(2027, 1, 31), D(2027, 1, 31), Fraction(1, 31))
    assert (found[1].start, found[1].factor("days")) == (D(2027, 2, 1), 1)


def test_calendar_quarters():
    schedule = Schedule(D(2027, 2, 15), Interval(3, "month"), "first", anchor_month=1)
    found = first(schedule, 2)
    assert (found[0].full_start, found[0].start, found[0].end) == (D(2027, 1, 1), D(2027, 2, 15), D(2027, 3, 31))
    assert found[1].start == D(2027, 4, 1)


def test_arrears_bill_on_the_last_day():
    schedule = Schedule(D(2024, 1, 1), Interval(7, "day"))
    found = periods.due_periods(schedule, Range(schedule.start), [], until=D(2024, 1, 7), timing="arrears")
    assert [(p.start, p.end) for p in found] == [(D(2024, 1, 1), D(2024, 1, 7))]
    assert not periods.due_periods(schedule, Range(schedule.start), [], until=D(2024, 1, 6), timing="arrears")


def test_signed_lead_days():
    period = Schedule(D(2027, 1, 1), MONTH).period(0)
    assert period.due_date("advance", 14) == D(2026, 12, 18)
    assert period.due_date("advance", -3) == D(2027, 1, 4)
    assert period.due_date("arrears", 5) == D(2027, 1, 26)


def test_end_is_inclusive_and_prorated():
    found = first(Schedule(D(2026, 10, 15), MONTH), 9, Range(D(2026, 10, 15), D(2026, 11, 20)))
    assert [(p.start, p.end) for p in found] == [(D(2026, 10, 15), D(2026, 11, 14)), (D(2026, 11, 15), D(2026, 11, 20))]
    assert [p.factor("days") for p in found] == [1, Fraction(6, 30)]
    assert [p.factor("none") for p in found] == [1, 1]
    assert found[1].factor("30_360") == Fraction(6, 30)


def test_end_inside_billed_periods_leaves_nothing():
    billed = [Range(D(2027, 1, 1), D(2027, 3, 31))]
    assert not first(Schedule(D(2027, 1, 1), MONTH), 9, Range(D(2027, 1, 1), D(2027, 2, 10)), billed)


def test_changed_rule_recomputes_only_what_is_not_billed():
    billed = [Range(D(2027, 1, 1), D(2027, 3, 31))]
    found = first(Schedule(D(2027, 1, 1), MONTH, "day", 15), 2, Range(D(2027, 1, 1)), billed)
    assert [(p.start, p.end) for p in found] == [(D(2027, 4, 1), D(2027, 4, 14)), (D(2027, 4, 15), D(2027, 5, 14))]


def test_freed_period_comes_back_between_billed_ones():
    billed = [Range(D(2027, 1, 1), D(2027, 1, 31)), Range(D(2027, 3, 1), D(2027, 3, 31))]
    assert starts(Schedule(D(2027, 1, 1), MONTH), 2, taken=billed) == [D(2027, 2, 1), D(2027, 4, 1)]


def test_open_pause_stops_and_does_not_search_for_ever():
    pause = [Range(D(2027, 2, 10))]
    found = first(Schedule(D(2027, 1, 1), MONTH), 9, taken=pause)
    assert [(p.start, p.end) for p in found] == [(D(2027, 1, 1), D(2027, 1, 31)), (D(2027, 2, 1), D(2027, 2, 9))]


def test_30_360():
    assert periods.days_30_360(D(2027, 2, 1), D(2027, 2, 28)) == 30
    assert periods.days_30_360(D(2027, 1, 1), D(2027, 12, 31)) == 360
    assert periods.days_30_360(D(2027, 1, 16), D(2027, 1, 31)) == 15


def test_monthly_value():
    assert Interval(3, "month").monthly_factor() == Fraction(1, 3)
    assert Interval(365, "day").monthly_factor() == Fraction(1, 12)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Interval(0, "month"),
        lambda: Interval(1, "year"),
        lambda: Schedule(D(2027, 1, 1), MONTH, "day", 32),
        lambda: Schedule(D(2027, 1, 1), MONTH, "monday"),
        lambda: Range(D(2027, 2, 1), D(2027, 1, 1)),
    ],
)
def test_nonsense_is_refused(make):
    with pytest.raises(periods.PeriodError):
        make()


def test_end_of_the_calendar():
    assert len(list(periods.open_periods(Schedule(D(9999, 10, 1), MONTH), Range(D(9999, 10, 1))))) == 2
    assert not list(periods.open_periods(Schedule(D(9999, 12, 31), MONTH), Range(D(9999, 12, 31))))


days = st.dates(D(2020, 1, 1), D(2032, 12, 31))
schedules = st.builds(
    Schedule,
    start=days,
    interval=st.builds(Interval, st.integers(1, 40), st.sampled_from(["day", "month"])),
    anchor=st.sampled_from(periods.ANCHORS),
    anchor_day=st.integers(1, 31),
    anchor_month=st.integers(0, 12),
)
ranges = st.lists(
    st.tuples(days, st.integers(0, 200)).map(lambda t: Range(t[0], t[0] + timedelta(days=t[1]))), max_size=6
)


@given(schedules, st.integers(0, 60))
def test_whole_periods_never_overlap_and_leave_no_gap(schedule, index):
    this, following = schedule.period(index), schedule.period(index + 1)
    assert this.start <= this.end
    assert this.end + timedelta(days=1) == following.start
    assert schedule.index_of(this.start) == schedule.index_of(this.end) == index
    assert schedule.period(0).start <= schedule.start <= schedule.period(0).end


@given(schedules, st.integers(0, 900), ranges)
def test_each_day_is_billed_exactly_once(schedule, length, taken):
    within = Range(schedule.start, schedule.start + timedelta(days=length))
    billed = []
    for period in periods.open_periods(schedule, within, taken):
        assert period.full_start <= period.start <= period.end <= period.full_end
        billed += [period.start + timedelta(days=n) for n in range(period.days)]
    every = {within.start + timedelta(days=n) for n in range(length + 1)}
    covered = {day for day in every if any(r.start <= day <= r.end for r in taken)}
    assert billed == sorted(every - covered)


@given(schedules, st.integers(0, 900), st.integers(1, 6), st.sampled_from(periods.TIMINGS), st.integers(-40, 40))
def test_billing_in_steps_equals_billing_at_once(schedule, length, steps, timing, lead):
    """Whatever the days the runs happen on, the same periods come out."""
    until = schedule.start + timedelta(days=length)
    options = {"timing": timing, "lead_days": lead}
    at_once = periods.due_periods(schedule, Range(schedule.start), [], until=until, **options)
    taken, found = [], []
    for step in range(1, steps + 1):
        day = schedule.start + timedelta(days=length * step // steps)
        new = periods.due_periods(schedule, Range(schedule.start), taken, until=day, **options)
        taken += [Range(p.start, p.end) for p in new]
        found += new
    assert found == at_once
