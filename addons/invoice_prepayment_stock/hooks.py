"""Installation on a living database: the links of past invoices are filled by SQL."""

from odoo.tools import SQL
from odoo.tools.sql import table_exists

TABLE = "account_move_stock_lot_rel"


def pre_init_hook(env):
    if table_exists(env.cr, TABLE):
        return
    env.cr.execute(
        SQL(
            """
            CREATE TABLE %(table)s (move_id INTEGER NOT NULL, lot_id INTEGER NOT NULL, PRIMARY KEY (move_id, lot_id))
            """,
            table=SQL.identifier(TABLE),
        )
    )
    env.cr.execute(SQL("CREATE INDEX ON %s (lot_id, move_id)", SQL.identifier(TABLE)))
    fill_lots(env.cr)


def fill_lots(cr):
    """The same rules as ``account.move._compute_invoice_lot_ids``."""
    cr.execute(
        SQL(
            """
            INSERT INTO %(table)s (move_id, lot_id)
            SELECT DISTINCT aml.move_id, moved.lot_id
              FROM account_move_line aml
              JOIN account_move move ON move.id = aml.move_id
              JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = aml.id
              JOIN sale_order_line line ON line.id = rel.order_line_id
              JOIN sale_order_line delivered ON delivered.order_id = line.order_id
                                            AND (line.is_downpayment OR delivered.id = line.id)
              JOIN stock_move ON stock_move.sale_line_id = delivered.id AND stock_move.state != 'cancel'
              JOIN stock_move_line moved ON moved.move_id = stock_move.id AND moved.lot_id IS NOT NULL
             WHERE move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
            ON CONFLICT DO NOTHING
            """,
            table=SQL.identifier(TABLE),
        )
    )
