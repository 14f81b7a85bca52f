"""Deferral by month: parts add up, by the day, the last month takes the rounding. No database."""

from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.subscription_billing.deferral import months, split

DAYS = st.dates(min_value=date(2024, 1, 1), max_value=date(2030, 12, 31))
AMOUNT = st.decimals(min_value=-1_000_000, max_value=1_000_000, places=2)
ORE = Decimal("0.01")


@given(AMOUNT, DAYS, st.integers(min_value=0, max_value=1200), DAYS)
def test_parts_add_up_and_come_later(amount, start, length, booked):
    end = start + timedelta(days=length)
    deferred, parts = split(amount, start, end, booked)
    assert sum((part for _day, part in parts), Decimal(0)) == deferred
    assert all((day.year, day.month) > (booked.year, booked.month) for day, _part in parts)
    assert all(day.day == monthrange(day.year, day.month)[1] for day, _part in parts)
    assert all(part == part.quantize(ORE) for _day, part in parts)
    # each month by its days: an oere of rounding, the last one an oere for each month before it
    shares = {day: amount * days / (length + 1) for day, days in months(start, end)}
    for day, part in parts:
        slack = ORE * len(shares) if day == max(shares) else ORE
        assert abs(part - shares[day]) <= slack


@given(AMOUNT, DAYS, st.integers(min_value=0, max_value=1200))
def test_booked_before_the_period_everything_is_deferred(amount, start, length):
    booked = start.replace(day=1) - timedelta(days=1)
    assert split(amount, start, start + timedelta(days=length), booked)[0] == amount


def test_a_year_from_the_middle_of_march():
    deferred, parts = split(Decimal("1200.00"), date(2027, 3, 15), date(2028, 3, 14), date(2027, 3, 1))
    assert parts[0] == (date(2027, 4, 30), Decimal("98.36"))
    assert (len(parts), parts[-1][0]) == (12, date(2028, 3, 31))
    assert deferred == Decimal("1200.00") - Decimal("55.74")


def test_arrears_and_one_month_are_not_deferred():
    assert split(Decimal(300), date(2027, 1, 1), date(2027, 3, 31), date(2027, 4, 1)) == (0, [])
    assert split(Decimal(100), date(2027, 3, 1), date(2027, 3, 31), date(2027, 3, 1)) == (0, [])


def test_the_last_month_takes_the_rounding():
    _deferred, parts = split(Decimal("0.10"), date(2027, 1, 1), date(2027, 3, 31), date(2026, 12, 1))
    assert [part for _day, part in parts] == [Decimal("0.03"), Decimal("0.03"), Decimal("0.04")]


def test_a_credit_note_mirrors_its_invoice():
    dates = date(2027, 1, 17), date(2027, 9, 3), date(2027, 1, 20)
    deferred, parts = split(Decimal("987.65"), *dates)
    credited, back = split(Decimal("-987.65"), *dates)
    assert (credited, back) == (-deferred, [(day, -part) for day, part in parts])


def test_a_period_turned_round_is_refused():
    with pytest.raises(ValueError, match="before"):
        split(Decimal(1), date(2027, 2, 1), date(2027, 1, 1), date(2027, 1, 1))
