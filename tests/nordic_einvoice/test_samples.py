"""Official examples and unit tests: read, checked, or refused with a clear message."""

import re
from decimal import Decimal

import pytest
from lxml import etree

from odoo.addons.nordic_einvoice import formats
from odoo.addons.nordic_einvoice.formats import official, reader, records, validation

from .samples import SHARED

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared samples are not there")
PEPPOL = ("peppol-examples", "sfti-testfiles", "en16931-examples", "peppol-responses")
FOLDERS = (*PEPPOL, "oioubl-gobl", "oioubl-official")
FILES = [path for folder in FOLDERS for path in sorted((SHARED / folder).glob("*.xml"))]
OTHER_TYPES = ("ApplicationResponse", "Reminder")


def name_of(path):
    return f"{path.parent.name}/{path.name}"


@pytest.fixture(scope="module")
def runner():
    with official.RuleRunner() as one:
        yield one


def expected_ids():
    """File -> fatal ids, from the list that comes with the samples."""
    text = (SHARED / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\S+/[^|]+?\.xml) \| (\d+) \| ([^|]*) \|$", text, re.MULTILINE)
    return {name: {each.strip() for each in ids.split(",") if each.strip()} for name, _xsd, ids in rows}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_sample_is_read_or_refused(path):
    data = path.read_bytes()
    try:
        invoice = reader.read(data)
    except records.EInvoiceError as error:
        assert any(kind in error.message for kind in OTHER_TYPES), error.message
        assert formats.inspect(data, path.name)["ok"] is False
        return
    assert records.sum_faults(invoice) == []
    stated = etree.fromstring(data).findtext(".//{*}LegalMonetaryTotal/{*}PayableAmount")
    assert invoice.totals.payable == Decimal(stated)
    assert formats.inspect(data, path.name)["ok"] is True


@pytest.mark.parametrize("path", [path for path in FILES if path.parent.name != "peppol-responses"], ids=name_of)
def test_verdict_is_the_official_one(path, runner):
    expected = expected_ids()
    if path.name == "OIOUBL_Reminder_v2p2.xml":
        expected = {name_of(path): set()}  # listed as not measured
    result = validation.validate(path.read_bytes(), runner)
    if result.dialect == "ubl":
        assert result.layers["peppol"] == "not run"  # no Peppol document: those ids are not looked for
        assert {finding.rule for finding in result.fatal} <= expected[name_of(path)]
        return
    assert {finding.rule for finding in result.fatal} == expected[name_of(path)]
