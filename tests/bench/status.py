"""The clock: open invoices past their due date marked overdue and logged, beside the same through the ORM."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tools import SQL

from tests.bench import danish_company, rate

DESCRIPTION = "open customer invoices that fall due the same night"
SIZE = 100_000
ADDONS = ["invoice_status"]

SAMPLE = 1000
ORM = "recomputed and logged by the ORM"


def run(bench):
    with danish_company(bench) as company:
        env = company.env
        moves = env["account.move"]
        record = company.company if hasattr(company, "company") else env.company
        due = record._invoice_status_today() - timedelta(days=1)
        source = open_invoice(env, due)
        copies(env, source, bench.size, due)
        env.invalidate_all()

        sample = moves.search([("invoice_status_state", "=", "awaiting")], limit=SAMPLE, order="id desc")
        _result, orm_seconds = bench.seconds(lambda: by_orm(env, sample))

        before = env.cr.sql_log_count
        with patch.object(env.registry["ir.cron"], "_commit_progress", return_value=600):
            _result, seconds = bench.seconds(moves._cron_update_overdue)
        statements = env.cr.sql_log_count - before
        marked = moves.search_count([("invoice_status_state", "=", "overdue")])
        logged = env["invoice.status.log"].search_count([("state_to", "=", "overdue")])
        assert marked == logged >= bench.size, (marked, logged)
        left = moves.search_count([("invoice_status_state", "=", "awaiting")])
        assert left == 1, left  # the one the others were copied from

        _result, nothing = bench.seconds(moves._cron_update_overdue)
        env.cr.rollback()
    count = bench.size - SAMPLE
    yield bench.Figure("invoices marked and logged", rate(count, seconds), "invoices/s", ORM, rate(SAMPLE, orm_seconds))
    yield bench.Figure(f"time for {count:,}", seconds, "s")
    yield bench.Figure("SQL statements", statements, f"for {count:,}")
    yield bench.Figure("an hour in which nothing falls due", nothing, "s")


def by_orm(env, moves):
    env.add_to_compute(moves._fields["invoice_status_state"], moves)
    moves.flush_recordset(["invoice_status_state"])
    env["invoice.status.log"].flush_model()


def open_invoice(env, due):
    partner = env["res.partner"].create({"name": "Kunde"})
    line = {"name": "Vare", "quantity": 1, "price_unit": 100}
    move = env["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": partner.id,
            "invoice_date": fields.Date.subtract(due, days=8),
            "invoice_line_ids": [(0, 0, line)],
        }
    )
    move.invoice_payment_term_id = False
    move.invoice_date_due = fields.Date.add(due, days=30)
    move.action_post()
    assert move.invoice_status_state == "awaiting"
    return move


def copies(env, move, count, due):
    """``count`` invoices like ``move``, due on ``due``, made by SQL: as they are when nobody has opened them."""
    env.flush_all()
    cr = env.cr
    columns = _columns(cr, "account_move", {"id", "name", "invoice_date_due", "access_token", "sequence_number"})
    cr.execute(
        SQL(
            """
            INSERT INTO account_move (name, invoice_date_due, sequence_number, %(columns)s)
            SELECT 'BENCH/' || number, %(due)s, 1000000 + number, %(columns)s
              FROM account_move, generate_series(1, %(count)s) number WHERE id = %(move)s
            """,
            columns=columns,
            due=due,
            count=count,
            move=move.id,
        )
    )
    columns = _columns(cr, "account_move_line", {"id", "move_id", "move_name", "date_maturity"})
    cr.execute(
        SQL(
            """
            INSERT INTO account_move_line (move_id, move_name, date_maturity, %(columns)s)
            SELECT copy.id, copy.name, CASE WHEN line.date_maturity IS NULL THEN NULL ELSE %(due)s::date END, %(line)s
              FROM account_move copy, account_move_line line
             WHERE copy.name LIKE 'BENCH/%%' AND line.move_id = %(move)s
            """,
            columns=columns,
            line=_columns(cr, "account_move_line", {"id", "move_id", "move_name", "date_maturity"}, "line"),
            due=due,
            move=move.id,
        )
    )
    cr.execute("ANALYZE account_move")
    cr.execute("ANALYZE account_move_line")


def _columns(cr, table, left_out, alias=None):
    cr.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'", [table]
    )
    names = sorted({row[0] for row in cr.fetchall()} - left_out)
    return SQL(", ").join(SQL.identifier(alias, name) if alias else SQL.identifier(name) for name in names)
