"""A worker of the transfer queue is killed when the other side has stored the document, and two work on one queue.

Needs a database server and a template with the addons; skipped where there is none.
"""

import os
import signal
import threading

import pytest
import workers

TEMPLATE = workers.TEMPLATE
DATABASE = "transfer_killed"

pytestmark = workers.needs_database

PREPARE = """
company = danish_company()
params = env["ir.config_parameter"]
for key, value in {{"test_server": "1", "api_url": "{url}", "connect_url": "{url}"}}.items():
    params.set_param("dinero_connector." + key, value)
env["transfer.connection"].search([]).action_archive()
tax = env["account.tax"].search([("company_id", "=", company.id), ("type_tax_use", "=", "sale"),
    ("amount_type", "=", "percent")], limit=1)
tax.write({{"amount": 25.0, "price_include_override": "tax_excluded"}})
connection = env["transfer.connection"].create({{"name": "Race", "kind": "dinero", "company_id": company.id,
    "dinero_client_id": "{client}", "dinero_client_secret": "{secret}"}})
connection._dinero_store_tokens({tokens})
env["ledger.account.mapping"].create({{"connection_id": connection.id, "tax_id": tax.id, "remote_account": "1000"}})
connection.action_ledger_read_accounts()
partner = env["res.partner"].create({{"name": "Race", "is_company": True, "country_id": env.ref("base.dk").id,
    "street": "A 1", "zip": "8000", "city": "Aarhus"}})
for number in range(4):
    move = env["account.move"].create({{"move_type": "out_invoice", "partner_id": partner.id, "ref": "RACE",
        "currency_id": env.ref("base.DKK").id, "invoice_date": "2026-03-01", "invoice_line_ids": [(0, 0,
        {{"name": "Race", "price_unit": 100.0, "tax_ids": [(6, 0, tax.ids)]}})]}})
    move.action_post()
    move.action_ledger_push()
env.cr.commit()
"""
WORK = """
connection = env["transfer.connection"].search([("name", "=", "Race")])
ready()
env["transfer.log"]._process_queue(connection, commit=True)
"""
# what a person or the clock would do later
AGAIN = """
connection = env["transfer.connection"].search([("name", "=", "Race")])
for _ in range(6):
    failed = env["account.move"].search([("ref", "=", "RACE")]).filtered(lambda move: move.ledger_state == "failed")
    for move in failed:
        print("FAILED", move.ledger_message)
    failed.action_ledger_push()
    logs = env["transfer.log"].search([("connection_id", "=", connection.id), ("state", "!=", "done")])
    logs.next_attempt = "2026-01-01"
    connection.write({"blocked_until": False})
    env.cr.commit()
    env["transfer.log"]._process_queue(connection, commit=True)
"""
CHECK = """
moves = env["account.move"].search([("ref", "=", "RACE")])
print("PUSHED", len(moves.filtered(lambda move: move.ledger_state == "pushed")))
print("LINKS", env["ledger.link"].search_count([("res_model", "=", "account.move"), ("res_id", "in", moves.ids)]))
"""


@pytest.fixture
def simulator():
    with workers.dinero(TEMPLATE, DATABASE, PREPARE) as simulator:
        yield simulator


def check(simulator):
    found = dict(line.split() for line in workers.output(DATABASE, CHECK))
    assert found == {"PUSHED": "4", "LINKS": "4"}
    assert len(simulator.organisation.invoices) == 4, "nothing was created twice over there"
    assert len(simulator.booked()) == 4
    assert len(simulator.organisation.contacts) == 1


def test_killed_after_the_other_side_stored_it(simulator):
    answer = simulator.handle
    stored, release = threading.Event(), threading.Event()

    def stall(method, path, query, body, bearer):
        result = answer(method, path, query, body, bearer)
        if method == "POST" and path.endswith(stall.suffix) and not stored.is_set():
            stored.set()
            release.wait(30)
        return result

    simulator.handle = stall
    for stall.suffix in ("/contacts", "/invoices", "/book"):
        stored.clear()
        release.clear()
        worker = workers.start(DATABASE, WORK)
        assert worker.stdout.readline().strip() == "READY"
        worker.stdin.write("\n")
        worker.stdin.flush()
        assert stored.wait(60), f"the worker came to {stall.suffix}"
        os.kill(worker.pid, signal.SIGKILL)
        worker.communicate(timeout=30)
        release.set()
    simulator.handle = answer
    workers.output(DATABASE, AGAIN)
    check(simulator)


def test_two_workers_on_one_queue(simulator):
    workers.together(DATABASE, WORK, WORK)
    print(workers.output(DATABASE, AGAIN))
    check(simulator)


COUNTED = """
import os
connection = env["transfer.connection"].create({"name": "Counted", "kind": "manual"})
for number in range(60):
    connection._transfer_enqueue("thing_create", env.user.partner_id, str(number))
env.cr.commit()
"""
# what is carried out is appended to a file: taken twice, it would stand there twice
CARRY_OUT = """
connection = env["transfer.connection"].search([("name", "=", "Counted")])
def execute(self, log):
    with open("{path}", "a") as file:
        file.write(log.key + chr(10))
    return {{"remote_id": log.key}}
type(connection)._transfer_execute = execute
ready()
env["transfer.log"]._process_queue(connection, commit=True)
"""


def test_three_workers_share_a_queue(simulator, tmp_path):
    workers.output(DATABASE, COUNTED)
    path = tmp_path / "carried_out"
    workers.together(DATABASE, *[CARRY_OUT.format(path=path)] * 3)
    path.touch()
    workers.output(DATABASE, CARRY_OUT.format(path=path).replace("ready()", ""))
    assert sorted(path.read_text().split(), key=int) == [str(number) for number in range(60)], "each once"
