"""A worker is killed around the moment an access point takes an e-invoice, or a mail is written: it leaves once.

Needs a database server and a template with the addons; skipped where there is none.
"""

import json

import workers

from tests.simulators.access_point import AccessPointSimulator

TEMPLATE = workers.TEMPLATE
DATABASE = "einvoice_killed"

pytestmark = workers.needs_database

PREPARE = """
import json
from odoo.addons.nordic_einvoice.api import presets
company = danish_company()
company.partner_id.write({{"street": "A 1", "zip": "6600", "city": "Vejen", "country_id": env.ref("base.dk").id,
    "vat": "DK12345674", "company_registry": "12345674", "peppol_eas": "0184", "peppol_endpoint": "12345674"}})
env["res.partner.bank"].create({{"acc_number": "DK5000400440116243", "partner_id": company.partner_id.id}})
env["ir.config_parameter"].set_param("nordic_einvoice.test_server", "1")
env["transfer.connection"].create({{"name": "Killed", "kind": "einvoice_api", "einvoice_provider": "qvalia",
    "einvoice_environment": "test", "einvoice_account": "A1", "einvoice_partner_number": "P1",
    "einvoice_secret": "hemmelig-proeve",
    "einvoice_definition": json.dumps(presets.PRESETS["qvalia"].definition | {{"hosts": {{"test": "{url}"}}}})}})
partner = env["res.partner"].create({{"name": "Kunde", "is_company": True, "street": "B 2", "zip": "4035",
    "city": "Stavanger", "country_id": env.ref("base.no").id, "vat": "NO310999938MVA",
    "company_registry": "310999938", "peppol_eas": "0192", "peppol_endpoint": "310999938"}})
tax = env.ref(f"account.{{company.id}}_tax_s1")
move = env["account.move"].create({{"move_type": "out_invoice", "partner_id": partner.id,
    "currency_id": env.ref("base.DKK").id, "invoice_date": "2026-11-02", "buyer_reference": "Jette",
    "einvoice_channel": "peppol", "invoice_line_ids": [(0, 0, {{"name": "A", "price_unit": 100,
    "tax_ids": [(6, 0, tax.ids)]}})]}})
move.action_post()
env["nordic.einvoice.dispatch"]._plan(move._einvoice_ways(), "2026-11-02")
env.cr.commit()
"""
STOP = """
from odoo.addons.nordic_einvoice.api.access_point import AccessPoint
point = "{point}"
if point in ("before", "after"):
    send = AccessPoint.send
    def stopping(self, message):
        if point == "before":
            ready()
        receipt = send(self, message)
        ready()
        return receipt
    AccessPoint.send = stopping
if point == "planned":
    # its work is done and not committed
    Dispatch = type(env["nordic.einvoice.dispatch"])
    process = Dispatch._process
    def stopping(self, runner=None):
        process(self, runner)
        env.flush_all()
        ready()
    Dispatch._process = stopping
"""
WORK = """
env["nordic.einvoice.dispatch"]._cron_process()
env.cr.commit()
logs = env["transfer.log"].search([("operation", "=", "einvoice_send")])
logs.filtered(lambda log: log.state in ("queued", "sending", "uncertain")).sudo().next_attempt = "2020-01-01"
env["transfer.connection"].search([("name", "=", "Killed")]).blocked_until = False
env.cr.commit()
env["transfer.log"]._process_queue(env["transfer.connection"].search([("name", "=", "Killed")]), commit=True)
"""
CHECK = """
documents = env["nordic.einvoice.document"].search([("direction", "=", "out")])
dispatches = env["nordic.einvoice.dispatch"].search([])
logs = env["transfer.log"].search([("operation", "=", "einvoice_send")])
print(len(documents), *documents.mapped("state"), len(dispatches), *dispatches.mapped("state"), len(logs))
"""


def test_killed_at_every_point_it_leaves_once():
    with AccessPointSimulator("qvalia") as simulator, workers.database(TEMPLATE, DATABASE):
        workers.output(DATABASE, PREPARE.format(url=simulator.base_url))
        for point in ("planned", "before", "after"):
            workers.killed(DATABASE, STOP.format(point=point) + WORK)
        assert len(simulator.taken) == 1, "killed after it was taken, before we knew"
        workers.output(DATABASE, WORK)
        workers.output(DATABASE, WORK)
        assert len(simulator.taken) == 1
        assert len({json.dumps(entry["key"]) for entry in simulator.taken}) == 1
        assert workers.output(DATABASE, CHECK) == ["1 sent 1 done 1"]
