"""Translations keep what the program puts into a text: placeholders and tags, of every language."""

import re
from collections import Counter
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = sorted((ROOT / "addons").glob("*/i18n/*.po"))
#: Whole in these languages; elsewhere another language than Danish may have only what customers read.
WHOLE = [
    (addon, language)
    for addon in ("nordic_einvoice", "nordic_einvoice_sale", "nordic_payment_reference")
    for language in ("nb", "sv")
]
KEPT = re.compile(r"%\(\w+\)[a-z]|%[sd](?![a-zæøå])|</?[a-z][^>]*>|\{\{.*?\}\}|\{\w+\}")


@pytest.mark.parametrize("path", CATALOGUES, ids=[f"{path.parts[-3]}-{path.stem}" for path in CATALOGUES])
def test_placeholders_and_tags_are_kept(path):
    found = polib.pofile(str(path))
    assert found.metadata["Language"] == path.stem
    wrong = [
        (entry.msgid, entry.msgstr)
        for entry in found
        if entry.msgstr and Counter(KEPT.findall(entry.msgid)) != Counter(KEPT.findall(entry.msgstr))
    ]
    assert not wrong


@pytest.mark.parametrize(("addon", "language"), WHOLE)
def test_whole_where_promised(addon, language):
    folder = ROOT / "addons" / addon / "i18n"
    done = {entry.msgid for entry in polib.pofile(str(folder / f"{language}.po")) if entry.msgstr}
    assert not {entry.msgid for entry in polib.pofile(str(folder / f"{addon}.pot"))} - done
