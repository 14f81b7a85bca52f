"""Deferral of prepaid periods: lines to defer among a hundred times as many journal items, found and booked."""

import json
import re
import resource

DESCRIPTION = "Deferral: find the lines to defer among 100 times as many journal items, and book them"
SIZE = 10_000
ADDONS = ["subscription_billing"]
#: Lines of one invoice; other journal items for each line to defer.
LINES, OTHERS = 100, 100


def run(bench):
    with bench.environment() as env:
        company = _prepare(env)
        invoices = _make_invoices(env, company, bench.size)
        _make_others(env, invoices[0], bench.size * OTHERS)
        found, without = _blocks(env, company), _blocks(env, company, has_index=False)
        statements, seconds = _defer(env)
        deferrals = env["subscription.deferral"].search_count([])
        assert deferrals == len(invoices) * LINES, deferrals
        report = env["subscription.deferral.balance"].create({"date": company._subscription_today()})
        assert report.difference == 0, "the list is the account"
    figure = bench.Figure
    return [
        figure("blocks read to find a batch", found, "blocks", "without the index", without, most=0.2),
        figure("statements for a line, noted and booked", statements / deferrals, "statements", most=2),
        figure("processor time for all lines", seconds, "seconds"),
    ]


def _prepare(env):
    company = env.company
    company.country_id = env.ref("base.dk")
    if company.chart_template != "dk":
        env["account.chart.template"].try_loading("dk", company, install_demo=False)
    account = env["account.account"].create({"name": "Deferral", "code": "149993", "account_type": "liability_current"})
    journal = env["account.journal"].create({"name": "Deferral", "code": "BDEF", "type": "general"})
    start = company._subscription_today().replace(day=1)
    company.write({"deferral_start": start, "deferral_account_id": account.id, "deferral_journal_id": journal.id})
    return company


def _make_invoices(env, company, size):
    day = company.deferral_start
    product = env["product.product"].create({"name": "Year", "type": "service", "list_price": 1200})
    partner = env["res.partner"].create({"name": "Bench"})
    line = {"product_id": product.id, "start_date": day, "end_date": day.replace(year=day.year + 1)}
    values = {"move_type": "out_invoice", "partner_id": partner.id, "invoice_date": day}
    lines = [(0, 0, line) for _number in range(LINES)]
    invoices = env["account.move"]
    for _number in range(size // LINES):
        invoice = env["account.move"].create({**values, "invoice_line_ids": lines})
        invoice._post()
        invoices |= invoice
        env.cr.commit()
    return invoices


def _make_others(env, invoice, count):
    """Lines with a period of one month, as rows only: nobody reads more of them than the search does."""
    item = invoice.invoice_line_ids[:1]
    env.flush_all()
    env.cr.execute(
        "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND table_name = 'account_move_line' AND column_name != 'id'"
    )
    columns = env.cr.fetchone()[0]
    values = re.sub(r"\bend_date\b", "date", columns)
    env.cr.execute(
        f"INSERT INTO account_move_line ({columns}) SELECT {values} FROM account_move_line, generate_series(1, %s)"
        " WHERE account_move_line.id = %s",
        [count, item.id],
    )
    env.cr.commit()
    env.cr.execute("ANALYZE account_move_line")
    env.cr.commit()


def _blocks(env, company, has_index=True):
    """Blocks of journal items and their indexes the search for one batch reads."""
    if not has_index:
        env.cr.execute("DROP INDEX account_move_line_subscription_deferral_idx")
    statements, execute = [], type(env.cr).execute

    def noted(cursor, query, *arguments, **options):
        if "FROM account_move_line item" in str(getattr(query, "code", query)):
            statements.append((query, arguments))
        return execute(cursor, query, *arguments, **options)

    type(env.cr).execute = noted
    try:
        env["subscription.deferral"]._find_lines(company, 500)
    finally:
        type(env.cr).execute = execute
    query, _arguments = statements[0]
    env.cr.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + query.code, query.params)
    found = env.cr.fetchone()[0]
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    env.cr.rollback()
    return _blocks_of_items(plan)


def _blocks_of_items(plan):
    """Of the journal items and their indexes; the look-up of accounts and invoices is the same either way."""
    blocks = sum(_blocks_of_items(part) for part in plan.get("Plans", ()))
    if plan.get("Relation Name") == "account_move_line":
        blocks += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return blocks


def _defer(env):
    env.invalidate_all()
    before, start = env.cr.sql_log_count, _processor()
    env["subscription.deferral"]._cron_defer()
    env.flush_all()
    return env.cr.sql_log_count - before, _processor() - start


def _processor():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
