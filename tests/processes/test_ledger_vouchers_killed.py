"""Workers are killed while the vouchers of payouts go to Dinero, and attempts after it meet each fault at each step:
one booked voucher, equal amounts.

Needs a database server and a template with the addons; skipped where there is none.
"""

import pytest
import workers
from test_ledger_killed import FAULTS, GUID, SETTLE, kill_at
from test_transfer import PREPARE

TEMPLATE = workers.TEMPLATE
DATABASE = "ledger_vouchers_killed"
STEPS = (
    ("GET", r"/entries"),
    ("POST", r"/vouchers/manuel$"),
    ("GET", rf"/vouchers/manuel/{GUID}$"),
    ("POST", r"/vouchers/manuel/.*/book$"),
)

pytestmark = workers.needs_database

# the connection of test_transfer, its invoices left alone; a provider whose payouts settle invoices
PROVIDER = """
company = env.company
connection = env["transfer.connection"].search([("name", "=", "Race")])
env["transfer.log"].search([("connection_id", "=", connection.id)]).write({"state": "ignored", "next_attempt": False})
env["paymatch.provider"].search([]).active = False
journal = env["account.journal"].search([("company_id", "=", company.id), ("type", "=", "general")], limit=1)
provider = env["paymatch.provider"].create({"name": "Vipps", "kind": "payout", "format": "vipps_xml",
    "company_id": company.id, "currency_id": company.currency_id.id, "journal_id": journal.id})
provider.action_create_accounts()
env.cr.commit()
"""
# payouts of 99.00, 100.00, ..., each with a fee of 1.00
PAYOUTS = """
from odoo.addons.paymatch.tests.common import vipps_xml
company = env.company
connection = env["transfer.connection"].search([("name", "=", "Race")])
provider = env["paymatch.provider"].search([("format", "=", "vipps_xml")])
partner = env["res.partner"].create({"name": "Voucher"})
first = env["paymatch.report"].search_count([])
for number in range(first, first + NUMBER):
    move = env["account.move"].create({"move_type": "out_invoice", "partner_id": partner.id,
        "invoice_date": "2026-03-01", "invoice_origin": f"V-{number}",
        "invoice_line_ids": [(0, 0, {"name": "Bread", "price_unit": 100.0 + number, "tax_ids": [(5, 0, 0)]})]})
    move._post()
    data = vipps_xml(3000101 + number, [(f"V-{number}", 100 + number, 1)], currency=company.currency_id.name)
    report = env["paymatch.report"]._import_file(data, f"{number}.xml", provider)
    report.action_match()
    report.action_approve()
    accounts = report.move_ids.line_ids.account_id - connection.ledger_mapping_ids.account_id
    for account, remote in zip(accounts.sorted("id"), ("11000", "7220", "55900", "63000"), strict=False):
        env["ledger.account.mapping"].create(
            {"connection_id": connection.id, "account_id": account.id, "remote_account": remote})
env.cr.commit()
"""
AGAIN = (
    SETTLE
    + """
reports = env["paymatch.report"].search([])
print("LOGS", *reports.mapped("state"), *reports._ledger_logs().mapped("state"))
print("SUMS", *sorted(round(sum(line.balance for line in move.line_ids if line.balance > 0) * 100)
    for move in reports.move_ids))
"""
)


@pytest.fixture
def simulator():
    with workers.dinero(TEMPLATE, DATABASE, PREPARE) as simulator:
        workers.output(DATABASE, PROVIDER)
        yield simulator


def check(simulator):
    printed = workers.output(DATABASE, AGAIN)
    lines = dict(line.split(" ", 1) for line in printed if not line.startswith("FAILED"))
    states, sums = lines["LOGS"].split(), list(map(int, lines["SUMS"].split()))
    assert set(states) == {"approved", "done"}, printed
    booked = [row for row in simulator.organisation.manuals.values() if row["Status"] == "Booked"]
    assert len(booked) == len(sums), "one booked voucher each"
    there = sorted(sum(line["Amount"] for line in row["Lines"] if line["Amount"] > 0) * 100 for row in booked)
    assert there == sums, "to the øre"
    assert all(sum(line["Amount"] for line in row["Lines"]) == 0 for row in booked)
    return len(sums)


def test_voucher_killed_at_each_step_and_each_fault_after_it(simulator):
    workers.output(DATABASE, PAYOUTS.replace("NUMBER", str(len(FAULTS) + 1)))
    for step in STEPS:
        kill_at(simulator, *step, DATABASE)
    for step in STEPS:
        for fault in FAULTS:
            simulator.fault(fault, *step)
    assert check(simulator) == len(FAULTS) + 1
    assert not any(fault.times for fault in simulator.faults), "each fault was met"
