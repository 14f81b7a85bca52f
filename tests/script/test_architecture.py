"""docs/architecture.md is the contract: every name in it stands in the code."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "architecture.md"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def code_names():
    names = set()
    for path in (ROOT / "addons").rglob("*"):
        if path.suffix in (".py", ".xml", ".csv") and "tests" not in path.parts:
            names |= set(NAME.findall(path.read_text(encoding="utf-8")))
            names |= {path.stem, *path.parts}
    return names


def test_every_name_of_the_page_is_in_the_code():
    known = code_names()
    page = re.sub(r"```.*?```", "", PAGE.read_text(encoding="utf-8"), flags=re.S)
    section = page.split("## Central models, fields and hooks")[1].split("## Format code")[0]
    quoted = [text for text in re.findall(r"`([^`]+)`", section) if text.replace(".", "").replace("_", "").isalnum()]
    quoted += re.findall(r"`[^`]*?(\w+)\(", section)
    missing = sorted({text for text in quoted if not set(NAME.findall(text)) <= known})
    assert len(quoted) > 150
    assert not missing
