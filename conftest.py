"""Format code is importable as odoo.addons.<addon>.formats without a database or registry."""

import sys
from pathlib import Path

import odoo.addons

ROOT = Path(__file__).resolve().parent
if str(ROOT / "addons") not in odoo.addons.__path__:
    odoo.addons.__path__.append(str(ROOT / "addons"))
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
