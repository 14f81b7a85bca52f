"""script/inspect and script/validate: bad input ends with one clear message and status 1, never a traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT.parent / "shared" / "samples"
PROGRAMS = {"inspect": "inspect_files.py", "validate": "validate.py"}


def call(program, *files):
    done = subprocess.run(
        [sys.executable, ROOT / "script" / "lib" / PROGRAMS[program], *files],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr + done.stdout
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def bad_files(folder):
    namespace = b"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
    xml = b'<?xml version="1.0" encoding="UTF-8"?>\n<Invoice xmlns="' + namespace + b'">'
    yield "empty.xml", b""
    yield "cut.xml", xml + b"<ID>1</ID>"
    yield "utf16.csv", "Beløb;Dato\n1,00;01-01-2026".encode("utf-16")
    yield "cut-delivery.txt", b"BS0020000000000000602" + b"\r\nBS042"
    yield "zeros.bin", bytes(1000)
    yield (
        "bomb.xml",
        (
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">'
            b'<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e SYSTEM "file:///etc/passwd">]><a>&d;&e;</a>'
        ),
    )
    yield "deep.xml", b"<a>" * 100_000


@pytest.mark.parametrize("program", PROGRAMS)
def test_bad_files_get_one_message_each(program, tmp_path):
    paths = []
    for name, data in bad_files(tmp_path):
        path = tmp_path / name
        path.write_bytes(data)
        paths.append(path)
    status, results = call(program, *paths, tmp_path / "missing.xml", tmp_path)
    assert status == 1
    assert len(results) == len(paths) + 2
    for result in results:
        messages = result["errors"] if program == "inspect" else result["findings"]
        assert not result["ok" if program == "inspect" else "valid"], result
        assert messages and all(message["message"] for message in messages), result


@pytest.mark.parametrize("program", PROGRAMS)
def test_fifty_megabytes_of_noise(program, tmp_path):
    path = tmp_path / "noise.xml"
    with path.open("wb") as noise:
        for _ in range(50):
            noise.write(os.urandom(1024 * 1024))
    status, results = call(program, path)
    assert status == 1
    assert len(results) == 1


def test_a_good_file_is_told_and_status_is_zero():
    samples = SAMPLES / "acquirer-reports" / "vipps" / "Example-Net.xml"
    if not samples.exists():
        pytest.skip("shared samples are not beside this checkout")
    status, (result,) = call("inspect", samples)
    assert status == 0
    assert result["ok"] and result["format"] and result["lines"] and result["summary"]
    assert set(result) == {"file", "format", "ok", "summary", "lines", "errors"}


def test_one_refused_file_does_not_stop_the_rest(tmp_path):
    samples = SAMPLES / "acquirer-reports" / "vipps" / "Example-Net.xml"
    if not samples.exists():
        pytest.skip("shared samples are not beside this checkout")
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    status, results = call("inspect", empty, samples)
    assert status == 1
    assert [result["ok"] for result in results] == [False, True]
