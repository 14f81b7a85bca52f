"""What we write is valid, says what it was told, and reads back the same."""

import time
from dataclasses import replace

import pytest
from lxml import etree

from odoo.addons.nordic_einvoice import formats
from odoo.addons.nordic_einvoice.formats import (
    official,
    oioubl,
    reader,
    records,
    rules,
    validation,
)

from . import samples

SCENARIOS = samples.scenarios()
CASES = [(name, fmt) for name, (fmts, _invoice) in SCENARIOS.items() for fmt in fmts]


@pytest.fixture(scope="module")
def runner():
    with official.RuleRunner() as one:
        yield one


@pytest.mark.parametrize(("name", "fmt"), CASES)
def test_written_documents_are_valid(name, fmt, runner):
    data = formats.write(SCENARIOS[name][1], fmt)
    result = validation.validate(data, runner)
    assert [(f.rule, f.location, f.message) for f in result.fatal] == []
    assert result.layers["xsd"] == "run"
    own = ("en16931", "peppol", "national") if fmt == "bis3" else ("oioubl",)
    assert {layer: result.layers[layer] for layer in own} == dict.fromkeys(own, "run"), result.notes


@pytest.mark.parametrize(("name", "fmt"), CASES)
def test_written_documents_read_back(name, fmt):
    invoice = SCENARIOS[name][1]
    read = reader.read(formats.write(invoice, fmt))
    assert read.totals == invoice.totals
    assert records.sum_faults(read) == []
    assert read.buyer_reference == invoice.buyer_reference
    assert [line.amount for line in read.lines] == [line.amount for line in invoice.lines]
    assert [line.name for line in read.lines] == [line.name for line in invoice.lines]
    if not invoice.is_credit_note:
        stated = [(m.code, m.card_type, m.account, m.branch) for m in invoice.payment_means]
        assert [(m.code, m.card_type, m.account, m.branch) for m in read.payment_means] == stated
    assert formats.write(read, fmt) == formats.write(reader.read(formats.write(read, fmt)), fmt)


def test_a_document_is_written_the_same_every_time():
    for name, fmt in CASES:
        assert formats.write(SCENARIOS[name][1], fmt) == formats.write(SCENARIOS[name][1], fmt)


def test_control_characters_and_markup_are_harmless():
    invoice = SCENARIOS["fik"][1]
    nasty = replace(invoice, note="a\x00b\x0b ]]> <script>&amp; \ud800", buyer_reference=" \x07 Bo ")
    for fmt in ("bis3", "oioubl21"):
        read = reader.read(formats.write(nasty, fmt))
        assert read.note == "ab ]]> <script>&amp;"
        assert read.buyer_reference == "Bo"


@pytest.mark.parametrize("name", ["number", "currency", "lines"])
def test_missing_mandatory_data_is_named(name):
    invoice = replace(SCENARIOS["fik"][1], **{name: () if name == "lines" else ""})
    with pytest.raises(records.EInvoiceError, match=name if name != "number" else "invoice number"):
        formats.write(invoice, "bis3")


def test_attachment_of_a_wrong_type_is_refused_not_dropped():
    bad = records.Attachment("a", "virus.exe", "application/x-msdownload", b"MZ")
    with pytest.raises(records.EInvoiceError, match=r"virus\.exe"):
        formats.write(replace(SCENARIOS["fik"][1], attachments=(bad,)), "bis3")


def test_oioubl_refuses_what_it_cannot_say():
    invoice = SCENARIOS["fik"][1]
    with pytest.raises(records.EInvoiceError, match="F-LIB100"):
        oioubl.write(replace(invoice, payment_means=(samples.KID,)))
    with pytest.raises(records.EInvoiceError, match="F-INV147"):
        oioubl.write(replace(invoice, lines=(replace(invoice.lines[0], quantity=records.ZERO),)))
    unknown = replace(invoice.customer, endpoint=records.Identifier("x", "0199"))
    with pytest.raises(records.EInvoiceError, match="0199"):
        oioubl.write(replace(invoice, customer=unknown))


@pytest.mark.parametrize(
    ("street", "expected"),
    [
        ("Vestergade 12", ("Vestergade", "12")),
        ("Vestergade 12 B", ("Vestergade", "12 B")),
        ("Vestergade 12B, 2. tv", ("Vestergade", "12B")),
        ("Gammel Kongevej 1", ("Gammel Kongevej", "1")),
        ("Postboks", ("Postboks", "")),
        ("", ("", "")),
    ],
)
def test_street_and_house_number(street, expected):
    assert oioubl.split_street(street) == expected


@pytest.mark.parametrize(("fmt", "layers"), [("bis3", ("peppol", "national")), ("oioubl21", ("oioubl",))])
def test_time_of_own_rules_grows_with_the_lines_only(fmt, layers):
    def seconds(count):
        lines = tuple(samples.line(index, 3, "299.85", "99.95") for index in range(count))
        root = etree.fromstring(formats.write(samples.invoice(lines=lines), fmt))
        start = time.process_time()
        document = rules.Document(root)
        assert [rules.check(document, layer) for layer in layers] == [([], True, "")] * len(layers)
        return time.process_time() - start

    assert seconds(1600) < 16 * max(seconds(200), 0.02)
