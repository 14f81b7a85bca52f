"""Status reports of payments (pain.002), numbers in texts, account numbers."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.paymatch.formats import FormatError, camt053
from odoo.addons.paymatch_vendor.formats import pain002
from odoo.addons.paymatch_vendor.plan import accounts, named

from tests.month import bank_files

PAYMENT = {"own": "PBNK1/2026/00001", "amount": -100, "name": "Vendor A/S"}


def answer(payments, **changes):
    content = bank_files.pain002("M1", "2026-03-12", "F1", payments).decode()
    for old, new in changes.items():
        content = content.replace(old, new)
    return content.encode()


def parsed(content):
    assert pain002.detect(content)
    return pain002.parse(content)


@pytest.mark.parametrize("version", ["02.03", "001.03", "001.09", "001.10", "001.14"])
def test_versions(version):
    content = answer([PAYMENT]).replace(b"002.001.03", f"002.{version}".encode())
    [status] = parsed(content).statuses
    assert (status.outcome, status.amount, status.currency) == ("settled", Decimal("100.00"), "DKK")
    assert (status.end_to_end, status.creditor) == ("PBNK1/2026/00001", "Vendor A/S")


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("ACSC", "settled"), ("ACCC", "settled"), ("ACCP", "accepted"), ("ACSP", "accepted"), ("PDNG", "accepted"),
     ("RJCT", "rejected"), ("CANC", "rejected"), ("XXXX", "unknown"), ("rjct", "rejected")],
)  # fmt: skip
def test_statuses(code, outcome):
    [status] = parsed(answer([PAYMENT]).replace(b"ACSC", code.encode())).statuses
    assert status.outcome == outcome


def test_status_of_the_batch_counts_where_the_payment_has_none():
    content = answer([PAYMENT]).replace(b"<TxSts>ACSC</TxSts>", b"")
    content = content.replace(b"<TxInfAndSts>", b"<PmtInfSts>RJCT</PmtInfSts><TxInfAndSts>")
    [status] = parsed(content).statuses
    assert (status.scope, status.outcome) == ("payment", "rejected")


def test_whole_batch_and_whole_file():
    group = answer([]).replace(b"PART", b"RJCT")
    [status] = parsed(group).statuses
    assert (status.scope, status.outcome, status.batch) == ("batch", "rejected", "F1-1")
    without = group.replace(b"<OrgnlPmtInfAndSts><OrgnlPmtInfId>F1-1</OrgnlPmtInfId></OrgnlPmtInfAndSts>", b"")
    [status] = parsed(without).statuses
    assert (status.scope, status.outcome) == ("file", "rejected")


def test_reason_with_the_banks_words_and_structured_reference():
    words = b"<AddtlInf>D\xc3\xa6kning</AddtlInf><AddtlInf>mangler</AddtlInf>"
    reason = b"<StsRsnInf><Rsn><Cd>AM04</Cd></Rsn>" + words + b"</StsRsnInf>"
    content = answer([PAYMENT]).replace(b"</TxSts>", b"</TxSts>" + reason)
    strd = b"<RmtInf><Strd><CdtrRefInf><Ref>000000000000018</Ref></CdtrRefInf></Strd></RmtInf></OrgnlTxRef>"
    [status] = parsed(content.replace(b"</OrgnlTxRef>", strd)).statuses
    assert (status.reason, status.information, status.remittance) == ("AM04", "Dækning mangler", "000000000000018")


@pytest.mark.parametrize(
    "broken",
    [
        answer([PAYMENT]).replace(b"CstmrPmtStsRpt", b"Other"),
        answer([PAYMENT]).replace(b"OrgnlGrpInfAndSts", b"Other"),
        answer([PAYMENT]).replace(b"100.00", b"1.000,00"),
        answer([PAYMENT]).replace(b"'DKK'", b"'KRONER'"),
        answer([PAYMENT])[:300],
        answer([PAYMENT]).replace(b"ACSC", b"").replace(b"PART", b""),
    ],
)
def test_what_cannot_be_read_is_told(broken):
    with pytest.raises(FormatError):
        pain002.parse(broken)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_bytes_are_a_format_error_or_an_answer(data):
    content = bytearray(answer([PAYMENT, {**PAYMENT, "reason": "AC04"}]))
    for _change in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            content[at] = data.draw(st.integers(0, 255))
        else:
            del content[at : at + data.draw(st.integers(1, 200))]
            content = content or bytearray(b"<")
    try:
        pain002.detect(bytes(content))
        assert pain002.parse(bytes(content)).statuses
    except FormatError:
        pass


@pytest.mark.parametrize(
    ("number", "text", "stands"),
    [
        ("20461", "Faktura 20461", True),
        ("20461", "Faktura 120461", False),
        ("20461", "Faktura 204612", False),
        ("Faktura 20461", "betaling FAKTURA-20461 tak", True),
        ("2026-417", "2026 417", True),
        ("BILL/2026/03/0001", "bill/2026/03/0001", True),
        ("12", "pakke 12", True),
        ("12", "12 34", True),
        ("12", "1234", False),
        ("Marts", "Marts", False),
        ("", "anything 1", False),
    ],
)
def test_numbers_in_texts(number, text, stands):
    assert named.stands_in(number, text) is stands


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("DK5000400440116243", "DK50 0040 0440 1162 43", True),
        ("0040 0440116243", "DK5000400440116243", True),
        ("40-0440116243", "DK5000400440116243", True),
        ("440116243", "DK5000400440116243", False),
        ("116243", "DK5000400440116243", False),
        ("NO9386011117947", "86011117947", True),
        ("", "", False),
        ("DK5000400440116243", "DK5000400440116244", False),
    ],
)
def test_accounts(first, second, same):
    assert accounts.same(first, second) is same
    assert accounts.same(second, first) is same


def entry(payments, amount, **values):
    return {"date": "2026-03-12", "amount": amount, "text": "Samlet", "id": "1", "payments": payments, **values}


def statement(*entries):
    return camt053.parse(bank_files.camt053(1, "DK5000400440116243", "2026-03-12", "2026-03-12", "1000", entries))


def test_payments_of_a_collected_line_make_its_amount():
    payments = [{"id": "1", "amount": -60, "own": "A"}, {"id": "2", "amount": -40, "own": "B"}]
    [line] = statement(entry(payments, "-100.00")).lines
    assert [(detail.net, detail.own_reference) for detail in line.details] == [(Decimal(-60), "A"), (Decimal(-40), "B")]
    [line] = statement(entry(payments, "-100.01")).lines
    assert line.details == ()  # what the bank tells does not make the line: nothing is made of it
    [line] = statement(entry([{**payment, "amount": -payment["amount"]} for payment in payments], "100.00")).lines
    assert line.details == ()  # what comes in belongs to payouts and advices


def test_a_charge_and_a_return():
    [charge] = statement(entry([], "-24.00", code="CHRG")).lines
    assert charge.line_type == "fee"
    [back] = statement(entry([{"id": "1", "amount": 60, "own": "A", "returned": "AC06"}], "60.00")).lines
    assert [detail.return_reason for detail in back.details] == ["AC06"]
