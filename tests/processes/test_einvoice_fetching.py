"""A worker is killed while it fetches from an access point: every document is here once, and told once it is stored.

Needs a database server and a template with the addons; skipped where there is none.
"""

from dataclasses import replace

import workers

from tests.nordic_einvoice import samples
from tests.simulators.access_point import AccessPointSimulator

TEMPLATE = workers.TEMPLATE
DATABASE = "einvoice_fetch_killed"

pytestmark = workers.needs_database

PREPARE = """
import json
from odoo.addons.nordic_einvoice.api import presets
company = danish_company()
env["res.partner"].create({{"name": "Sender", "is_company": True, "vat": "DK12345674",
    "country_id": env.ref("base.dk").id}})
env["ir.config_parameter"].set_param("nordic_einvoice.test_server", "1")
env["transfer.connection"].create({{"name": "Killed", "kind": "einvoice_api", "einvoice_provider": "peppyrus",
    "company_id": company.id, "einvoice_environment": "test", "einvoice_secret": "hemmelig-proeve",
    "einvoice_is_fetching": True, "einvoice_definition": json.dumps(
        presets.PRESETS["peppyrus"].definition | {{"hosts": {{"test": "{url}"}}}})}})
env.cr.commit()
"""
#: Stops for good around a step, as a process that loses its power.
STOP = """
from odoo.addons.nordic_einvoice.api.receiving import ReceivingAccessPoint as Point
original = Point.{method}
def stopping(self, *arguments):
    if {before}:
        ready()
    result = original(self, *arguments)
    ready()
    return result
Point.{method} = stopping
"""
#: Everything of one document is done, and nothing committed.
STORED = """
Connection = type(env["transfer.connection"])
original = Connection._transfer_done
def stopping(self, log, result):
    original(self, log, result)
    env.flush_all()
    if log.operation == "einvoice_fetch":
        ready()
Connection._transfer_done = stopping
"""
WORK = """
connection = env["transfer.connection"].search([("name", "=", "Killed")])
connection._einvoice_enqueue_list("{moment}")
logs = connection.log_ids.filtered(lambda log: log.state in ("queued", "sending", "uncertain"))
logs.sudo().next_attempt = "2020-01-01"
connection.blocked_until = False
env.cr.commit()
env["transfer.log"]._process_queue(connection, commit=True)
env.cr.commit()
"""
CHECK = """
documents = env["nordic.einvoice.document"].search([("received_channel", "=", "provider")])
print(len(documents), len(documents.move_id), len(set(documents.mapped("name"))))
"""


def work(moment, stop=""):
    return stop + WORK.format(moment=moment)


def test_killed_at_every_point_nothing_is_lost_or_doubled():
    with AccessPointSimulator("peppyrus") as simulator, workers.database(TEMPLATE, DATABASE):
        workers.output(DATABASE, PREPARE.format(url=simulator.base_url))
        for number in range(2):
            one = replace(samples.invoice(), number=f"KILL-{number}")
            simulator.deliver(written(one))
        # listed, and killed before it was noted
        workers.killed(DATABASE, work(1, STOP.format(method="waiting", before=False)))
        # fetched and not acknowledged: nothing is stored
        workers.killed(DATABASE, work(2, STOP.format(method="document", before=False)))
        workers.killed(DATABASE, work(3, STORED))
        assert workers.output(DATABASE, CHECK) == ["0 0 0"]
        assert [told for _fetched, told in simulator.counts()] == [0, 0], "told before it was stored"
        # stored, killed before it was told; and told, killed before we knew
        workers.killed(DATABASE, work(4, STOP.format(method="acknowledge", before=True)))
        assert [told for _fetched, told in simulator.counts()] == [0, 0]
        workers.killed(DATABASE, work(5, STOP.format(method="acknowledge", before=False)))
        assert sum(told for _fetched, told in simulator.counts()) == 1
        assert workers.output(DATABASE, CHECK) == ["2 2 2"]
        workers.output(DATABASE, work(6))
        workers.output(DATABASE, work(7))
        assert workers.output(DATABASE, CHECK) == ["2 2 2"]
        assert all(told for _fetched, told in simulator.counts())


def written(invoice):
    from odoo.addons.nordic_einvoice import formats

    return formats.write(invoice, "bis3")


def test_two_processes_fetch_at_once():
    with AccessPointSimulator("peppyrus") as simulator, workers.database(TEMPLATE, DATABASE):
        workers.output(DATABASE, PREPARE.format(url=simulator.base_url))
        for number in range(4):
            simulator.deliver(written(replace(samples.invoice(), number=f"RACE-{number}")))
        workers.output(DATABASE, WORK.format(moment=1).partition('env["transfer.log"]')[0])
        both = 'ready()\nenv["transfer.log"]._process_queue(env["transfer.connection"].search('
        both += '[("name", "=", "Killed")]), commit=True)\nenv.cr.commit()'
        workers.together(DATABASE, both, both)
        workers.output(DATABASE, work(2))
        assert workers.output(DATABASE, CHECK) == ["4 4 4"]
        assert [told for _fetched, told in simulator.counts()] == [1] * 4
        assert [fetched for fetched, _told in simulator.counts()] == [1] * 4
