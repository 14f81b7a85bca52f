"""Formats of money received: totals, controls and bad input, without a database."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree
from make_vipps import vipps_settlement_xml

from odoo.addons.paymatch import formats
from odoo.addons.paymatch.formats import records

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT.parent / "shared" / "samples"
PAYOUT = {"settlement_id": 2000101, "date": date(2026, 3, 12), "serial": "123456"}
LINES = [
    {"order": "S00012", "amount": "1250.00", "fee": "12.50"},
    {"order": "S00013", "amount": "624.50", "fee": "6.25"},
    {"order": "S00012", "amount": "-250.00"},
]


def sample(*parts):
    path = SAMPLES.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"sample {path.name} is not here")
    return path.read_bytes()


def test_vipps_written_by_us_is_read_to_the_ore():
    report = formats.parse(vipps_settlement_xml(PAYOUT, LINES))
    assert report.kind == "payout"
    assert not report.faults()
    assert report.groups[0].amount == Decimal("1605.75")
    assert report.groups[0].date == date(2026, 3, 12)
    assert [line.line_type for line in report.lines] == ["sale", "sale", "refund"]
    assert [line.net for line in report.lines] == [Decimal("1237.50"), Decimal("618.25"), Decimal("-250.00")]
    assert report.lines[0].order_reference == "S00012"
    assert report.account == "123456"


def test_vipps_gross_settlement_keeps_the_fee_apart():
    report = formats.parse(vipps_settlement_xml({**PAYOUT, "type": "Gross"}, LINES))
    assert not report.faults()
    assert report.groups[0].amount == Decimal("1624.50")
    assert sum(line.fee_invoiced for line in report.lines) == Decimal("18.75")
    assert not any(line.fee for line in report.lines)


def test_vipps_several_payouts_in_one_file():
    second = {**PAYOUT, "settlement_id": 2000102, "lines": LINES[:1]}
    report = formats.parse(vipps_settlement_xml([{**PAYOUT, "lines": LINES}, second], None))
    assert [group.reference for group in report.groups] == ["2000101", "2000102"]
    assert not report.faults()


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (b"<SettledAmount>1605.75<", b"<SettledAmount>1605.76<", "total"),
        (b"<TransactionNetAmount>1237.50<", b"<TransactionNetAmount>1237.49<", "net"),
        (b"<NumOfTransactions>3<", b"<NumOfTransactions>4<", "NumOfTransactions 123456/2000101"),
        (b"<RefundSettlementAmount>-250.00<", b"<RefundSettlementAmount>-249.00<", "RefundSettlementAmount"),
    ],
)
def test_vipps_a_wrong_sum_is_named(old, new, field):
    data = vipps_settlement_xml(PAYOUT, LINES)
    assert old in data
    faults = formats.parse(data.replace(old, new)).faults()
    assert any(fault.field.startswith(field) for fault in faults)
    assert formats.inspect(data.replace(old, new))["ok"] is False


def test_vipps_writer_is_valid_against_the_official_schema():
    schema = etree.XMLSchema(etree.fromstring(sample("acquirer-reports", "vipps", "SettlementReport-3.0.xsd")))
    schema.assertValid(etree.fromstring(vipps_settlement_xml(PAYOUT, LINES)))


@pytest.mark.parametrize(
    ("parts", "code", "lines", "total"),
    [
        (("acquirer-reports", "vipps", "Example-Net.xml"), "vipps_xml", 15, "17.00"),
        (("acquirer-reports", "swedbank-pay", "R1234-0001-Redovisningsservice.xml"), "swedbank_pay", 134, "124950.00"),
        (("acquirer-reports", "swedbank-pay", "R1234-0002-Eget-konto.xml"), "swedbank_pay", 756, "54527.00"),
        (("payment-formats", "no-netsgiro", "ocr_giro_transactions.txt"), "ocr_giro", 20, "51449.00"),
        (
            (
                "payment-formats",
                "se-bgmax",
                "bankgirot_exempelfil_ocr-kontroll_checksiffra_langd_sv.txt",
            ),
            "bgmax",
            7,
            "9900.00",
        ),
        (("payment-formats", "se-bgmax", "barsoom_minimal.txt"), "bgmax", 1, "1100.00"),
    ],
)
def test_samples_add_up(parts, code, lines, total):
    found = formats.inspect(sample(*parts), parts[-1])
    assert found["format"] == code
    assert found["ok"], found["errors"]
    assert found["lines"] == lines
    assert found["summary"]["total"] == total


def test_swedbank_v1_sample_is_blocked_with_its_difference():
    found = formats.inspect(sample("acquirer-reports", "swedbank-pay", "transaction-list.xml"))
    assert found["ok"] is False
    assert "difference -636.00" in found["errors"][0]["message"]


def test_bgmax_with_lost_letters_is_refused():
    found = formats.inspect(sample("payment-formats", "se-bgmax", "barsoom_BgMaxfil4_broken.txt"))
    assert found["ok"] is False
    assert found["errors"][0]["field"] == "encoding"


def ocr_file(amounts=("102000", "50000"), types=("10", "10"), total=None, count=None):
    rows = ["NY000010000080800170031" + "00010200", "NY090020001008566000000299991042764"]
    for at, (amount, kind) in enumerate(zip(amounts, types, strict=True), 1):
        rows.append(f"NY09{kind}30{at:07d}120326132010146400{int(amount):016d}{'1234567897':>25}")
        rows.append(f"NY09{kind}31{at:07d}{'':0<10}{'987654321':0>9}{'':0<7}120326{'99991234567':0>11}")
    declared = total if total is not None else sum(map(int, amounts))
    number = count if count is not None else len(amounts)
    rows.append(f"NY090088{number:08d}{len(rows):08d}{declared:017d}120326120326120326")
    rows.append(f"NY000089{number:08d}{len(rows) + 1:08d}{declared:017d}120326")
    return "\n".join(row.ljust(80, "0") for row in rows).encode("iso-8859-1")


def test_ocr_giro_written_by_us():
    report = formats.parse(ocr_file())
    assert not report.faults()
    assert report.lines[0].payment_id == "1234567897"
    assert report.lines[0].payer_account == "99991234567"
    assert report.lines[0].booking_date == date(2026, 3, 12)
    assert len(report.groups) == 1
    assert report.groups[0].amount == Decimal("1520.00")


def test_ocr_giro_reversal_is_added_in_the_total_but_goes_out():
    report = formats.parse(ocr_file(types=("10", "18")))
    assert not report.faults()
    assert [group.direction for group in report.groups] == ["in", "out"]
    assert report.lines[1].outcome == "charged_back"
    assert report.total() == Decimal("520.00")


def test_ocr_giro_wrong_total_and_cut_file():
    assert formats.parse(ocr_file(total=152001)).faults()
    with pytest.raises(formats.FormatError, match="cut off"):
        formats.parse(b"\n".join(ocr_file().splitlines()[:-1]))


def camt(message, body, version="08"):
    name = {"053": "BkToCstmrStmt", "054": "BkToCstmrDbtCdtNtfctn"}[message]
    namespace = f"urn:iso:std:iso:20022:tech:xsd:camt.{message}.001.{version}"
    return (
        f'<Document xmlns="{namespace}"><{name}>'
        "<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-03-12T06:00:00</CreDtTm></GrpHdr>"
        f"{body}</{name}></Document>"
    ).encode()


def balance(code, amount, side="CRDT"):
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='DKK'>{amount}</Amt>"
        f"<CdtDbtInd>{side}</CdtDbtInd><Dt><Dt>2026-03-12</Dt></Dt></Bal>"
    )


def entry(amount, side="CRDT", details="", status="<Sts><Cd>BOOK</Cd></Sts>", reference="R1"):
    return (
        f"<Ntry><Amt Ccy='DKK'>{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{status}"
        "<BookgDt><Dt>2026-03-12</Dt></BookgDt>"
        f"<AcctSvcrRef>{reference}</AcctSvcrRef>{details}</Ntry>"
    )


def details(*transactions):
    return "<NtryDtls>" + "".join(f"<TxDtls>{tx}</TxDtls>" for tx in transactions) + "</NtryDtls>"


ACCOUNT = "<Acct><Id><IBAN>DK5000400440116243</IBAN></Id></Acct>"


@pytest.mark.parametrize("version", ["02", "08"])
def test_camt053_balances(version):
    status = "<Sts>BOOK</Sts>" if version == "02" else "<Sts><Cd>BOOK</Cd></Sts>"
    body = (
        f"<Stmt><Id>S1</Id>{ACCOUNT}{balance('OPBD', '100.00')}{balance('CLBD', '1600.75')}"
        f"{entry('1605.75', status=status)}{entry('105.00', 'DBIT', status=status, reference='R2')}</Stmt>"
    )
    report = formats.parse(camt("053", body, version))
    assert report.kind == "statement"
    assert not report.faults()
    assert report.groups[0].account == "DK5000400440116243"
    assert [line.net for line in report.lines] == [Decimal("1605.75"), Decimal("-105.00")]
    broken = formats.parse(camt("053", body.replace("1600.75", "1600.76"), version))
    assert broken.faults()[0].difference == Decimal("-0.01")


def test_camt054_structured_reference_and_collected_entry():
    strd = "<RmtInf><Strd><CdtrRefInf><Ref>000000000001230</Ref></CdtrRefInf></Strd></RmtInf>"
    transactions = details(
        f"<Amt Ccy='DKK'>500.00</Amt>{strd}<RltdPties><Dbtr><Nm>Anna</Nm></Dbtr></RltdPties>",
        "<Amt Ccy='DKK'>250.00</Amt><RmtInf><Ustrd>faktura 1002</Ustrd></RmtInf>",
    )
    report = formats.parse(camt("054", f"<Ntfctn><Id>N1</Id>{ACCOUNT}{entry('750.00', details=transactions)}</Ntfctn>"))
    assert not report.faults()
    assert len(report.groups) == 1
    assert report.lines[0].payment_id == "000000000001230"
    assert report.lines[0].payer_name == "Anna"
    assert report.lines[1].text == "faktura 1002"


def test_camt054_parts_that_do_not_make_the_entry():
    transactions = details("<Amt Ccy='DKK'>500.00</Amt>", "<Amt Ccy='DKK'>249.00</Amt>")
    report = formats.parse(camt("054", f"<Ntfctn><Id>N1</Id>{ACCOUNT}{entry('750.00', details=transactions)}</Ntfctn>"))
    assert report.faults()[0].difference == Decimal("-1.00")


def test_camt054_pending_entries_are_left_out():
    pending = entry("1.00", status="<Sts><Cd>PDNG</Cd></Sts>")
    report = formats.parse(camt("054", f"<Ntfctn><Id>N1</Id>{ACCOUNT}{pending}{entry('2.00')}</Ntfctn>"))
    assert [line.net for line in report.lines] == [Decimal("2.00")]


def test_group_by_booking_leaves_out_what_moves_no_money():
    lines = [
        records.Line(
            "sale", Decimal(100), net=Decimal(100), currency="DKK", outcome="paid", booking_date=date(2026, 3, 2)
        ),
        records.Line(
            "sale", Decimal(50), net=Decimal(50), currency="DKK", outcome="paid", booking_date=date(2026, 3, 3)
        ),
        records.Line("sale", outcome="rejected", requested_amount=Decimal(70), currency="DKK"),
        records.Line(
            "refund",
            Decimal(-20),
            net=Decimal(-20),
            currency="DKK",
            outcome="charged_back",
            booking_date=date(2026, 3, 2),
        ),
    ]
    grouped, groups = records.group_by_booking(lines)
    assert [(group.date.day, group.direction, group.amount) for group in groups] == [
        (2, "in", 100),
        (2, "out", -20),
        (3, "in", 50),
    ]
    assert [bool(line.group) for line in grouped] == [True, True, False, True]
    report = records.Report("advice", "x", "DKK", grouped, groups)
    assert not report.faults()


# Bad input

NOISE = [
    b"",
    b"\0" * 100,
    b"<",
    b"<SettlementReport xmlns='http://vipps.no/xmlschema/SettlementReport-3.0.xsd'/>",
    b"<SettlementReport xmlns='http://vipps.no/xmlschema/SettlementReport-3.0.xsd'><SettlementDetailsInfo/>",
    b"<SALES xmlns='http://www.payex.com/xml/SalesAccountedTransactions.xsd' AccountingNo='1'/>",
    b"NY000010\n",
    b"NY000010000080800170031000102000\nNY090020001\nNY09xx30",
    b"01BGMAX",
    b"01BGMAX               0120040525173035010331P\n15",
    "Kære bank".encode("utf-16"),
    bytes(range(256)) * 20,
]


@pytest.mark.parametrize("data", NOISE)
def test_noise_gives_no_traceback(data):
    found = formats.inspect(data)
    assert found is None or found["ok"] is False
    with pytest.raises(formats.FormatError):
        formats.parse(data)


@pytest.mark.parametrize("code", ["vipps_xml", "swedbank_pay", "camt053", "camt054", "ocr_giro", "bgmax"])
@pytest.mark.parametrize("data", NOISE[1:])
def test_noise_forced_on_every_format(code, data):
    with pytest.raises(formats.FormatError):
        formats.parse(data, "x", code)


def test_every_cut_of_a_file_is_an_error_or_a_fault():
    data = vipps_settlement_xml(PAYOUT, LINES).rstrip()
    for end in range(1, len(data), 97):
        found = formats.inspect(data[:end])
        assert found is None or found["ok"] is False


def test_noise_beyond_what_is_read_is_refused_at_once():
    data = b"<SettlementReport " + b"x" * formats.MAX_BYTES
    assert formats.inspect(data) is None
    with pytest.raises(formats.FormatError, match="at most"):
        formats.parse(data)


def test_entities_are_not_expanded():
    bomb = b'<?xml version="1.0"?><!DOCTYPE SettlementReport [<!ENTITY a "aaaa">]>' + vipps_settlement_xml(
        PAYOUT, LINES
    ).split(b"\n", 1)[1].replace(b"S00012", b"&a;")
    with pytest.raises(formats.FormatError):
        formats.parse(bomb, code="vipps_xml")
    external = bomb.replace(b'"aaaa"', b'SYSTEM "file:///etc/passwd"')
    with pytest.raises(formats.FormatError):
        formats.parse(external, code="vipps_xml")


def test_deep_nesting_is_refused():
    data = vipps_settlement_xml(PAYOUT, LINES).replace(b"<VippsInfo>", b"<a>" * 200 + b"</a>" * 200 + b"<VippsInfo>")
    with pytest.raises(formats.FormatError, match="nested"):
        formats.parse(data)


def test_another_format_can_be_registered():
    class Own:
        code = "own_test"
        kind = "advice"

        @staticmethod
        def detect(data, filename=""):
            return data.startswith(b"OWN")

        @staticmethod
        def parse(data, filename=""):
            raise formats.FormatError(3, "amount", "not a number")

    formats.register(Own)
    try:
        assert formats.inspect(b"OWN")["errors"] == [{"line": 3, "field": "amount", "message": "not a number"}]
    finally:
        formats.FORMATS.pop("own_test")
