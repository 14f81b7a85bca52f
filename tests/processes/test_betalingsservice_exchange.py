"""A worker is killed around the moment a delivery gets its name on the operator's server: it leaves once.

Needs a database server and a template with the addons; skipped where there is none.
"""

import os
import signal

import pytest
import workers

TEMPLATE = workers.TEMPLATE
DATABASE = "betalingsservice_killed"

pytestmark = workers.needs_database

PREPARE = """
from datetime import timedelta
company = danish_company()
creditor = env["betalingsservice.creditor"].create({{"name": "Race", "pbs_number": "07654321",
    "data_supplier_number": "12345678", "subsystem": "KR9", "group_ids": [(0, 0, {{"number": "00001", "name": "A"}})]}})
env["transfer.connection"].create({{"name": "Race", "kind": "betalingsservice",
    "betalingsservice_creditor_id": creditor.id, "betalingsservice_out": "{out}", "betalingsservice_in": "{received}"}})
partner = env["res.partner"].create({{"name": "Race", "ref": "7001", "street": "A 1", "zip": "6600", "city": "Vejen",
    "country_id": env.ref("base.dk").id}})
env["betalingsservice.agreement"].create({{"partner_id": partner.id, "group_id": creditor.group_ids.id,
    "state": "active", "mandate_number": "000000001"}})
day = creditor._earliest_payment_date()
env["account.move"].create({{"move_type": "out_invoice", "partner_id": partner.id,
    "currency_id": env.ref("base.DKK").id, "invoice_date": day - timedelta(days=20), "invoice_payment_term_id": False,
    "invoice_date_due": day, "invoice_line_ids": [(0, 0, {{"name": "A", "price_unit": 100,
    "tax_ids": [(5, 0, 0)]}})]}}).action_post()
creditor._create_delivery().action_send()
env.cr.commit()
"""
#: The process stops by itself at the point, and is killed there.
WORK = """
import time
from odoo.addons.betalingsservice import api as exchange
from odoo.addons.betalingsservice.api import folder
point = "{point}"
rename, send = folder.Path.rename, exchange.FolderStore.send

def stop():
    print("STOPPED", flush=True)
    time.sleep(600)

def slow_send(store, name, content, before=None):
    if point == "before":
        stop()
    def noted():
        before()
        if point == "noted":
            stop()
    send(store, name, content, noted)
    if point == "after":
        stop()

exchange.FolderStore.send = slow_send
connection = env["transfer.connection"].search([("name", "=", "Race")])
ready()
env["transfer.log"]._process_queue(connection, commit=True)
"""
AGAIN = """
connection = env["transfer.connection"].search([("name", "=", "Race")])
connection.log_ids.write({"next_attempt": "2026-01-01"})
env.cr.commit()
env["transfer.log"]._process_queue(connection, commit=True)
delivery = env["betalingsservice.delivery"].search([("direction", "=", "out")])
print(len(delivery), delivery.state, delivery.transfer_state)
if delivery.transfer_state == "uncertain":
    delivery.action_operator_has_it_not()
    env.cr.commit()
    env["transfer.log"]._process_queue(connection, commit=True)
    print(delivery.state, delivery.transfer_state)
"""


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ("before", ["1 sent done"]),
        # noted, and not there: it might have been taken away, so a person says that it was not received
        ("noted", ["1 ready uncertain", "sent done"]),
        ("after", ["1 sent done"]),
    ],
)
def test_killed_while_handing_over(tmp_path, point, expected):
    out, received = tmp_path / "out", tmp_path / "in"
    out.mkdir()
    received.mkdir()
    with workers.database(TEMPLATE, DATABASE):
        workers.output(DATABASE, PREPARE.format(out=out, received=received))
        process = workers.start(DATABASE, WORK.format(point=point))
        assert process.stdout.readline().strip() == "READY"
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline().strip() == "STOPPED"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert workers.output(DATABASE, AGAIN) == expected
        assert [path.name for path in out.iterdir() if not path.name.startswith(".")] == ["BS0601_0000000001.KR9"]
