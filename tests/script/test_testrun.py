"""script/test: how the work is spread, and that a run which broke off never counts as passed. No database."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "script" / "lib"))

import testrun  # noqa: E402
from console import SetupError  # noqa: E402

REPORT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite>
  <testcase classname="a" name="good"/>
  <testcase classname="a" name="bad"><failure message="no"/></testcase>
  <testcase classname="a" name="broken"><error message="no"/></testcase>
  <testcase classname="a" name="left_out"><skipped message="no browser"/></testcase>
</testsuite></testsuites>"""


def counts(outcome):
    return outcome.passed, outcome.failed, outcome.skipped


def test_a_report_is_counted(tmp_path):
    path = tmp_path / "junit.xml"
    path.write_text(REPORT)
    outcome = testrun.read_junit(path, 1)
    assert counts(outcome) == (1, 2, 1)
    assert outcome.reasons == ["a.left_out: no browser"]


@pytest.mark.parametrize("status", (-9, 2, 3, 4))
def test_a_run_that_broke_off_is_a_failure(tmp_path, status):
    path = tmp_path / "junit.xml"
    assert counts(testrun.read_junit(path, status)) == (0, 1, 0), "without a report"
    path.write_text("")
    assert counts(testrun.read_junit(path, status)) == (0, 1, 0), "with an empty report"
    path.write_text(REPORT[:120])
    assert counts(testrun.read_junit(path, status)) == (0, 1, 0), "with half a report"
    path.write_text('<testsuites><testcase classname="a" name="good"/></testsuites>')
    assert counts(testrun.read_junit(path, status)) == (1, 1, 0), "with a good report, and an end that says otherwise"


def test_nothing_collected_is_no_failure(tmp_path):
    assert counts(testrun.read_junit(tmp_path / "junit.xml", 5)) == (0, 0, 0)


def test_split_keeps_every_path_once_and_the_shards_alike(tmp_path):
    paths = []
    for number, size in enumerate((900, 500, 400, 100)):
        path = tmp_path / f"test_{number}.py"
        path.write_text("x" * size)
        paths.append(path)
    groups = testrun.split(paths, 2)
    assert sorted(path for group in groups for path in group) == paths
    assert sorted(sum(path.stat().st_size for path in group) for group in groups) == [900, 1000]
    assert testrun.split(paths[:1], 2) == [paths[:1]]
    assert testrun.split([], 2) == []


class Part:
    """A process that runs for some looks at it and says how many are at work meanwhile."""

    alive, most = 0, 0

    def __init__(self, looks, passed=1, fails=False):
        self.looks, self.passed, self.fails, self.cleaned = looks, passed, fails, False

    def start(self):
        if self.fails:
            raise SetupError("no room for its database")
        Part.alive += 1
        Part.most = max(Part.most, Part.alive)

    @property
    def runs(self):
        self.looks -= 1
        return self.looks > 0

    def finish(self):
        Part.alive -= 1
        return testrun.Outcome(passed=self.passed)

    def clean(self):
        self.cleaned = True


def test_parts_run_a_few_at_a_time_and_each_is_counted(monkeypatch):
    monkeypatch.setattr(testrun.time, "sleep", lambda _seconds: None)
    Part.alive = Part.most = 0
    parts = [Part(looks, passed) for looks, passed in ((3, 10), (1, 20), (5, 30), (2, 40))]
    assert counts(testrun.run_all(parts, 2)) == (100, 0, 0)
    assert (Part.alive, Part.most) == (0, 2)
    assert all(part.cleaned for part in parts)


def test_a_part_that_cannot_start_ends_the_others(monkeypatch):
    monkeypatch.setattr(testrun.time, "sleep", lambda _seconds: None)
    parts = [Part(9), Part(1, fails=True), Part(1)]
    with pytest.raises(SetupError):
        testrun.run_all(parts, 2)
    assert all(part.cleaned for part in parts)


def test_names_on_the_command_line():
    formats, models, own_databases, addons = testrun._sort_names(
        ["paymatch", "tests/script", "tests/flows/test_month.py", "tests/install", "addons/invoice_status/tests"]
    )
    assert formats == [ROOT / "tests" / "paymatch", ROOT / "tests" / "script"]
    assert models == [
        ROOT / "addons" / "paymatch" / "tests",
        ROOT / "tests" / "flows" / "test_month.py",
        ROOT / "addons" / "invoice_status" / "tests",
    ]
    assert own_databases == [ROOT / "tests" / "install"]
    assert addons == ["paymatch", "invoice_status"]
    with pytest.raises(SetupError, match="no_such_addon"):
        testrun._sort_names(["no_such_addon"])
