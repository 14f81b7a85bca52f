"""Two real processes bill at once, and one is killed in the middle: each period once, numbers without a gap.

Needs a database server and a template with the addon installed; skipped where there is none.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import workers

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = workers.TEMPLATE
DATABASE = "subscription_two_processes"
COUNT = 120

pytestmark = workers.needs_database

PREPARE = f"""
company = env.company
if not company.chart_template:
    env["account.chart.template"].try_loading("dk", company, install_demo=False)
product = env["product.product"].create({{"name": "Two", "type": "service", "list_price": 100}})
env["subscription.subscription"].search([]).state = "closed"
partners = env["res.partner"].create([{{"name": f"Two {{n}}"}} for n in range({COUNT})])
env["subscription.subscription"].create([
    {{"partner_id": p.id, "date_start": "2027-03-01", "line_ids": [(0, 0, {{"product_id": product.id}})]}}
    for p in partners
])._start()
for _ in range(2):
    run = env["subscription.billing.run"].create(
        {{"date_until": "2027-03-10", "invoice_date": "2027-03-10", "posting": "post"}})
    run.action_preview()
    run.state = "queued"
env.cr.commit()
print("RUNS", run.id - 1, run.id)
"""
# each process starts with a run of its own: both want the same periods
WORK = """
import time
runs = env["subscription.billing.run"].search([("state", "in", ("queued", "running"))], order="id {order}")
print("READY", flush=True)
input()
for _ in range(500):
    for run in runs:
        if run.state != "done":
            run.env.cr.commit()
            for _n in range(3):
                work = run._get_work()
                if not work:
                    break
                run._process_batch(work[:10])
                env.cr.commit(); env.invalidate_all()
            if not run._get_work() and run.state != "done":
                try:
                    run._finish(); env.flush_all(); env.cr.commit()
                except Exception:
                    env.cr.rollback()
    env.invalidate_all()
    if all(run.state == "done" for run in runs):
        break
    time.sleep(0.1)  # what the other holds is left to it: look again a little later
"""
CHECK = """
env.cr.execute("SELECT count(*), count(DISTINCT (line_id, partner_id, date_start)) FROM subscription_period"
               " WHERE state != 'released'")
print("PERIODS", *env.cr.fetchone())
env.cr.execute("SELECT count(*), count(DISTINCT sequence_number), max(sequence_number) - min(sequence_number) + 1"
               " FROM account_move WHERE subscription_run_id IS NOT NULL AND state = 'posted'")
print("NUMBERS", *env.cr.fetchone())
env.cr.execute("SELECT count(*) FROM account_move WHERE subscription_run_id IS NOT NULL AND state = 'draft'")
print("DRAFTS", *env.cr.fetchone())
"""


def shell(code):
    return subprocess.Popen(
        [sys.executable, "-c", RUN, code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


RUN = f"""
import sys
import odoo
from odoo.tools import config
options = ["-c", ".local/odoo.conf", "-d", "{DATABASE}", "--no-http", "--log-level=critical"]
config.parse_config(options, setup_logging=True)
from odoo import api
from odoo.modules.registry import Registry
with Registry("{DATABASE}").cursor() as cr:
    env = api.Environment(cr, 1, {{}})
    exec(sys.argv[1])
"""


def output(code):
    out, _err = shell(code).communicate(timeout=300)
    return {line.split()[0]: [int(n) for n in line.split()[1:]] for line in out.splitlines() if line.isupper()}


@pytest.fixture(scope="module", autouse=True)
def database():
    subprocess.run(["dropdb", "--if-exists", "--force", DATABASE], check=True)
    subprocess.run(["createdb", "-T", TEMPLATE, DATABASE], check=True)
    yield
    subprocess.run(["dropdb", "--if-exists", "--force", DATABASE], check=True)


def wait_for_first_batch():
    """Until something is billed: most of it is left to do, whatever the machine's speed."""
    count = ["psql", "-At", DATABASE, "-c", "SELECT count(*) FROM subscription_period WHERE state != 'released'"]
    end = time.monotonic() + 120
    while not int(subprocess.run(count, check=True, capture_output=True, text=True).stdout):
        assert time.monotonic() < end, "nothing was billed in two minutes"
        time.sleep(0.05)


def test_two_runs_at_once_and_one_killed():
    assert output(PREPARE)["RUNS"]
    workers = [shell(WORK.format(order=order)) for order in ("asc", "desc")]
    for worker in workers:
        assert worker.stdout.readline().strip() == "READY"
    for worker in workers:
        worker.stdin.write("\n")
        worker.stdin.flush()
    wait_for_first_batch()
    os.kill(workers[0].pid, signal.SIGKILL)
    workers[1].communicate(timeout=300)
    workers[0].communicate(timeout=30)
    assert workers[0].returncode == -signal.SIGKILL, "it was killed at work"
    again = shell(WORK.format(order="asc"))
    again.communicate("\n", timeout=300)
    found = output(CHECK)
    assert found["PERIODS"] == [COUNT, COUNT]
    assert found["NUMBERS"] == [COUNT, COUNT, COUNT]
    assert found["DRAFTS"] == [0]
