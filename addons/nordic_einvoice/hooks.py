"""Installing on a living database: posted invoices are left alone, drafts get their channel and references; a company
that is registered with Odoo's own access point goes on sending through it."""

from odoo.tools import SQL
from odoo.tools.sql import column_exists

COLUMNS = ("einvoice_channel", "buyer_reference", "einvoice_order_reference", "einvoice_accounting_cost")


def pre_init_hook(env):
    """Make the columns, so that they are not computed for every entry of the past."""
    for name in COLUMNS:
        if not column_exists(env.cr, "account_move", name):
            env.cr.execute(SQL("ALTER TABLE account_move ADD COLUMN %s VARCHAR", SQL.identifier(name)))


def post_init_hook(env):
    moves = env["account.move"].with_context(active_test=False)
    drafts = moves.search([("state", "=", "draft"), ("move_type", "in", ("out_invoice", "out_refund"))])
    for name in COLUMNS:
        env.add_to_compute(moves._fields[name], drafts)
    for company in env["res.company"].search([]):
        if company._einvoice_core_networks():
            company.einvoice_sender = "core"
