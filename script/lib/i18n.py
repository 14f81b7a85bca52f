"""``script/i18n``: export the .pot of our addons and merge it into their .po: Danish, and any other language there is.

With ``--check`` nothing is written: a .pot behind its sources or a text without translation is reported.
"""

import argparse
import io

import database
import odoo_env
import polib
import postgres
from console import main_guard, say
from layout import ADDONS, our_addons

LANGUAGE = "da"


def export(addons):
    """{addon: catalogue of its texts}, read from a database with the addons installed."""
    template = database.ensure_addons(addons)
    catalogs = {}
    with database.temporary(template, "i18n") as name:
        odoo_env.configure(name, level="error")
        from odoo.sql_db import close_db
        from odoo.tools.translate import trans_export

        with odoo_env.environment(name) as env:
            for addon in addons:
                buffer = io.BytesIO()
                trans_export(False, [addon], buffer, "po", env)
                catalogs[addon] = polib.pofile(buffer.getvalue().decode(), wrapwidth=78)
                _plain_header(catalogs[addon], addon)
        close_db(name)
    return catalogs


def _plain_header(catalog, addon, language=""):
    """A header without the dates that would change at every export."""
    catalog.header = f"Translation of Odoo Server.\nThis file contains the translation of the module: {addon}"
    catalog.metadata = {
        "Project-Id-Version": "Odoo Server 19.0",
        "Report-Msgid-Bugs-To": "",
        "Last-Translator": "",
        "Language-Team": "",
        **({"Language": language} if language else {}),
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=2; plural=(n != 1);" if language else "",
    }


def _template(addon):
    return ADDONS / addon / "i18n" / f"{addon}.pot"


def _catalogs(addon):
    """{language: its .po}: Danish always, any other language whose file is there."""
    folder = _template(addon).parent
    return {LANGUAGE: folder / f"{LANGUAGE}.po"} | {path.stem: path for path in sorted(folder.glob("*.po"))}


def untranslated(path):
    """Texts of a .po without translation."""
    if not path.exists():
        return []
    return [entry.msgid for entry in polib.pofile(str(path)) if not entry.obsolete and not entry.msgstr]


def write(addon, template):
    """Write the .pot and bring each .po in step with it; translations that are there are kept."""
    pot = _template(addon)
    pot.parent.mkdir(exist_ok=True)
    template.save(str(pot))
    for language, po in _catalogs(addon).items():
        known = {}
        if po.exists():
            known = {entry.msgid: entry.msgstr for entry in polib.pofile(str(po)) if not entry.obsolete}
        catalog = polib.POFile(wrapwidth=78)
        _plain_header(catalog, addon, language)
        for entry in template:
            entry.msgstr = known.get(entry.msgid, "")
            # of other languages there may be only what customers read
            if language == LANGUAGE or entry.msgstr:
                catalog.append(entry)
        catalog.save(str(po))


def check(addon, template):
    """What is wrong with the addon's translation files, one sentence each."""
    pot, catalogs = _template(addon), _catalogs(addon)
    if not len(template):
        return []
    if not pot.exists() or not catalogs[LANGUAGE].exists():
        return [f"{addon}: i18n/{addon}.pot or i18n/{LANGUAGE}.po is missing; run script/i18n {addon}"]
    wanted = {entry.msgid for entry in template}
    faults = []
    for language, path in {"": pot, **catalogs}.items():
        there = {entry.msgid for entry in polib.pofile(str(path)) if not entry.obsolete}
        missing = wanted - there if language in ("", LANGUAGE) else set()
        for msgid in sorted(missing | (there - wanted))[:5]:
            which = "missing in" if msgid in wanted else "no longer in the sources but in"
            faults.append(f"{addon}: {which} {path.name}: {msgid[:80]!r}")
    for path in catalogs.values():
        faults += [f"{addon}: {path.name}: without translation: {msgid[:80]!r}" for msgid in untranslated(path)[:10]]
    return faults


def main():
    parser = argparse.ArgumentParser(prog="script/i18n", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, end with status 1 when not complete")
    parser.add_argument("addons", nargs="*", help="default: all")
    arguments = parser.parse_args()
    addons = arguments.addons or our_addons()
    with postgres.server():
        catalogs = export(addons)
    if arguments.check:
        faults = [fault for addon in addons for fault in check(addon, catalogs[addon])]
        for fault in faults:
            say(fault)
        return 1 if faults else 0
    for addon in addons:
        write(addon, catalogs[addon])
        missing = {language: len(untranslated(path)) for language, path in _catalogs(addon).items()}
        open_ones = ", ".join(f"{count} texts without translation ({lang})" for lang, count in missing.items() if count)
        say(f"{addon}: {open_ones or 'complete'}")
    return 0


if __name__ == "__main__":
    main_guard(main)
