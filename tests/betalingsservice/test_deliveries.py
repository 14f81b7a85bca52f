"""Deliveries read and written; the simulator of the operator checks our writer by its own code, and we its answers."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from odoo.addons.betalingsservice import formats
from odoo.addons.betalingsservice.formats import delivery_0601, delivery_0602, delivery_0603, delivery_0621, describe
from odoo.addons.betalingsservice.formats.delivery_0601 import Collection, Delivery, Section
from odoo.addons.betalingsservice.formats.records import Head
from odoo.addons.paymatch.formats import parse
from odoo.addons.paymatch.formats.errors import FormatError

from tests.simulators.betalingsservice import Betalingsservice, Refused

SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples" / "payment-formats" / "dk-betalingsservice-synthetic"
PBS, SUPPLIER = "00000000", "12345678"
HEAD = Head(SUPPLIER, "KR9", "0601", "0000000007", date(2027, 1, 15))


def collection(customer="1001", amount="498.75", day=date(2027, 2, 1), **values):
    return Collection(
        customer_number=customer,
        payment_date=day,
        amount=Decimal(amount),
        **{
            "reference": "000000042 INV/2027/00001",
            "address": ("Søren Ærø Prøve", "Eksempelvej 1"),
            "postcode": "6600",
            "country": "DK",
            "texts": ("Faktura INV/2027/00001", "Abonnement"),
            **values,
        },
    )


def delivery(*collections, section="0112"):
    return Delivery(HEAD, [Section(PBS, "00001", list(collections), section, "Eksempel ApS")])


@pytest.fixture
def operator():
    return Betalingsservice(PBS, SUPPLIER, today=date(2027, 1, 15))


def test_written_records_stand_where_the_specification_says():
    lines = delivery_0601.write(delivery(collection(mandate_number="000101529"))).decode("iso-8859-1").split("\r\n")
    payment = next(line for line in lines if line.startswith("BS042")).ljust(128)
    assert payment[13:17] == "0280"
    assert payment[27:42] == "1001".ljust(15)
    assert payment[42:51] == "000101529"
    assert payment[51:59] == "01022027"
    assert payment[59:73] == "1" + "0000000049875"
    assert payment[73:103] == "000000042 INV/2027/00001".ljust(30)
    assert payment[103:105] == "00"
    assert lines[-1] == ""
    assert all(line == line.rstrip() for line in lines)
    assert len(lines[-2]) == 128
    assert lines[-2][31:57] == "00000000001" + "000000000049875"


def test_what_is_written_is_read_back():
    items = (
        collection(),
        collection("KUNDEÆØÅ2", "-123.45", payer_id="0012345678", fast_post=True, slip_texts=("Kun på kortet",)),
        collection("1003", "1000.00", address=(), postcode="", country="", texts=()),
    )
    found = delivery_0601.read(delivery_0601.write(delivery(*items)))
    assert found.faults == ()
    assert found.head == HEAD
    assert found.amount == Decimal("1375.30")
    for item, again in zip(items, found.sections[0].collections, strict=True):
        assert {**vars(again), "line": 0} == {**vars(item), "line": 0}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"customer": "kunde"}, "customer number"),
        ({"customer": "1234567890123456"}, "customer number"),
        ({"amount": "1.005"}, "amount"),
        ({"texts": ("x" * 61,)}, "text"),
        ({"texts": ("prøve €",)}, "text"),
        ({"texts": ("to\nlinjer",)}, "text"),
        ({"address": ("a",) * 6}, "address"),
    ],
)
def test_what_does_not_fit_is_refused_by_field(values, field):
    with pytest.raises(FormatError) as refused:
        delivery_0601.write(delivery(collection(**values)))
    assert refused.value.field == field


def test_a_negative_net_is_not_written():
    with pytest.raises(FormatError, match="deliver them apart"):
        delivery_0601.write(delivery(collection(amount="-1.00")))


@pytest.mark.skipif(not SAMPLES.exists(), reason="the shared samples are not here")
@pytest.mark.parametrize(
    "path", sorted(SAMPLES.glob("bs0601*")) if SAMPLES.exists() else [], ids=lambda path: path.stem
)
def test_samples_0601_are_read_and_written_byte_for_byte(path):
    data = path.read_bytes()
    found = delivery_0601.read(data)
    assert found.faults == ()
    assert delivery_0601.write(found) == data


@pytest.mark.skipif(not SAMPLES.exists(), reason="the shared samples are not here")
def test_sample_0602_has_its_slips_at_their_own_positions():
    found = delivery_0602.read((SAMPLES / "bs0602_0211_0215_all_outcomes.txt").read_bytes())
    assert found.faults == ()
    rows = [(p.transaction, p.customer_number, p.amount, p.reference, p.payment_date, p.fee) for p in found.payments]
    assert rows == [
        ("0236", "1001", Decimal("1500.00"), "INV/2026/00042", date(2027, 1, 4), 0),
        ("0237", "1003", 0, "INV/2026/00044", None, 0),
        ("0238", "1005", 0, "INV/2026/00046", None, 0),
        ("0239", "1006", Decimal("750.00"), "INV/2026/00047", date(2027, 1, 6), 0),
        ("0297", "KUNDEÆØÅ2", Decimal("899.50"), "202600043", date(2027, 1, 5), 0),
        ("0299", "1007", Decimal("120.00"), "202600048", date(2027, 1, 5), 0),
    ]


@pytest.mark.skipif(not SAMPLES.exists(), reason="the shared samples are not here")
@pytest.mark.parametrize("totals", ["zeros", "counted"])
@pytest.mark.parametrize("kind", ["022", "052"])
def test_an_answers_records_of_unknown_layout_are_skipped(kind, totals):
    data = (SAMPLES / "bs0602_0211_0215_all_outcomes.txt").read_bytes()
    at = data.index(b"BS042098765430297")
    data = data[:at] + f"BS{kind}098765430297".encode() + b"0" * 60 + b"\r\n" + data[at:]
    if totals == "counted":
        first, last = (57, 68) if kind == "052" else (83, 94)
        rows = data.split(b"\r\n")
        for place in (-3, -2):
            rows[place] = rows[place][:first] + b"%011d" % 1 + rows[place][last:]
        data = b"\r\n".join(rows)
    found = delivery_0602.read(data)
    assert (found.faults, found.skipped, len(found.payments)) == ((), 1, 6)
    rows = data.split(b"\r\n")
    rows[-3] = rows[-3][:57] + b"%011d" % 7 + rows[-3][68:]
    assert delivery_0602.read(b"\r\n".join(rows)).faults, "a count that is neither zero nor right"


@pytest.mark.skipif(not SAMPLES.exists(), reason="the shared samples are not here")
@pytest.mark.parametrize("section", ["0214", "0215", "0217"])
@pytest.mark.parametrize("total", [0, 12345])
def test_older_sections_about_slips_are_passed_over(section, total):
    data = (SAMPLES / "bs0603_0210_0212_all_events.txt").read_bytes()
    rows = data.split(b"\r\n")
    slip = f"BS042098765430295{'':0<3}00001{'1':0>15}7188888888{'26840149965328':0>19}060127{12345:013d}202600001"
    rows[-2:-2] = [
        f"BS01209876543{section}   00001{'':24}060127".encode(),
        slip.encode(),
        f"BS09209876543{section}00000001{'':6}{1:011d}{total:015d}{0:011d}{'':15}{0:011d}".encode(),
    ]
    rows[-2] = rows[-2][:20] + b"%011d%011d%015d" % (3, 7, total) + rows[-2][57:]
    found = delivery_0603.read(b"\r\n".join(rows))
    assert (found.faults, len(found.mandates), found.passed_over) == ((), 6, 1)
    rows.pop(-4)  # a record lost is told, whatever the section
    assert [fault.name for fault in delivery_0603.read(b"\r\n".join(rows)).faults] == ["payments", "payments"]


@pytest.mark.parametrize("left", [20, 60, 90])
def test_a_file_cut_in_its_last_record_says_that_it_is_cut(operator, left):
    data = operator.answer_0603()
    [fault] = delivery_0603.read(data[: data.index(b"BS992") + left]).faults
    assert "cut off" in str(fault)


def test_a_mandate_of_the_last_century_is_shown_in_it():
    data = b"BS002" + b"12345678KR906030000000001".ljust(44) + b"060127\r\nBS012000000000210   00001\r\n"
    data += b"BS0420000000002300000000100000000000100100010152901" + b"0598000000"[0:] + b"\r\n"
    *_head, mandate = describe.describe(data)
    assert dict(mandate.fields)["date_1"] == "01.05.1998"


def test_the_operator_takes_our_delivery_and_we_its_answers(operator):
    for customer in ("1001", "1002", "1003"):
        operator.sign_up(customer)
    mandates = delivery_0603.read(operator.answer_0603())
    assert mandates.faults == ()
    assert [(m.customer_key, m.event) for m in mandates.mandates] == [
        (c, "registered") for c in ("1001", "1002", "1003")
    ]
    operator.receive(
        delivery_0601.write(delivery(collection("1001"), collection("1002", "123.75"), collection("1003")))
    )
    operator.reject("1002")
    answer = parse(operator.answer_0602())
    assert answer.format == "betalingsservice_0602"
    assert answer.faults() == ()
    assert [(line.outcome, line.net, line.payer_number) for line in answer.lines] == [
        ("paid", Decimal("498.75"), "1001"),
        ("rejected", 0, "1002"),
        ("paid", Decimal("498.75"), "1003"),
    ]
    assert [group.amount for group in answer.groups] == [Decimal("997.50")]
    operator.charge_back("1001", date(2027, 2, 5))
    back = parse(operator.answer_0602())
    assert [(line.outcome, line.net, line.payment_date) for line in back.lines] == [
        ("charged_back", Decimal("-498.75"), date(2027, 2, 5))
    ]


def test_the_operator_answers_slips_in_their_own_section(operator):
    operator.receive(delivery_0601.write(delivery(collection("1009"), section="0117")))
    found = delivery_0602.read(operator.answer_0602())
    assert found.faults == ()
    assert [(p.section, p.reference, p.amount) for p in found.payments] == [("0215", "000000042", Decimal("498.75"))]


def test_the_operator_refuses_what_is_wrong(operator):
    good = delivery_0601.write(delivery(collection()))
    operator.receive(good)
    with pytest.raises(Refused, match="received already"):
        operator.receive(good)
    with pytest.raises(Refused, match="twice"):
        Betalingsservice(PBS, SUPPLIER).receive(delivery_0601.write(delivery(collection(), collection())))
    with pytest.raises(Refused, match="counted"):
        Betalingsservice(PBS, SUPPLIER).receive(good.replace(b"0000000049875", b"0000000049876", 1))


def _answer(operator):
    operator.sign_up("1001")
    operator.receive(delivery_0601.write(delivery(collection())))
    return operator.answer_0602()


def test_transport_lines_line_ends_and_padding_do_not_matter(operator):
    data = _answer(operator)
    wanted = delivery_0602.read(data)
    padded = b"\n".join(line.ljust(128) for line in data.split(b"\r\n") if line)
    framed = b"PBCNET30TRANSPORT\r\n" + data + b"\r\nPBCNET31\r\n\x1a"
    for variant in (data.replace(b"\r\n", b"\n"), padded, framed):
        found = delivery_0602.read(variant)
        assert found.faults == ()
        assert [p.reference for p in found.payments] == [p.reference for p in wanted.payments]


@pytest.mark.parametrize(
    ("change", "line", "text"),
    [
        (lambda data: data[: len(data) // 2].rsplit(b"\n", 1)[0] + b"\n", 2, "cut off"),
        (lambda data: data.split(b"\n", 1)[1], 1, "cut off"),
        (lambda data: data.replace(b"BS042000000000236", b"BS042000000000290"), 3, "transaction 0290 is unknown"),
        (lambda data: data.replace(b"\r\nBS092", b"\r\nBS077"), 4, "record type 077 is unknown"),
        (lambda data: data.replace(b"010227", b"320227", 1), 3, "is not a date"),
        (lambda data: data.replace(b"BS012000000000211", b"BS012000000000999"), 2, "section 0999 is unknown"),
        (lambda data: data.replace(b"INV/2027", b"INV\x01\x022027"[:8]), 3, "control characters"),
        (lambda data: data + data, 6, "more after the end record"),
        (lambda data: data.replace(b"0000000049875\r\n", b"0000000049876\r\n", 1), 4, "records make 498.76"),
    ],
)
def test_broken_answers_are_shown_with_line_and_reason(operator, change, line, text):
    found = formats.inspect(change(_answer(operator)))
    assert found["ok"] is False
    assert any(text in error["message"] and error["line"] == line for error in found["errors"]), found["errors"]


def test_a_file_saved_as_utf8_or_utf16_is_told():
    good = delivery_0601.write(delivery(collection()))
    for data in (good.decode("iso-8859-1").encode("utf-8"), good.decode("iso-8859-1").encode("utf-16")):
        found = formats.inspect(data)
        assert found["ok"] is False
        assert found["errors"][0]["field"] == "encoding"


def test_inspect_tells_counts_and_totals(operator):
    found = formats.inspect(delivery_0601.write(delivery(collection(), collection("1002"))))
    assert found["ok"] is True
    assert (found["summary"]["count"], found["summary"]["total"]) == (2, "997.50")
    assert formats.inspect(_answer(operator))["summary"]["outcomes"] == {"paid": 1}
    operator.sign_off("1001")
    assert formats.inspect(operator.answer_0603())["summary"]["events"] == {"registered": 1, "ended": 1}
    assert formats.inspect(b"hello, world") is None
    assert formats.inspect(b"") is None


def test_the_fee_of_a_slip_is_read_and_told_but_not_part_of_the_payment(operator):
    operator.receive(delivery_0601.write(delivery(collection("1009"), section="0117")))
    data = operator.answer_0602().replace(b"71000000", b"71101000")
    assert delivery_0602.read(data).payments[0].fee == Decimal("10.00")
    line = parse(data).lines[0]
    assert (line.fee, line.fee_invoiced, line.net) == (0, Decimal("10.00"), Decimal("498.75"))


def test_0621_keeps_its_frame_only():
    start = b"BS00212345678KR906211000000001                   150127\r\n"
    end = b"BS99212345678KR90621" + b"0" * 108 + b"\r\n"
    head, texts, faults = delivery_0621.read(start + b"BS012whatever\r\n" + end)
    assert (head.delivery_number, len(texts), faults) == ("1000000001", 1, [])
    assert formats.inspect(start + b"BS012whatever\r\n")["ok"] is False


def test_ends_of_mandates_take_the_second_date(operator):
    operator.sign_up("1001", date(2026, 5, 1))
    operator.sign_off("1001", date(2027, 1, 5))
    operator.sign_up("1002")
    found = delivery_0603.read(operator.answer_0603())
    assert found.mandates[1].ended_by == "bank"
    assert found.mandates[1].end == date(2027, 1, 5)
    full = delivery_0603.read(operator.answer_0603(full=True))
    assert full.is_full_list
    assert [mandate.customer_key for mandate in full.mandates] == ["1002"]


@pytest.mark.parametrize(
    ("first", "value", "line", "field"),
    [
        (56, b"7", 3, "sign code"),
        (56, b"0", 3, "sign code"),
        (116, b"0" * 13, 3, "amount"),
    ],
)
def test_signs_and_amounts_of_an_answer_fit_each_other(operator, first, value, line, field):
    """A sign code turns the booking round: 1 becomes 2, and money goes the other way."""
    lines = _answer(operator).split(b"\r\n")
    lines[2] = lines[2][: first - 1] + value + lines[2][first - 1 + len(value) :]
    faults = delivery_0602.read(b"\r\n".join(lines)).faults
    assert (line, field) in [(fault.line, fault.field) for fault in faults], faults


def test_a_fee_without_its_sign_is_refused(operator):
    operator.receive(delivery_0601.write(delivery(collection("1009"), section="0117")))
    data = operator.answer_0602()
    for wrong in (b"71001000", b"71901000"):
        [fault] = delivery_0602.read(data.replace(b"71000000", wrong)).faults
        assert fault.field == "sign of the fee"


def test_a_collection_of_nothing_may_be_paid_with_nothing(operator):
    lines = _answer(operator).split(b"\r\n")
    nothing = b"0" * 13
    lines[2] = lines[2][:55] + b"0" + nothing + lines[2][69:115] + nothing
    lines[3] = lines[3].replace(b"49875", b"00000")
    lines[4] = lines[4].replace(b"49875", b"00000")
    found = delivery_0602.read(b"\r\n".join(lines))
    assert (found.faults, found.payments[0].amount) == ((), 0)


def test_the_end_of_a_section_0603_names_its_creditor(operator):
    operator.sign_up("1001")
    good = operator.answer_0603()
    assert delivery_0603.read(good).faults == ()
    for wrong, field in ((b"BS092999999990212000", "PBS number"), (b"BS09200000000021200099999", "debtor group")):
        start = good.index(b"BS092")
        [fault] = delivery_0603.read(good[:start] + wrong + good[start + len(wrong) :]).faults
        assert (fault.line, fault.field) == (4, field)


def test_only_lists_of_all_mandates_are_full_lists(operator):
    operator.sign_up("1001")
    assert delivery_0603.read(operator.answer_0603()).listed_groups == frozenset()
    assert delivery_0603.read(operator.answer_0603(full=True)).listed_groups == {(PBS, "00001")}
