"""Installation on a living database: only production of orders with a deposit is computed."""

from odoo.tools import SQL

from odoo.addons.invoice_prepayment.hooks import add_columns

HOLD_COLUMNS = {
    "prepayment_hold_state": SQL("varchar DEFAULT 'none'"),
    "prepayment_missing_amount": SQL("numeric DEFAULT 0"),
    "prepayment_missing_once": SQL("numeric DEFAULT 0"),
    "prepayment_promised_date": SQL("timestamp"),
}


def pre_init_hook(env):
    add_columns(env, "mrp_production", HOLD_COLUMNS)


def post_init_hook(env):
    orders = env["sale.order"].search([("prepayment_required_amount", ">", 0)])
    productions = orders._get_prepayment_productions()
    for name in HOLD_COLUMNS:
        env.add_to_compute(productions._fields[name], productions)
