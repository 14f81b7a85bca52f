import os
import time
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged

from odoo.addons.betalingsservice import api as exchange

from .common import BetalingsserviceCommon

try:
    from tests.simulators.sftp import SftpServer
except ImportError:  # the addon was installed without the repository around it
    SftpServer = None


class Killed(BaseException):
    """The program dies here: nobody catches it."""


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestExchange(BetalingsserviceCommon):
    def setUp(self):
        super().setUp()
        self.folder = self._exchange_folder()
        self._note_in_memory()
        self.connection = self._connection(
            betalingsservice_out=str(self.folder / "out"), betalingsservice_in=str(self.folder / "in")
        )
        self._agreement()
        self.invoice = self._invoice()
        self.delivery = self.creditor._create_delivery()
        self.name = self.delivery.attachment_id.name

    def _note_in_memory(self):
        """A test is one transaction, which sees no row committed by another: tests/processes has the real one."""
        notes = set()
        for name, method in (
            ("_note", lambda handover, log: notes.add(log.id)),
            ("_is_noted", lambda handover, log: log.id in notes),
            ("_forget", lambda handover, log: notes.discard(log.id)),
        ):
            patcher = patch.object(type(self.env["betalingsservice.handover"]), name, method)
            patcher.start()
            self.addCleanup(patcher.stop)

    def _connection(self, **values):
        return self.env["transfer.connection"].create(
            {
                "name": "Filveksling",
                "kind": "betalingsservice",
                "betalingsservice_creditor_id": self.creditor.id,
                **values,
            }
        )

    def _sftp(self):
        if SftpServer is None:
            self.skipTest("the simulator is part of the repository, not of the addon")
        server = SftpServer(self.folder)
        server.__enter__()
        self.addCleanup(server.__exit__)
        self.connection.write(
            {
                "betalingsservice_way": "sftp",
                "betalingsservice_host": "127.0.0.1",
                "betalingsservice_port": server.port,
                "betalingsservice_user": server.user,
                "betalingsservice_private_key": server.client_key,
                "betalingsservice_host_key": server.host_key,
                "betalingsservice_out": "/out",
                "betalingsservice_in": "/in",
            }
        )
        return server

    def _process(self):
        logs = self.connection.log_ids.filtered(lambda log: log.state in ("queued", "uncertain", "sending"))
        logs.sudo().write({"next_attempt": "2027-01-15 09:00:00"})
        self.connection.sudo().blocked_until = False
        return self.env["transfer.log"]._process_queue(self.connection)

    def _put(self, name, content):
        path = self.folder / "in" / name
        path.write_bytes(content)
        os.utime(path, (time.time() - 3600,) * 2)

    def _exchange(self):
        self.connection._betalingsservice_exchange()

    def _sent(self):
        return sorted(path.name for path in (self.folder / "out").iterdir())

    # --- out

    def test_delivery_leaves_once_and_its_collections_are_delivered(self):
        self.delivery.action_send()
        self.delivery.action_send()
        self.assertEqual(len(self.connection.log_ids), 1)
        self.assertEqual(self.delivery.transfer_state, "queued")
        self._process()
        self.assertEqual(self._sent(), [self.name])
        self.assertEqual((self.folder / "out" / self.name).read_bytes(), self.delivery.attachment_id.raw)
        self.assertEqual(self.delivery.state, "sent")
        self.assertEqual(self.invoice.betalingsservice_collection_ids.state, "delivered")
        log = self.delivery.transfer_log_id
        self.assertEqual((log.state, log.remote_id), ("done", self.name))
        self.assertNotIn("Prøve", log.request_body, "no payer stands in the log")
        with self.assertRaises(UserError):
            self.delivery.action_send()

    def test_in_the_queue_nothing_is_done_by_hand(self):
        self.delivery.action_send()
        for action in ("action_mark_sent", "action_discard"):
            with self.assertRaises(UserError):
                getattr(self.delivery, action)()

    def test_without_connection_it_is_downloaded(self):
        self.connection.active = False
        self.assertFalse(self.delivery.has_connection)
        with self.assertRaises(UserError):
            self.delivery.action_send()

    def test_wrong_host_key_stops_the_queue_and_sends_nothing(self):
        server = self._sftp()
        server.change_host_key()
        self.delivery.action_send()
        self._process()
        self.assertEqual(self.connection.state, "authorisation")
        self.assertIn("SHA256:", self.connection.state_message)
        self.assertEqual((self._sent(), self.delivery.state), ([], "ready"))

    def test_cut_in_the_middle_is_sent_again(self):
        server = self._sftp()
        server.fault = "die_in_upload"
        self.delivery.action_send()
        self._process()
        self.assertEqual((self.delivery.transfer_state, self.delivery.state), ("queued", "ready"))
        server.fault = None
        self._process()
        self.assertEqual(self.delivery.state, "sent")
        self.assertEqual(server.renames, [self.name])

    def test_cut_before_the_answer_is_found_and_not_sent_again(self):
        server = self._sftp()
        server.fault = "die_after_rename"
        self.delivery.action_send()
        self._process()
        self.assertEqual((self.delivery.transfer_state, self.delivery.state), ("uncertain", "ready"))
        server.fault = None
        self._process()
        self.assertEqual((self.delivery.transfer_state, self.delivery.state), ("done", "sent"))
        self.assertEqual(server.renames, [self.name])

    def test_taken_away_before_the_answer_is_for_a_person_to_say(self):
        server = self._sftp()
        server.fault = "takes_away"
        self.delivery.action_send()
        self._process()
        server.fault = None
        self._process()
        self._process()
        self.assertEqual((self.delivery.transfer_state, self.delivery.state), ("uncertain", "ready"))
        self.assertEqual(server.renames, [self.name], "never sent a second time by itself")
        self.assertTrue(self.delivery.transfer_advice)
        self.delivery.action_operator_has_it()
        self.assertEqual((self.delivery.transfer_state, self.delivery.state), ("ignored", "sent"))
        self._process()
        self.assertEqual(server.renames, [self.name])

    def test_a_person_says_it_was_not_received(self):
        server = self._sftp()
        server.fault = "takes_away"
        self.delivery.action_send()
        self._process()
        server.fault = None
        self.delivery.action_operator_has_it_not()
        self._process()
        self.assertEqual((self.delivery.transfer_state, self.delivery.state), ("done", "sent"))
        self.assertEqual(server.renames, [self.name, self.name])
        with self.assertRaises(UserError):
            self.delivery.action_operator_has_it_not()

    def test_killed_at_any_point_it_leaves_once(self):
        for point in ("before", "after"):
            with self.subTest(point=point):
                self._agreement(self.other) if point == "after" else None
                if point == "after":
                    self._invoice(self.other)
                delivery = self.delivery if point == "before" else self.creditor._create_delivery()
                delivery.action_send()
                send = exchange.FolderStore.send

                def dying(store, name, content, before_handing_over=None, point=point, send=send):
                    if point == "after":
                        send(store, name, content, before_handing_over)
                    raise Killed

                with patch.object(exchange.FolderStore, "send", dying), self.assertRaises(Killed):
                    self._process()
                # the claim was committed, and nothing else
                delivery.transfer_log_id.sudo().write({"state": "sending"})
                self._process()
                self.assertEqual((delivery.transfer_state, delivery.state), ("done", "sent"))
                self.assertEqual(self._sent().count(delivery.attachment_id.name), 1)

    # --- test and production

    def test_a_delivery_of_another_system_does_not_go_this_way(self):
        trial = self.creditor.copy({"subsystem": "KR9", "name": "Test"})
        self.connection.betalingsservice_creditor_id = trial
        with self.assertRaises(UserError):
            self.delivery.action_send()
        log = self.connection._transfer_enqueue("betalingsservice_send", self.delivery, "forced")
        self._process()
        self.assertEqual((log.state, self._sent()), ("failed", []))
        self.assertIn("KR9", log.error_message)

    def test_test_and_production_share_no_folder(self):
        trial = self.creditor.copy({"subsystem": "KR9", "name": "Test"})
        with self.assertRaises(ValidationError):
            self._connection(
                name="Test",
                betalingsservice_creditor_id=trial.id,
                betalingsservice_out=str(self.folder / "out") + "/",
                betalingsservice_in="/srv/other",
            )

    def test_a_file_of_the_test_is_not_taken_up_from_the_folder_of_production(self):
        self.creditor.copy({"subsystem": "KR9", "name": "Test"})
        operator = self._operator()
        operator.sign_up("1002")
        self._put("D1-603.BS1", operator.answer_0603().replace(b"BS1", b"KR9"))
        self._exchange()
        delivery = self.env["betalingsservice.delivery"].search([("state", "=", "failed")])
        self.assertIn("KR9", delivery.error_message)
        self.assertFalse(self.other.betalingsservice_agreement_ids)
        self.assertTrue((self.folder / "in" / "failed" / "D1-603.BS1").exists())

    # --- in

    def test_files_are_fetched_taken_up_once_and_put_away(self):
        operator = self._operator()
        operator.sign_up("1002")
        data = operator.answer_0603()
        self._put("D1-603.BS1", data)
        self._put("T1.txt", b"Received, thank you")
        self._put("notes.txt", b"something else")
        self._exchange()
        self.assertEqual(self.other.betalingsservice_agreement_ids.state, "active")
        processed = sorted(path.name for path in (self.folder / "in" / "processed").iterdir())
        self.assertEqual(processed, ["D1-603.BS1", "T1.txt"])
        self.assertEqual([path.name for path in (self.folder / "in" / "failed").iterdir()], ["notes.txt"])
        states = {log.remote_id: log.state for log in self.connection.log_ids}
        self.assertEqual(states, {"D1-603.BS1": "done", "T1.txt": "done", "notes.txt": "failed"})
        self.assertIn("T1.txt", self.creditor.message_ids.attachment_ids.mapped("name"))
        self._put("D1-again-603.BS1", data)
        self._exchange()
        deliveries = self.env["betalingsservice.delivery"].search([("delivery_type", "=", "0603")])
        self.assertEqual((len(deliveries), deliveries.state), (1, "read"))

    def test_cut_file_is_kept_as_failed_and_lies_in_failed(self):
        operator = self._operator()
        operator.sign_up("1002")
        self._put("D1-603.BS1", operator.answer_0603()[:-60])
        self._exchange()
        delivery = self.env["betalingsservice.delivery"].search([("delivery_type", "=", "0603")])
        self.assertEqual(delivery.state, "failed")
        self.assertTrue((self.folder / "in" / "failed" / "D1-603.BS1").exists())

    def test_killed_after_the_import_was_committed_takes_up_nothing_twice(self):
        operator = self._operator()
        operator.sign_up("1002")
        self._put("D1-603.BS1", operator.answer_0603())
        with patch.object(exchange.FolderStore, "put_away", side_effect=Killed), self.assertRaises(Killed):
            self._exchange()
        self._exchange()
        self.assertEqual(len(self.env["betalingsservice.delivery"].search([("delivery_type", "=", "0603")])), 1)
        self.assertTrue((self.folder / "in" / "processed" / "D1-603.BS1").exists())

    def test_unreachable_server_is_told_on_the_connection(self):
        server = self._sftp()
        server.__exit__()
        self._exchange()
        self.assertEqual(self.connection.state, "error")
        self.assertIn("127.0.0.1", self.connection.state_message)

    def test_cron_fetches_when_it_is_due(self):
        operator = self._operator()
        operator.sign_up("1002")
        self._put("D1-603.BS1", operator.answer_0603())
        self.connection.sudo().betalingsservice_last_fetch = "2027-01-15 09:00:00"
        cron = self.env.ref("betalingsservice.ir_cron_exchange")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
            self.assertFalse(self.other.betalingsservice_agreement_ids)
            with freeze_time("2027-01-15 13:01:00"):
                cron.method_direct_trigger()
        self.assertEqual(self.other.betalingsservice_agreement_ids.state, "active")

    # --- rights and secrets

    def test_secrets_are_for_the_system_only_and_gone_in_a_copy(self):
        self._sftp()
        manager = new_test_user(
            self.env,
            "manager@example.dk",
            groups="account.group_account_manager",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        connection = self.connection.with_user(manager)
        self.assertEqual(connection.betalingsservice_way, "sftp")
        for name in ("private_key", "passphrase", "host", "user", "host_key", "out", "in"):
            with self.assertRaises(AccessError):
                connection.read([f"betalingsservice_{name}"])
        self.assertFalse(
            self.connection.copy({"name": "copy", "active": False, "kind": "manual"}).betalingsservice_host
        )
        path = Path(__file__).parents[1] / "data" / "neutralize.sql"
        self.env.flush_all()
        self.env.cr.execute(path.read_text())
        self.env.invalidate_all()
        values = self.connection.read()[0]
        for name in ("private_key", "passphrase", "host", "user", "host_key", "out", "in"):
            self.assertFalse(values[f"betalingsservice_{name}"])
        self.assertTrue(self.connection.is_paused)

    def test_bookkeeper_sends_without_seeing_the_key(self):
        self._sftp()
        user = new_test_user(
            self.env,
            "bookkeeper@example.dk",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        self.delivery.with_user(user).action_send()
        self._process()
        self.assertEqual(self.delivery.state, "sent")

    def test_try_button(self):
        self._put("D1-603.BS1", b"x")
        self.assertIn("1", self.connection.action_betalingsservice_test()["params"]["message"])
        self.connection.betalingsservice_out = "/nowhere/at/all"
        with self.assertRaises(UserError) as caught:
            self.connection.action_betalingsservice_test()
        self.assertIn("/nowhere/at/all", str(caught.exception))
