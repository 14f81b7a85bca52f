"""Workers are killed at the steps of a vendor bill and of its file, and the attempts after it meet each fault: one
voucher, one file with it, equal amounts.

Needs a database server and a template with the addons; skipped where there is none.
"""

import pytest
import workers
from test_ledger_killed import FAULTS, GUID, SETTLE, kill_at
from test_transfer import PREPARE

TEMPLATE = workers.TEMPLATE
DATABASE = "ledger_bills_killed"
BILL_STEPS = (
    ("POST", r"/contacts$"),
    ("POST", r"/vouchers/purchase$"),
    ("GET", rf"/vouchers/purchase/{GUID}$"),
    ("POST", r"/vouchers/purchase/.*/book$"),
)
FILE_STEPS = (("POST", r"/files$"), ("POST", r"/attachments/"))

pytestmark = workers.needs_database

# the connection of test_transfer, its invoices left alone: bills of 125.00, 126.25, ... each with a file of its own
BILLS = """
import base64
connection = env["transfer.connection"].search([("name", "=", "Race")])
company = connection.company_id
logs = env["transfer.log"].search([("connection_id", "=", connection.id), ("operation", "=", "invoice_create")])
logs.write({"state": "ignored", "next_attempt": False})
tax = env["account.tax"].search([("company_id", "=", company.id), ("type_tax_use", "=", "purchase"),
    ("amount_type", "=", "percent"), ("amount", "=", 25)], limit=1)
account = env["account.account"].search([("company_ids", "=", company.id), ("account_type", "=", "expense")], limit=1)
if connection.ledger_bills == "none":
    connection.write({"ledger_bills": "book", "ledger_files": "document"})
    env["ledger.account.mapping"].create({"connection_id": connection.id, "account_id": account.id, "tax_id": tax.id,
        "remote_account": "2100"})
    connection.action_ledger_read_accounts()
first = env["account.move"].search_count([("ref", "=like", "BILL%")])
for number in range(first, first + NUMBER):
    vendor = env["res.partner"].create({"name": f"Vendor {number}", "is_company": True, "supplier_rank": 1,
        "country_id": env.ref("base.dk").id})
    move = env["account.move"].create({"move_type": "in_invoice", "partner_id": vendor.id, "ref": f"BILL {number}",
        "currency_id": env.ref("base.DKK").id, "invoice_date": "2026-03-01", "date": "2026-03-01",
        "invoice_line_ids": [(0, 0, {"name": "Flour", "price_unit": 100.0 + number, "account_id": account.id,
            "tax_ids": [(6, 0, tax.ids)]})]})
    move.message_main_attachment_id = env["ir.attachment"].create({"name": "bill.pdf", "res_model": "account.move",
        "res_id": move.id, "datas": base64.b64encode(b"%PDF-1.7 " + str(number).encode())})
    move.action_post()
    move.action_ledger_push()
env.cr.commit()
"""
AGAIN = (
    SETTLE
    + """
moves = env["account.move"].search([("ref", "=like", "BILL%")])
print("OPEN", [(move.ref, move.ledger_state, move.ledger_message) for move in moves if move.ledger_state != "pushed"])
print("FILES", sorted(set(moves.ledger_file_ids.mapped("state"))), len(moves.ledger_file_ids))
print("TOTAL", sum(round(move.amount_total * 100) for move in moves), len(moves))
"""
)


@pytest.fixture
def simulator():
    with workers.dinero(TEMPLATE, DATABASE, PREPARE) as simulator:
        yield simulator


def check(simulator):
    printed = workers.output(DATABASE, AGAIN)
    lines = dict(line.split(" ", 1) for line in printed if not line.startswith("FAILED"))
    assert lines["OPEN"] == "[]", printed
    total, count = map(int, lines["TOTAL"].split())
    assert lines["FILES"] == f"['done'] {count}", printed
    booked = simulator.purchases()
    assert len(simulator.organisation.purchases) == len(booked) == count, "one voucher each"
    assert sum(row["TotalInclVat"] for row in booked) * 100 == total, "to the øre"
    assert len({row["ExternalReference"] for row in booked}) == count
    files = list(simulator.organisation.files.values())
    assert len(files) == count, "one file each"
    assert sorted(file["linked"] for file in files) == sorted([row["Guid"]] for row in booked)
    return count


def test_bill_killed_at_each_step_and_each_fault_after_it(simulator):
    workers.output(DATABASE, BILLS.replace("NUMBER", str(len(FAULTS) + 1)))
    for step in BILL_STEPS[1::2]:
        kill_at(simulator, *step, DATABASE)
    for step in BILL_STEPS:
        for fault in FAULTS:
            simulator.fault(fault, *step)
    assert check(simulator) == len(FAULTS) + 1
    assert not any(fault.times for fault in simulator.faults), "each fault was met"
    simulator.faults.clear()


def test_file_killed_between_its_steps_and_each_fault_after_it(simulator):
    # one was stored and not put to its bill yet
    workers.output(DATABASE, BILLS.replace("NUMBER", str(len(FAULTS) + 1)))
    kill_at(simulator, *FILE_STEPS[0], DATABASE)
    for step in FILE_STEPS:
        for fault in FAULTS:
            simulator.fault(fault, *step)
    assert check(simulator) == len(FAULTS) + 1
    assert not any(fault.times for fault in simulator.faults), "each fault was met"
    simulator.faults.clear()

    # and one was put to it
    workers.output(DATABASE, BILLS.replace("NUMBER", "1"))
    kill_at(simulator, *FILE_STEPS[1], DATABASE)
    assert check(simulator) == len(FAULTS) + 2
