import importlib
import json
from unittest import SkipTest
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.nordic_einvoice.api import presets
from odoo.addons.transfer_log import http

from .common import EinvoiceCommon


@tagged("post_install", "-at_install")
class TestAccessPoint(EinvoiceCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls._danish_company()
        cls.customer = cls._partner("no")

    def setUp(self):
        super().setUp()
        try:
            self.simulators = importlib.import_module("tests.simulators.access_point")
        except ImportError as error:
            raise SkipTest("the simulators are not part of this installation") from error
        self.env["ir.config_parameter"].set_param("nordic_einvoice.test_server", "1")
        self.enterContext(patch.object(http, "READ_PAUSES", ()))

    def _connect(self, provider, **definition):
        self.simulator = self.simulators.AccessPointSimulator(provider).start()
        self.addCleanup(self.simulator.stop)
        values = presets.PRESETS[provider].definition | {"hosts": {"test": self.simulator.base_url}} | definition
        return self.env["transfer.connection"].create(
            {
                "name": provider,
                "kind": "einvoice_api",
                "company_id": self.company.id,
                "einvoice_provider": provider,
                "einvoice_environment": "test",
                "einvoice_account": "100" if provider == "storecove" else "A1",
                "einvoice_partner_number": "P1",
                "einvoice_client_id": "bruger",
                "einvoice_secret": "hemmelig-proeve",
                "einvoice_vendor_key": "leverandoer",
                "einvoice_definition": json.dumps(values),
            }
        )

    def _sent(self, connection):
        document = self._document(self._invoice(self.customer))
        document.action_send()
        self._process(connection)
        return document

    def _process(self, connection):
        connection.log_ids.filtered(lambda log: log.state in ("queued", "uncertain")).sudo().next_attempt = "2020-01-01"
        connection.blocked_until = False
        self.env["transfer.log"]._process_queue(connection)

    def test_it_leaves_once_and_its_answer_comes_back(self):
        connection = self._connect("qvalia")
        document = self._sent(connection)
        self._process(connection)
        self.assertEqual(self.simulator.hashes(), [document.sha256])
        self.assertRecordValues(document, [{"state": "sent", "connection_id": connection.id}])
        self.env["transfer.connection"]._einvoice_ask()
        self.assertEqual(document.state, "sent", "the access point is still at it")
        self.simulator.set_state("R1", "delivered")
        self.env["transfer.connection"]._einvoice_ask()
        self.assertEqual(document.state, "delivered")
        self.simulator.set_state("R1", "rejected")
        self.env["transfer.connection"]._einvoice_ask()
        self.assertEqual(document.state, "rejected")
        self.assertTrue(document.move_id.activity_ids, "somebody must look at it")
        self.assertFalse(document._einvoice_answered("delivered"), "late news takes nothing back")

    def test_one_that_is_not_known_there_is_not_in_the_others_way(self):
        connection = self._connect("qvalia")
        first, second = self._sent(connection), self._sent(connection)
        for entry in self.simulator.taken:
            self.simulator.set_state(entry["id"], "delivered")
        self.simulator.fault("refuse", "GET")
        self.env["transfer.connection"]._einvoice_ask()
        self.assertEqual((first.state, second.state), ("sent", "delivered"))
        self.assertTrue(first.asked_date)
        self.env["transfer.connection"]._einvoice_ask()
        self.assertEqual(first.state, "delivered")

    def test_whatever_happens_to_the_answer_it_is_one(self):
        for provider in ("qvalia", "storecove"):
            connection = self._connect(provider)
            for fault in ("timeout_after", "500_after", "nonsense", "timeout_before", "500"):
                self.simulator.taken.clear()
                self.simulator.fault(fault, "POST")
                document = self._sent(connection)
                with self.subTest(provider=provider, fault=fault):
                    self.assertRecordValues(document, [{"state": "queued", "is_outcome_unknown": True}])
                    self._process(connection)
                    self.assertRecordValues(document, [{"state": "sent", "is_outcome_unknown": False}])
                    self.assertEqual(self.simulator.hashes(), [document.sha256])
            connection.active = False

    def test_one_that_cannot_be_asked_is_left_to_a_person(self):
        connection = self._connect("maventa")
        self.simulator.fault("timeout_after", "POST", "/v1/invoices")
        document = self._sent(connection)
        self._process(connection)
        self.assertRecordValues(document, [{"state": "queued", "is_outcome_unknown": True}])
        self.assertEqual(len(self.simulator.taken), 1, "asked, not sent again")
        document.action_was_taken()
        self.assertEqual(document.state, "sent")
        self.env["transfer.connection"]._einvoice_ask()
        self.assertTrue(document.is_answer_final, "its number there was never told: nobody can be asked")
        with self.assertRaises(UserError):
            document.action_not_taken()
        # and one that never arrived
        self.simulator.taken.clear()
        self.simulator.fault("timeout_before", "POST", "/v1/invoices")
        document = self._sent(connection)
        document.action_not_taken()
        self._process(connection)
        self.assertEqual(document.state, "sent")
        self.assertEqual(self.simulator.hashes(), [document.sha256])

    def test_the_person_is_asked_only_while_nobody_knows(self):
        connection = self._connect("qvalia")
        document = self._sent(connection)
        for method in ("action_was_taken", "action_not_taken", "action_recall"):
            with self.assertRaises(UserError):
                getattr(document, method)()
        self.assertEqual(len(self.simulator.taken), 1)

    def test_refused_by_the_access_point_it_may_be_sent_again(self):
        connection = self._connect("qvalia")
        self.simulator.fault("refuse", "POST")
        document = self._sent(connection)
        self.assertEqual(document.state, "failed")
        self.assertIn("receiver is not known", document.error_message)
        document.action_create_again()
        document.action_send()
        self._process(connection)
        self.assertEqual(document.state, "sent")
        self.assertEqual(len(self.simulator.taken), 1)

    def test_not_delivered_it_leaves_under_a_new_number(self):
        connection = self._connect("qvalia")
        document = self._sent(connection)
        first = document.transfer_log_id
        self.simulator.set_state("R1", "failed")
        self.env["transfer.connection"]._einvoice_ask()
        self.assertEqual(document.state, "failed")
        document.action_create_again()
        document.action_send()
        self._process(connection)
        self.assertEqual(document.state, "sent")
        self.assertEqual(len({entry["key"] for entry in self.simulator.taken}), 2)
        # the transfer it replaced sends nothing, whatever is pressed
        first.sudo().write({"state": "failed"})
        first.action_retry()
        self._process(connection)
        self.assertEqual(first.state, "failed")
        self.assertEqual(len(self.simulator.taken), 2)
        self.assertEqual(document.state, "sent")

    def test_recalled_it_does_not_leave(self):
        connection = self._connect("qvalia")
        document = self._document(self._invoice(self.customer))
        document.action_send()
        document.action_recall()
        self._process(connection)
        self.assertFalse(self.simulator.taken)
        self.assertEqual(document.state, "checked")
        document.action_send()
        self._process(connection)
        self.assertEqual(document.state, "sent")

    def test_keys_that_open_nothing_stop_the_queue(self):
        connection = self._connect("qvalia")
        connection.einvoice_secret = "forkert"
        document = self._sent(connection)
        self.assertEqual(connection.state, "authorisation")
        connection.einvoice_secret = "hemmelig-proeve"
        connection.action_clear_error()
        self._process(connection)
        self.assertEqual(document.state, "sent")
        connection.einvoice_environment = "production"
        self.assertFalse(connection.einvoice_secret, "keys of one environment are not tried on the other")

    def test_keys_go_to_the_access_point_alone(self):
        connection = self._connect("qvalia", hosts={"test": "https://qvalia.com.evil.example"})
        document = self._sent(connection)
        self.assertEqual(document.state, "failed")
        self.assertIn("evil.example", document.error_message)
        self.env["ir.config_parameter"].set_param("nordic_einvoice.test_server", "0")
        connection.einvoice_definition = json.dumps(
            presets.PRESETS["qvalia"].definition | {"hosts": {"test": self.simulator.base_url}}
        )
        document = self._sent(connection)
        self.assertEqual(document.state, "failed")
        self.assertFalse(self.simulator.taken)

    def test_a_path_that_is_not_public_is_asked_for(self):
        connection = self._connect("sproom")
        document = self._sent(connection)
        self.assertEqual(document.state, "failed")
        self.assertIn("send.path", document.error_message)

    def test_one_sender_per_channel(self):
        connection = self._connect("qvalia")
        with self.assertRaises(ValidationError):
            self._connect("maventa")
        connection.einvoice_channels = "peppol"
        with self.assertRaises(ValidationError):
            self.env["transfer.connection"].create(
                {"name": "Mappe", "kind": "einvoice_file", "einvoice_folder": "/tmp", "einvoice_channels": "both"}
            )
        folder = self.env["transfer.connection"].create(
            {"name": "Mappe", "kind": "einvoice_file", "einvoice_folder": "/tmp", "einvoice_channels": "nemhandel"}
        )
        danish = self._document(self._invoice(self._partner("dk")))
        self.assertEqual(danish._folder_connection(), folder)
        self.assertEqual(self._document(self._invoice(self.customer))._folder_connection(), connection)

    def test_the_other_sender_is_refused(self):
        move = self._invoice(self.customer)
        sending = self.env["account.move.send"]
        for method in ("peppol", "nemhandel"):
            self.assertFalse(sending._is_applicable_to_move(method, move))
            self.assertFalse(sending._is_applicable_to_company(method, self.company))
        document = self._document(move)
        self.company.einvoice_sender = "core"
        with self.assertRaises(UserError):
            document.action_send()

    def test_secrets_are_the_administrators(self):
        connection = self._connect("qvalia")
        users = self._users()
        for role in ("readonly", "invoice", "manager"):
            with self.assertRaises(AccessError):
                connection.with_user(users[role]).read(["einvoice_secret"])
        document = self._document(self._invoice(self.customer))
        document.with_user(users["invoice"]).action_send()
        self._process(connection)
        self.assertEqual(document.state, "sent")
        body = f"{document.transfer_log_id.sudo().request_body}{document.transfer_log_id.sudo().response_body}"
        self.assertNotIn("hemmelig", body)
        with self.assertRaises(AccessError):
            document.with_user(users["invoice"]).write({"state": "checked"})
        with self.assertRaises(UserError):
            document.with_user(users["readonly"]).action_was_taken()
