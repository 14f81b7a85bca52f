"""Messages of other subscription systems: every field that is wrong is named, nothing is guessed."""

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.subscription_billing.formats import renewal

GOOD = {
    "key": "evt-1",
    "renewal": "R-1",
    "stage": "captured",
    "currency": "DKK",
    "total": "125.00",
    "payment": {"method": "card", "reference": "T-1", "date": "2027-03-01"},
    "customer": {"number": 1001, "name": "Åse", "country": "DK"},
    "lines": [{"product": "A", "unit_price": 100.10, "period_start": "2027-03-01", "period_end": "2027-03-31"}],
}


def parse(**changes):
    return renewal.parse(json.dumps({**GOOD, **changes}).encode())


def faults(data):
    with pytest.raises(renewal.RenewalError) as caught:
        renewal.parse(data if isinstance(data, bytes) else json.dumps(data).encode())
    return {error["field"] for error in caught.value.errors}


def test_a_message_is_read_exactly():
    key, told = parse()
    assert (key, told.number, told.stage, told.total) == ("evt-1", "R-1", "captured", Decimal(125))
    assert told.customer.number == "1001"
    (line,) = told.lines
    assert (line.unit_price, line.quantity, line.period_end) == (Decimal("100.1"), Decimal(1), date(2027, 3, 31))


def test_all_that_is_wrong_is_named_at_once():
    assert faults({"stage": "paid", "currency": "kr", "customer": {"country": "Denmark"}, "lines": [{}], "x": 1}) == {
        "renewal", "stage", "currency", "payment.method", "customer.number", "customer.country", "lines[0].product",
        "lines[0].unit_price", "x",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"lines": []}, "lines"),
        ({"lines": [{"text": "A", "unit_price": 1}] * 201}, "lines"),
        ({"lines": [{"text": "A"}]}, "lines[0].unit_price"),
        ({"lines": [{"text": "A", "unit_price": "1,50"}]}, "lines[0].unit_price"),
        ({"lines": [{"text": "A", "unit_price": "1.1234567"}]}, "lines[0].unit_price"),
        ({"lines": [{"text": "A", "unit_price": 1e30}]}, "lines[0].unit_price"),
        ({"lines": [{"text": "A", "unit_price": True}]}, "lines[0].unit_price"),
        ({"lines": [{"text": "A", "unit_price": 1, "discount": 101}]}, "lines[0].discount"),
        ({"lines": [{"text": "A", "unit_price": 1, "period_start": "2027-03-01"}]}, "lines[0].period_end"),
        (
            {"lines": [{"text": "A", "unit_price": 1, "period_start": "2027-03-02", "period_end": "2027-03-01"}]},
            "lines[0].period_end",
        ),
        ({"date": "01-03-2027"}, "date"),
        ({"renewal": "x" * 121}, "renewal"),
        ({"renewal": "a\0b"}, "renewal"),
        ({"payment": "card"}, "payment"),
        ({"customer": None}, "customer"),
    ],
)
def test_a_wrong_field_is_named(changes, field):
    assert field in faults({**GOOD, **changes})


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b'"x"', b"\xff\xfe", b'{"total": NaN}', b"[" * 100000])
def test_no_json_is_told(data):
    assert faults(data) == {""}


def test_the_digest_is_of_the_content():
    _key, told = parse()
    assert parse(total=125)[1].digest() == told.digest(), "another spelling is the same content"
    assert parse(stage="settled")[1].digest() != told.digest()
    assert parse(stage="settled")[1].digest(with_stage=False) == told.digest(with_stage=False)
    assert parse(total=126)[1].digest(with_stage=False) != told.digest(with_stage=False)


@settings(max_examples=200)
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=5), lambda inner: st.lists(inner)
                    | st.dictionaries(st.sampled_from([*GOOD, "x"]), inner)))  # fmt: skip
def test_no_message_ends_in_a_traceback(data):
    try:
        renewal.parse(json.dumps(data).encode())
    except renewal.RenewalError:
        pass
