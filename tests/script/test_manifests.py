"""What the addons import is what their manifests and requirements-addons.txt ask for; data files are listed."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "script" / "lib"))

import database  # noqa: E402
from layout import ADDONS, our_addons  # noqa: E402

DISTRIBUTIONS = {"dns": "dnspython", "stdnum": "python-stdnum", "facturx": "factur-x"}
# Every Odoo 19 has these.
OF_ODOO = {"PIL", "odoo", "babel", "dateutil", "markupsafe", "psycopg2", "pytz", "reportlab", "werkzeug"}
# Without the first three the official rules of e-invoices are reported as not run; without paramiko files are exchanged
# by hand or through a folder. See readme/CONFIGURE.md of nordic_einvoice and of betalingsservice.
OPTIONAL = {"factur-x", "saxonche", "xmlschema", "paramiko"}


def imported(addon):
    """Distributions the addon's code imports, beside Python and Odoo."""
    names = set()
    for path in (ADDONS / addon).rglob("*.py"):
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module.split(".")[0])
    return {DISTRIBUTIONS.get(name, name) for name in names - OF_ODOO - set(sys.stdlib_module_names)}


def asked_for(addon):
    return set(database.manifest(addon).get("external_dependencies", {}).get("python", ()))


@pytest.mark.parametrize("addon", our_addons())
def test_a_manifest_names_what_the_addon_imports(addon):
    assert imported(addon) - OPTIONAL == asked_for(addon)


def test_requirements_mirror_the_manifests():
    lines = (ROOT / "requirements-addons.txt").read_text().splitlines()
    listed = {re.split(r"[<>=]", line)[0] for line in lines if line and not line.startswith("#")}
    assert listed == OPTIONAL.union(*map(asked_for, our_addons()))


@pytest.mark.parametrize("addon", our_addons())
def test_a_manifest_lists_its_data_files(addon):
    manifest = database.manifest(addon)
    folder = ADDONS / addon
    there = {str(path.relative_to(folder)) for suffix in ("xml", "csv") for path in folder.rglob(f"*.{suffix}")}
    there = {name for name in there if not name.startswith(("tests/", "static/"))}
    assert there == set(manifest.get("data", [])) | set(manifest.get("demo", []))
