"""Installation on a living database: only orders that will still be invoiced get the customer's reference."""

from odoo.tools.sql import column_exists, create_column


def pre_init_hook(env):
    if not column_exists(env.cr, "sale_order", "buyer_reference"):
        create_column(env.cr, "sale_order", "buyer_reference", "varchar")


def post_init_hook(env):
    orders = env["sale.order"].search([("state", "!=", "cancel"), ("invoice_status", "!=", "invoiced")])
    env.add_to_compute(orders._fields["buyer_reference"], orders)
