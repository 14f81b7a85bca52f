"""Install one addon alone, update it, uninstall it; run in a process of its own: lifecycle.py DATABASE ADDON.

Prints one JSON object {"installed": [...], "left": [...]}; the log goes to standard error.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "script" / "lib"))


def main(dbname, addon):
    import odoo_env

    odoo_env.configure(dbname, level="info")
    from odoo.api import SUPERUSER_ID, Environment
    from odoo.modules.registry import Registry

    registry = Registry.new(dbname, update_module=True, install_modules=[addon])
    with registry.cursor() as cursor:
        env = Environment(cursor, SUPERUSER_ID, {})
        installed = sorted(env["ir.module.module"].search([("state", "=", "installed")]).mapped("name"))
    registry = Registry.new(dbname, update_module=True, upgrade_modules=[addon])
    with registry.cursor() as cursor:
        env = Environment(cursor, SUPERUSER_ID, {})
        env["ir.module.module"].search([("name", "=", addon)]).button_immediate_uninstall()
    registry = Registry(dbname)
    with registry.cursor() as cursor:
        env = Environment(cursor, SUPERUSER_ID, {})
        data = env["ir.model.data"].search([("module", "=", addon)])
        left = sorted(f"{row.model}:{row.name}" for row in data)
    print(json.dumps({"installed": installed, "left": left}))


if __name__ == "__main__":
    main(*sys.argv[1:])
