"""A process is killed while it imports, posts or fetches: each payout exactly once, never half of one.

Killed by SIGKILL before a statement chosen at random among those the work sends (the seed is printed: set
``PAYMATCH_SEED`` to play it again), and at the end, with everything done and nothing committed. Then started again.
Needs a database server and a template with the addon; skipped where there is none.
"""

import os
import random

import workers

from tests.simulators.acquirers import ClearhausSimulator

TEMPLATE = workers.TEMPLATE
DATABASE = "paymatch_killed"
COUNT = 40
SEED = int(os.environ.get("PAYMATCH_SEED") or random.SystemRandom().randrange(10**6))

pytestmark = workers.needs_database

PREPARE = f"""
company = danish_company()
env["paymatch.provider"].search([]).active = False
journal = env["account.journal"].search([("company_id", "=", company.id), ("type", "=", "general")], limit=1)
for name, code in (("Vipps", "vipps_xml"), ("Clearhaus", "clearhaus")):
    env["paymatch.provider"].create({{
        "name": name, "kind": "payout", "format": code, "company_id": company.id,
        "currency_id": company.currency_id.id, "journal_id": journal.id}}).action_create_accounts()
partner = env["res.partner"].create({{"name": "Kill"}})
env["account.move"].create([{{
    "move_type": "out_invoice", "partner_id": partner.id, "invoice_date": "2026-03-01", "invoice_origin": f"KILL-{{n}}",
    "invoice_line_ids": [(0, 0, {{"name": "Kill", "price_unit": 100.0, "tax_ids": [(5, 0, 0)]}})]}}
    for n in range({COUNT})])._post()
env.cr.commit()
"""
WORK = {
    "import": f"""
from odoo.addons.paymatch.tests.common import vipps_xml
company = env.company
provider = env["paymatch.provider"].search([("format", "=", "vipps_xml")])
data = vipps_xml(3000101, [(f"KILL-{{n}}", 100, 1) for n in range({COUNT})], currency=company.currency_id.name)
def work():
    env["paymatch.report"]._import_file(data, "kill.xml", provider)
""",
    "approve": """
def work():
    env["paymatch.report"].search([("name", "=", "3000101")]).action_approve()
""",
    "ask": """
def work():
    env["paymatch.report"].search([("name", "=", "3000101")])._ask_for_approval()
""",
    "background": """
def work():
    env["paymatch.report"]._cron_approve()
""",
    "fetch": """
connection = env["transfer.connection"].search([("name", "=", "Killed")])
def work():
    env["transfer.log"]._process_queue(connection, commit=True)
    env["transfer.log"]._process_queue(connection, commit=True)
""",
}
# how many statements the work sends; taken back
MEASURE = """
before = env.cr.sql_log_count
work()
env.flush_all()
print(env.cr.sql_log_count - before)
env.cr.rollback()
"""
# stopped before statement number %s, counted over all cursors; number 0: at the end, not committed
STOP = """
from odoo.sql_db import Cursor
execute, calls = Cursor.execute, []
def counted(self, *arguments, **options):
    calls.append(1)
    if len(calls) == {at}:
        Cursor.execute = execute
        ready()
    return execute(self, *arguments, **options)
Cursor.execute = counted
work()
env.flush_all()
Cursor.execute = execute
ready()
"""
DONE = """
call(work)
"""
IMPORTED = """
reports = env["paymatch.report"].search([])
env.cr.execute("SELECT count(*) FROM paymatch_report_line")
(lines,) = env.cr.fetchone()
print(len(reports), lines, *reports.mapped("state"))
"""
POSTED = """
report = env["paymatch.report"].search([("name", "=", "3000101")])
env.cr.execute("SELECT count(*), COALESCE(sum(amount_residual), 0) FROM account_move"
               " WHERE invoice_origin LIKE 'KILL-%'")
invoices = env.cr.fetchone()
print(report.state, len(report.move_ids), invoices[0], f"{invoices[1]:.2f}")
env.cr.execute("SELECT count(*) FROM account_partial_reconcile")
print(*env.cr.fetchone())
"""


def points(count, statements):
    found = random.Random(SEED).sample(range(1, statements + 1), min(count, statements))
    print(f"PAYMATCH_SEED={SEED}: killed before the statements {sorted(found)} of {statements}")
    return sorted(found)


def measured(kind):
    return int(workers.output(DATABASE, WORK[kind] + MEASURE)[-1])


def test_import_and_posting_killed_again_and_again():
    with workers.database(TEMPLATE, DATABASE):
        workers.output(DATABASE, PREPARE)
        for at in (*points(3, measured("import")), 0):
            workers.killed(DATABASE, WORK["import"] + STOP.format(at=at))
            assert workers.output(DATABASE, IMPORTED) == ["0 0"], f"half a file is left when killed at {at}"
        assert workers.output(DATABASE, WORK["import"] + DONE) == ["DONE"]
        assert workers.output(DATABASE, IMPORTED) == [f"1 {COUNT} to_approve"]
        (again,) = workers.output(DATABASE, WORK["import"] + DONE)
        assert again.startswith("REFUSED")

        for at in (*points(4, measured("approve")), 0):
            workers.killed(DATABASE, WORK["approve"] + STOP.format(at=at))
            found = workers.output(DATABASE, POSTED)
            assert found == [f"to_approve 0 {COUNT} {COUNT * 100.0:.2f}", "0"], f"half is posted when killed at {at}"
        for _twice in range(2):
            assert workers.output(DATABASE, WORK["approve"] + DONE) == ["DONE"]
            assert workers.output(DATABASE, POSTED) == [f"approved 1 {COUNT} 0.00", str(COUNT)]


def test_posting_in_the_background_killed_begins_anew():
    with workers.database(TEMPLATE, DATABASE):
        workers.output(DATABASE, PREPARE)
        assert workers.output(DATABASE, WORK["import"] + DONE) == ["DONE"]
        assert workers.output(DATABASE, WORK["ask"] + DONE) == ["DONE"]
        for at in points(3, measured("approve")):
            workers.killed(DATABASE, WORK["background"] + STOP.format(at=at))
            found = workers.output(DATABASE, POSTED)
            assert found == [f"to_approve 0 {COUNT} {COUNT * 100.0:.2f}", "0"], f"half is posted when killed at {at}"
        for _twice in range(2):
            assert workers.output(DATABASE, WORK["background"] + DONE) == ["DONE"]
            assert workers.output(DATABASE, POSTED) == [f"approved 1 {COUNT} 0.00", str(COUNT)]


LINES, READ, MATCHED, KILLS = 1200, 200, 300, 6
LARGE = f"""
from odoo.addons.paymatch.models import paymatch_report_loading
paymatch_report_loading.LARGE = 1000
from odoo.addons.paymatch.tests.common import vipps_xml
company = env.company
provider = env["paymatch.provider"].search([("format", "=", "vipps_xml")])
orders = [(f"KILL-{{n}}", 100, 1) for n in range({LINES})]
data = vipps_xml(3000102, orders, currency=company.currency_id.name)
def work():
    env["paymatch.report"]._import_file(data, "large.xml", provider)
"""
LOAD = f"""
def work():
    env["paymatch.report"]._cron_load(read_at_once={READ}, matched_at_once={MATCHED})
"""
LOADED = """
report = env["paymatch.report"].search([])
env.cr.execute("SELECT count(*), count(DISTINCT sequence), count(match_reason), count(match_move_id),"
               " COALESCE(sum(net_amount), 0) FROM paymatch_report_line")
*counts, net = env.cr.fetchone()
print(report.state, report.loaded_count, report.weighed_count, *counts, f"{net:.2f}")
"""


def test_a_large_file_killed_while_it_is_read_and_matched():
    """Killed again and again until nothing is left to do: each time the next batches are done, none of them twice."""
    rnd = random.Random(SEED)
    print(f"PAYMATCH_SEED={SEED}")
    with workers.database(TEMPLATE, DATABASE):
        workers.output(DATABASE, PREPARE)
        assert workers.output(DATABASE, LARGE + DONE) == ["DONE"]
        assert workers.output(DATABASE, LOADED) == ["loading 0 0 0 0 0 0 0.00"]
        reached, states = 0, set()
        for _time in range(KILLS):
            workers.killed(DATABASE, LOAD + STOP.format(at=rnd.randrange(50, 150)))
            state, *counts, _net = workers.output(DATABASE, LOADED)[0].split()
            loaded, weighed, lines, distinct, reasons, _moves = map(int, counts)
            assert state == "loading" or weighed == LINES, "whole, or nobody can use it"
            assert lines == distinct == loaded and reasons == weighed, counts
            assert loaded % READ == 0 or loaded == LINES, "a batch or nothing of it"
            assert weighed % MATCHED == 0 or weighed == LINES
            assert loaded + weighed >= reached, "what was done is kept"
            reached = loaded + weighed
            states.add((loaded, weighed))
            if reached >= 2 * LINES - MATCHED:
                break
        assert len(states) >= 3, f"killed within several batches: {sorted(states)}"
        workers.output(DATABASE, LOAD + "work()")
        expected = f"matched {LINES} {LINES} {LINES} {LINES} {LINES} {COUNT} {LINES * 99.0:.2f}"
        assert workers.output(DATABASE, LOADED) == [expected]


CONNECT = """
set_param = env["ir.config_parameter"].set_param
set_param("paymatch.test_server", "1")
set_param("paymatch.clearhaus_production_url", "{url}")
connection = env["transfer.connection"].create({{
    "name": "Killed", "kind": "paymatch", "paymatch_client_id": "shop", "paymatch_client_secret": "hemmelig-proeve",
    "paymatch_provider_id": env["paymatch.provider"].search([("format", "=", "clearhaus")]).id,
    "paymatch_from_date": "2026-03-01"}})
connection.action_paymatch_fetch()
env.cr.commit()
"""
DUE = """
env.cr.rollback()
connection = env["transfer.connection"].search([("name", "=", "Killed")])
env["transfer.log"].search([("connection_id", "=", connection.id)]).sudo().write({"next_attempt": "2026-01-01"})
env.cr.commit()
"""
FETCHED = """
reports = env["paymatch.report"].search([], order="name")
print(len(reports), len(set(reports.mapped("file_sha256"))), *sorted(set(reports.mapped("line_count"))))
logs = env["transfer.log"].search([("operation", "=", "payout_fetch")])
print(len(logs), *sorted(set(logs.mapped("state"))))
"""


def test_fetching_killed_goes_on_where_it_stopped():
    simulator = ClearhausSimulator().start()
    try:
        for number in range(1, 6):
            simulator.settle(f"s{number}", f"2026-03-{10 + number}", {f"S{number}": 10000, f"T{number}": 5000})
        with workers.database(TEMPLATE, DATABASE):
            workers.output(DATABASE, PREPARE)
            workers.output(DATABASE, CONNECT.format(url=simulator.base_url))
            reached = 0
            for at in points(2, 300):
                workers.killed(DATABASE, WORK["fetch"] + STOP.format(at=at))
                count, files, *lines = workers.output(DATABASE, FETCHED + DUE)[0].split()
                assert count == files and len(lines) <= 1, "a payout twice, or half of one"
                assert int(count) >= reached, "what was fetched is kept"
                reached = int(count)
            workers.output(DATABASE, WORK["fetch"] + "work()")
            found = workers.output(DATABASE, FETCHED)
            assert found[0].split()[:2] == ["5", "5"], found
            assert found[1] == "5 done"
    finally:
        simulator.stop()
