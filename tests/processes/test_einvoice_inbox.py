"""Two processes read a watched folder at once, and one is killed on the way: no file is taken twice or lost.

Needs a database server and a template with the addons; skipped where there is none.
"""

import os
import time

import pytest
import workers

from tests.nordic_einvoice import samples

TEMPLATE = workers.TEMPLATE
DATABASE = "einvoice_inbox_two_processes"
FILES = 4

pytestmark = workers.needs_database

PREPARE = """
company = danish_company()
env["res.partner"].create({{"name": "Sender", "is_company": True, "vat": "DK12345674",
    "country_id": env.ref("base.dk").id}})
env["transfer.connection"].create({{"name": "Race", "kind": "einvoice_inbox", "company_id": company.id,
    "einvoice_inbox_folder": {folder!r}}})
env.cr.commit()
"""
TAKE = """
ready()
env["transfer.connection"]._cron_einvoice_inbox()
"""
CHECK = """
documents = env["nordic.einvoice.document"].search([("received_channel", "=", "folder")])
print(len(documents), len(documents.move_id), len(set(documents.mapped("name"))))
"""
#: Stops for good where the name says, as a process that loses its power.
STOP = """
from odoo.addons.nordic_einvoice.models.transfer_connection_inbox import TransferConnection as Inbox
original = Inbox.{method}
def stopped(self, *args, **kwargs):
    if {before}:
        ready()
    result = original(self, *args, **kwargs)
    ready()
    return result
Inbox.{method} = stopped
env["transfer.connection"]._cron_einvoice_inbox()
"""


@pytest.fixture
def inbox(tmp_path):
    from dataclasses import replace

    from odoo.addons.nordic_einvoice import formats

    for number in range(FILES):
        path = tmp_path / f"{number}.xml"
        one = replace(samples.invoice(), number=f"RACE-{number}")
        path.write_bytes(formats.write(one, "bis3"))
        os.utime(path, (time.time() - 60, time.time() - 60))
    with workers.database(TEMPLATE, DATABASE):
        workers.output(DATABASE, PREPARE.format(folder=str(tmp_path)))
        yield tmp_path


def left(folder):
    return len(list(folder.glob("*.xml"))), len(list((folder / "done").glob("*.xml")))


def test_two_processes_take_each_file_once(inbox):
    workers.together(DATABASE, TAKE, TAKE)
    workers.output(DATABASE, TAKE.replace("ready()", ""))
    assert workers.output(DATABASE, CHECK) == [f"{FILES} {FILES} {FILES}"]
    assert left(inbox) == (0, FILES)


@pytest.mark.parametrize(
    ("method", "before", "known"),
    [("_einvoice_take_file", False, 0), ("_einvoice_file_done", True, 1), ("_einvoice_file_done", False, 1)],
)
def test_killed_on_the_way(inbox, method, before, known):
    workers.killed(DATABASE, STOP.format(method=method, before=before))
    assert workers.output(DATABASE, CHECK) == [f"{known} {known} {known}"]
    workers.output(DATABASE, TAKE.replace("ready()", ""))
    assert workers.output(DATABASE, CHECK) == [f"{FILES} {FILES} {FILES}"]
    assert left(inbox) == (0, FILES)
