"""Connections from before have the list of their units, and the directions of the fields of products."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    # at the end: which fields and units there are is told by the connectors, which are loaded later
    env = api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
    connections = env["transfer.connection"].with_context(active_test=False).search([("is_ledger", "=", True)])
    connections._ledger_add_product_fields()
    for connection in connections:
        connection._ledger_store_units(connection._ledger_fixed_units())
