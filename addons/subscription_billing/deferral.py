"""Which part of an invoice line belongs to which month, in plain Python.

A line that covers several months earns its amount by the day. What belongs to months after the one it is booked in is
deferred, and earned at the end of each of those months. Days before that month are earned at once: they were delivered
already. Each month is rounded by itself; the last one takes what is left, so that the parts are the amount.
"""

from calendar import monthrange
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal


def month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def months(start: date, end: date):
    """[(last day of the month, days of the period in it)], in order."""
    found = []
    while start <= end:
        last = min(month_end(start), end)
        found.append((month_end(start), (last - start).days + 1))
        start = last + timedelta(days=1)
    return found


def split(amount: Decimal, start: date, end: date, booked: date, unit: Decimal = Decimal("0.01")):
    """What is deferred of `amount`, and the months it is earned in.

    :param booked: accounting date of the invoice
    :param unit: smallest amount of the currency
    :return: (deferred in all, [(last day of the month, part)]); parts add up to what is deferred
    """
    if end < start:
        raise ValueError("the period ends before it starts")
    total = (end - start).days + 1
    parts = [
        (last, (amount * days / total / unit).quantize(Decimal(1), rounding=ROUND_HALF_UP) * unit)
        for last, days in months(start, end)
    ]
    last, _part = parts[-1]
    parts[-1] = (last, amount - sum((part for _last, part in parts[:-1]), Decimal(0)))
    later = [(last, part) for last, part in parts if last > month_end(booked) and part]
    return sum((part for _last, part in later), Decimal(0)), later
