"""Received documents fetched from an access point, and answers sent back through it: each once, whatever happens."""

import importlib
import json
import tempfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from unittest import SkipTest
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.nordic_einvoice import formats
from odoo.addons.nordic_einvoice.api import presets
from odoo.addons.nordic_einvoice.formats import responses
from odoo.addons.transfer_log import http

from . import received
from .test_receiving_rules import ReceivedCommon

GENERIC = {
    "send": {"method": "POST", "path": "/messages", "body": "xml", "headers": {"X-Reference": "{message_id}"},
             "id": "message.id"},
    "find": {"path": "/messages", "query": {"reference": "{message_id}"}, "id": "messages.0.id"},
    "repeat": "find",
    "inbox": {
        "list": {"path": "/received", "rows": "page.rows", "id": "number"},
        "fetch": {"path": "/received/{remote_id}"},
        "acknowledge": {"method": "DELETE", "path": "/received/{remote_id}"},
    },
    "respond": {"method": "POST", "path": "/received/{remote_id}/answers", "body": "xml", "id": "id"},
}  # fmt: skip


class InboxCommon(ReceivedCommon):
    def setUp(self):
        super().setUp()
        try:
            self.simulators = importlib.import_module("tests.simulators.access_point")
        except ImportError as error:
            raise SkipTest("the simulators are not part of this installation") from error
        self.env["ir.config_parameter"].set_param("nordic_einvoice.test_server", "1")
        self.enterContext(patch.object(http, "READ_PAUSES", ()))

    def _connect(self, style, provider=None, **definition):
        self.simulator = self.simulators.AccessPointSimulator(style).start()
        self.addCleanup(self.simulator.stop)
        values = presets.PRESETS[provider or style].definition | {"hosts": {"test": self.simulator.base_url}}
        return self.env["transfer.connection"].create(
            {
                "name": style,
                "kind": "einvoice_api",
                "company_id": self.company.id,
                "einvoice_provider": provider or style,
                "einvoice_environment": "test",
                "einvoice_account": "A1",
                "einvoice_client_id": "bruger",
                "einvoice_secret": "hemmelig-proeve",
                "einvoice_vendor_key": "leverandoer",
                "einvoice_is_fetching": True,
                "einvoice_from_date": "2026-11-01",
                "einvoice_definition": json.dumps(values | definition),
            }
        )

    def _deliver(self, *numbers, fmt="bis3", **values):
        return [self.simulator.deliver(received.write(fmt, number=number, **values)) for number in numbers]

    def _process(self, connection):
        waiting = connection.log_ids.filtered(lambda log: log.state in ("queued", "uncertain"))
        waiting.sudo().next_attempt = "2020-01-01"
        connection.blocked_until = False
        self.env["transfer.log"]._process_queue(connection)

    def _fetch(self, connection, moment="1"):
        connection._einvoice_enqueue_list(moment)
        self._process(connection)
        return self._documents()

    def _documents(self):
        return self.env["nordic.einvoice.document"].search(
            [("received_channel", "=", "provider"), ("company_id", "=", self.company.id)], order="id"
        )


@tagged("post_install", "-at_install")
class TestAccessPointInbox(InboxCommon):
    def test_fetched_received_and_acknowledged_once(self):
        connection = self._connect("peppyrus")
        self._deliver("P-1", "P-2")
        documents = self._fetch(connection)
        self.assertEqual(documents.mapped("name"), ["P-1", "P-2"])
        self.assertRecordValues(documents.move_id, [{"amount_total": 312.44, "state": "draft"}] * 2)
        self.assertEqual(self.simulator.counts(), [(1, 1), (1, 1)])
        logs = connection.log_ids.sudo()
        self.assertEqual(set(logs.mapped("state")), {"done"})
        fetched = logs.filtered(lambda log: log.operation == "einvoice_fetch")
        self.assertEqual(set(fetched.mapped("res_id")), set(documents.ids))
        self.assertNotIn("hemmelig", "".join(str(log.response_body) for log in logs))
        self.assertEqual(self._fetch(connection, "2"), documents)
        self.assertEqual(self.simulator.counts(), [(1, 1), (1, 1)])
        inbox = self.env.ref("nordic_einvoice.nordic_einvoice_inbox_view_form")
        self.assertEqual(documents[0].get_formview_id(), inbox.id, "opened from the transfer")
        self.assertTrue(documents[0].message_ids.filtered(lambda message: "peppyrus" in (message.body or "")))

    def test_it_is_told_only_after_the_document_is_stored(self):
        connection = self._connect("peppyrus")
        self._deliver("P-1")
        Document = type(self.env["nordic.einvoice.document"])
        broken = patch.object(Document, "_einvoice_receive", side_effect=ZeroDivisionError)
        with broken, mute_logger("odoo.addons.transfer_log.models.transfer_log"):
            self.assertFalse(self._fetch(connection))
        self.assertEqual(self.simulator.counts(), [(1, 0)], "fetched, not stored: never told")
        self._process(connection)
        self.assertEqual(len(self._documents()), 1)
        self.assertEqual(self.simulator.counts(), [(2, 1)])

    def test_faults_lose_nothing_and_take_nothing_twice(self):
        connection = self._connect("peppyrus")
        # an answer that comes too late is one that is lost (tests/nordic_einvoice/test_access_points.py)
        faults = ("timeout_before", "timeout_after", "500", "500_after", "nonsense", "429")
        for number, fault in enumerate(faults):
            for method, path in (("GET", "/list"), ("GET", "/D"), ("PATCH", "")):
                name = f"F-{number}-{method}{len(path)}"
                self._deliver(name)
                self.simulator.fault(fault, method, path)
                self._fetch(connection, name)
                for _time in range(3):
                    self._process(connection)
                with self.subTest(fault=fault, method=method, path=path):
                    self.assertEqual(self._documents()[-1:].name, name)
                    self.assertTrue(self.simulator.inbox[-1]["acknowledged"])
        self.assertEqual(len(self._documents()), 3 * len(faults))
        self.assertEqual(len(self._documents().move_id), 3 * len(faults))

    def test_the_same_document_delivered_twice_is_one_bill(self):
        connection = self._connect("peppyrus")
        self._deliver("P-1", "P-1")
        documents = self._fetch(connection)
        self.assertEqual(len(documents), 1)
        self.assertEqual(self.simulator.counts(), [(1, 1), (1, 1)], "both are told to have arrived")
        # and one that came by mail before
        by_mail = self._receive(number="P-9", channel="mail", remote_id="m-9")
        self._deliver("P-9")
        self.assertEqual(self._fetch(connection, "2"), documents)
        self.assertEqual(by_mail.received_channel, "mail")
        self.assertTrue(self.simulator.inbox[-1]["acknowledged"])

    def test_an_acknowledgement_that_was_forgotten_is_repeated(self):
        connection = self._connect("peppyrus")
        self._deliver("P-1")
        self.simulator.fault("forget", "PATCH")
        self._fetch(connection)
        self.assertEqual(self.simulator.counts(), [(1, 0)])
        self._fetch(connection, "2")
        self.assertEqual(self.simulator.counts(), [(1, 0)], "not at once: lists lag behind")
        acknowledged = connection.log_ids.sudo().filtered(lambda log: log.operation == "einvoice_acknowledge")
        acknowledged.sent_date -= timedelta(hours=2)
        self._fetch(connection, "3")
        self._process(connection)
        self.assertEqual(self.simulator.counts(), [(1, 1)], "told again, not fetched again")
        self.assertEqual(len(self._documents()), 1)

    def test_what_cannot_be_read_is_kept_and_stops_nobody(self):
        connection = self._connect("generic", **GENERIC)
        self.simulator.deliver(b"<html>no invoice</html>")
        self.simulator.deliver(b"\xff\xfe broken")
        latin = received.write(number="P-3").replace(b"UTF-8", b"ISO-8859-1").decode().encode("latin-1")
        self.simulator.deliver(latin)
        documents = self._fetch(connection)
        self.assertEqual(documents.mapped("inbox_state"), ["person", "person", "bill"])
        self.assertEqual([bytes(one.attachment_id.raw) for one in documents],
                         [entry["content"] for entry in self.simulator.inbox])  # fmt: skip
        self.assertEqual(self.simulator.counts(), [(1, 1)] * 3)

    def test_one_that_is_gone_over_there_is_told(self):
        connection = self._connect("peppyrus")
        self._deliver("P-1")
        self.simulator.fault("refuse", "GET", "/D1")
        self.assertFalse(self._fetch(connection))
        failed = connection.log_ids.sudo().filtered(lambda log: log.state == "failed")
        self.assertEqual(failed.operation, "einvoice_fetch")
        self.assertEqual(self.simulator.counts(), [(0, 0)], "it stays over there")
        failed.action_retry()
        self._process(connection)
        self.assertEqual(self._documents().name, "P-1")

    def test_where_nothing_is_acknowledged_it_goes_by_day(self):
        definition = presets.PRESETS["maventa"].definition
        fetch = definition["inbox"]["fetch"] | {"query": {"return_format": "as-it-came"}}
        connection = self._connect("maventa", inbox=definition["inbox"] | {"fetch": fetch})
        self.simulator.deliver(received.write(number="OLD"), day="2026-10-31")
        self.simulator.deliver(received.write(number="P-1"), day="2026-11-02")
        with patch.object(type(connection), "_company_today", lambda _self: date(2026, 11, 20)):
            self.assertEqual(self._fetch(connection).mapped("name"), ["P-1"])
        self.assertEqual(str(connection._einvoice_position()), "2026-11-19")
        self.simulator.deliver(received.write(number="P-2"), day="2026-11-19")
        self.assertEqual(self._fetch(connection, "2").mapped("name"), ["P-1", "P-2"])
        self.assertEqual(self.simulator.counts(), [(0, 0), (1, 0), (1, 0)])
        connection.einvoice_from_date = "2026-10-01"
        self.assertEqual(self._fetch(connection, "3").mapped("name"), ["P-1", "P-2", "OLD"])

    def test_a_long_list_is_fetched_to_the_end(self):
        connection = self._connect("peppyrus")
        data = received.invoice()
        for number in range(130):
            self.simulator.deliver(f"<note>{number}</note>".encode())
        self.simulator.deliver(formats.write(replace(data, number="LAST"), "bis3"))
        self._fetch(connection)
        self._process(connection)
        self.assertEqual(len(self._documents()), 131)
        self.assertEqual(self._documents()[-1].name, "LAST")
        self.assertEqual(set(self.simulator.counts()), {(1, 1)})

    def test_what_is_not_public_is_asked_for_before_fetching(self):
        for provider in ("sproom", "maventa", "storecove", "qvalia", "unit4", "recommand", "generic"):
            with self.subTest(provider), self.assertRaises(ValidationError) as caught, self.cr.savepoint():
                self._connect(provider)
            self.assertIn("webhook.id" if provider == "sproom" else "inbox", str(caught.exception))
        connection = self._connect("peppyrus")
        connection.einvoice_is_fetching = False
        with self.assertRaises(UserError):
            connection.action_einvoice_fetch()
        self.env["transfer.connection"]._einvoice_list_all()
        self.assertFalse(connection.log_ids)
        connection.einvoice_is_fetching = True
        self.env["transfer.connection"]._einvoice_list_all()
        self.env["transfer.connection"]._einvoice_list_all()
        self.assertEqual(len(connection.log_ids), 1, "one listing at a time")
        connection.einvoice_definition = json.dumps(presets.PRESETS["peppyrus"].definition | {"repeat": "safe"})
        connection.action_einvoice_definition()
        self.assertIn('"repeat": "person"', connection.einvoice_definition)

    def test_no_right_to_fetch_does_not_stop_sending(self):
        connection = self._connect("peppyrus")
        self.simulator.fault("403", "GET")
        self._fetch(connection)
        self.assertEqual(connection.state, "ok")
        self.assertEqual(connection.log_ids.mapped("state"), ["failed"])
        self.simulator.fault("401", "GET")
        self._fetch(connection, "2")
        self.assertEqual(connection.state, "authorisation")

    def test_documents_of_another_company_stay_apart(self):
        connection = self._connect("peppyrus")
        self._deliver("P-1")
        documents = self._fetch(connection)
        other = self._create_company(name="Anden ApS", country_id=self.env.ref("base.dk").id)
        theirs = (
            self.env["nordic.einvoice.document"]
            .with_company(other)
            ._einvoice_receive(received.write(number="P-1"), "x.xml", "provider", documents.remote_id, company=other)
        )
        self.assertEqual((documents.company_id, theirs.company_id), (self.company, other))
        invoice = self._users()["invoice"]
        with self.assertRaises(AccessError):
            connection.with_user(invoice).action_einvoice_fetch()
        with self.assertRaises(AccessError):
            theirs.with_user(invoice).read(["name"])


@tagged("post_install", "-at_install")
class TestAnswersSent(InboxCommon):
    def _answered(self, connection, code="AP", fmt="bis3", number="P-1", **values):
        self._deliver(number, fmt=fmt)
        document = self._fetch(connection, number)[-1]
        return document._answer(code, **values)

    def test_answers_leave_as_documents(self):
        connection = self._connect("peppyrus")
        response = self._answered(connection, "RE", reason="PRI", text="Aftalt pris er 90")
        self.assertEqual(response.state, "queued")
        self._process(connection)
        self._process(connection)
        self.assertEqual(response.state, "sent")
        self.assertEqual(self.simulator.hashes(), [response.sha256])
        taken = self.simulator.taken[0]
        self.assertEqual(taken["receiver"], "0184:98765409", "to who sent the invoice")
        self.assertEqual(taken["key"], f"{responses.NS_RESPONSE}::ApplicationResponse##{responses.T111}::2.1")
        log = response.transfer_log_id.sudo()
        self.assertRecordValues(log, [{"state": "done", "remote_id": "R1"}])

    def test_answers_by_a_call_of_their_own(self):
        connection = self._connect("generic", **GENERIC)
        response = self._answered(connection, fmt="oioubl21")
        self._process(connection)
        self.assertEqual(self.simulator.answers, [("D1", bytes(response.attachment_id.raw))])
        self.assertEqual(response.state, "sent")
        # a document that came another way has no number over there: by hand, and said so
        response = self._receive(number="P-2", fmt="oioubl21")._answer("AP")
        self.assertEqual(response.state, "made")
        with self.assertRaises(UserError):
            response.action_send()
        response.action_mark_sent()
        self.assertEqual(response.state, "sent")
        self.assertEqual(len(self.simulator.answers), 1)

    def test_words_of_the_access_point(self):
        respond = presets.PRESETS["sproom"].definition["respond"] | {"words": {"AP": "yes", "RE": "no"}}
        inbox = {"list": {"path": "/x", "id": "id"}, "fetch": {"path": "/x"}, "acknowledge": {"path": "/x"}}
        connection = self._connect("sproom", respond=respond, inbox=inbox)
        document = self._receive(channel="provider", remote_id=connection._einvoice_inbox_name("D77"))
        document._answer("RE", "PRI", "Aftalt pris er 90")
        self._process(connection)
        number, (state, reason) = self.simulator.answers[0]
        self.assertEqual((number, state), ("D77", "no"))
        self.assertIn("Aftalt pris er 90", reason)

    def test_a_lost_answer_is_not_sent_twice(self):
        connection = self._connect("generic", **GENERIC | {"respond": "send"})
        for fault in ("timeout_after", "500_after", "nonsense", "timeout_before"):
            self.simulator.taken.clear()
            with self.subTest(fault):
                response = self._answered(connection, number=f"L-{fault}")
                self.simulator.fault(fault, "POST", "/messages")
                self._process(connection)
                self.assertTrue(response.is_outcome_unknown, response.transfer_error)
                self._process(connection)
                self.assertRecordValues(response, [{"state": "sent", "is_outcome_unknown": False}])
                self.assertEqual(self.simulator.hashes(), [response.sha256])

    def test_where_nobody_can_be_asked_a_person_says(self):
        connection = self._connect("peppyrus")
        self.simulator.fault("timeout_after", "POST")
        response = self._answered(connection)
        self._process(connection)
        self._process(connection)
        self.assertRecordValues(response, [{"state": "queued", "is_outcome_unknown": True}])
        self.assertEqual(len(self.simulator.taken), 1, "not sent again")
        response.action_was_taken()
        self.assertEqual(response.state, "sent")
        with self.assertRaises(UserError):
            response.action_not_taken()
        self.simulator.fault("timeout_before", "POST")
        response = self._answered(connection, number="P-2")
        self._process(connection)
        response.action_not_taken()
        self._process(connection)
        self.assertEqual(response.state, "sent")
        self.assertEqual(len(self.simulator.taken), 2)

    def test_refused_it_waits_for_a_person_and_leaves_once(self):
        connection = self._connect("peppyrus")
        self.simulator.fault("refuse", "POST")
        response = self._answered(connection)
        self._process(connection)
        self.assertEqual(response.state, "made")
        self.assertIn("receiver is not known", response.error_message)
        response.action_send()
        self._process(connection)
        self.assertEqual((response.state, len(self.simulator.taken)), ("sent", 1))
        # handed over by hand, its transfer sends nothing, whatever is pressed
        self.simulator.fault("refuse", "POST")
        response = self._answered(connection, number="P-2")
        self._process(connection)
        response.action_mark_sent()
        response.transfer_log_id.action_retry()
        self._process(connection)
        self.assertEqual((response.state, len(self.simulator.taken)), ("sent", 1))

    def test_answers_through_a_folder(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        connection = self.env["transfer.connection"].create(
            {"name": "Mappe", "kind": "einvoice_file", "company_id": self.company.id, "einvoice_folder": str(folder)}
        )
        response = self._receive()._answer("AP")
        self._process(connection)
        (path,) = folder.iterdir()
        self.assertEqual(path.read_bytes(), bytes(response.attachment_id.raw))
        self.assertEqual(response.state, "sent")
        # killed after the file was written: the folder is asked first
        second = self._receive(number="P-2")._answer("AP")
        log = second.transfer_log_id.sudo()
        connection._transfer_execute(log)
        log.state = "sending"
        with patch.object(type(connection), "_einvoice_write_file") as write:
            self._process(connection)
        write.assert_not_called()
        self.assertEqual((second.state, len(list(folder.iterdir()))), ("sent", 2))
        # a folder that is gone is tried again
        connection.einvoice_folder = str(folder / "gone")
        third = self._receive(number="P-3")._answer("AP")
        self._process(connection)
        self.assertEqual(third.state, "queued")
        (folder / "gone").mkdir()
        self._process(connection)
        self.assertEqual((third.state, len(list((folder / "gone").iterdir()))), ("sent", 1))

    def test_answers_are_the_users_within_their_rights(self):
        connection = self._connect("peppyrus")
        self.simulator.fault("refuse", "POST")
        response = self._answered(connection)
        self._process(connection)
        users = self._users()
        with self.assertRaises(AccessError):
            response.with_user(users["readonly"]).action_send()
        with self.assertRaises(AccessError):
            response.with_user(users["invoice"]).write({"state": "sent"})
        response.with_user(users["invoice"]).action_send()
        self._process(connection)
        self.assertEqual(response.state, "sent")
