from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..exceptions import AuthorisationError, RejectedError, TemporaryError, UncertainError
from .common import FakeParty, TransferCommon


@tagged("post_install", "-at_install")
class TestQueue(TransferCommon):
    def setUp(self):
        super().setUp()
        self.party = FakeParty()

    def enqueue(self, key="k1", connection=None):
        return (connection or self.connection)._transfer_enqueue("thing_create", self.document, key)

    def due(self, log):
        log.next_attempt = fields.Datetime.now() - timedelta(seconds=1)

    def test_done_transfer_keeps_bodies_without_secrets(self):
        log = self.enqueue()
        self.assertRecordValues(log, [{"state": "queued", "document_name": "Bageriet Æblegrød", "attempts": 0}])
        self.process(self.party)
        self.assertRecordValues(log, [{"state": "done", "remote_id": "R-k1", "attempts": 1, "error_message": False}])
        self.assertIn("Bageriet Æblegrød", log.request_body)
        self.assertNotIn("abc", log.request_body)
        self.assertTrue(log.done_date)
        self.assertTrue(self.connection.last_success)
        self.assertTrue(self.connection.last_run)

    def test_same_key_gives_same_transfer(self):
        log = self.enqueue()
        self.assertEqual(self.enqueue(), log)
        self.process(self.party)
        self.assertEqual(self.enqueue(), log, "done is done: nothing is queued again")
        self.process(self.party)
        self.assertEqual(self.party.effects, {"k1": 1})

    def test_same_key_on_other_connection_is_another_transfer(self):
        other = self._new_connection("Other party")
        self.assertNotEqual(self.enqueue(), self.enqueue(connection=other))

    def test_database_refuses_second_key(self):
        log = self.enqueue()
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            log.copy({"key": "k1"})

    def test_temporary_error_backs_off_with_jitter(self):
        log = self.enqueue()
        waits = []
        for _attempt in range(3):
            self.party.faults = [TemporaryError("Busy")]
            self.due(log)
            before = fields.Datetime.now()
            self.process(self.party)
            self.assertEqual(log.state, "queued")
            waits.append((log.next_attempt - before).total_seconds())
        for wait, base in zip(waits, (60, 120, 240), strict=True):
            self.assertGreaterEqual(wait, base - 1)
            self.assertLessEqual(wait, base * 1.25 + 2)
        self.assertEqual(self.process(self.party), 0, "not due yet")
        self.due(log)
        self.process(self.party)
        self.assertEqual(log.state, "done")
        self.assertEqual(self.party.effects, {"k1": 1})

    def test_limit_of_other_side_stops_the_whole_connection(self):
        first, second = self.enqueue("k1"), self.enqueue("k2")
        self.party.faults = [TemporaryError("Quota", retry_after=60, whole_connection=True)]
        self.process(self.party)
        self.assertEqual((first.state, second.state), ("queued", "queued"))
        self.assertEqual(second.attempts, 0)
        self.connection.blocked_until = fields.Datetime.now() - timedelta(seconds=1)
        self.due(first)
        self.process(self.party)
        self.assertEqual((first.state, second.state), ("done", "done"))

    def test_rejected_is_failed_and_never_repeated_by_itself(self):
        log, good = self.enqueue("k1"), self.enqueue("k2")
        self.party.faults = [RejectedError("VAT account is missing", request={"a": 1}, response="no")]
        self.process(self.party)
        self.assertRecordValues(
            log, [{"state": "failed", "error_message": "VAT account is missing", "next_attempt": False}]
        )
        self.assertEqual(good.state, "done", "one bad record never stops the rest")
        self.assertEqual(log.response_body, "no")
        log.action_retry()
        self.process(self.party)
        self.assertEqual(log.state, "done")

    def test_user_error_while_building_is_failed(self):
        log = self.enqueue()
        self.party.faults = [UserError("The customer has no country.")]
        self.process(self.party)
        self.assertRecordValues(log, [{"state": "failed", "error_message": "The customer has no country."}])

    def test_uncertain_is_looked_up_before_it_is_sent_again(self):
        log = self.enqueue()
        self.party.faults = [UncertainError("No answer")]
        self.party.is_storing_before_fault = True
        self.process(self.party)
        self.assertRecordValues(log, [{"state": "uncertain", "is_outcome_unknown": True}])
        self.due(log)
        self.process(self.party)
        self.assertRecordValues(log, [{"state": "done", "remote_id": "R-k1", "is_outcome_unknown": False}])
        self.assertEqual(self.party.effects, {"k1": 1})
        self.assertEqual(self.party.lookups, 1)

    def test_uncertain_not_found_is_sent_again(self):
        log = self.enqueue()
        self.party.faults = [UncertainError("No answer")]
        self.process(self.party)
        self.due(log)
        self.process(self.party)
        self.assertEqual(log.state, "done")
        self.assertEqual(self.party.effects, {"k1": 1})

    def test_worker_that_died_leaves_a_transfer_to_look_up(self):
        log = self.enqueue()
        log.write({"state": "sending", "attempts": 1})  # committed by a worker that is no more
        self.party.effects["k1"] = 1
        self.process(self.party)
        self.assertEqual(log.state, "done")
        self.assertEqual((self.party.effects, self.party.lookups), ({"k1": 1}, 1))

    @mute_logger("odoo.addons.transfer_log.models.transfer_log")
    def test_unexpected_exception_is_uncertain_and_ends(self):
        log, good = self.enqueue("k1"), self.enqueue("k2")
        self.connection.max_attempts = 2
        self.party.faults = [KeyError("x")]
        self.process(self.party)
        self.assertEqual((log.state, good.state), ("uncertain", "done"))
        self.party.faults = [KeyError("x")]
        self.due(log)
        self.process(self.party)
        self.assertRecordValues(log, [{"state": "failed", "is_outcome_unknown": True}])
        log.action_retry()
        self.assertEqual(log.state, "uncertain", "still looked up first")

    def test_authorisation_stops_queue_and_tells_once(self):
        first, second = self.enqueue("k1"), self.enqueue("k2")
        self.party.faults = [AuthorisationError("Access was revoked")]
        self.process(self.party)
        self.assertEqual((first.state, second.state), ("queued", "queued"))
        self.assertEqual(self.connection.state, "authorisation")
        self.assertEqual(len(self.connection.activity_ids), 1)
        self.assertEqual(self.process(self.party), 0)
        self.connection.action_clear_error()
        self.process(self.party)
        self.assertEqual((first.state, second.state), ("done", "done"))
        self.assertEqual(self.connection.state, "ok")

    def test_paused_connection_keeps_its_queue(self):
        log = self.enqueue()
        self.connection.action_pause()
        self.assertEqual(self.process(self.party), 0)
        self.assertEqual(self.connection.queued_count, 1)
        self.connection.action_resume()
        self.process(self.party)
        self.assertEqual(log.state, "done")

    def test_decision_with_reason(self):
        log = self.enqueue()
        later = fields.Datetime.now() + timedelta(days=2)
        wizard = self.env["transfer.log.decision"].create(
            {"log_ids": log.ids, "decision": "postpone", "reason": "Year is closed", "postpone_until": later}
        )
        wizard.action_confirm()
        self.assertRecordValues(log, [{"state": "queued", "next_attempt": later, "decision_reason": "Year is closed"}])
        wizard.write({"decision": "ignore", "reason": "Entered by hand"})
        wizard.action_confirm()
        self.assertRecordValues(log, [{"state": "ignored", "decision_reason": "Entered by hand"}])
        self.assertEqual(self.process(self.party), 0)

    def test_done_cannot_be_sent_again_or_deleted(self):
        log = self.enqueue()
        self.process(self.party)
        with self.assertRaises(UserError):
            log.action_retry()
        with self.assertRaises(UserError):
            log.unlink()
        with self.assertRaises(UserError):
            self.connection.unlink()

    def test_kind_without_code_never_guesses(self):
        log = self.enqueue()
        self.env["transfer.log"]._process_queue(self.connection)
        self.assertEqual(log.state, "failed")
        log.write({"state": "sending", "next_attempt": fields.Datetime.now()})
        self.env["transfer.log"]._process_queue(self.connection)
        self.assertEqual(log.state, "uncertain", "it cannot be looked up: left alone")

    def test_cron_commits_claim_before_the_call(self):
        log = self.enqueue()
        states = []
        party = self.party

        def execute(connection, log):
            states.append(("call", log.state))
            return party.execute(log)

        def progress(cron, processed=0, **kwargs):
            cron.env.flush_all()
            cron.env.invalidate_all()
            states.append(("commit", self.env["transfer.log"].browse(log.id).state))
            return float("inf")

        with (
            patch.object(self.env.registry["transfer.connection"], "_transfer_execute", execute),
            patch.object(self.env.registry["ir.cron"], "_commit_progress", progress),
        ):
            self.env["transfer.log"]._process_queue(self.connection, commit=True)
        call = states.index(("call", "sending"))
        self.assertEqual(states[call - 1], ("commit", "sending"))
        self.assertEqual(states[call + 1], ("commit", "done"))

    def test_cron_runs(self):
        log = self.enqueue()
        with self.connected(self.party), self.enter_registry_test_mode():
            self.env.ref("transfer_log.ir_cron_process_queue").method_direct_trigger()
        self.assertEqual(log.state, "done")

    def test_exchange_by_hand_is_recorded_once(self):
        logs = [
            self.connection._transfer_record("file_received", self.document, "sha", response=b"PBS\xe5") for _i in "12"
        ]
        self.assertEqual(*logs)
        self.assertRecordValues(logs[0], [{"state": "done", "direction": "in", "response_body": "(4 bytes)"}])

    def test_old_bodies_are_emptied(self):
        log = self.enqueue()
        self.process(self.party)
        self.connection.retention_days = 30
        self.env["transfer.log"]._gc_bodies()
        self.assertTrue(log.request_body)
        self.env.flush_all()
        self.cr.execute("UPDATE transfer_log SET create_date = now() - interval '31 days' WHERE id = %s", (log.id,))
        log.invalidate_recordset()
        self.env["transfer.log"]._gc_bodies()
        self.assertFalse(log.request_body or log.response_body)
        self.assertEqual(log.state, "done")
