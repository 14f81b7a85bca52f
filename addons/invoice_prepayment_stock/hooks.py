"""Installation on a living database: the links of past invoices are filled by SQL."""

from odoo.tools import SQL
from odoo.tools.sql import table_exists

TABLE = "account_move_stock_lot_rel"


def create_links(cr, table, own, other):
    """Make the table of a stored link before the registry does, which would compute it for every invoice.

    :return: whether it was made
    """
    if table_exists(cr, table):
        return False
    names = {"table": SQL.identifier(table), "own": SQL.identifier(own), "other": SQL.identifier(other)}
    cr.execute(
        SQL(
            """
            CREATE TABLE %(table)s (%(own)s INTEGER NOT NULL, %(other)s INTEGER NOT NULL,
                                    PRIMARY KEY (%(own)s, %(other)s));
            CREATE INDEX ON %(table)s (%(other)s, %(own)s)
            """,
            **names,
        )
    )
    return True


def pre_init_hook(env):
    if create_links(env.cr, TABLE, "move_id", "lot_id"):
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
