"""An access point that calls: what it names is fetched once; what became of ours is asked for, or the call says it."""

import hashlib
import hmac
import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from . import received
from .test_access_point_inbox import GENERIC, InboxCommon

WEBHOOK = {
    "event": "event",
    "received": ["documentReceived"],
    "changed": ["documentStatusChanged"],
    "id": "documentId",
    "state": "status",
    "reason": "text",
}
CALLED = {"inbox": {"fetch": GENERIC["inbox"]["fetch"]}, "webhook": WEBHOOK, "respond": None}


class WebhookCommon(InboxCommon):
    def _called(self, connection, answered=200, headers=None, **body):
        self.assertEqual(connection._einvoice_called(headers or {}, json.dumps(body).encode()), answered)

    def _connect_called(self, **definition):
        connection = self._connect("generic", **(GENERIC | CALLED | definition))
        connection.einvoice_is_fetching = True
        connection.action_einvoice_webhook()
        return connection

    def _run(self, connection):
        self.env["transfer.log"]._process_queue(connection)

    def _inbox(self):
        return self.env["nordic.einvoice.document"].search([("direction", "=", "in")])


@tagged("post_install", "-at_install")
class TestCalls(WebhookCommon):
    def test_what_is_named_is_fetched_once(self):
        connection = self._connect_called()
        content = received.write()
        number = self.simulator.deliver(content)
        for _turn in range(3):
            self._called(connection, event="documentReceived", documentId=number)
            self._run(connection)
        self.assertEqual(self.simulator.counts(), [(1, 0)])
        self.assertEqual(self._inbox().attachment_id.sudo().raw, content)

    def test_a_number_that_is_not_there_is_no_document(self):
        connection = self._connect_called()
        self._called(connection, event="documentReceived", documentId="D99")
        self._run(connection)
        self.assertFalse(self._inbox())

    def test_not_fetching_takes_nothing(self):
        connection = self._connect_called()
        connection.einvoice_is_fetching = False
        number = self.simulator.deliver(received.write())
        self._called(connection, 503, event="documentReceived", documentId=number)  # they may call again
        self._run(connection)
        self.assertEqual(self.simulator.counts(), [(0, 0)])

    def test_while_paused_it_waits_in_the_queue(self):
        connection = self._connect_called()
        connection.action_pause()
        self._called(connection, event="documentReceived", documentId=self.simulator.deliver(received.write()))
        self._run(connection)
        self.assertEqual(self.simulator.counts(), [(0, 0)])
        connection.action_resume()
        self._run(connection)
        self.assertTrue(self._inbox().move_id)

    def test_nothing_is_listed(self):
        connection = self._connect_called()
        connection._einvoice_list_all()
        self.assertFalse(connection.log_ids)
        with self.assertRaises(UserError):
            connection.action_einvoice_fetch()

    def _sent(self, connection):
        document = self._document(self._invoice(self._partner("no", buyer_reference="Ada")))
        document.action_send()
        self._run(connection)
        self.assertEqual(document.state, "sent")
        return document

    def test_a_call_makes_us_ask(self):
        status = {"path": "/messages/{remote_id}", "state": "message.state", "reason": "message.text"}
        connection = self._connect_called(status=status)
        document = self._sent(connection)
        number = document.transfer_log_id.remote_id
        self._called(connection, event="documentStatusChanged", documentId=number, status="rejected")
        self.assertEqual(document.state, "sent")  # what the call says is not believed where we can ask
        self.simulator.set_state(number, "delivered")
        connection._einvoice_ask()
        self.assertEqual(document.state, "delivered")

    def test_where_nobody_can_be_asked_the_call_counts(self):
        connection = self._connect_called(status=None)
        document = self._sent(connection)
        number = document.transfer_log_id.remote_id
        connection._einvoice_ask()  # there is nobody to ask
        self._called(connection, event="documentStatusChanged", documentId="other", status="rejected")
        self._called(connection, event="documentStatusChanged", documentId=number, status="unheard of")
        self.assertEqual(document.state, "sent")
        self._called(connection, event="documentStatusChanged", documentId=number, status="Rejected", text="Forkert")
        self.assertEqual((document.state, document.answer_text), ("rejected", "Forkert"))
        self._called(connection, event="documentStatusChanged", documentId=number, status="delivered")
        self.assertEqual(document.state, "rejected")

    def test_signed_or_refused(self):
        connection = self._connect_called(webhook=WEBHOOK | {"signature": {"kind": "body", "header": "Signature"}})
        number = self.simulator.deliver(received.write())
        body = {"event": "documentReceived", "documentId": number}
        self._called(connection, 401, **body)
        connection.einvoice_webhook_secret = "hemmelig"
        right = hmac.new(b"hemmelig", json.dumps(body).encode(), hashlib.sha256).hexdigest()
        self._called(connection, 401, {"Signature": right[::-1]}, **body)
        self.assertFalse(connection.log_ids)
        self._called(connection, 200, {"Signature": right}, **body)
        self.assertEqual(len(connection.log_ids), 1)

    def test_address_and_secret_are_the_administrators(self):
        connection = self._connect_called()
        for user in self._users().values():
            for name in ("einvoice_webhook_token", "einvoice_webhook_url", "einvoice_webhook_secret"):
                with self.assertRaises(AccessError):
                    connection.with_user(user).read([name])
        old = connection.einvoice_webhook_token
        connection.action_einvoice_webhook()
        of_webhook = self.env["transfer.connection"].sudo()._einvoice_of_webhook
        self.assertFalse(of_webhook(old))
        self.assertEqual(of_webhook(connection.einvoice_webhook_token), connection)
        for token in ("", "x", "%" * 43):
            self.assertFalse(of_webhook(token))
        connection.write({"einvoice_is_fetching": False, "einvoice_provider": "qvalia"})
        self.assertFalse(connection.einvoice_webhook_token)

    def test_archived_or_without_calls(self):
        connection = self._connect_called()
        token = connection.einvoice_webhook_token
        connection.active = False
        self.assertFalse(self.env["transfer.connection"].sudo()._einvoice_of_webhook(token))
        connection.active = True
        definition = json.loads(connection.einvoice_definition) | {"webhook": None, "inbox": None}
        connection.write({"einvoice_is_fetching": False, "einvoice_definition": json.dumps(definition)})
        self._called(connection, 404, event="documentReceived", documentId="D1")
        with self.assertRaises(UserError):
            connection.action_einvoice_webhook()


@tagged("post_install", "-at_install")
class TestAddress(WebhookCommon, HttpCase):
    def test_over_http(self):
        connection = self._connect_called()
        number = self.simulator.deliver(received.write())
        path = f"/nordic_einvoice/webhook/{connection.einvoice_webhook_token}"
        self.assertTrue(connection.einvoice_webhook_url.endswith(path))
        body = json.dumps({"event": "documentReceived", "documentId": number})
        headers = {"Content-Type": "application/json"}
        self.env.flush_all()
        self.assertEqual(self.url_open(path, data=body, headers=headers).status_code, 200)
        self.assertEqual(self.url_open(f"{path}x", data=body, headers=headers).status_code, 404)
        self.assertEqual(self.url_open(path, data="<x/>", headers=headers).status_code, 400)
        self.assertEqual(self.url_open(path, data="x" * 1_100_000, headers=headers).status_code, 413)
        self.assertEqual(self.url_open(path).status_code, 405)
        self._run(connection)
        self.assertEqual(self.simulator.counts(), [(1, 0)])
