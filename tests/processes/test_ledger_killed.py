"""A worker is killed at each step of a push, and the attempt after it meets each fault at the same step: one document,
equal amounts; the same for a payment that is sent and for one that is fetched.

Needs a database server and a template with the addons; skipped where there is none.
"""

import os
import re
import signal
import threading

import pytest
import workers
from test_transfer import PREPARE

TEMPLATE = workers.TEMPLATE
DATABASE = "ledger_killed"
GUID = "[0-9a-f-]{36}"
STEPS = (
    ("POST", r"/contacts$"),
    ("POST", r"/invoices/fetch$"),
    ("POST", r"/invoices$"),
    ("GET", rf"/invoices/{GUID}$"),
    ("POST", r"/invoices/.*/book$"),
)
FAULTS = ("timeout_before", "timeout_after", "half_closed", "malformed", "500", "429", "html")

pytestmark = workers.needs_database

# the invoices of test_transfer, 125.00 each; 32.97 here and 32.96 there in all the others
MORE = """
connection = env["transfer.connection"].search([("name", "=", "Race")])
connection.write({"ledger_tolerance": 0.01, "ledger_rounding_account": "5040", "ledger_payment_master": "ours",
    "ledger_deposit_account": "55900"})
pattern = env["account.move"].search([("ref", "=", "RACE")], order="id", limit=1)
pattern.company_id.tax_calculation_rounding_method = "round_per_line"
for number in range(NUMBER):
    move = pattern.copy({"ref": "RACE", "invoice_date": "2026-03-01", "partner_id": pattern.partner_id.copy().id})
    line = move.invoice_line_ids
    line.write({"price_unit": 2.93, "quantity": 3})
    line.copy({"move_id": move.id})
    line.copy({"move_id": move.id})
    move.action_post()
    assert move.amount_total == 32.97, move.amount_total
    move.action_ledger_push()
env.cr.commit()
"""
WORK = """
connection = env["transfer.connection"].search([("name", "=", "Race")])
logs = env["transfer.log"].search([("connection_id", "=", connection.id), ("state", "!=", "done")])
logs.next_attempt = "2026-01-01"
connection.blocked_until = False
env.cr.commit()
ready()
env["transfer.log"]._process_queue(connection, commit=True)
"""
# what a person or the clock would do later, until nothing is left to do
SETTLE = """
import time
time.sleep = lambda seconds: None
connection = env["transfer.connection"].search([("name", "=", "Race")])
for _ in range(20):
    logs = env["transfer.log"].search([("connection_id", "=", connection.id), ("state", "not in", ("done", "ignored"))])
    if not logs:
        break
    failed = logs.filtered(lambda log: log.state == "failed")
    if failed:
        print("FAILED", failed.mapped("error_message"))
        failed._decide("retry")
    logs.next_attempt = "2026-01-01"
    connection.write({"blocked_until": False, "state": "ok"})
    env.cr.commit()
    env["transfer.log"]._process_queue(connection, commit=True)
    env.invalidate_all()
"""
TAKE_UP = (
    SETTLE
    + """
moves = env["account.move"].search([("ref", "=", "RACE")])
print("OPEN", [(move.name, move.ledger_state, move.ledger_message) for move in moves if move.ledger_state != "pushed"])
print("TOTAL", sum(round(move.amount_total * 100) for move in moves), len(moves))
"""
)
PAY = """
move = env["account.move"].search([("ref", "=", "RACE"), ("amount_total", "=", 32.97)], limit=1)
env["account.payment.register"].with_context(active_model="account.move", active_ids=move.ids).create(
    {"amount": 20.0, "payment_date": "2026-03-05"})._create_payments()
env.cr.commit()
"""
FETCH = """
connection = env["transfer.connection"].search([("name", "=", "Race")])
journal = env["account.journal"].search([("company_id", "=", connection.company_id.id), ("type", "=", "bank")], limit=1)
connection.write({"ledger_payment_master": "theirs", "ledger_payment_journal_id": journal.id})
connection._transfer_enqueue("payments", connection, "payments:2026-03-06", direction="in")
env.cr.commit()
"""
MOVE_AWAY = """
partner = env["account.move"].search([("ref", "=", "RACE")], limit=1).partner_id
partner.city = "By NUMBER"
partner.action_ledger_push()
env.cr.commit()
"""
LEFT = """
payments = env["ledger.payment"].search([])
rows = [(one.direction, one.state, one.amount, one.move_id.amount_residual) for one in payments.sorted("id")]
print("PAYMENTS", rows)
"""


@pytest.fixture
def simulator():
    with workers.dinero(TEMPLATE, DATABASE, PREPARE) as simulator:
        yield simulator


def kill_at(simulator, method, pattern, database=DATABASE):
    """Start a worker, and kill it when the other side has carried out this call and not answered yet."""
    answer = simulator.handle
    stored, release = threading.Event(), threading.Event()

    def stall(verb, path, *rest):
        result = answer(verb, path, *rest)
        if verb == method and re.search(pattern, path) and not stored.is_set():
            stored.set()
            release.wait(60)
        return result

    simulator.handle = stall
    worker = workers.start(database, WORK)
    try:
        assert worker.stdout.readline().strip() == "READY"
        worker.stdin.write("\n")
        worker.stdin.flush()
        assert stored.wait(90), f"the worker came to {method} {pattern}"
    finally:
        os.kill(worker.pid, signal.SIGKILL)
        worker.communicate(timeout=30)
        release.set()
        simulator.handle = answer


def check(simulator):
    lines = dict(line.split(" ", 1) for line in workers.output(DATABASE, TAKE_UP) if not line.startswith("FAILED"))
    assert lines["OPEN"] == "[]"
    total, count = map(int, lines["TOTAL"].split())
    booked = simulator.booked()
    assert len(simulator.organisation.invoices) == len(booked) == count, "one document each"
    assert sum(row["TotalInclVat"] for row in booked) * 100 == total, "to the øre"
    references = [row["ExternalReference"] for row in booked]
    assert len(set(references)) == count
    return count


def test_killed_at_each_step_and_each_fault_after_it(simulator):
    workers.output(DATABASE, MORE.replace("NUMBER", str(len(FAULTS))))
    for step in STEPS:
        kill_at(simulator, *step)
    for step in STEPS:
        for fault in FAULTS:
            simulator.fault(fault, *step)
    assert check(simulator) == 4 + len(FAULTS)
    assert not any(fault.times for fault in simulator.faults), "each fault was met"


def test_payments_are_sent_and_fetched_once_though_killed(simulator):
    workers.output(DATABASE, MORE.replace("NUMBER", "1"))
    check(simulator)
    workers.output(DATABASE, PAY)
    kill_at(simulator, "POST", "/payments$")
    check(simulator)
    assert workers.output(DATABASE, LEFT) == ["PAYMENTS [('out', 'done', 20.0, 12.97)]"]
    (paid,) = [row for row in simulator.booked() if row["payments"]]
    assert [payment["Amount"] for payment in paid["payments"]] == [20]
    simulator.pay(paid["Guid"], "2.97")
    workers.output(DATABASE, FETCH)
    kill_at(simulator, "GET", f"{paid['Guid']}/payments$")
    check(simulator)
    assert workers.output(DATABASE, LEFT) == [
        "PAYMENTS [('out', 'done', 20.0, 10.0), ('in', 'done', 2.97, 10.0)]",
    ]


def test_contact_that_is_changed_though_killed(simulator):
    check(simulator)
    path = rf"/contacts/{GUID}$"
    for number, method in enumerate(("GET", "PUT")):
        workers.output(DATABASE, MOVE_AWAY.replace("NUMBER", str(number)))
        kill_at(simulator, method, path)
        for fault in FAULTS:  # what was carried out is read first, not written again
            simulator.fault(fault, "GET", path)
        check(simulator)
        (known,) = simulator.organisation.contacts.values()
        assert known["City"] == f"By {number}"
        assert not any(fault.times for fault in simulator.faults), "each fault was met"
