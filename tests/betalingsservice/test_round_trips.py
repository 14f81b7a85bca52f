"""What hypothesis makes up is written, taken by the simulator of the operator, and read back the same."""

import io
import tracemalloc
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from odoo.addons.betalingsservice.formats import collections as collection_formats
from odoo.addons.betalingsservice.formats import delivery_0601, delivery_0602, delivery_0603, describe, inspect, records
from odoo.addons.betalingsservice.formats.delivery_0601 import Collection, Delivery, Section
from odoo.addons.betalingsservice.formats.records import Head, printable
from odoo.addons.paymatch.formats.errors import FormatError

from tests.simulators.betalingsservice import Betalingsservice

CHARACTERS = "".join(chr(code) for code in (*range(0x21, 0x7F), *range(0xC0, 0x100)))
WORDS = st.text(CHARACTERS, min_size=1, max_size=35)
DAYS = st.dates(date(2027, 2, 1), date(2027, 3, 31))
NUMBERS = {width: st.integers(0, 10**width - 1).map(f"{{:0{width}d}}".format) for width in (4, 5, 8, 9, 10, 15)}
ORE = st.integers(0, 10**13 - 1)
#: Every record type of a 0601: 022 lines, 022/00009, 022/00010, 042, 052, 062.
COLLECTIONS = st.builds(
    Collection,
    customer_number=st.text("0123456789ABCÆØÅ", min_size=1, max_size=15).filter(lambda text: text.strip("0")),
    payment_date=DAYS,
    amount=st.integers(1, 10**11).map(lambda ore: Decimal(ore).scaleb(-2)),
    reference=st.text(CHARACTERS, max_size=30),
    mandate_number=NUMBERS[9],
    address=st.lists(WORDS, min_size=2, max_size=5).map(tuple),
    postcode=NUMBERS[4],
    country=st.just("DK"),
    payer_id=st.one_of(st.just(""), st.integers(1, 10**10 - 1).map("{:010d}".format)),
    fast_post=st.booleans(),
    on_paper=st.booleans(),
    texts=st.lists(WORDS, max_size=4).map(tuple),
    slip_texts=st.lists(WORDS, max_size=2).map(tuple),
)
HEAD = Head("12345678", "KR9", "0601", "0000000007", date(2027, 1, 15))


def some(elements):
    return st.lists(elements, min_size=1, max_size=5, unique_by=lambda c: records.customer_key(c.customer_number))


def same(found, wanted):
    assert [replace(item, line=0) for item in found] == list(wanted)


@settings(max_examples=100, deadline=None)
@given(some(COLLECTIONS))
def test_collections_survive_the_file(collections):
    data = delivery_0601.write(Delivery(HEAD, [Section("00000000", "00001", collections)]))
    assert all(len(line) <= 128 for line in data.split(b"\r\n"))
    found = delivery_0601.read(data)
    assert found.faults == ()
    assert found.amount == sum(collection.amount for collection in collections)
    same(found.sections[0].collections, collections)
    assert Betalingsservice("00000000", "12345678").receive(data) == len(collections)


@settings(max_examples=60, deadline=None)
@given(some(COLLECTIONS), NUMBERS[15])
def test_slips_with_their_own_payment_id_survive_the_file(collections, payment_id):
    slips = [replace(item, payment_id=payment_id, mandate_number="000000000") for item in collections]
    data = delivery_0601.write(Delivery(HEAD, [Section("00000000", "00001", slips, section="0117")]))
    found = delivery_0601.read(data)
    assert (found.faults, found.sections[0].section) == ((), "0117")
    same(found.sections[0].collections, slips)
    assert Betalingsservice("00000000", "12345678").receive(data) == len(slips)


@settings(max_examples=60, deadline=None)
@given(some(COLLECTIONS), st.integers(0, 4))
def test_a_disbursement_lowers_the_net_and_a_negative_net_is_refused(collections, chosen):
    place = chosen % len(collections)
    collections[place] = replace(collections[place], amount=-collections[place].amount)
    delivery = Delivery(HEAD, [Section("00000000", "00001", collections)])
    net = sum(collection.amount for collection in collections)
    if net < 0:
        with pytest.raises(FormatError):
            delivery_0601.write(delivery)
        return
    found = delivery_0601.read(delivery_0601.write(delivery))
    assert (found.faults, found.amount) == ((), net)
    same(found.sections[0].collections, collections)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NUMBERS[8], NUMBERS[5], some(COLLECTIONS)), min_size=1, max_size=4), st.text(max_size=70))
@example([("12345678", "00001", [])], "SÃ¸ren Ã…kjÃ¦r")
@example([("12345678", "00001", [])], "CAFÉ»")
def test_heads_and_sections_survive_the_file(parts, main_text):
    main_text = printable(main_text, 60)
    sections = [Section(pbs, group, tuple(own), main_text=main_text, created=HEAD.created) for pbs, group, own in parts]
    found = delivery_0601.read(delivery_0601.write(Delivery(HEAD, sections)))
    assert (found.faults, found.head) == ((), HEAD)
    assert [(s.pbs_number, s.debtor_group, s.main_text, s.created) for s in found.sections] == [
        (s.pbs_number, s.debtor_group, main_text.rstrip(), HEAD.created) for s in sections
    ]
    assert [s.amount for s in found.sections] == [sum(c.amount for c in s.collections) for s in sections]


@given(st.text(max_size=40))
@example("Søren Åkjær, ØLÅ à La")
def test_names_damaged_before_are_written_as_they_were(name):
    """UTF-8 once taken for Windows-1252: what is printed is the name, and its line never passes for UTF-8."""
    name = printable(name, 40)
    damaged = name.encode("utf-8").decode("cp1252", "replace")
    if "\ufffd" not in damaged:
        assert printable(damaged, 40) == name
    raw = name.encode("iso-8859-1")
    assert raw.isascii() or not records._is_utf8(raw)


LAYOUTS = {
    f"{module.__name__.rsplit('.', 1)[1]}.{name}": value
    for module in (records, delivery_0601, delivery_0602, delivery_0603)
    for name, value in vars(module).items()
    if isinstance(value, records.Layout)
}


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(LAYOUTS)), st.data())
def test_every_table_of_fields_reads_what_it_writes(name, data):
    layout, values = LAYOUTS[name], {}
    for field, first, last, kind in layout.fields:
        width = last - first
        values[field] = data.draw(
            {
                "n": st.integers(0, 10**width - 1),
                "c": st.text("0123456789", min_size=width, max_size=width),
                "x": st.text(CHARACTERS + "\xa0", max_size=width).map(str.strip),
                "d6": st.one_of(st.none(), st.dates(date(1970, 1, 1), date(2069, 12, 31))),
                "d8": st.one_of(st.none(), st.dates(date(1970, 1, 1), date(2099, 12, 31))),
            }[kind],
            label=field,
        )
    raw = layout.pack(values)
    assert len(raw) <= 128 and raw == raw.rstrip(b" ")
    assert layout.unpack(raw.decode("iso-8859-1").ljust(128), 1) == values


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(LAYOUTS)), st.data())
def test_a_field_that_does_not_fit_is_named(name, data):
    layout = LAYOUTS[name]
    field, first, last, kind = data.draw(
        st.sampled_from([field for field in layout.fields if field[3] in ("n", "c", "x")]), label="field"
    )
    wrong = {
        "n": st.sampled_from([-1, 10 ** (last - first)]),
        "c": st.sampled_from(["x", "²", "1" * (last - first + 1), "-1"]),
        "x": st.sampled_from(["Ł", "a\nb", "\x85", "a" * (last - first + 1)]),
    }[kind]
    values = {
        other: "" if kind_of == "x" else 0 for other, _first, _last, kind_of in layout.fields if kind_of[0] != "d"
    }
    with pytest.raises(FormatError) as refused:
        layout.pack({**values, field: data.draw(wrong)})
    assert refused.value.name == field


def _made(count):
    for number in range(1, count + 1):
        yield Collection(
            customer_number=str(number),
            payment_date=date(2027, 2, 1),
            amount=Decimal(number),
            address=("Kunde Ærø", "Prøvevej 1"),
            postcode="8000",
            country="DK",
            texts=("Faktura", "Abonnement", "I alt"),
        )


def test_a_delivery_is_written_and_read_as_a_stream(tmp_path):
    """Ten times as many collections take no more memory: neither writer nor reader keeps them.

    The limit is less than half of what the file alone would take: threads of other tests may allocate meanwhile.
    """
    most = {}
    for count in (500, 5000):
        path = tmp_path / str(count)
        tracemalloc.start()
        with path.open("wb") as file:
            file.writelines(delivery_0601.write_lines(Delivery(HEAD, [Section("00000000", "00001", _made(count))])))
        with path.open("rb") as file:
            reader = delivery_0601.Reader(file)
            assert sum(event == "collection" for event, _value in reader.events()) == count
        most[count] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert reader.walker.faults == []
    assert path.stat().st_size > 2_000_000
    assert most[5000] < most[500] + 1_000_000, most


def test_a_file_broken_throughout_does_not_fill_the_memory():
    good = delivery_0601.write(Delivery(HEAD, [Section("00000000", "00001", _made(300))]))
    found = inspect(good.replace(b"BS04200000000", b"BS04200000009"))
    assert len(found["errors"]) == records.MOST_FAULTS + 1
    assert "more" in found["errors"][-1]["message"]


def test_another_collection_format_can_be_registered():
    class Other:
        code = "other"

    try:
        assert collection_formats.register(Other) is Other
        assert set(collection_formats.FORMATS) == {"0601", "other"}
    finally:
        del collection_formats.FORMATS["other"]


def test_a_stream_and_bytes_are_read_the_same():
    data = delivery_0601.write(Delivery(HEAD, [Section("00000000", "00001", _made(3))]))
    assert delivery_0601.read(io.BytesIO(data)) == delivery_0601.read(data)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", b"BS002", b"BS00212345678KR90602", b"BS00212345678KR90603"]))
def test_inspect_never_raises(noise, start):
    found = inspect(start + noise)
    assert found is None or found["ok"] is False


#: Ways a good file is damaged on its way: each takes (data, place, number, noise).
DAMAGE = {
    "cut": lambda data, place, _number, _noise: data[:place],
    "cut in front": lambda data, place, _number, _noise: data[place:],
    "bytes changed": lambda data, place, _number, noise: data[:place] + noise + data[place + len(noise) :],
    "bytes put in": lambda data, place, _number, noise: data[:place] + noise + data[place:],
    "bytes left out": lambda data, place, number, _noise: data[:place] + data[place + number :],
    "line left out": lambda data, place, _number, _noise: _lines(data, place, lambda line: []),
    "line twice": lambda data, place, _number, _noise: _lines(data, place, lambda line: [line, line]),
    "line cut": lambda data, place, number, _noise: _lines(data, place, lambda line: [line[:number]]),
    "line too long": lambda data, place, _number, _noise: _lines(data, place, lambda line: [line.ljust(128) + b"X"]),
    "UTF-8": lambda data, _place, _number, _noise: data.decode("iso-8859-1").encode(),
    "UTF-16": lambda data, _place, _number, _noise: data.decode("iso-8859-1").encode("utf-16"),
    "EBCDIC": lambda data, _place, _number, _noise: data.decode("iso-8859-1").encode("cp037", "replace"),
    "lower case": lambda data, _place, _number, _noise: data.lower(),
    "reversed": lambda data, _place, _number, _noise: b"\r\n".join(data.split(b"\r\n")[::-1]),
    "twice": lambda data, _place, _number, _noise: data + data,
}


def _lines(data, place, change):
    lines = data.split(b"\r\n")
    at = place % len(lines)
    return b"\r\n".join([*lines[:at], *change(lines[at]), *lines[at + 1 :]])


def _good_files():
    """One good file of each delivery that is read, with every record type it has."""
    slips = [Collection("1009", HEAD.created, Decimal("10.00"), "000000009", address=("Å", "B"), slip_texts=("x",))]
    collections = [
        replace(item, fast_post=True, payer_id="0012345674", texts=("Faktura Æ", "I alt"), mandate_number="000101529")
        for item in _made(3)
    ]
    sections = [Section("00000000", "00001", collections), Section("00000000", "00001", slips, section="0117")]
    data = delivery_0601.write(Delivery(HEAD, sections))
    operator = Betalingsservice("00000000", "12345678", today=date(2027, 1, 15))
    for customer in "123":
        operator.sign_up(customer)
    mandates = operator.answer_0603()
    operator.receive(data)
    operator.reject("2")
    operator.cancel("3")
    paid = operator.answer_0602()
    operator.charge_back("1", date(2027, 2, 5))
    remarks = mandates.replace(b"KR90603", b"KR90621").replace(b"BS042", b"BS022")
    return {"0601": data, "0602": paid, "0602 back": operator.answer_0602(), "0603": mandates, "0621": remarks}


GOOD = _good_files()


def test_the_good_files_are_good():
    assert {name: inspect(data)["ok"] for name, data in GOOD.items()} == dict.fromkeys(GOOD, True)


@settings(max_examples=1500, deadline=None)
@example("0601", "line cut", 0, 16, b"-")
@given(
    st.sampled_from(sorted(GOOD)),
    st.sampled_from(sorted(DAMAGE)),
    st.integers(0, 10**6),
    st.integers(1, 200),
    st.binary(min_size=1, max_size=12),
)
def test_a_damaged_file_is_read_right_or_refused_by_line_and_field(name, damage, place, number, noise):
    """Never a traceback; and what is taken for good says what the undamaged file said."""
    data = GOOD[name]
    damaged = DAMAGE[damage](data, place % len(data), number, noise)
    found = inspect(damaged)
    kept = list(describe.describe(damaged, 1, 200))
    assert all(record.raw.startswith("BS") for record in kept)
    if found is None:
        return
    for error in found["errors"]:
        assert error["message"] and error["line"] >= 0
        assert not set(error["message"]) & set("\x00\r"), error
    assert found["ok"] is not bool(found["errors"])
    if found["ok"] and name != "0621":
        assert found["summary"].get("count") == inspect(data)["summary"].get("count")
        assert found["summary"].get("total") == inspect(data)["summary"].get("total")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_becomes_printable(text):
    found = printable(text, 60)
    assert len(found) <= 60
    found.encode("iso-8859-1")
    assert found.isprintable() or set(found) & {"\xad", "\xa0"}
