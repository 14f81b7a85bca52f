"""The official unit tests of Peppol through our own rules, case by case, with a table of expected against found."""

from pathlib import Path

import pytest
from lxml import etree

from odoo.addons.nordic_einvoice.formats import rules

from .samples import SHARED

PARTS = ("PEPPOL", "NO", "DK", "SE")
UNIT = [path for part in PARTS for path in sorted((SHARED / f"peppol-unit-{part}").glob("*.xml"))]
# The unit tests are of edition 3.0.19, where this rule was a warning; in 3.0.21 it is fatal
RAISED_SINCE = {"DK-R-003"}


def unit_cases(path):
    """(number, document, [(success | error | warning, rule)]) of a file of unit tests."""
    for number, test in enumerate(etree.parse(str(path)).getroot().iter("{*}test"), start=1):
        documents = [each for each in test if etree.QName(each).localname in ("Invoice", "CreditNote")]
        asserts = [each for block in test.iter("{*}assert") for each in block]
        expected = [(etree.QName(each).localname, (each.text or "").strip()) for each in asserts]
        expected = [(kind, rule) for kind, rule in expected if kind in ("success", "error", "warning")]
        if documents:
            yield number, etree.fromstring(etree.tostring(documents[0])), expected


def fired(root):
    """{rule: severity} of Peppol and national rules."""
    document = rules.Document(root)
    return {fault.rule: fault.severity for layer in ("peppol", "national") for fault in rules.check(document, layer)[0]}


def judged(path):
    """(case, rule, expected, found, agrees) of every assertion of a file."""
    for number, root, expected in unit_cases(path):
        found = fired(root)
        for kind, rule in expected:
            wanted = {"success": "-", "error": "fatal", "warning": "warning"}[kind]
            if rule in RAISED_SINCE and wanted == "warning":
                wanted = "fatal"
            yield f"{Path(path).stem} {number}", rule, wanted, found.get(rule, "-")


@pytest.mark.skipif(not UNIT, reason="the shared samples are not there")
def test_every_official_unit_test_agrees(capsys):
    rows = [(part, *row) for part in PARTS for path in UNIT if path.parent.name.endswith(part) for row in judged(path)]
    wrong = [row for row in rows if row[3] != row[4]]
    counts = {}
    for part, _case, rule, wanted, found in rows:
        count = counts.setdefault((part, rule), [0, 0, 0, 0])
        count[0 if wanted == "-" else 1] += 1
        count[2 if found == "-" else 3] += 1
    with capsys.disabled():
        print("\n\npart    rule                     expected: quiet fires   found: quiet fires")
        for (part, rule), (quiet, fires, found_quiet, found_fires) in sorted(counts.items()):
            print(f"{part:<8}{rule:<25}{quiet:>15}{fires:>6}{found_quiet:>15}{found_fires:>6}")
        print(f"{len(rows)} assertions, {len(counts)} rules, {len(wrong)} differ")
    assert wrong == []
    assert len(rows) > 250


def test_all_ids_that_concern_a_nordic_party_are_there():
    wanted = {f"PEPPOL-EN16931-R{n:03}" for n in (1, 2, 3, 4, 5, 7, 8, 10, 20, 40, 41, 42, 43, 44, 46, 51, 53, 54, 55)}
    wanted |= {f"PEPPOL-EN16931-R{n:03}" for n in (61, 80, 100, 101, 110, 111, 120, 121, 130)}
    wanted |= {f"PEPPOL-EN16931-CL{n:03}" for n in (1, 2, 3, 6, 7, 8)} | {"PEPPOL-EN16931-F001"}
    wanted |= {f"PEPPOL-EN16931-P{n:04}" for n in (100, 101, *range(104, 113))}
    wanted |= {f"PEPPOL-COMMON-R{n:03}" for n in (40, 41, 42, 43, 44, 45, 46, 47, 49, 50, 52, 53, 54, 55, 57)}
    wanted |= {"PEPPOL-COMMON-R056-1", "PEPPOL-COMMON-R056-2"}
    national = {f"DK-R-{n:03}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 16, 17)}
    national |= {"NO-R-001", "NO-R-002"} | {f"SE-R-{n:03}" for n in range(1, 14)}
    assert rules.PEPPOL.ids == wanted
    assert rules.NATIONAL.ids == national
    assert len(wanted | national) == 92


COMPLETE = [
    path
    for folder in ("peppol-examples", "sfti-testfiles", "en16931-examples")
    for path in sorted((SHARED / folder).glob("*.xml"))
]


@pytest.mark.parametrize("path", COMPLETE, ids=lambda path: path.name)
def test_complete_documents_have_the_official_fatal_ids(path):
    """Also of documents that are not Peppol's: every fatal id of the list, and no other (Dutch rules apart)."""
    listed = (SHARED / "README.md").read_text(encoding="utf-8")
    row = next(row for row in listed.splitlines() if row.startswith(f"| {path.parent.name}/{path.name} | 0 |"))
    expected = {each.strip() for each in row.split("|")[3].split(",") if each.strip()}
    found = {rule for rule, severity in fired(etree.parse(str(path)).getroot()).items() if severity == "fatal"}
    assert found == {rule for rule in expected if not rule.startswith("NL-")}
