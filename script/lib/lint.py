"""``script/lint``: style, Odoo idioms, XML layout, translations."""

import argparse
import subprocess
import sys
import time

import addon_readme
import idioms
import xml_format
from console import main_guard, say
from layout import ADDONS, BESIDE, ROOT, VENV, our_addons

SCRIPTS = ("script", "tests", "conftest.py")


def _tool(name, *arguments, env=None):
    done = subprocess.run(
        [VENV / "bin" / name, *map(str, arguments)], cwd=ROOT, check=False, capture_output=True, text=True, env=env
    )
    output = (done.stdout + done.stderr).strip()
    return [output] if done.returncode else []


def ruff(folders, fix):
    faults = _tool("ruff", "check", "--quiet", *(["--fix"] if fix else []), *folders)
    return faults + _tool("ruff", "format", "--quiet", *([] if fix else ["--diff"]), *folders)


# One process per file, so a model may be extended by several classes of one addon.
PYLINT_OFF = ("consider-merging-classes-inherited",)


def pylint(folders):
    """pylint-odoo; format and API code is no ORM code (a ``write`` there needs no super)."""
    options = ("--rcfile=.pylintrc", "--ignore-paths=.*/(formats|api)/.*", "--disable=" + ",".join(PYLINT_OFF))
    return _tool("pylint", *options, *folders)


def oca_checks(addons):
    return _tool("oca-checks-odoo-module", "--disable=" + ",".join(OCA_OFF), *addons) + _po_checks(addons)


# Names of checks that do not fit: the README is made from readme/ at release; wording of our own XML check.
OCA_OFF = (
    "missing-readme",
    "prefer-readme-rst",
    "file-not-used",
    "manifest-syntax-error",
    "xml-header-missing",
    "xml-header-wrong",
)


def _po_checks(addons):
    files = [path for addon in addons for path in (addon / "i18n").glob("*.po")]
    return _tool("oca-checks-po", "--disable=po-pretty-format", *files) if files else []


def own_idioms(addons):
    faults = []
    for addon in addons:
        for path in sorted(addon.rglob("*.py")):
            faults += idioms.check_python(path, path.relative_to(ROOT))
        for path in sorted(addon.rglob("*.xml")):
            if "static" not in path.parts and "files" not in path.parts:
                faults += idioms.check_xml(path, path.relative_to(ROOT))
    return faults


def xml_layout(addons, fix):
    faults = []
    for addon in addons:
        for path in sorted(addon.rglob("*.xml")):
            if "files" in path.parts:
                continue
            text = path.read_text(encoding="utf-8")
            if fix and (fixed := xml_format.fix(text)) != text:
                path.write_text(fixed, encoding="utf-8")
                text = fixed
            faults += [f"{path.relative_to(ROOT)}:{line}: {fault}" for line, fault in xml_format.check(text)]
    return faults


def translations(names):
    done = subprocess.run(
        [sys.executable, ROOT / "script/lib/i18n.py", "--check", *names],
        check=False,
        capture_output=True,
        text=True,
    )
    return [(done.stdout + done.stderr).strip()] if done.returncode else []


def main():
    parser = argparse.ArgumentParser(prog="script/lint", description=__doc__)
    parser.add_argument("--fix", action="store_true", help="mend what can be mended by itself")
    parser.add_argument("--no-translations", action="store_true", help="leave out the check that needs a database")
    parser.add_argument("addons", nargs="*", help="default: everything")
    arguments = parser.parse_args()
    names = arguments.addons or our_addons()
    addons = [ADDONS / name for name in (*names, *(BESIDE if not arguments.addons else ()))]
    folders = addons + ([] if arguments.addons else [ROOT / name for name in SCRIPTS])
    checks = [
        ("ruff", lambda: ruff(folders, arguments.fix)),
        ("Odoo idioms", lambda: own_idioms(addons)),
        ("XML layout", lambda: xml_layout(addons, arguments.fix)),
        ("READMEs", lambda: [fault for addon in addons for fault in addon_readme.check(addon.name, arguments.fix)]),
        ("pylint-odoo", lambda: pylint(addons)),
        ("OCA checks", lambda: oca_checks(addons)),
    ]
    if not arguments.no_translations:
        checks.append(("translations", lambda: translations(names)))
    failed = []
    for title, check in checks:
        start = time.monotonic()
        faults = check()
        say(f"{title}: {'FAILED' if faults else 'ok'} ({time.monotonic() - start:.1f} s)")
        for fault in faults:
            say(f"  {fault}")
        failed += [title] if faults else []
    say(
        f"Lint: {len(checks) - len(failed)} of {len(checks)} checks passed"
        + (f"; failed: {', '.join(failed)}" if failed else "")
    )
    return 1 if failed else 0


if __name__ == "__main__":
    main_guard(main)
