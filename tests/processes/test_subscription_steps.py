"""A process is killed while it defers, registers payments, changes a subscription, confirms an order that starts one,
or makes joint invoices; and two do the same at once: each thing exactly once.

Killed at stated points with the work of its transaction done and not committed, by SIGKILL, and started again. Needs a
database server and a template with the addons; skipped where there is none.
"""

import pytest
import workers

TEMPLATE = workers.TEMPLATE
DATABASE = "subscription_steps"
COUNT = 40

pytestmark = workers.needs_database

BASE = f"""
from datetime import date
from dateutil.relativedelta import relativedelta
company = danish_company()
env["subscription.subscription"].search([]).state = "closed"
product = env["product.product"].create({{"name": "Step", "type": "service", "list_price": 100}})
partners = env["res.partner"].create([{{"name": f"Step {{n}}"}} for n in range({COUNT})])
month = company._subscription_today().replace(day=1)
def subscribe(start, **values):
    found = env["subscription.subscription"].create([
        {{"partner_id": p.id, "date_start": start, "line_ids": [(0, 0, {{"product_id": product.id}})], **values}}
        for p in partners])
    found._start()
    return found
def bill(subscriptions, day, work=True):
    run = env["subscription.billing.run"].create({{
        "date_until": day, "invoice_date": day, "posting": "post", "subscription_ids": [(6, 0, subscriptions.ids)]}})
    run.action_preview()
    run.state = "queued"
    if work:
        run._cron_process_runs()
    return run
"""
# stop at the n-th call of a method, when its work is done and not committed
STOP = """
model = type(env["{model}"])
original, calls = model.{method}, []
def stopping(self, *arguments, **options):
    result = original(self, *arguments, **options)
    calls.append(1)
    if len(calls) == {nth}:
        env.flush_all()
        ready()
    return result
model.{method} = stopping
{work}
"""


@pytest.fixture(autouse=True)
def database():
    with workers.database(TEMPLATE, DATABASE):
        yield


# ---------------------------------------------------------------------------
# Deferral
# ---------------------------------------------------------------------------

DEFERRED = (
    BASE
    + """
account = env["account.account"].create(
    {"name": "Step deferral", "code": "149991", "account_type": "liability_current"})
journal = env["account.journal"].create({"name": "Step deferral", "code": "STPD", "type": "general"})
start = month - relativedelta(months=2)
company.write({
    "deferral_start": start, "deferral_account_id": account.id, "deferral_journal_id": journal.id})
bill(subscribe(start, interval_count=3, anchor="first"), start)
env.cr.commit()
print(env["account.move"].search_count([("subscription_run_id", "!=", False), ("state", "=", "posted")]))
"""
)
DEFER = 'env["subscription.deferral"]._cron_defer(batch_size=15)'
# what is booked, beside what plain arithmetic says is not earned yet
BOOKED = """
from decimal import Decimal
from odoo.addons.subscription_billing import deferral
company, cr = env.company, env.cr
today = company._subscription_today()
cr.execute("SELECT count(*), count(DISTINCT move_line_id) FROM subscription_deferral")
print("DEFERRED", *cr.fetchone())
cr.execute("SELECT count(*), count(entry_id) FROM subscription_deferral_month WHERE date <= %s", [today])
due, booked = cr.fetchone()
cr.execute("SELECT count(*) FROM account_move_line WHERE account_id = %s AND parent_state = 'posted'",
           [company.deferral_account_id.id])
print("BOOKED", due, booked, *cr.fetchone())
cr.execute("SELECT count(*), count(DISTINCT sequence_number), max(sequence_number) - min(sequence_number) + 1"
           " FROM account_move WHERE journal_id = %s GROUP BY sequence_prefix", [company.deferral_journal_id.id])
print("GAPS", sum(not count == numbers == last for count, numbers, last in cr.fetchall()))
cr.execute("SELECT -sum(balance) FROM account_move_line WHERE account_id = %s AND parent_state = 'posted'",
           [company.deferral_account_id.id])
ledger = Decimal(str(cr.fetchone()[0] or 0))
expected = Decimal(0)
for line in env["account.move.line"].search([("subscription_period_ids", "!=", False)]):
    _all, parts = deferral.split(
        Decimal(str(-line.balance)), line.start_date, line.end_date, line.date)
    expected += sum(part for day, part in parts if day > today)
print("LEDGER", ledger == expected and ledger > 0)
"""


def test_deferral_killed_again_and_again():
    assert workers.output(DATABASE, DEFERRED) == [str(COUNT)]
    for model, method, nth in (
        ("subscription.deferral", "_make_from_lines", 2),
        ("subscription.deferral.month", "_post_entries", 1),
        ("subscription.deferral.month", "_post_entries", 3),
        ("account.move", "_post", 1),
    ):
        workers.killed(DATABASE, STOP.format(model=model, method=method, nth=nth, work=DEFER))
    for _time in range(2):
        workers.output(DATABASE, DEFER)
    found = dict(line.split(" ", 1) for line in workers.output(DATABASE, BOOKED))
    due, booked, items = map(int, found["BOOKED"].split())
    assert found["DEFERRED"] == f"{COUNT} {COUNT}"
    assert due == booked == items >= 2 * COUNT, "each month of each line once"
    assert (found["GAPS"], found["LEDGER"]) == ("0", "True")


# ---------------------------------------------------------------------------
# Paid on an account: the payments of invoices whose way of payment says they are paid
# ---------------------------------------------------------------------------

PAID = (
    BASE
    + """
clearing = env["account.account"].create(
    {"name": "Step clearing", "code": "149992", "account_type": "asset_current", "reconcile": True})
bank = env["account.journal"].create({"name": "Step bank", "code": "STPB", "type": "bank"})
method = bank.inbound_payment_method_line_ids[0]
method.payment_account_id = clearing
way = env["subscription.payment.way"].create(
    {"name": "Step card", "method": "outside", "kind": "paid", "payment_method_line_id": method.id})
bill(subscribe(month, way_id=way.id), month)
env.cr.commit()
print(env["account.move"].search_count([("subscription_way_id", "=", way.id), ("state", "=", "posted")]))
"""
)
REGISTER = 'env["subscription.payment"]._cron_register(batch_size=15)'
REGISTERED = """
cr = env.cr
cr.execute("SELECT count(*), count(DISTINCT move_id), count(payment_id) FROM subscription_payment WHERE state = 'done'")
print("CLAIMS", *cr.fetchone())
cr.execute("SELECT count(*), sum(amount) FROM account_payment")
payments, paid = cr.fetchone()
cr.execute("SELECT count(*), sum(amount_total), sum(amount_residual) FROM account_move"
           " WHERE subscription_way_id IS NOT NULL AND state = 'posted'")
invoices, total, residual = cr.fetchone()
print("PAID", payments, invoices, paid == total, residual == 0)
cr.execute("SELECT count(*), count(DISTINCT sequence_number), max(sequence_number) - min(sequence_number) + 1"
           " FROM account_move WHERE origin_payment_id IS NOT NULL GROUP BY journal_id, sequence_prefix")
print("GAPS", sum(not count == numbers == last for count, numbers, last in cr.fetchall()))
"""


def test_paid_on_account_killed_again_and_again_and_twice_at_once():
    assert workers.output(DATABASE, PAID) == [str(COUNT)]
    for model, method, nth in (
        ("subscription.payment", "_register_payments", 1),
        ("subscription.payment.way", "_pay", 1),
        ("subscription.payment", "_register_batch", 2),
        ("account.move", "_post", 1),
    ):
        workers.killed(DATABASE, STOP.format(model=model, method=method, nth=nth, work=REGISTER))
    workers.together(DATABASE, *["ready()\n" + REGISTER] * 2)
    workers.output(DATABASE, REGISTER)
    found = dict(line.split(" ", 1) for line in workers.output(DATABASE, REGISTERED))
    assert found == {
        "CLAIMS": f"{COUNT} {COUNT} {COUNT}",
        "PAID": f"{COUNT} {COUNT} True True",
        "GAPS": "0",
    }


# ---------------------------------------------------------------------------
# A change of a subscription
# ---------------------------------------------------------------------------

CHANGED = (
    BASE
    + """
subscription = subscribe(month)[0]
bill(subscription, month)
env["subscription.change"].create({
    "subscription_id": subscription.id, "date": month + relativedelta(days=14),
    "line_ids": [(0, 0, {"action": "change", "line_id": subscription.line_ids.id, "price_unit": 160.0})]})
env.cr.commit()
"""
)
CONFIRM = """
change = env["subscription.change"].search([], order="id desc", limit=1)
{before}
call(change.action_confirm)
"""
CHANGE_STATE = """
change = env["subscription.change"].search([], order="id desc", limit=1)
lines = change.subscription_id.all_line_ids
print(change.state, len(lines), len(lines.filtered("ended_change_id")), len(lines.filtered("change_id")))
"""
NEXT_BILL = (
    BASE.split("company = danish_company()")[0]
    + """
company = env.company
month = company._subscription_today().replace(day=1)
following = month + relativedelta(months=1)
subscription = env["subscription.change"].search([], limit=1).subscription_id
run = env["subscription.billing.run"].create({
    "date_until": following, "invoice_date": following, "posting": "post",
    "subscription_ids": [(6, 0, subscription.ids)]})
run.action_preview()
run.state = "queued"
run._cron_process_runs()
env.cr.commit()
days = (following - month).days
part = (days - 14) / days
expected = round(160 - round(100 * part, 2) + round(160 * part, 2), 2)
print(len(run.invoice_ids), abs(run.invoice_ids.amount_untaxed - expected) < 0.011)
"""
)


def test_a_change_put_in_force_once():
    """Killed with the lines ended and begun and not committed; then put in force by two at once; then invoiced."""
    workers.output(DATABASE, CHANGED)
    workers.killed(
        DATABASE,
        STOP.format(model="subscription.change", method="_apply", nth=2, work=CONFIRM.format(before="")),
    )
    assert workers.output(DATABASE, CHANGE_STATE) == ["draft 1 0 0"], "nothing half-done"
    told = workers.together(DATABASE, *[CONFIRM.format(before="ready()")] * 2)
    assert sorted(lines[0].split()[0] for lines in told) == ["DONE", "REFUSED"]
    assert workers.output(DATABASE, CHANGE_STATE) == ["confirmed 2 1 1"]
    assert workers.output(DATABASE, NEXT_BILL) == ["1 True"]


# ---------------------------------------------------------------------------
# An order that starts subscriptions
# ---------------------------------------------------------------------------

ORDERED = (
    BASE
    + """
template = env["subscription.template"].create({"name": "Step"})
product.subscription_template_id = template
env["sale.order"].create({
    "partner_id": partners[0].id, "client_order_ref": "STEP",
    "order_line": [(0, 0, {"product_id": product.id, "product_uom_qty": 2})]})
env.cr.commit()
"""
)
CONFIRM_ORDER = """
order = env["sale.order"].search([("client_order_ref", "=", "STEP")])
{before}
call(order.action_confirm)
"""
ORDER_STATE = """
order = env["sale.order"].search([("client_order_ref", "=", "STEP")])
print(order.state, len(order.subscription_ids), *order.subscription_ids.mapped("state"))
"""


@pytest.mark.parametrize(
    ("model", "method"), [("subscription.subscription", "_start"), ("sale.order", "_make_subscriptions")]
)
def test_an_order_starts_its_subscription_once(model, method):
    workers.output(DATABASE, ORDERED)
    workers.killed(DATABASE, STOP.format(model=model, method=method, nth=1, work=CONFIRM_ORDER.format(before="")))
    assert workers.output(DATABASE, ORDER_STATE) == ["draft 0"], "nothing half-done"
    told = workers.together(DATABASE, *[CONFIRM_ORDER.format(before="ready()")] * 2)
    assert "DONE" in [lines[0].split()[0] for lines in told]
    assert workers.output(DATABASE, ORDER_STATE) == ["sale 1 active"]


# ---------------------------------------------------------------------------
# Joint invoices
# ---------------------------------------------------------------------------

JOINT = (
    BASE
    + """
company.subscription_joint_invoice = "joint"
start = date(2027, 3, 1)
both = subscribe(start) | subscribe(start, title="Second") | subscribe(start, title="Third")
run = bill(both, date(2027, 3, 10), work=False)
env.cr.commit()
print(len(run.line_ids), len(set(run.line_ids.mapped("unit"))))
"""
)
# batches of seven cut through the threes that come on one invoice
BILL = """
run = env["subscription.billing.run"].search([], order="id desc", limit=1)
{before}
for _again in range(30):
    env["subscription.billing.run"]._cron_process_runs(batch_size=7)
    env.invalidate_all()
    if run.state == "done":
        break
"""
JOINED = """
cr = env.cr
cr.execute("SELECT count(*), count(DISTINCT (line_id, partner_id, date_start)) FROM subscription_period"
           " WHERE state != 'released'")
print("PERIODS", *cr.fetchone())
cr.execute("SELECT count(*), count(DISTINCT sequence_number), max(sequence_number) - min(sequence_number) + 1"
           " FROM account_move WHERE subscription_run_id IS NOT NULL AND state = 'posted'")
print("NUMBERS", *cr.fetchone())
cr.execute("SELECT count(*) FILTER (WHERE state = 'draft') FROM account_move WHERE subscription_run_id IS NOT NULL")
print("DRAFTS", *cr.fetchone())
cr.execute("SELECT min(n), max(n) FROM (SELECT move_id, count(*) AS n FROM subscription_period"
           " JOIN account_move_line i ON i.id = move_line_id GROUP BY move_id) AS each")
print("LINES", *cr.fetchone())
print("RUN", env["subscription.billing.run"].search([], order="id desc", limit=1).state)
"""
JOINED_ONCE = {
    "PERIODS": f"{3 * COUNT} {3 * COUNT}",
    "NUMBERS": f"{COUNT} {COUNT} {COUNT}",
    "DRAFTS": "0",
    "LINES": "3 3",
    "RUN": "done",
}


def test_joint_invoices_killed_and_by_two_at_once():
    assert workers.output(DATABASE, JOINT) == [f"{3 * COUNT} {COUNT}"]
    for model, method, nth in (("account.move", "create", 2), ("account.move", "_post", 3)):
        workers.killed(DATABASE, STOP.format(model=model, method=method, nth=nth, work=BILL.format(before="")))
    workers.together(DATABASE, *[BILL.format(before="ready()")] * 2)
    found = dict(line.split(" ", 1) for line in workers.output(DATABASE, JOINED))
    assert found == JOINED_ONCE, "each customer has one invoice of three"


# ---------------------------------------------------------------------------
# Joint invoices as jobs
# ---------------------------------------------------------------------------

JOINT_JOBS = JOINT.replace("print(len(run", 'run.state = "previewed"\nprint(len(run') + (
    """
from unittest.mock import patch
with patch("odoo.addons.subscription_billing_queue_job.models.subscription_billing_run.BATCH_SIZE", 10):
    run.action_run()
env.cr.execute("UPDATE queue_job SET state = 'enqueued' WHERE model_name = 'subscription.billing.run'")
env.cr.commit()
print("JOBS", env["queue.job"].search_count([("model_name", "=", "subscription.billing.run")]))
"""
)
JOBS = """
from odoo.addons.queue_job.controllers.main import RunJobController
jobs = env["queue.job"].search([("model_name", "=", "subscription.billing.run")], order="id").mapped("uuid")
ready()
for _again in range(20):
    for uuid in jobs:
        job = RunJobController._acquire_job(env, uuid)
        if job:
            RunJobController._runjob(env, job)
        env.cr.commit()
        env.invalidate_all()
    # as the job runner does with what collided and was put off
    env.cr.execute("UPDATE queue_job SET state = 'enqueued' WHERE state = 'pending'"
                   " AND model_name = 'subscription.billing.run'")
    left = env.cr.rowcount
    env.cr.commit()
    if not left:
        break
"""
JOB_STATES = """
print(*set(env["queue.job"].search([("model_name", "=", "subscription.billing.run")]).mapped("state")))
"""


def test_joint_invoices_as_jobs_of_two_workers():
    """Jobs of ten lines cut through invoices of three: the job that comes first makes the whole invoice."""
    assert workers.output(DATABASE, JOINT_JOBS) == [f"{3 * COUNT} {COUNT}", f"JOBS {3 * COUNT // 10}"]
    workers.together(DATABASE, JOBS, JOBS)
    assert workers.output(DATABASE, JOB_STATES) == ["done"]
    found = dict(line.split(" ", 1) for line in workers.output(DATABASE, JOINED))
    assert found == JOINED_ONCE
