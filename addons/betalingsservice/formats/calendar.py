"""Danish banking days and the deadlines of Betalingsservice, as dated data with their sources.

Source: payment-formats specification, section 1.10.
"""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from dateutil.easter import easter

CREDITOR_RULES = "Generelle regler for kreditorer i Betalingsservice, 21 December 2022, 2.2"
GENERAL_PRAYER_DAY = "Act no. 214 of 6 March 2023: no public holiday from 2024"


class ClosingDay(NamedTuple):
    """A day without bank business: a fixed day, or so many days after Easter Sunday. Years are inclusive."""

    name: str
    source: str
    month: int = 0
    day: int = 0
    after_easter: int | None = None
    first_year: int = 1900
    last_year: int = 9999

    def on(self, year):
        """The date in a year, or None."""
        if not self.first_year <= year <= self.last_year:
            return None
        if self.after_easter is not None:
            return easter(year) + timedelta(days=self.after_easter)
        return date(year, self.month, self.day)


CLOSING_DAYS = (
    ClosingDay("New Year's Day", CREDITOR_RULES, 1, 1),
    ClosingDay("Maundy Thursday", CREDITOR_RULES, after_easter=-3),
    ClosingDay("Good Friday", CREDITOR_RULES, after_easter=-2),
    ClosingDay("Easter Monday", CREDITOR_RULES, after_easter=1),
    ClosingDay("General Prayer Day", GENERAL_PRAYER_DAY, after_easter=26, last_year=2023),
    ClosingDay("Ascension Day", CREDITOR_RULES, after_easter=39),
    ClosingDay("Friday after Ascension Day", CREDITOR_RULES, after_easter=40, first_year=2009),
    ClosingDay("Whit Monday", CREDITOR_RULES, after_easter=50),
    ClosingDay("Constitution Day", CREDITOR_RULES, 6, 5),
    ClosingDay("Christmas Eve", CREDITOR_RULES, 12, 24),
    ClosingDay("Christmas Day", CREDITOR_RULES, 12, 25),
    ClosingDay("Boxing Day", CREDITOR_RULES, 12, 26),
    ClosingDay("New Year's Eve", CREDITOR_RULES, 12, 31),
)


class Deadlines(NamedTuple):
    """Rules valid from a day on. Banking days are counted from the end (last) or the start of a month."""

    valid_from: date
    delivery_last: int
    delivery_time: time
    late_last: int
    final_first: int
    most_days_ahead: int
    source: str


DEADLINES = (
    Deadlines(
        valid_from=date(2000, 1, 1),
        delivery_last=6,
        delivery_time=time(9, 0),
        late_last=3,
        final_first=7,
        most_days_ahead=90,
        source="Guidelines for Data Suppliers, 11 February 2025 (day; the hour there is 11:00, 09:00 keeps a margin); "
        "7th banking day: GoCardless support",
    ),
)


@lru_cache(maxsize=64)
def closing_days(year):
    """date -> name, of one year.

    >>> date(2027, 5, 7) in closing_days(2027), date(2024, 4, 26) in closing_days(2024)
    (True, False)
    """
    found = {}
    for closing_day in CLOSING_DAYS:
        day = closing_day.on(year)
        if day:
            found.setdefault(day, closing_day.name)
    return found


def is_banking_day(day):
    """Whether Danish banks do business."""
    return day.weekday() < 5 and day not in closing_days(day.year)


def next_banking_day(day, step=1):
    """The day itself when it is a banking day, else the next (step 1) or the one before (step -1).

    >>> next_banking_day(date(2027, 5, 6)), next_banking_day(date(2027, 5, 6), -1)
    (datetime.date(2027, 5, 10), datetime.date(2027, 5, 5))
    """
    while not is_banking_day(day):
        day += timedelta(days=step)
    return day


def banking_days_after(day, count):
    """The banking day ``count`` banking days after a day.

    >>> banking_days_after(date(2027, 5, 5), 1), banking_days_after(date(2027, 1, 15), 6)
    (datetime.date(2027, 5, 10), datetime.date(2027, 1, 25))
    """
    for _step in range(count):
        day = next_banking_day(day + timedelta(days=1))
    return day


def last_banking_day(year, month, nth=1):
    """The nth banking day from the end of a month.

    >>> [last_banking_day(*when, 6).isoformat() for when in ((2026, 11), (2026, 12), (2027, 1), (2027, 5))]
    ['2026-11-23', '2026-12-21', '2027-01-22', '2027-05-24']
    """
    day = (date(year, month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return _count(day, -1, nth)


def first_banking_day(year, month, nth=1):
    """The nth banking day from the start of a month.

    >>> first_banking_day(2027, 2, 7).isoformat()
    '2027-02-09'
    """
    return _count(date(year, month, 1), 1, nth)


def _count(day, step, nth):
    while True:
        if is_banking_day(day):
            nth -= 1
            if not nth:
                return day
        day += timedelta(days=step)


def rules(day):
    """The deadlines valid on a day."""
    return max((entry for entry in DEADLINES if entry.valid_from <= day), key=lambda entry: entry.valid_from)


def month_before(day):
    """``(year, month)`` of the month before."""
    before = day.replace(day=1) - timedelta(days=1)
    return before.year, before.month


def delivery_deadline(payment_date, at=None):
    """Local date and time before which to deliver what is drawn on ``payment_date``.

    :param time at: the hour agreed; default: that of the rule

    >>> delivery_deadline(date(2027, 2, 1))
    datetime.datetime(2027, 1, 22, 9, 0)
    >>> delivery_deadline(date(2027, 2, 1), time(11, 0))
    datetime.datetime(2027, 1, 22, 11, 0)
    """
    rule = rules(payment_date)
    day = last_banking_day(*month_before(payment_date), rule.delivery_last)
    return datetime.combine(day, at or rule.delivery_time)


def late_deadline(payment_date):
    """Latest day for a late delivery, at an extra fee per collection.

    >>> late_deadline(date(2027, 2, 1))
    datetime.date(2027, 1, 27)
    """
    return last_banking_day(*month_before(payment_date), rules(payment_date).late_last)


def final_day(payment_date, count=0):
    """Last day on which the payer may reject or charge back through Betalingsservice.

    :param count: which banking day of the month, when another one was agreed; 0: the rule of the time (one source)

    >>> final_day(date(2027, 2, 1)), final_day(date(2027, 2, 1), 8)
    (datetime.date(2027, 2, 9), datetime.date(2027, 2, 10))
    """
    return first_banking_day(payment_date.year, payment_date.month, count or rules(payment_date).final_first)


def month_after(day):
    """First day of the month after.

    >>> month_after(date(2026, 12, 31))
    datetime.date(2027, 1, 1)
    """
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def banking_day_before(day):
    """The last banking day before a day: when a reminder still helps.

    >>> banking_day_before(date(2027, 1, 25)).isoformat(), banking_day_before(date(2027, 5, 10)).isoformat()
    ('2027-01-22', '2027-05-05')
    """
    return next_banking_day(day - timedelta(days=1), -1)


def earliest_payment_date(now, at=None):
    """First banking day that can still be reached by a delivery made at the local time ``now``.

    :param time at: the hour agreed for deliveries; default: that of the rule

    >>> earliest_payment_date(datetime(2027, 1, 22, 8, 59)), earliest_payment_date(datetime(2027, 1, 22, 9, 1))
    (datetime.date(2027, 2, 1), datetime.date(2027, 3, 1))
    """
    month = month_after(now.date())
    if now >= delivery_deadline(month, at):
        month = month_after(month)
    return next_banking_day(month)


class WhatIf(NamedTuple):
    """What a delivery made now reaches, and what one made after the deadline would."""

    deadline: datetime
    drawn_now: date
    drawn_after: date

    @property
    def days_later(self):
        """Calendar days that money comes later when the deadline is missed."""
        return (self.drawn_after - self.drawn_now).days


def what_if(now, at=None):
    """Sent at the local time ``now``, or after the deadline: when is it drawn?

    >>> answer = what_if(datetime(2027, 1, 20, 12, 0))
    >>> answer.deadline.isoformat(), answer.drawn_now.isoformat(), answer.drawn_after.isoformat(), answer.days_later
    ('2027-01-22T09:00:00', '2027-02-01', '2027-03-01', 28)
    """
    drawn_now = earliest_payment_date(now, at)
    return WhatIf(
        deadline=delivery_deadline(drawn_now, at),
        drawn_now=drawn_now,
        drawn_after=next_banking_day(month_after(drawn_now)),
    )
