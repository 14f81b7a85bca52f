"""Installation on a living database: only production of orders with a deposit is computed."""

from odoo.tools import SQL

from odoo.addons.invoice_prepayment.hooks import add_columns
from odoo.addons.invoice_prepayment_stock.hooks import create_links

HOLD_COLUMNS = {
    "prepayment_hold_state": SQL("varchar DEFAULT 'none'"),
    "prepayment_missing_amount": SQL("numeric DEFAULT 0"),
    "prepayment_missing_once": SQL("numeric DEFAULT 0"),
    "prepayment_promised_date": SQL("timestamp"),
}


def pre_init_hook(env):
    add_columns(env, "mrp_production", HOLD_COLUMNS)
    create_links(env.cr, "account_move_mrp_production_rel", "move_id", "production_id")


def post_init_hook(env):
    orders = env["sale.order"].search([("prepayment_required_amount", ">", 0)])
    productions = orders._get_prepayment_productions()
    for name in HOLD_COLUMNS:
        env.add_to_compute(productions._fields[name], productions)
    _link_invoices(env)


def _link_invoices(env, batch=500):
    """Links of invoices of orders that were produced for; the table is made empty before, so nothing else computes."""
    orders = env["mrp.production"].search([("reference_ids.sale_ids", "!=", False)]).reference_ids.sale_ids
    moves = orders.order_line.invoice_lines.move_id
    for start in range(0, len(moves), batch):
        for name in ("invoice_production_ids", "invoice_lot_ids"):
            env.add_to_compute(moves._fields[name], moves[start : start + batch])
        env.flush_all()
        env.invalidate_all()
