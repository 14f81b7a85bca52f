"""Import an addon's plain format code without Odoo: no registry, no database, no models.

The addon's own package is entered by its path only, so its ``__init__`` (which imports models) does not run.
That also proves that format code is plain Python: there is no ``odoo.models`` to import.
"""

import importlib
import sys
import types

from layout import ADDONS, our_addons


def _package(name, *paths):
    module = types.ModuleType(name)
    module.__path__ = [str(path) for path in paths]
    sys.modules[name] = module
    return module


def prepare():
    """Make ``odoo.addons.<our addon>.formats`` importable."""
    if "odoo" in sys.modules:
        return
    odoo = _package("odoo")
    odoo.addons = _package("odoo.addons", ADDONS)
    for addon in our_addons():
        setattr(odoo.addons, addon, _package(f"odoo.addons.{addon}", ADDONS / addon))


def formats(addon):
    """The ``formats`` package of ``addon``."""
    prepare()
    return importlib.import_module(f"odoo.addons.{addon}.formats")


def with_inspect():
    """``formats`` packages that offer ``inspect``, the most specific ones first."""
    found = []
    for addon in our_addons():
        if (ADDONS / addon / "formats" / "__init__.py").exists():
            package = formats(addon)
            if hasattr(package, "inspect"):
                found.append(package)
    order = {"betalingsservice": 0, "nordic_einvoice": 1, "paymatch": 2}
    return sorted(found, key=lambda package: order.get(package.__name__.split(".")[2], 9))
