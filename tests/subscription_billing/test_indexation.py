"""New prices and series of indices: plain code, no database."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.subscription_billing.formats import FileFault, index_series
from odoo.addons.subscription_billing.indexation import (
    IndexationError,
    PriceRule,
    add_months,
    due_dates,
    effect_date,
    index_factor,
    percent_change,
)

D = Decimal


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        (PriceRule("percent", D(4)), D("100"), D("104.00")),
        (PriceRule("percent", D("3.5")), D("19.95"), D("20.65")),
        (PriceRule("percent", D("2.5")), D("99.99"), D("102.49")),
        (PriceRule("amount", D("12.5")), D("100"), D("112.50")),
        (PriceRule("percent", D(4), step=D(5)), D("480"), D("500")),
        (PriceRule("percent", D(4), step=D(1), rounding="up"), D("101"), D("106")),
        (PriceRule("percent", D(4), step=D(1), rounding="down"), D("101"), D("105")),
        (PriceRule("percent", D(4)), D("-50"), D("-52.00")),
        (PriceRule("percent", D(-100)), D("50"), D("0")),
        (PriceRule("percent", D(4)), D("0"), D("0")),
    ],
)
def test_new_price(rule, old, new):
    assert rule.new_price(old).price == new


def test_cap_and_floor():
    rule = PriceRule("index", cap=D(5), floor=D(1))
    assert rule.new_price(D(100), Fraction(110, 100)) == rule.new_price(D(100), Fraction(105, 100)).__class__(
        D("105.00"), "cap"
    )
    assert rule.new_price(D(100), Fraction(98, 100)).price == D("101.00")
    assert rule.new_price(D(100), Fraction(98, 100)).limited == "floor"
    assert PriceRule("index", floor=D(0)).new_price(D(100), Fraction(98, 100)).price == D(100)
    assert PriceRule("index").new_price(D(100), Fraction(98, 100)).price == D(98)


def test_a_coarse_step_never_breaks_the_cap_nor_lowers_a_raised_price():
    assert PriceRule("percent", D(3), cap=D(3), step=D(5)).new_price(D(100)).price == D("103.00")
    assert PriceRule("percent", D("0.2"), step=D(5)).new_price(D(102)).price == D("102.20")


def test_an_amount_is_not_added_to_a_reduction():
    with pytest.raises(IndexationError, match="reduction"):
        PriceRule("amount", D(5)).new_price(D(-50))


def test_october_to_october():
    series = {date(2025, 10, 1): D("118.4"), date(2026, 10, 1): D("121.3")}
    found = index_factor(series, date(2027, 1, 1), lag=3, months=12)
    assert (found.month_from, found.month_to) == (date(2025, 10, 1), date(2026, 10, 1))
    assert PriceRule("index").new_price(D("1000"), found.factor).price == D("1024.49")


def test_missing_month_is_named():
    with pytest.raises(IndexationError) as caught:
        index_factor({date(2025, 10, 1): D(118)}, date(2027, 1, 1), lag=3, months=12)
    assert (caught.value.code, caught.value.values["month"]) == ("missing", date(2026, 10, 1))


def test_due_dates_are_counted_from_the_first():
    found = list(due_dates(date(2027, 1, 31), 1, date(2027, 1, 31), date(2027, 4, 30)))
    assert found == [date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30)]
    assert list(due_dates(date(2027, 1, 1), 12, date(2027, 1, 1), date(2027, 12, 31))) == []


def test_notice_moves_the_day():
    today = date(2027, 1, 10)
    assert effect_date(date(2027, 1, 1), today, 30) == date(2027, 2, 9)
    assert effect_date(date(2027, 3, 1), today, 30) == date(2027, 3, 1)
    assert effect_date(date(2027, 1, 1), today, None) == date(2027, 1, 1)


def test_percent_change():
    assert percent_change(D(480), D(500)) == D("4.17")
    assert percent_change(D(-50), D(-52)) == D("4.00")
    assert percent_change(D(0), D(5)) == 0


@pytest.mark.parametrize(
    "make",
    [
        lambda: PriceRule("formula"),
        lambda: PriceRule("percent", step=D(0)),
        lambda: PriceRule("percent", rounding="bankers"),
        lambda: PriceRule("percent", cap=D(1), floor=D(2)),
        lambda: PriceRule("index").new_price(D(1)),
        lambda: list(due_dates(date(2027, 1, 1), 0, date(2027, 1, 1), date(2028, 1, 1))),
        lambda: index_factor({date(2026, 1, 1): D(0), date(2027, 1, 1): D(1)}, date(2027, 1, 1), 0, 12),
    ],
)
def test_nonsense_is_refused(make):
    with pytest.raises(IndexationError):
        make()


cents = st.decimals(min_value=D("0.01"), max_value=D("100000"), places=2)
percents = st.decimals(min_value=D(-30), max_value=D(60), places=2)
steps = st.sampled_from([D("0.01"), D("0.25"), D("0.5"), D(1), D(5), D(10), D(100)])
roundings = st.sampled_from(["nearest", "up", "down"])


@settings(max_examples=500)
@given(
    old=cents, value=percents, limits=st.tuples(percents, percents).map(sorted), step=steps, rounding=roundings,
    has_cap=st.booleans(), has_floor=st.booleans(), negative=st.booleans(),
)  # fmt: skip
def test_price_stays_within_its_limits(old, value, limits, step, rounding, has_cap, has_floor, negative):
    floor, cap = limits
    rule = PriceRule("percent", value, cap if has_cap else None, floor if has_floor else None, step, rounding)
    price = abs(rule.new_price(-old if negative else old).price)
    if has_cap:
        assert Fraction(price) <= Fraction(old) * (1 + Fraction(cap) / 100)
    if has_floor:
        assert Fraction(price) >= Fraction(old) * (1 + Fraction(floor) / 100)
    raw = Fraction(old) * (1 + Fraction(value) / 100)
    if not has_cap and not has_floor:
        assert abs(Fraction(price) - raw) <= Fraction(step)
        assert (price >= old) if raw >= old else (price <= old)


@settings(max_examples=300)
@given(
    first=st.dates(date(2015, 1, 1), date(2035, 12, 31)),
    every=st.integers(1, 36),
    wait=st.integers(0, 900),
    length=st.integers(0, 1500),
)
def test_regulations_in_steps_equal_regulations_at_once(first, every, wait, length):
    """Whoever looks every day finds each day of regulation once, and none other than who looks once."""
    after = first + timedelta(days=wait - 400)
    until = after + timedelta(days=length)
    at_once = list(due_dates(first, every, after, until))
    half = after + timedelta(days=length // 2)
    assert list(due_dates(first, every, after, half)) + list(due_dates(first, every, half, until)) == at_once
    assert at_once == sorted(set(at_once))
    expected = [day for k in range(200) if after < (day := add_months(first, k * every)) <= until]
    assert at_once == expected


# ----------------------------------------------------------------------
# Series
# ----------------------------------------------------------------------

EXPECTED = [(date(2026, 9, 1), D("120.9")), (date(2026, 10, 1), D("121.3"))]


def _values(text, series="", encoding="utf-8"):
    return [(v.month, v.value) for v in index_series.parse(text.encode(encoding), series)]


@pytest.mark.parametrize(
    "text",
    [
        "tid;indhold\n2026M09;120,9\n2026M10;121,3\n",
        "\ufefftid\tindhold\r\n2026M10\t121.3\r\n2026M09\t120.9\r\n2026M11\t..\r\n",
        "month,value\n2026-09,120.9\n2026-10,121.3\n",
        '"month","value"\n"2026-09-01","120,9"\n"2026-10-01","121,3"\n',
        "september 2026;120,9\noktober 2026;121,3\n",
        "202609|120.9\n202610|121.3\n",
        "Forbrugerprisindeks\n\n;2026M09;2026M10;2026M11\nI alt;120,9;121,3;..\n",
    ],
)
def test_series_of_every_layout(text):
    assert _values(text) == EXPECTED


def test_series_in_the_encoding_of_windows_and_of_excel():
    assert _values("måned;værdi\n2026M09;120,9\n2026M10;121,3\n", encoding="cp1252") == EXPECTED
    assert _values("måned;værdi\n2026M09;120,9\n2026M10;121,3\n", encoding="utf-16") == EXPECTED


@pytest.mark.parametrize(
    "text",
    [
        ";2026M09;2026M10\nFødevarer;130,1;131,0\nI alt;120,9;121,3\n",
        "måned;Fødevarer;I alt\n2026M09;130,1;120,9\n2026M10;131,0;121,3\n",
        "gruppe;måned;indeks\nFødevarer;2026M09;130,1\nI alt;2026M09;120,9\nFødevarer;2026M10;131\n"
        "I alt;2026M10;121,3\n",
    ],
)
def test_the_series_asked_for_is_read(text):
    assert _values(text, "i alt") == EXPECTED
    with pytest.raises(FileFault) as caught:
        _values(text)
    assert caught.value.code == "several"
    assert "I alt" in caught.value.values["names"]
    with pytest.raises(FileFault, match="unknown_series"):
        _values(text, "Brændsel")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"PK\x03\x04\x00\x00\x00\x00", "no_text"),
        (b"name;amount\nA;1\n", "no_months"),
        (b"2026M09;120,9\n2026M09;121,0\n", "twice"),
        (b"2026M09;abc\n", "not_a_number"),
        (b"2026M09;0\n", "not_a_number"),
        (b"2026M09;..\n", "not_a_number"),
        (b"x" * (5 * 1024 * 1024 + 1), "too_big"),
    ],
)
def test_bad_files_say_why(data, code):
    with pytest.raises(FileFault) as caught:
        index_series.parse(data)
    assert caught.value.code == code


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_no_file_ends_in_a_traceback(data):
    try:
        index_series.parse(data)
    except FileFault:
        pass
