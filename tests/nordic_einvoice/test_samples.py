"""Official examples and unit tests: read, checked, or refused with a clear message."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from odoo.addons.nordic_einvoice import formats
from odoo.addons.nordic_einvoice.formats import official, reader, records, rules_peppol, validation

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


UNIT = [
    path for part in ("PEPPOL", "NO", "DK", "SE") for path in sorted((SHARED / f"peppol-unit-{part}").glob("*.xml"))
]
SOURCE = Path(rules_peppol.__file__).read_text(encoding="utf-8")
OWN_IDS = set(re.findall(r"\"((?:PEPPOL-[A-Z0-9]+-R|NO-R-|DK-R-|SE-R-)\d+)\"", SOURCE))


def unit_cases(path):
    for test in etree.parse(str(path)).getroot().iter("{*}test"):
        documents = [each for each in test if etree.QName(each).localname in ("Invoice", "CreditNote")]
        asserts = [each for block in test.iter("{*}assert") for each in block]
        expected = [(etree.QName(each).localname, (each.text or "").strip()) for each in asserts]
        if documents:
            yield etree.fromstring(etree.tostring(documents[0])), expected


@pytest.mark.parametrize("path", UNIT, ids=name_of)
def test_own_peppol_and_national_rules_agree_with_the_official_unit_tests(path):
    for document, expected in unit_cases(path):
        fired = {found[0] for layer in ("peppol", "national") for found in rules_peppol.check(document, layer)[0]}
        for kind, rule in expected:
            if kind in ("success", "error", "warning") and rule in OWN_IDS:
                assert (rule in fired) == (kind != "success"), (rule, kind)


def test_all_danish_norwegian_and_swedish_ids_are_implemented():
    wanted = {f"DK-R-{n:03}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 16, 17)}
    wanted |= {"NO-R-001", "NO-R-002"} | {f"SE-R-{n:03}" for n in range(1, 14)}
    assert {rule for rule in wanted if f'"{rule}"' not in SOURCE} == set()
