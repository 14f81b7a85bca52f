"""Plain Python of subscription_billing, which lies beside models that need Odoo's registry."""

import importlib
import importlib.machinery
import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / "addons/subscription_billing"
PACKAGE = "subscription_billing_plain"


def load(name):
    """A module of the addon, as one of a package of its own.

    :rtype: types.ModuleType
    """
    if PACKAGE not in sys.modules:
        spec = importlib.machinery.ModuleSpec(PACKAGE, None, is_package=True)
        spec.submodule_search_locations = [str(ROOT)]
        sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)
    return importlib.import_module(f"{PACKAGE}.{name}")
