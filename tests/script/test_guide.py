"""The guide names menus, buttons and fields in English with the Danish word behind: both stand in the product so."""

import re
import sys
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "script" / "lib"))

import odoo_source  # noqa: E402
from layout import ODOO_DOWNLOAD  # noqa: E402

#: **Button** (Knap), *Menu > Menu* (Menu > Menu)
NAMED = re.compile(r"(\*{1,2})([^*\n]+?)\1 \(([^()\n]+(?:\([^()]*\)[^()\n]*)?)\)")
#: Whose words the guide uses beside ours.
CORE = ("account", "account_payment", "base", "contacts", "mail", "mrp", "payment", "portal", "product", "purchase")
CORE += ("sale", "sale_management", "sales_team", "stock", "web")
#: Examples, enumerations and explanations in brackets that name nothing on a screen.
NO_NAMES = {
    "`Idempotency-Key`",
    "Rejected",  # the last of three states named together
    "in transit",
    "Fetching: Can be fetched",
    "Production without deposit: May release",
    "order S00012, F/2026/00001: missing 0.05 DKK",
}


def names():
    """(page, English, Danish) of each name; of a path each step."""
    for page in sorted((ROOT / "docs" / "guide").glob("*.md")):
        text = re.sub(r"(?<!\n)\n\s*(?!\n)", " ", page.read_text())
        for _stars, english, danish in NAMED.findall(text):
            steps = english.split(" > "), danish.split(" > ")
            if english not in NO_NAMES and len(steps[0]) == len(steps[1]):
                yield from ((page.name, *pair) for pair in zip(*steps, strict=True))


def catalogue():
    files = list((ROOT / "addons").glob("*/i18n/da.po"))
    for folder in odoo_source.core_addons(odoo_source.ensure()):
        files += [path for name in CORE if (path := Path(folder) / name / "i18n" / "da.po").exists()]
    words = {}
    for path in files:
        for entry in polib.pofile(str(path)):
            words.setdefault(entry.msgid.strip(), set()).add(entry.msgstr.strip())
    return words


def is_named(english, danish, words):
    """The same on the screen, or as its beginning where the guide leaves the rest out or explains it."""
    english, danish = english.strip(". "), re.split(r"[:;,]", danish)[0].strip(". ")
    if danish in words.get(english, ()):
        return True
    return any(
        text.startswith(english) and any(each.startswith(danish) for each in found) for text, found in words.items()
    )


@pytest.mark.skipif(not ODOO_DOWNLOAD.exists(), reason="Odoo's own words are not here")
def test_every_name_of_the_guide_is_on_the_screen():
    words, found = catalogue(), list(names())
    assert len(found) > 300
    assert not [(page, english, danish) for page, english, danish in found if not is_named(english, danish, words)]
