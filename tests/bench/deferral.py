"""Deferral of prepaid periods: the lines of one night found among a hundred times as many, split by month and posted.

``--size N``: N invoice lines over a year, noted and posted by the cron once in a small database and once among a
hundred times N booked lines that need no deferral (10,000 among 1,000,000 take a quarter of an hour). No module of
Odoo 19 Community or OCA defers (theirs stop at 18.0), so the peer is the same work without the others: what they cost.
"""

from datetime import date, timedelta

from tests.bench import danish_company, rate
from tests.bench.billing import analyze, meter
from tests.factories.odoo import PartnerFactory, ProductFactory

DESCRIPTION = "invoice lines over twelve months deferred and posted, alone and among a hundred times as many"
SIZE = 1000
ADDONS = ["subscription_billing"]

DAY = date.today().replace(day=1)
OTHERS = 100
LINES_OF_OTHER = 10
PRICE = 1200.0


def run(bench):
    with danish_company(bench) as company:
        env = company.env
        defer_from(company.company.with_env(env))
        partner, product = PartnerFactory.create(env=env), ProductFactory.create(env=env, list_price=PRICE)
        yearly = invoice(env, partner, product, 1, date_end=DAY + timedelta(days=364))
        plain = invoice(env, partner, product, LINES_OF_OTHER)
        env["subscription.deferral"]._cron_defer()  # imports and caches that the first run of a process pays for
        alone = measure(env, yearly, bench.size)
        copy_invoices(env, plain, bench.size * OTHERS // LINES_OF_OTHER)
        among = measure(env, yearly, bench.size)
        name = f"{bench.size:,} lines among {bench.size * OTHERS:,}"
        for kind in ("clock", "processor"):
            speeds = [rate(bench.size, used[kind]) for used in (among, alone)]
            yield bench.Figure(f"{name} by {kind}", speeds[0], "lines/s", "alone", speeds[1], least=1 / 1.15)
        statements = [used["statements"] / bench.size for used in (among, alone)]
        yield bench.Figure(f"{name}: SQL statements", statements[0], "per line", "alone", statements[1])
        yield bench.Figure(f"{name}: memory above the start", among["memory"], "MiB", most=60)


def defer_from(company):
    env = company.env
    account = env["account.account"].create(
        {"code": "63990", "name": "Forudfaktureret", "account_type": "liability_current"}
    )
    journal = env["account.journal"].search(
        [("type", "=", "general"), ("company_id", "=", company.id)], order="id", limit=1
    )
    company.write({"deferral_start": DAY, "deferral_account_id": account.id, "deferral_journal_id": journal.id})


def invoice(env, partner, product, count, date_end=None):
    period = {"start_date": DAY, "end_date": date_end} if date_end else {}
    lines = [(0, 0, {"product_id": product.id, "quantity": 1, **period}) for _ in range(count)]
    values = {"move_type": "out_invoice", "partner_id": partner.id, "invoice_date": DAY, "invoice_line_ids": lines}
    move = env["account.move"].create([values])
    move._post()
    return move


def copy_invoices(env, move, count):
    """``count`` copies of a booked invoice, rows of the tables themselves: core would need hours."""
    env.flush_all()
    env.cr.execute("SELECT COALESCE(MAX(id), 0), NEXTVAL('account_move_id_seq') FROM account_move")
    _largest, first = env.cr.fetchone()
    names = {"id": f"{first} + number", "name": f"'K{first}/' || number"}
    insert(env, "account_move", names, "id = %s", move.id, count)
    env.cr.execute(f"SELECT SETVAL('account_move_id_seq', {first + count})")
    names = {"id": "NEXTVAL('account_move_line_id_seq')", "move_id": f"{first} + number"}
    insert(env, "account_move_line", names, "move_id = %s", move.id, count)
    analyze(env)


def insert(env, table, changed, condition, value, count):
    env.cr.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema AND table_name = %s",
        [table],
    )
    columns = [name for (name,) in env.cr.fetchall()]
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(changed.get(name, f'{table}."{name}"') for name in columns)
    env.cr.execute(
        f"INSERT INTO {table} ({names}) SELECT {values} FROM {table}, generate_series(1, %s) AS number"
        f" WHERE {table}.{condition} ORDER BY number, {table}.id",
        [count, value],
    )


def measure(env, yearly, count):
    """Copies of the yearly invoice, then the cron's night; every line is deferred once and the account tells it."""
    deferrals = env["subscription.deferral"]
    last = deferrals.search([], limit=1).id or 0
    copy_invoices(env, yearly, count)
    with meter(env) as used:
        deferrals._cron_defer()
    made = deferrals.search([("id", ">", last)])
    assert len(made) == count == len(made.move_line_id), f"{len(made)} deferrals instead of {count}"
    assert not made.month_ids.filtered(lambda month: month.kind == "defer" and not month.entry_id), "not posted"
    rest = sum(deferrals._get_balances(env.company, date.today()).values())
    account = env.company.deferral_account_id
    booked = env["account.move.line"]._read_group(
        [("account_id", "=", account.id), ("parent_state", "=", "posted")], [], ["balance:sum"]
    )[0][0]
    assert not env.company.currency_id.compare_amounts(rest, -booked), f"report {rest}, account {-booked}"
    env.invalidate_all()
    return used
