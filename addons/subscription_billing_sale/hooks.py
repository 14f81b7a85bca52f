"""Installation on a living database: what was sold before starts no subscription."""

from odoo.tools.sql import column_exists, create_column


def pre_init_hook(env):
    if not column_exists(env.cr, "sale_order_line", "subscription_template_id"):
        create_column(env.cr, "sale_order_line", "subscription_template_id", "int4")
