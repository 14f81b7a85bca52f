"""Templates are found again only while what they were made from is unchanged. No database."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "script" / "lib"))

import database  # noqa: E402
from console import SetupError  # noqa: E402


@pytest.fixture
def addons(tmp_path, monkeypatch):
    for name, depends in (("lower", ["base"]), ("upper", ["lower"]), ("other", [])):
        (tmp_path / name / "models").mkdir(parents=True)
        (tmp_path / name / "tests").mkdir()
        (tmp_path / name / "__manifest__.py").write_text(repr({"name": name, "depends": depends}))
        (tmp_path / name / "models" / "one.py").write_text("x = 1\n")
    monkeypatch.setattr(database, "ADDONS", tmp_path)
    monkeypatch.setattr(database, "our_addons", lambda: ["lower", "other", "upper"])
    return tmp_path


def test_the_key_follows_every_file_that_reaches_the_database(addons):
    keys = [database.files_key(["lower", "upper"])]
    for change in (
        lambda: (addons / "lower" / "models" / "one.py").write_text("x = 2\n"),
        lambda: (addons / "lower" / "models" / "two.py").write_text(""),
        lambda: (addons / "lower" / "models" / "two.py").rename(addons / "lower" / "models" / "three.py"),
        lambda: (addons / "upper" / "models" / "one.py").unlink(),
    ):
        change()
        keys.append(database.files_key(["lower", "upper"]))
    assert len(set(keys)) == len(keys)


def test_tests_texts_and_other_addons_leave_the_key_alone(addons):
    before = database.files_key(["lower"])
    (addons / "lower" / "tests" / "test_one.py").write_text("changed")
    (addons / "lower" / "lower.pot").write_text("changed")
    (addons / "lower" / "models" / "__pycache__").mkdir()
    (addons / "lower" / "models" / "__pycache__" / "one.pyc").write_text("changed")
    (addons / "other" / "models" / "one.py").write_text("changed")
    assert database.files_key(["lower"]) == before


def test_closure_takes_what_is_needed_and_names_what_is_unknown(addons):
    assert database.closure(["upper"]) == ["lower", "upper"]
    with pytest.raises(SetupError, match="wrong.*There are: lower, other, upper"):
        database.closure(["wrong"])
