"""A worker that sends reports is killed, and two send at once: each report leaves once, and none is lost.

Needs a database server and a template with the addons; skipped where there is none.
"""

import pytest
import workers

TEMPLATE = workers.TEMPLATE
DATABASE = "transfer_reports"

pytestmark = workers.needs_database

PREPARE = """
connection = env["transfer.connection"].create({"name": "Reports", "kind": "manual"})
reader = env["res.users"].create({"name": "Reader", "login": "reader", "email": "laeser@example.dk",
    "group_ids": [(4, env.ref("transfer_log.group_transfer_auditor").id)]})
env["transfer.notification"].create({"user_id": reader.id, "event": "errors", "frequency": "at_once"})
env["transfer.notification"].create({"user_id": reader.id, "event": "errors", "frequency": "daily"})
env["transfer.notification"].search([("frequency", "=", "daily")]).next_date = "2020-01-01"
for number in range(3):
    connection._transfer_enqueue("thing_create", reader.partner_id, str(number))
env["transfer.log"]._process_queue(connection, commit=True)
env.cr.commit()
"""
# killed when the mail is in the outbox and the events are marked, but nothing is committed
KILLED = """
sending = type(env["transfer.notification"])
original = sending._send
def send(self, now):
    original(self, now)
    self.env.flush_all()
    ready()
sending._send = send
env["transfer.notification"]._cron_send()
"""
SEND = """
ready()
env["transfer.notification"]._cron_send()
env.cr.commit()
"""
CHECK = """
partner = env["res.users"].search([("login", "=", "reader")]).partner_id
print("MAILS", env["mail.mail"].search_count([("recipient_ids", "in", partner.ids)]))
print("PENDING", env["transfer.notification.line"].search_count([("sent_date", "=", False)]))
print("FAILED", env["transfer.log"].search_count([("state", "=", "failed")]))
"""
SENT_AGAIN = SEND.replace("ready()", "")


@pytest.fixture
def database():
    with workers.database(TEMPLATE, DATABASE):
        workers.output(DATABASE, PREPARE)
        yield


def state():
    return dict(line.split() for line in workers.output(DATABASE, CHECK))


def test_killed_before_the_report_was_committed(database):
    assert state() == {"MAILS": "0", "PENDING": "6", "FAILED": "3"}
    workers.killed(DATABASE, KILLED)
    assert state()["MAILS"] == "0"
    workers.output(DATABASE, SENT_AGAIN)
    assert state() == {"MAILS": "2", "PENDING": "0", "FAILED": "3"}
    workers.output(DATABASE, SENT_AGAIN)
    assert state()["MAILS"] == "2"


def test_two_send_at_once(database):
    workers.together(DATABASE, SEND, SEND)
    workers.output(DATABASE, SENT_AGAIN)
    assert state() == {"MAILS": "2", "PENDING": "0", "FAILED": "3"}
