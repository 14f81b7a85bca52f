"""Waiting for a row in a transaction of one's own."""

from psycopg2 import errors

from odoo.tools import SQL

TIMES = 50


def lock_row(cr, table, column, value):
    """Lock the row where ``column`` is ``value`` and give its id; ``None`` when there is none.

    For a cursor of one's own in which nothing has been done yet. Whoever holds the row is waited for; when he has
    changed it, our snapshot is too old, so that a new transaction is begun and what he wrote is seen.
    """
    query = SQL(
        "SELECT id FROM %s WHERE %s = %s FOR UPDATE", SQL.identifier(table), SQL.identifier(column), value
    )  # fmt: skip
    for attempt in range(TIMES):
        try:
            cr.execute(query, log_exceptions=False)
        except errors.SerializationFailure:
            cr.rollback()
            if attempt == TIMES - 1:
                raise
        else:
            row = cr.fetchone()
            return row[0] if row else None
    return None
