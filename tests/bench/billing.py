"""Recurring billing against the issue's bars: our run, core without any run, and OCA's contract.

``--size N`` is the largest number of subscriptions (5,000 for the bars as they stand; the smaller measures are 200 and
1,000 of them). Throughput is told by the clock and by the processors (Python and PostgreSQL together); the second
hardly depends on what else the machine does. 5,000 take about an hour on two cores, 200 three minutes. ``--only PART``
measures one part alone, at the largest size: ``speed``, ``peers`` (OCA's three ways), ``bad``, ``closed``, ``workers``.
"""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial

from tests.bench import danish_company, rate
from tests.factories.odoo import PartnerFactory, ProductFactory

DESCRIPTION = "invoices of three lines from subscriptions, previewed, made and posted"
SIZE = 1000
ADDONS = ["subscription_billing"]
PEERS = [
    "odoo-addon-contract==19.0.1.2.1.2",
    "odoo-addon-contract-invoice-auto-validate==19.0.1.0.0.3",
    "odoo-addon-subscription-oca==19.0.1.1.4.2",
]
PARTS = ("speed", "peers", "bad", "closed", "workers")

PRICES = (100.0, 200.0, 300.0)
TOTAL = 750.0
DAY = date.today().replace(day=1)
BATCH = 200
SMALL = 200
FLOOR = "core: account.move.create, _post"
PEER = "OCA contract 19.0.1.2.1"
AUTO_VALIDATE = "OCA contract_invoice_auto_validate 19.0.1.0.0"
SUBSCRIPTION_OCA = "OCA subscription_oca 19.0.1.1.4"
#: Bars of invoices per second against each peer; the other two are slower than these in any case.
LEAST = {FLOOR: 1.8, PEER: 2.5, AUTO_VALIDATE: None, SUBSCRIPTION_OCA: None}
DRY_RUN = 5000
CLOSED = 50_000


def run(bench):
    with danish_company(bench) as company:
        env = company.env
        term = env.ref("account.account_payment_term_30days")
        products = [ProductFactory.create(env=env, name=f"Abonnement {price}", list_price=price) for price in PRICES]
        warm_up(env, PartnerFactory.create(env=env, property_payment_term_id=term.id), products)
        first = subscribe(env, people(env, term, 20), products)
        our_run(env)  # imports and caches that the first run of a process pays for
        first.sudo().state = "closed"
        results = {}
        for size in sizes(bench.size) if bench.only in (None, "speed", "peers") else [bench.size]:
            partners = people(env, term, size)
            subscriptions = subscribe(env, partners, products)
            if bench.only in (None, "speed", "peers"):
                results[size] = yield from speed(bench, env, partners, products)
            else:
                our_run(env)
            if size != max(sizes(bench.size)):
                subscriptions.sudo().state = "closed"
        if len(results) > 1:
            yield from growth(bench, results)
        for part in (bad_one, closed, workers):
            if bench.only in (None, part.__name__.split("_")[0]):
                yield from part(bench, env, subscriptions)


def speed(bench, env, partners, products):
    """Ours, core and (unless only the first two are asked for) OCA's, one after the other."""
    size = len(partners)
    peers = {FLOOR: lambda: core(env, partners, products), "ours": lambda: our_run(env)}
    waiting = {}
    if bench.only != "speed":
        for peer, work in ((PEER, contract_run), (AUTO_VALIDATE, auto_validate_run)):
            waiting[peer] = contract(env, partners, products)
            peers[peer] = partial(work, env)
        subscription_oca(env, partners, products)
        peers[SUBSCRIPTION_OCA] = lambda: subscription_oca_run(env)
    analyze(env)
    yield from dry_run(bench, env, size)
    results = {}
    for name, work in peers.items():
        if name in waiting:
            waiting[name].active = True
        results[name] = measure(env, size, work, name)
        if name in waiting:
            # beyond 1,000 lines its cron leaves the next date of billed contracts as it was: they would be billed again
            waiting[name].active = False
    yield from throughput(bench, size, results)
    return results


def sizes(largest):
    return sorted({min(SMALL, largest), min(1000, largest), largest})


# --- meters


@contextmanager
def meter(env):
    """What a block used: clock, processors (Python and PostgreSQL), SQL statements, memory above the start (MiB)."""
    from odoo import sql_db

    settle(env)
    env.cr.execute("SELECT pg_backend_pid()")
    (backend,) = env.cr.fetchone()
    with open("/proc/self/clear_refs", "w") as peak:
        peak.write("5")
    resident = memory("VmRSS")
    used = {}
    before = time.perf_counter(), time.process_time() + backend_seconds(backend), sql_db.sql_counter
    yield used
    env.flush_all()
    after = time.perf_counter(), time.process_time() + backend_seconds(backend), sql_db.sql_counter
    clock, processor, statements = (now - then for now, then in zip(after, before, strict=True))
    used.update(clock=clock, processor=processor, statements=statements, memory=memory("VmHWM") - resident)


def backend_seconds(pid):
    """Processor time of PostgreSQL's process for this connection; it runs on this machine."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(name + ":"))


def settle(env):
    """What was done is committed, the cache is empty."""
    env.flush_all()
    env["ir.cron"]._commit_progress()
    env.invalidate_all()


def analyze(env):
    """What autovacuum does in a database at work."""
    settle(env)
    env.cr.execute("ANALYZE")
    settle(env)


def newest(env):
    return env["account.move"].search([], order="id desc", limit=1).id or 0


def measure(env, size, work, name="ours"):
    first = newest(env)
    with meter(env) as used:
        work()
    check(env, first, size, name)
    return used


def check(env, first, size, name="ours"):
    """The right invoices, and numbers without a gap."""
    env.invalidate_all()
    domain = [("id", ">", first), ("move_type", "=", "out_invoice"), ("state", "=", "posted")]
    rows = env["account.move"].search_fetch(domain, ["amount_total", "sequence_number"])
    assert len(rows) == size, f"{name}: {len(rows)} posted invoices instead of {size}"
    assert set(rows.mapped("amount_total")) == {TOTAL}, set(rows.mapped("amount_total"))
    numbers = sorted(rows.mapped("sequence_number"))
    assert numbers == list(range(numbers[0], numbers[0] + size)), "numbers with a gap, or one twice"
    env.invalidate_all()


# --- figures


def dry_run(bench, env, size):
    """A preview: nothing may be written but the run itself."""
    billing = env["subscription.billing.run"].create({"date_until": DAY, "invoice_date": DAY})
    first = newest(env)
    with meter(env) as used:
        billing.action_preview()
    assert newest(env) == first and billing.ready_count == size, billing.fault_line_ids.mapped("message")
    billing.unlink()
    for kind in ("clock", "processor"):
        name = f"dry run of {DRY_RUN:,}, from {size:,}, {kind}"
        yield bench.Figure(name, used[kind] * DRY_RUN / size, "s", most=10)


def throughput(bench, size, results):
    ours = results["ours"]
    measured = {peer: least for peer, least in LEAST.items() if peer in results}
    for peer, least in measured.items():
        for kind in ("clock", "processor"):
            speeds = rate(size, ours[kind]), rate(size, results[peer][kind])
            yield bench.Figure(f"{size:,} by {kind}", speeds[0], "invoices/s", peer, speeds[1], least=least)
    for peer in measured:
        statements = results[peer]["statements"] / size
        yield bench.Figure(f"{size:,}: SQL statements", ours["statements"] / size, "per invoice", peer, statements)
    yield bench.Figure(f"{size:,}: SQL statements, the bar", ours["statements"] / size, "per invoice", most=2)
    yield bench.Figure(f"{size:,}: memory above the start", ours["memory"], "MiB", most=60)


def growth(bench, results):
    small, large = min(results), max(results)
    for kind in ("clock", "processor"):
        times = [results[size]["ours"][kind] * 1000 / size for size in (large, small)]
        name = f"growth: {large:,} against {small:,}, {kind}"
        yield bench.Figure(name, times[0], "ms per invoice", f"{small:,}", times[1], most=1.15)


def bad_one(bench, env, subscriptions):
    """One customer whose invoice cannot be posted, found only at the very end of its batch."""
    size = len(subscriptions)
    clean = measure(env, size, lambda: our_run(env, months=1))
    bad = subscriptions[size // 2]
    moves = type(env["account.move"])
    original = moves._post

    def post(self, soft=True):
        if bad.partner_id in self.partner_id:
            from odoo.exceptions import UserError

            raise UserError("cannot be posted")
        return original(self, soft=soft)

    moves._post = post
    try:
        used = measure(env, size - 1, lambda: our_run(env, months=2, stopped=1))
    finally:
        moves._post = original
    bad.sudo().state = "closed"
    for kind in ("clock", "processor"):
        yield bench.Figure(f"1 bad in {size:,}, {kind}", used[kind], "s", "none bad", clean[kind], most=1.3)


def closed(bench, env, subscriptions):
    """Many closed subscriptions beside the running ones."""
    close_one(subscriptions)
    size = len(subscriptions) - 1
    before = measure(env, size, lambda: our_run(env, months=following(bench, 3)))
    ended = subscriptions.filtered(lambda each: each.state == "closed")[:1]
    multiply(env, ended, "generate_series(1, %s)", [CLOSED], {})
    others = f"(SELECT id AS other FROM subscription_subscription ORDER BY id DESC LIMIT {CLOSED})"
    multiply(env, ended.all_line_ids[:1], f"{others} AS others", [], {"subscription_id": "others.other"})
    analyze(env)
    after = measure(env, size, lambda: our_run(env, months=following(bench, 3) + 1))
    for kind, unit, most in (("processor", "s", 1.1), ("statements", "statements", 1.02)):
        name = f"{CLOSED:,} closed subscriptions, {kind}"
        yield bench.Figure(name, after[kind], unit, "without them", before[kind], most=most)


def following(bench, month):
    """The month to bill next: ``month`` when all parts are run, else the one after the first."""
    return 1 if bench.only else month


def close_one(subscriptions):
    """One is closed, as after the part with the bad one."""
    if "closed" not in subscriptions.mapped("state"):
        subscriptions[len(subscriptions) // 2].sudo().state = "closed"


def multiply(env, record, source, params, changed):
    """Copies of a record's row, one for each row of ``source``."""
    table = record._table
    stored = [name for name, field in record._fields.items() if field.store and field.column_type and name != "id"]
    values = ", ".join(changed.get(name, f'{table}."{name}"') for name in stored)
    names = ", ".join(f'"{name}"' for name in stored)
    insert = f"INSERT INTO {table} ({names}) SELECT {values} FROM {table}, {source} WHERE {table}.id = %s"
    env.cr.execute(insert, [*params, record.id])


WORKER = """
import sys
sys.path.insert(0, "script/lib")
import odoo_env
odoo_env.configure(sys.argv[1], *sys.argv[2:], level="error")
with odoo_env.environment(sys.argv[1]) as env:
    # a worker of a server is warm: two invoices made and rolled back
    billing = env["subscription.billing.run"].search([("state", "=", "queued")], limit=1)
    billing._process_batch(billing._get_work(limit=2))
    env.flush_all()
    env.cr.rollback()
    env.invalidate_all()
    print("READY", flush=True)
    input()
    env.cr.rollback()
    env.invalidate_all()
    env["subscription.billing.run"]._cron_process_runs()
"""


def workers(bench, env, subscriptions):
    """The same run by one process and by two: real processes on one database."""
    close_one(subscriptions)
    size = len(subscriptions) - 1
    alone, _waiting = by_workers(bench, env, size, 1, months=following(bench, 5))
    two, waiting = by_workers(bench, env, size, 2, months=following(bench, 5) + 1)
    yield bench.Figure(f"two workers, {size:,}", rate(size, two), "invoices/s", "one", rate(size, alone), least=1.6)
    yield bench.Figure("two workers: waiting for each other", 100 * waiting, "% of their time")


def by_workers(bench, env, size, count, months):
    from odoo.tools import config

    first, billing = newest(env), queued_run(env, months)
    settle(env)
    arguments = [sys.executable, "-c", WORKER, bench.dbname, "--addons-path=" + ",".join(config["addons_path"])]
    started = [
        subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(count)
    ]
    for process in started:
        assert process.stdout.readline().strip() == "READY"
    begin = time.perf_counter()
    for process in started:
        process.stdin.write("\n")
        process.stdin.flush()
    waits = looks = 0
    while any(process.poll() is None for process in started):
        time.sleep(0.05)
        env.cr.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        waits, looks = waits + env.cr.fetchone()[0], looks + count
        env.cr.rollback()  # the next look sees the moment anew
    seconds = time.perf_counter() - begin
    assert not any(process.wait() for process in started)
    settle(env)
    assert billing.state == "done", billing.state
    check(env, first, size)
    claims = env["subscription.period"].search([("run_id", "=", billing.id)])
    assert len(claims) == size * len(PRICES) == len(set(claims.mapped(lambda c: (c.line_id, c.date_start))))
    return seconds, waits / looks


# --- ours


def people(env, term, count):
    return [PartnerFactory.create(env=env, property_payment_term_id=term.id, customer_rank=1) for _ in range(count)]


def subscribe(env, partners, products):
    subscriptions = env["subscription.subscription"].create(
        [
            {
                "partner_id": partner.id,
                "date_start": DAY,
                "line_ids": [(0, 0, {"product_id": product.id, "quantity": 1}) for product in products],
            }
            for partner in partners
        ]
    )
    subscriptions._start()
    return subscriptions


def month(number):
    return (DAY + timedelta(days=31 * number)).replace(day=1)


def our_run(env, months=0, stopped=0):
    """A run as a user starts it, with its preview; more than a batch is done as the cron does it."""
    day = month(months)
    billing = env["subscription.billing.run"].create({"date_until": day, "invoice_date": day, "posting": "post"})
    billing.action_run()
    if billing.state != "done":
        billing._cron_process_runs()
    assert billing.state == "done" and billing.fault_count == stopped, billing.fault_line_ids.mapped("message")
    return billing


def queued_run(env, months):
    day = month(months)
    billing = env["subscription.billing.run"].create({"date_until": day, "invoice_date": day, "posting": "post"})
    billing.action_preview()
    billing.sudo().state = "queued"
    return billing


# --- core, without any run


def prepare_invoice(partner, products):
    return {
        "move_type": "out_invoice",
        "partner_id": partner.id,
        "invoice_date": DAY,
        "invoice_line_ids": [(0, 0, {"product_id": product.id, "quantity": 1}) for product in products],
    }


def core(env, partners, products):
    """Created and posted in batches, each in its own transaction, the cache emptied."""
    for at in range(0, len(partners), BATCH):
        part = partners[at : at + BATCH]
        env["account.move"].create([prepare_invoice(partner, products) for partner in part])._post()
        settle(env)


def warm_up(env, partner, products):
    """Caches and imports that the first invoice of a process pays for."""
    moves = env["account.move"].create([prepare_invoice(partner, products)])
    moves._post()
    env.flush_all()


# --- OCA contract


def contract(env, partners, products):
    """A contract per partner, archived until its run."""
    rule = {
        "recurring_rule_type": "monthly",
        "recurring_interval": 1,
        "recurring_invoicing_type": "pre-paid",
        "recurring_next_date": DAY,
        "date_start": DAY,
    }
    contracts = env["contract.contract"].create(
        [
            {
                **rule,
                "name": f"Contract of {partner.name}",
                "partner_id": partner.id,
                "line_recurrence": False,
                "payment_term_id": partner.property_payment_term_id.id,
                "contract_line_ids": [
                    (
                        0,
                        0,
                        {
                            **rule,
                            "product_id": product.id,
                            "name": f"{product.name} #START# - #END#",
                            "quantity": 1,
                            "uom_id": product.uom_id.id,
                            "price_unit": product.list_price,
                        },
                    )
                    for product in products
                ],
            }
            for partner in partners
        ]
    )
    contracts.active = False
    return contracts


def contract_run(env):
    """Drafts by its cron, then posted in batches: faster than its own automatic validation."""
    first = newest(env)
    env["contract.contract"]._cron_recurring_create(date_ref=DAY)
    settle(env)
    moves = env["account.move"].search([("id", ">", first), ("move_type", "=", "out_invoice")], order="id")
    for at in range(0, len(moves), BATCH):
        moves[at : at + BATCH]._post()
        settle(env)


def auto_validate_run(env):
    """Drafts by its cron, which posts each on its own by contract_invoice_auto_validate."""
    env.company.auto_post_contract_invoice = True
    try:
        env["contract.contract"]._cron_recurring_create(date_ref=DAY)
        settle(env)
    finally:
        env.company.auto_post_contract_invoice = False


# --- OCA subscription_oca


def subscription_oca(env, partners, products):
    company = env.company
    journal = env["account.journal"].search([("type", "=", "sale"), ("company_id", "=", company.id)], limit=1)
    # it looks for the income account at the product and its category only
    env["product.product"].concat(*products).property_account_income_id = (
        journal.default_account_id or company.income_account_id
    )
    pricelist = env["product.pricelist"].create({"name": "DKK", "currency_id": company.currency_id.id})
    template = env["sale.subscription.template"].create(
        {
            "name": "Monthly",
            "code": "M",
            "recurring_interval": 1,
            "recurring_rule_type": "months",
            "recurring_rule_boundary": "unlimited",
            "invoicing_mode": "draft",
        }
    )
    stage = env["sale.subscription.stage"].search([("type", "=", "in_progress")], limit=1)
    lines = [
        {
            "product_id": product.id,
            "name": product.name,
            "product_uom_qty": 1,
            "price_unit": product.list_price,
            "tax_ids": [(6, 0, product.taxes_id.ids)],
        }
        for product in products
    ]
    subscriptions = env["sale.subscription"].create(
        [
            {
                "partner_id": partner.id,
                "template_id": template.id,
                "pricelist_id": pricelist.id,
                "sale_subscription_line_ids": [(0, 0, line) for line in lines],
            }
            for partner in partners
        ]
    )
    env.flush_all()
    env.cr.execute(
        "UPDATE sale_subscription SET stage_id = %s, in_progress = true, date_start = %s, recurring_next_date = %s"
        " WHERE id IN %s",
        [stage.id, DAY, DAY, tuple(subscriptions.ids)],
    )
    env.invalidate_all()


def subscription_oca_run(env):
    """Drafts by its cron, then posted in batches. Where its dates differ, the invoices do not: three lines each."""
    first = newest(env)
    env["sale.subscription"].cron_subscription_management()
    settle(env)
    moves = env["account.move"].search([("id", ">", first), ("move_type", "=", "out_invoice")], order="id")
    for at in range(0, len(moves), BATCH):
        moves[at : at + BATCH]._post()
        settle(env)
