"""Install one addon alone, update it, uninstall it; run in a process of its own: lifecycle.py DATABASE ADDON.

Prints one JSON object {"installed": [...], "left": [...], "connections": [...]}; the log goes to standard error.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "script" / "lib"))


def what_kind_needs(env, addon):
    """Values without which a connection of the addon's kind cannot be made."""
    if addon == "paymatch":
        provider = env["paymatch.provider"].create({"name": addon, "format": "stripe"})
        return {"paymatch_provider_id": provider.id}
    if addon == "paymatch_epay":
        return {"epay_merchant": "1234567"}
    if addon == "nordic_einvoice":
        return {"einvoice_provider": "storecove"}
    if addon != "betalingsservice":
        return {}
    creditor = env["betalingsservice.creditor"].create(
        {"name": addon, "pbs_number": "01234567", "data_supplier_number": "12345674"}
    )
    return {"betalingsservice_creditor_id": creditor.id}


def use_connections(env, addon):
    """A connection of each kind the addon adds, with a transfer: what was exchanged must outlive the addon."""
    prefix = "selection__transfer_connection__kind__"
    kinds = env["ir.model.data"].search([("module", "=", addon), ("name", "=like", f"{prefix}%")])
    ids = []
    for kind in kinds.mapped("name"):
        values = {"name": addon, "kind": kind.removeprefix(prefix), **what_kind_needs(env, addon)}
        connection = env["transfer.connection"].create(values)
        connection._transfer_record("test", env.company.partner_id, "key")
        ids.append(connection.id)
    return ids


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
        used = use_connections(env, addon) if addon != "transfer_log" else []
        env["ir.module.module"].search([("name", "=", addon)]).button_immediate_uninstall()
    registry = Registry(dbname)
    with registry.cursor() as cursor:
        env = Environment(cursor, SUPERUSER_ID, {})
        data = env["ir.model.data"].search([("module", "=", addon)])
        left = sorted(f"{row.model}:{row.name}" for row in data)
        kept = env["transfer.connection"].browse(used) if used else ()
        connections = [[one.kind, one.active, len(one.log_ids)] if one.exists() else None for one in kept]
    print(json.dumps({"installed": installed, "left": left, "connections": connections}))


if __name__ == "__main__":
    main(*sys.argv[1:])
