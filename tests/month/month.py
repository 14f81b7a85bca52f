"""What the steps of the month share: the calendar, the company's records, and what each step leaves for the next."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from freezegun import freeze_time

from . import company as company_setup


def first_of(day, months=0):
    """The first day of the month ``months`` after that of ``day``."""
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


@dataclass
class Month:
    """The last closed month of a Danish company, walked day by day.

    ``start`` to ``end`` is that month; ``before`` is the month in which its billing was prepared, ``after`` the first
    day of the current month.
    """

    env: object
    today: date
    commit: object = None
    say: object = print
    company: object = None
    opening_balance: float = 125000.0
    closing_balance: float = 0.0
    bank_entries: list = field(default_factory=list)
    records: dict = field(default_factory=dict)

    def __post_init__(self):
        self.start = first_of(self.today, -1)
        self.before = first_of(self.today, -2)
        self.after = first_of(self.today)
        self.end = self.after - timedelta(days=1)

    def day(self, number):
        """Day ``number`` of the month."""
        return self.start + timedelta(days=number - 1)

    def set_up(self):
        """Make the company; afterwards ``env`` is the Danish bookkeeper's."""
        self.company = company_setup.create(self.env)
        self.env = self.company.env
        return self.company

    @contextmanager
    def at(self, day, hour=10):
        """The clock stands on ``day`` while the block runs; what it did is committed at its end."""
        with freeze_time(datetime.combine(day, time(hour)), tick=True):
            yield self.env
            self.save()

    def save(self):
        self.env.flush_all()
        if self.commit:
            self.commit()

    def refresh(self):
        self.env.invalidate_all()
