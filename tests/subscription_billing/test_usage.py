"""What usage costs, when it is due, and the lists it comes in: plain code, no database."""

import io
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from odoo.addons.list_reader.formats import FileFault, lists
from odoo.addons.subscription_billing.formats import usage_list
from odoo.addons.subscription_billing.periods import Interval, Range, Schedule, open_periods
from odoo.addons.subscription_billing.usage import (
    Part,
    Tier,
    UsageError,
    assign,
    due_usage_periods,
    part_of,
    price_usage,
    usage_due_date,
)

D = Decimal
TIERS = [Tier(D(100), D("1.50")), Tier(D(1000), D("1.00"))]


def test_each_unit_at_the_price_of_its_tier():
    found = price_usage(D(1250), D(2), TIERS, included=D(50))
    assert found.parts == (Part(D(100), D(2)), Part(D(900), D("1.50")), Part(D(200), D("1.00")))
    assert (found.amount, found.included) == (D(1750), D(50))


def test_all_at_the_price_of_the_tier_that_is_reached():
    assert price_usage(D(1250), D(2), TIERS, mode="volume").parts == (Part(D(1250), D("1.00")),)
    assert price_usage(D(100), D(2), TIERS, mode="volume").amount == D(200), "the hundredth still costs 2.00"


def test_included_is_never_more_than_was_used():
    found = price_usage(D(30), D(2), TIERS, included=D(50))
    assert (found.amount, found.included, found.parts) == (0, D(30), ())
    assert price_usage(D(0), D(2), included=D(50)).parts == ()


def test_a_correction_is_given_back_at_the_first_price():
    assert price_usage(D(-5), D(2), TIERS, included=D(50)).amount == D(-10)


@pytest.mark.parametrize(
    "make",
    [
        lambda: price_usage(D(1), D(1), mode="formula"),
        lambda: price_usage(D(1), D(1), included=D(-1)),
        lambda: price_usage(D(1), D(1), [Tier(D(0), D(1))]),
        lambda: price_usage(D(1), D(1), [Tier(D(5), D(1)), Tier(D(5), D(2))]),
    ],
)
def test_nonsense_is_refused(make):
    with pytest.raises(UsageError):
        make()


def test_included_in_a_part_of_a_period():
    assert part_of(D(100), Fraction(6, 31)) == D("19.354839")
    assert part_of(D(100), Fraction(1)) == D(100)


MONTHLY = Schedule(date(2027, 1, 1), Interval(1, "month"))


@pytest.mark.parametrize(
    ("timing", "lead", "due"),
    [
        ("advance", 0, date(2027, 2, 1)),
        ("advance", 14, date(2027, 2, 15)),  # with the invoice for March, made 14 days before it
        ("advance", -5, date(2027, 2, 6)),
        ("arrears", 0, date(2027, 1, 31)),
        ("arrears", 14, date(2027, 1, 31)),
        ("arrears", -5, date(2027, 2, 5)),
    ],
)
def test_due_when_the_period_is_over(timing, lead, due):
    assert usage_due_date(MONTHLY, MONTHLY.period(0), timing, lead) == due


def test_after_the_end_there_is_no_further_invoice_to_wait_for():
    assert usage_due_date(MONTHLY, MONTHLY.period(0), "advance", 14, date(2027, 1, 31)) == date(2027, 2, 1)


quantities = st.decimals(min_value=0, max_value=100000, places=3)
prices = st.decimals(min_value=0, max_value=1000, places=4)
tiers = st.dictionaries(st.integers(1, 5000), prices, max_size=4).map(
    lambda found: [Tier(D(above), price) for above, price in found.items()]
)


@settings(max_examples=400)
@given(used=quantities, price=prices, tiers=tiers, included=quantities, mode=st.sampled_from(["graduated", "volume"]))
def test_parts_add_up_to_what_was_used(used, price, tiers, included, mode):
    found = price_usage(used, price, tiers, included, mode)
    assert found.charged + found.included == used
    assert all(part.quantity > 0 for part in found.parts)
    unit_prices = [price, *(tier.price for tier in tiers)]
    assert min(unit_prices) * found.charged <= found.amount <= max(unit_prices) * found.charged


@settings(max_examples=300)
@given(
    start=st.dates(date(2024, 1, 1), date(2028, 12, 31)),
    days=st.lists(st.integers(0, 400), max_size=40),
    steps=st.lists(st.integers(0, 500), min_size=1, max_size=6).map(sorted),
    timing=st.sampled_from(["advance", "arrears"]),
    lead=st.integers(-20, 20),
)
def test_each_use_is_charged_at_most_once_and_in_the_end_all(start, days, steps, timing, lead):
    """Whatever the days of the runs, and however late a use was reported."""
    schedule = Schedule(start, Interval(1, "month"))
    within = Range(start)
    uses = [(start + timedelta(days=day), number) for number, day in enumerate(days)]
    taken, charged = [], []
    for step in [*steps, 600]:
        until = start + timedelta(days=step)
        found = due_usage_periods(schedule, within, taken, until=until, timing=timing, lead_days=lead)
        waiting = [(day, number) for day, number in uses if number not in charged]
        assert all(due <= until for _period, due in found)
        assert all(period.end <= due for period, due in found)
        for period, numbers in assign(waiting, [period for period, _due in found]).items():
            taken.append(Range(period.start, period.end))
            charged += numbers
    assert sorted(charged) == list(range(len(uses)))


def test_assign_takes_late_uses_into_the_next_period():
    periods = list(islice(open_periods(MONTHLY, Range(date(2027, 2, 1))), 2))
    found = assign([(date(2027, 1, 5), "late"), (date(2027, 3, 31), "in time"), (date(2027, 4, 1), "next")], periods)
    assert list(found.values()) == [["late"], ["in time"]]


# ----------------------------------------------------------------------
# Lists
# ----------------------------------------------------------------------

CSV = "Abonnement;Varenr.;Dato;Forbrug;Reference\nSUB00001;KWH;31-03-2027;1.234,5;A1\nSUB00002;;2027-03-31;7;A2\n"


def _rows(data):
    uses, bad, _header = usage_list.parse(data)
    return [(u.line, u.subscription, u.product, u.date, u.quantity, u.reference) for u in uses], bad


EXPECTED = [
    (2, "SUB00001", "KWH", date(2027, 3, 31), D("1234.5"), "A1"),
    (3, "SUB00002", "", date(2027, 3, 31), D(7), "A2"),
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_list_in_csv(encoding):
    assert _rows(CSV.encode(encoding)) == (EXPECTED, [])


def test_list_in_a_workbook():
    book = Workbook()
    book.active.append(["abonnement", "vare", "dato", "antal", "ref"])
    book.active.append(["SUB00001", "KWH", date(2027, 3, 31), 1234.5, "A1"])
    book.active.append(["SUB00002", None, "31.03.2027", 7, "A2"])
    stream = io.BytesIO()
    book.save(stream)
    assert _rows(stream.getvalue()) == (EXPECTED, [])


def test_one_bad_row_never_stops_the_others():
    uses, bad = _rows(CSV.encode() + b";;31-03-2027;1;A3\nSUB3;;31-13-2027;1;A4\nSUB4;;31-03-2027;mange;A5\n")
    assert len(uses) == 2
    assert [(row.line, row.fault.code) for row in bad] == [
        (4, "no_subscription"),
        (5, "bad_date"),
        (6, "bad_number"),
    ]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"a;b\n1;2\n", "no_header"),
        (b"abonnement;dato;antal\n", "no_rows"),
        (b"abonnement;dato;dato;antal\nS;1;1;1\n", "twice_column"),
        (b"PK\x03\x04rubbish", "broken"),
        (b"\x00\x01\x02", "no_text"),
        (b"x" * (lists.MAX_BYTES + 1), "too_big"),
    ],
)
def test_bad_files_say_why(data, code):
    with pytest.raises(FileFault) as caught:
        usage_list.parse(data)
    assert caught.value.code == code


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_no_file_ends_in_a_traceback(data):
    for start in (b"", b"PK\x03\x04", b"abonnement;dato;antal\n"):
        try:
            usage_list.parse(start + data)
        except FileFault:
            pass
