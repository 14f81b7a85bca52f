"""Statistics of the tables a long run fills.

Core asks for the payment state of each batch by joining journal items twice. Without statistics PostgreSQL may plan
that as a comparison of all items with all items: in a database just loaded, where autovacuum has not come yet, a list
of a thousand invoices then never ended. So a run that fills a table by more than a tenth sees to its statistics itself.
"""

from odoo.tools import SQL

TABLES = ("account_move", "account_move_line", "account_partial_reconcile", "subscription_period")
#: Journal items and the like an invoice has, at the least.
ROWS_PER_INVOICE = 3
#: A table that is so many times what was added knows enough about itself.
ENOUGH = 10


def is_turn(batch):
    """Whether it is time to look after this batch: 1, 4, 16, 64 ..., as the tables grow."""
    return batch & (batch - 1) == 0 and batch.bit_length() % 2 == 1


def keep(env, batch, invoices):
    """Call before a batch is committed. Tables another process is at are left to it.

    :param int batch: how many batches this process has done
    :param int invoices: how many invoices it has made
    """
    if not is_turn(batch):
        return []
    env.flush_all()
    rows = env.execute_query(
        SQL(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema::regnamespace"
            " AND relname = ANY(%s) AND reltuples < %s",
            list(TABLES),
            invoices * ROWS_PER_INVOICE * ENOUGH,
        )
    )
    tables = sorted(name for (name,) in rows)
    for name in tables:
        env.cr.execute(SQL("ANALYZE (SKIP_LOCKED) %s", SQL.identifier(name)))
    return tables
