"""Where things are. Everything the scripts make lies in .venv and .local of the checkout."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ADDONS = ROOT / "addons"
SHARED = ROOT.parent / "shared"
VENV = ROOT / ".venv"
LOCAL = ROOT / ".local"
STATE = LOCAL / "state"
LOGS = LOCAL / "logs"
ODOO_DOWNLOAD = LOCAL / "odoo"
APT = LOCAL / "apt"
PDF = LOCAL / "wkhtmltopdf"
PGDATA = LOCAL / "postgresql"
DATA_DIR = LOCAL / "odoo-data"
CONFIG = LOCAL / "odoo.conf"

ODOO_SERIES = (19, 0)
PYTHON_VERSIONS = ((3, 10), (3, 13))


def venv_python():
    return VENV / "bin" / "python"


def site_packages():
    """The venv's package folder (the interpreter's version is part of its path)."""
    found = sorted((VENV / "lib").glob("python3.*/site-packages"))
    return found[-1] if found else VENV / "lib"


#: Addons that join ours with modules under the AGPL. They are installed only where those are, and tested apart
#: (tests/processes/test_beside_oca.py): the modules are no requirement of the product.
BESIDE = ("paymatch_account_reconcile_oca",)


def our_addons():
    """Names of the addons of this repository that stand by themselves, sorted."""
    return sorted(path.parent.name for path in ADDONS.glob("*/__manifest__.py") if path.parent.name not in BESIDE)


def is_root():
    return hasattr(os, "geteuid") and os.geteuid() == 0


def in_ci():
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")


def python_fits(version=None):
    version = tuple((version or sys.version_info)[:2])
    return PYTHON_VERSIONS[0] <= version <= PYTHON_VERSIONS[1]
