"""Installation on a living database: what orders and invoices of the past say about deposits.

Nothing is computed for orders without a deposit: their columns are made with the values they have.
"""

from odoo.tools import SQL
from odoo.tools.sql import column_exists

BATCH = 500
AMOUNT_FIELDS = (
    "prepayment_required_amount",
    "prepayment_received_amount",
    "prepayment_missing_amount",
    "prepayment_state",
)
ORDER_COLUMNS = {
    "prepayment_policy_id": SQL("integer"),
    "prepayment_reason": SQL("varchar"),
    "prepayment_required_amount": SQL("numeric DEFAULT 0"),
    "prepayment_received_amount": SQL("numeric DEFAULT 0"),
    "prepayment_missing_amount": SQL("numeric DEFAULT 0"),
    "prepayment_state": SQL("varchar DEFAULT 'none'"),
}


def add_columns(env, table, columns):
    """Make missing columns. A DEFAULT fills the rows that are there without touching them, and is dropped again."""
    for name, definition in columns.items():
        if not column_exists(env.cr, table, name):
            identifiers = {"table": SQL.identifier(table), "column": SQL.identifier(name)}
            env.cr.execute(SQL("ALTER TABLE %(table)s ADD COLUMN %(column)s %(type)s", type=definition, **identifiers))
            env.cr.execute(SQL("ALTER TABLE %(table)s ALTER COLUMN %(column)s DROP DEFAULT", **identifiers))


def pre_init_hook(env):
    add_columns(env, "account_move", {"prepayment_invoice_type": SQL("varchar")})
    add_columns(env, "account_move_line", {"prepayment_order_id": SQL("integer")})
    add_columns(env, "account_payment", {"prepayment_order_id": SQL("integer")})
    add_columns(env, "sale_order", ORDER_COLUMNS)
    _fill_invoice_types(env.cr)
    _fill_deposit_orders(env.cr)


def _fill_invoice_types(cr):
    """The same rules as ``account.move._compute_prepayment_invoice_type``."""
    cr.execute(
        """
        UPDATE account_move move
           SET prepayment_invoice_type = CASE
                   WHEN kind.deposits = kind.lines THEN 'prepayment'
                   WHEN kind.deposits > 0 THEN 'final'
                   ELSE 'standard'
               END
          FROM (
                SELECT move.id, COUNT(line.id) AS lines, COUNT(line.id) FILTER (WHERE line.is_downpayment) AS deposits
                  FROM account_move move
                  JOIN account_move_line aml ON aml.move_id = move.id
                  JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = aml.id
                  JOIN sale_order_line line ON line.id = rel.order_line_id
                 WHERE move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                 GROUP BY move.id
               ) kind
         WHERE kind.id = move.id
        """
    )
    cr.execute(
        """
        UPDATE account_move SET prepayment_invoice_type = 'standard'
         WHERE prepayment_invoice_type IS NULL AND move_type IN ('out_invoice', 'out_refund', 'out_receipt')
        """
    )


def _fill_deposit_orders(cr):
    cr.execute(
        """
        UPDATE account_move_line aml
           SET prepayment_order_id = line.order_id
          FROM sale_order_line_invoice_rel rel
          JOIN sale_order_line line ON line.id = rel.order_line_id
         WHERE rel.invoice_line_id = aml.id AND line.is_downpayment AND aml.display_type = 'product'
        """
    )


def post_init_hook(env):
    for company in env["res.company"].search([]).sorted(lambda company: len(company.parent_ids)):
        company._set_default_prepayment_account()
    _adopt_deposits(env)


def _adopt_deposits(env):
    """Amounts and state of orders whose deposits were invoiced before."""
    orders = env["sale.order"].with_context(tracking_disable=True).search([("order_line.is_downpayment", "=", True)])
    for start in range(0, len(orders), BATCH):
        batch = orders[start : start + BATCH]
        for name in AMOUNT_FIELDS:
            env.add_to_compute(orders._fields[name], batch)
        batch._recompute_recordset(AMOUNT_FIELDS)
        env.flush_all()
        env.invalidate_all()
