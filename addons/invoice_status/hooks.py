"""Installation on a living database: the stored states are filled by SQL, in batches."""

from odoo.tools import SQL
from odoo.tools.sql import column_exists

from .clock import company_today

BATCH = 50_000

COLUMNS = {"invoice_status_state": SQL("varchar"), "invoice_is_sent": SQL("boolean")}


def pre_init_hook(env):
    """Create the columns and fill them, so that Odoo need not compute every invoice through the ORM."""
    for column, sql_type in COLUMNS.items():
        if not column_exists(env.cr, "account_move", column):
            env.cr.execute(SQL("ALTER TABLE account_move ADD COLUMN %s %s", SQL.identifier(column), sql_type))
    env.cr.execute("SELECT COALESCE(MIN(id), 0), COALESCE(MAX(id), -1) FROM account_move")
    first, last = env.cr.fetchone()
    days = _company_days(env)
    for start in range(first, last + 1, BATCH):
        _fill_states(env, days, start, start + BATCH)


def _company_days(env):
    """``(company, its today)`` of each company, as rows of SQL."""
    companies = env["res.company"].with_context(active_test=False).search([])
    return SQL(", ").join(SQL("(%s, %s::date)", company.id, company_today(company)) for company in companies)


def _fill_states(env, days, start, end):
    """The same rules as ``account.move._get_invoice_status_state``.

    :param odoo.tools.SQL days: (company, its today) of each company
    """
    env.cr.execute(
        SQL(
            """
            UPDATE account_move move
               SET invoice_is_sent = COALESCE(move.is_move_sent, FALSE),
                   invoice_status_state = CASE
                       WHEN move.state = 'draft' THEN 'draft'
                       WHEN move.state = 'cancel' THEN 'cancelled'
                       WHEN move.payment_state = 'reversed' AND move.move_type != 'out_refund' THEN 'credited'
                       WHEN move.payment_state IN ('paid', 'in_payment', 'invoicing_legacy', 'reversed') THEN 'paid'
                       WHEN move.move_type != 'out_refund' AND EXISTS (
                           SELECT 1
                             FROM account_move_line line
                             JOIN account_account account ON account.id = line.account_id
                            WHERE line.move_id = move.id
                              AND account.account_type = 'asset_receivable'
                              AND NOT COALESCE(line.reconciled, FALSE)
                              AND line.date_maturity < clock.today
                       ) THEN 'overdue'
                       WHEN move.payment_state = 'partial' THEN 'partial'
                       ELSE 'awaiting'
                   END
              FROM (VALUES %s) AS clock (company_id, today)
             WHERE clock.company_id = move.company_id
               AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
               AND move.id >= %s AND move.id < %s
            """,
            days,
            start,
            end,
        )
    )
