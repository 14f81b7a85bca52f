"""What hypothesis makes up is written, taken by the simulator of the operator, and read back the same."""

from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.betalingsservice.formats import delivery_0601, inspect
from odoo.addons.betalingsservice.formats.delivery_0601 import Collection, Delivery, Section
from odoo.addons.betalingsservice.formats.records import Head, printable

from tests.simulators.betalingsservice import Betalingsservice

CHARACTERS = "".join(chr(code) for code in (*range(0x21, 0x7F), *range(0xC0, 0x100)))
WORDS = st.text(CHARACTERS, min_size=1, max_size=35)
DAYS = st.dates(date(2027, 2, 1), date(2027, 3, 31))
COLLECTIONS = st.builds(
    Collection,
    customer_number=st.text("0123456789ABCÆØÅ", min_size=1, max_size=15).filter(lambda text: text.strip("0")),
    payment_date=DAYS,
    amount=st.integers(1, 10**13 - 1).map(lambda ore: Decimal(ore).scaleb(-2)),
    reference=st.text(CHARACTERS, max_size=30),
    mandate_number=st.integers(0, 10**9 - 1).map("{:09d}".format),
    address=st.lists(WORDS, min_size=2, max_size=5).map(tuple),
    postcode=st.integers(0, 9999).map("{:04d}".format),
    country=st.just("DK"),
    texts=st.lists(WORDS, max_size=4).map(tuple),
    slip_texts=st.lists(WORDS, max_size=2).map(tuple),
)
HEAD = Head("12345678", "KR9", "0601", "0000000007", date(2027, 1, 15))


@settings(max_examples=60, deadline=None)
@given(st.lists(COLLECTIONS, min_size=1, max_size=5, unique_by=lambda c: c.customer_number.lstrip("0")))
def test_collections_survive_the_file(collections):
    data = delivery_0601.write(Delivery(HEAD, [Section("00000000", "00001", collections)]))
    assert all(len(line) <= 128 for line in data.split(b"\r\n"))
    found = delivery_0601.read(data)
    assert found.faults == ()
    assert found.amount == sum(collection.amount for collection in collections)
    again = found.sections[0].collections
    assert [{**vars(item), "line": 0} for item in again] == [{**vars(item), "line": 0} for item in collections]
    assert Betalingsservice("00000000", "12345678").receive(data) == len(collections)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", b"BS002", b"BS00212345678KR90602", b"BS00212345678KR90603"]))
def test_inspect_never_raises(noise, start):
    found = inspect(start + noise)
    assert found is None or found["ok"] is False


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_becomes_printable(text):
    found = printable(text, 60)
    assert len(found) <= 60
    found.encode("iso-8859-1")
    assert found.isprintable() or "\xad" in found
