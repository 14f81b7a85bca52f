"""A worker is killed at each step of a push to e-conomic, and the attempts after it meet each fault at the same step:
one document, equal amounts.

Needs a database server and a template with the addons; skipped where there is none.
"""

import pytest
import workers
from test_ledger_killed import FAULTS, MORE, TAKE_UP, kill_at

from tests.simulators.economic import EconomicSimulator

TEMPLATE = workers.TEMPLATE
DATABASE = "ledger_economic_killed"
STEPS = (
    ("POST", r"/customers$"),
    ("POST", r"/invoices/drafts$"),
    ("GET", r"/invoices/drafts/\d+$"),
    ("POST", r"/invoices/booked$"),
)

pytestmark = workers.needs_database

PREPARE = """
company = danish_company()
params = env["ir.config_parameter"]
params.set_param("economic_connector.test_server", "1")
params.set_param("economic_connector.api_url", "{url}")
env["transfer.connection"].search([]).action_archive()
tax = env["account.tax"].search([("company_id", "=", company.id), ("type_tax_use", "=", "sale"),
    ("amount_type", "=", "percent")], limit=1)
tax.write({{"amount": 25.0, "price_include_override": "tax_excluded"}})
connection = env["transfer.connection"].create({{"name": "Race", "kind": "economic", "company_id": company.id,
    "economic_app_secret": "{secret}", "economic_grant_token": "{token}"}})
env["ledger.account.mapping"].create({{"connection_id": connection.id, "tax_id": tax.id, "remote_account": "VARE25"}})
connection.action_ledger_read_accounts()
partner = env["res.partner"].create({{"name": "Race", "is_company": True, "country_id": env.ref("base.dk").id,
    "street": "A 1", "zip": "8000", "city": "Aarhus"}})
move = env["account.move"].create({{"move_type": "out_invoice", "partner_id": partner.id, "ref": "RACE",
    "currency_id": env.ref("base.DKK").id, "invoice_date": "2026-03-01", "invoice_line_ids": [(0, 0,
    {{"name": "Race", "price_unit": 100.0, "tax_ids": [(6, 0, tax.ids)]}})]}})
move.action_post()
move.action_ledger_push()
env.cr.commit()
"""


@pytest.fixture
def simulator():
    with EconomicSimulator() as simulator, workers.database(TEMPLATE, DATABASE):
        values = {"url": simulator.base_url, "secret": simulator.app_secret, "token": simulator.grant_token}
        workers.output(DATABASE, PREPARE.format(**values))
        yield simulator


def check(simulator):
    printed = workers.output(DATABASE, TAKE_UP)
    lines = dict(line.split(" ", 1) for line in printed if not line.startswith("FAILED"))
    assert lines["OPEN"] == "[]", printed
    total, count = map(int, lines["TOTAL"].split())
    booked = simulator.booked_invoices.values()
    assert len(booked) == count, "one document each"
    assert not simulator.drafts, "no draft is left"
    assert sum(row["grossAmount"] for row in booked) * 100 == total, "to the øre"
    assert len(simulator.customers) == count
    return count


def test_killed_at_each_step_and_each_fault_after_it(simulator):
    more = MORE.replace('"ledger_rounding_account": "5040"', '"ledger_rounding_account": "VARE0"')
    workers.output(DATABASE, more.replace("NUMBER", str(len(FAULTS))))
    for step in STEPS:
        kill_at(simulator, *step, DATABASE)
    for step in STEPS:
        for fault in FAULTS:
            simulator.fault(fault, *step)
    assert check(simulator) == 1 + len(FAULTS)
    assert not any(fault.times for fault in simulator.faults), "each fault was met"
