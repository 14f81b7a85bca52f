"""A billing run as jobs of OCA queue_job, done by two processes with queue_job's own code; a third is killed at work.

Both processes ask for every job, as workers behind a job runner may: each job is taken once (SKIP LOCKED), each period
is billed once, numbers have no gap, and what the killed worker left the cron finishes. Needs a database server and a
template with the addons; skipped where there is none.
"""

import pytest
import workers

TEMPLATE = workers.TEMPLATE
DATABASE = "subscription_jobs"
COUNT = 80

pytestmark = workers.needs_database

PREPARE = f"""
from unittest.mock import patch
company = danish_company()
product = env["product.product"].create({{"name": "Two", "type": "service", "list_price": 100}})
env["subscription.subscription"].search([]).state = "closed"
partners = env["res.partner"].create([{{"name": f"Job {{n}}"}} for n in range({COUNT})])
env["subscription.subscription"].create([
    {{"partner_id": p.id, "date_start": "2027-03-01", "line_ids": [(0, 0, {{"product_id": product.id}})]}}
    for p in partners])._start()
run = env["subscription.billing.run"].create(
    {{"date_until": "2027-03-10", "invoice_date": "2027-03-10", "posting": "post"}})
run.action_preview()
with patch("odoo.addons.subscription_billing_queue_job.models.subscription_billing_run.BATCH_SIZE", 10):
    run.action_run()
# what the job runner does before it calls a worker
env.cr.execute("UPDATE queue_job SET state = 'enqueued' WHERE model_name = 'subscription.billing.run'")
env.cr.commit()
print("JOBS", env["queue.job"].search_count([("model_name", "=", "subscription.billing.run")]))
"""
KILLED = """
from odoo.addons.queue_job.controllers.main import RunJobController
uuid = env["queue.job"].search([("model_name", "=", "subscription.billing.run")], order="id", limit=1).uuid
job = RunJobController._acquire_job(env, uuid)
job.perform()
env.flush_all()
ready()
"""
WORK = """
from odoo.addons.queue_job.controllers.main import RunJobController
jobs = env["queue.job"].search([("model_name", "=", "subscription.billing.run")], order="id").mapped("uuid")
ready()
mine = 0
for _again in range(20):
    for uuid in jobs:
        job = RunJobController._acquire_job(env, uuid)
        if job:
            RunJobController._runjob(env, job)
            mine += job.state == "done"
        env.cr.commit()
        env.invalidate_all()
    # as the job runner does with what collided and was put off
    env.cr.execute("UPDATE queue_job SET state = 'enqueued' WHERE state = 'pending'"
                   " AND model_name = 'subscription.billing.run'")
    left = env.cr.rowcount
    env.cr.commit()
    if not left:
        break
print("MINE", mine)
"""
CHECK = """
run = env["subscription.billing.run"].search([], order="id desc", limit=1)
print("RUN", run.state.upper(), run.done_count)
env.cr.execute("SELECT count(*), count(DISTINCT (line_id, partner_id, date_start)) FROM subscription_period"
               " WHERE state != 'released' AND run_id = %s", [run.id])
print("PERIODS", *env.cr.fetchone())
env.cr.execute("SELECT count(*), max(sequence_number) - min(sequence_number) + 1 FROM account_move"
               " WHERE subscription_run_id = %s AND state = 'posted'", [run.id])
print("NUMBERS", *env.cr.fetchone())
"""


@pytest.fixture(scope="module", autouse=True)
def database():
    with workers.database(TEMPLATE, DATABASE):
        assert workers.output(DATABASE, PREPARE)[-1] == "JOBS 8"
        yield


def test_two_workers_and_one_killed():
    workers.killed(DATABASE, KILLED)
    done = workers.together(DATABASE, WORK, WORK)
    shares = [int(line.split()[1]) for lines in done for line in lines if line.startswith("MINE")]
    assert len(shares) == 2 and all(shares), f"both did some of the work: {shares}"
    assert sum(shares) == 7, "all but the job of the killed one"
    # the safety net, where no job runner brings back what a dead worker had begun
    workers.output(DATABASE, 'env["subscription.billing.run"]._cron_process_runs()\nenv.cr.commit()')
    found = dict(line.split(" ", 1) for line in workers.output(DATABASE, CHECK))
    assert found["RUN"] == f"DONE {COUNT}"
    assert found["PERIODS"] == f"{COUNT} {COUNT}"
    assert found["NUMBERS"] == f"{COUNT} {COUNT}"
