"""Banking days against lists written down from the calendar, and an Easter computed another way."""

from datetime import date, datetime, time, timedelta

import pytest
from danish_banking_holidays import DanishBankingCalendar

from odoo.addons.betalingsservice.formats import calendar

WEEKDAYS_CLOSED = {
    2023: "04-06 04-07 04-10 05-05 05-18 05-19 05-29 06-05 12-25 12-26",
    2026: "01-01 04-02 04-03 04-06 05-14 05-15 05-25 06-05 12-24 12-25 12-31",
    2027: "01-01 03-25 03-26 03-29 05-06 05-07 05-17 12-24 12-31",
    2028: "04-13 04-14 04-17 05-25 05-26 06-05 12-25 12-26",
}


@pytest.mark.parametrize("year", sorted(WEEKDAYS_CLOSED))
def test_weekdays_on_which_banks_are_closed(year):
    wanted = [f"{year}-{day}" for day in WEEKDAYS_CLOSED[year].split()]
    days = (date(year, 1, 1) + timedelta(days=number) for number in range(366))
    closed = [day for day in days if day.year == year and day.weekday() < 5 and not calendar.is_banking_day(day)]
    assert [day.isoformat() for day in closed] == wanted


def easter(year):
    """Gauss, as corrected for the Gregorian calendar."""
    century = year // 100
    lunar = (13 + 8 * century) // 25
    shift = (15 - lunar + century - century // 4) % 30
    leap = (4 + century - century // 4) % 7
    full_moon = (19 * (year % 19) + shift) % 30
    week = (2 * (year % 4) + 4 * (year % 7) + 6 * full_moon + leap) % 7
    day = full_moon + week
    if (full_moon == 29 and week == 6) or (full_moon == 28 and week == 6 and (11 * shift + 11) % 30 < 19):
        day -= 7
    return date(year, 3, 22) + timedelta(days=day)


@pytest.mark.parametrize("year", range(2009, 2100))
def test_moving_holidays_of_any_year(year):
    days = calendar.closing_days(year)
    for after in (-3, -2, 1, 39, 40, 50):
        assert easter(year) + timedelta(days=after) in days
    prayer_day = easter(year) + timedelta(days=26)
    assert (days.get(prayer_day) == "General Prayer Day") == (year < 2024)


@pytest.mark.parametrize("year", range(2024, 2040))
def test_each_month_can_be_reached_until_its_deadline_and_not_after(year):
    for month in range(1, 13):
        first = calendar.next_banking_day(date(year, month, 1))
        deadline = calendar.delivery_deadline(first)
        assert calendar.earliest_payment_date(deadline - timedelta(seconds=1)) == first
        assert calendar.earliest_payment_date(deadline) > first, "before the hour, not at it"
        assert calendar.earliest_payment_date(deadline + timedelta(minutes=1)) > first
        left = [deadline.date() + timedelta(days=number) for number in range(1, 31)]
        same_month = [day for day in left if (day.year, day.month) == (deadline.year, deadline.month)]
        assert sum(map(calendar.is_banking_day, same_month)) == 5


def test_now_is_taken_as_local_time():
    assert calendar.earliest_payment_date(datetime(2026, 12, 31, 23, 59)) == date(2027, 2, 1)


@pytest.mark.parametrize("year", range(2009, 2100))
def test_every_day_of_a_year_agrees_with_danish_banking_holidays(year):
    """The package knows the General Prayer Day as closed until 2023 and as a banking day from 2024, as we do."""
    oracle = DanishBankingCalendar()
    day = date(year, 1, 1)
    while day.year == year:
        assert calendar.is_banking_day(day) != oracle.is_holiday(day), day
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("now", "hour", "drawn_now", "drawn_after", "days"),
    [
        (datetime(2027, 1, 22, 10, 30), None, "2027-03-01", "2027-04-01", 31),
        (datetime(2027, 1, 22, 10, 30), time(11, 0), "2027-02-01", "2027-03-01", 28),
        (datetime(2026, 11, 23, 8, 59), None, "2026-12-01", "2027-01-04", 34),
        (datetime(2027, 4, 1, 12, 0), None, "2027-05-03", "2027-06-01", 29),
    ],
)
def test_what_if_tells_how_much_later(now, hour, drawn_now, drawn_after, days):
    answer = calendar.what_if(now, hour)
    assert (answer.drawn_now.isoformat(), answer.drawn_after.isoformat(), answer.days_later) == (
        drawn_now,
        drawn_after,
        days,
    )
    assert now <= answer.deadline


@pytest.mark.parametrize("year", range(2024, 2040))
def test_the_day_of_the_reminder_is_the_banking_day_before(year):
    for month in range(1, 13):
        deadline = calendar.delivery_deadline(date(year, month, 1)).date()
        reminder = calendar.banking_day_before(deadline)
        assert calendar.is_banking_day(reminder)
        between = (deadline - reminder).days
        assert between >= 1
        assert not any(calendar.is_banking_day(reminder + timedelta(days=step)) for step in range(1, between))
