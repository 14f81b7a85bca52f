from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ..exceptions import RejectedError
from .common import FakeParty, TransferCommon


@tagged("post_install", "-at_install")
class TestKeeping(TransferCommon):
    def setUp(self):
        super().setUp()
        self.party = FakeParty()

    def done(self, key, request, response=""):
        log = self.connection._transfer_enqueue("thing_create", self.document, key)
        log._write_outcome({"request": request, "response": response})
        self.env.flush_all()
        return log

    def found(self, text):
        return self.env["transfer.log"].search(
            [("body_text", "ilike", text), ("connection_id", "=", self.connection.id)]
        )

    def test_words_of_bodies_are_found(self):
        first = self.done("k1", {"Number": "INV/2026/00017", "Name": "Bageriet Æblegrød ApS", "Amount": 318.75})
        second = self.done("k2", {"Number": "INV/2026/00018"}, '{"Guid": "11111111-1111-4111-8111-111111111102"}')
        self.assertEqual(self.found("00017"), first)
        self.assertEqual(self.found("INV/2026/00017"), first)
        self.assertEqual(self.found("æblegr"), first, "the beginning of a word")
        self.assertEqual(self.found("318.75"), first)
        self.assertEqual(self.found("INV/2026"), first + second)
        self.assertEqual(self.found("11111111-1111-4111-8111-111111111102"), second)
        self.assertFalse(self.found("findes ikke"))
        self.assertFalse(self.found("' | !"))

    def test_search_takes_what_people_type(self):
        self.done("k1", {"Name": "O'Brien & Søn"})
        for text in ("O'Brien", "a:*b", "(((", "'; DROP", "%", "x" * 3000):
            self.found(text)
        self.assertTrue(self.found("o'brien & søn"))

    def test_large_body_is_kept_and_searched_in_its_beginning(self):
        words = " ".join(f"ord{number}" for number in range(60_000))
        log = self.done("k1", words)
        self.assertIn("more characters", log.request_body)
        self.assertEqual(self.found("ord17"), log)

    def test_operation_is_found_by_its_name(self):
        log = self.done("k1", "x")
        names = {"thing_create": "Ting"}
        with patch.object(self.env.registry["transfer.connection"], "_transfer_operation_names", lambda _self: names):
            domain = [("operation_name", "ilike", "tin"), ("id", "=", log.id)]
            self.assertEqual(self.env["transfer.log"].search(domain), log)

    def test_bodies_of_all_old_transfers_are_emptied(self):
        logs = self.env["transfer.log"]
        for number in range(3):
            logs += self.done(f"k{number}", "x")
        failed = self.connection._transfer_enqueue("thing_create", self.document, "bad")
        failed._write_error(RejectedError("No", request="y"), "failed")
        self.connection.retention_days = 30
        self.env.flush_all()
        self.cr.execute("UPDATE transfer_log SET create_date = now() - interval '31 days'")
        with patch("odoo.addons.transfer_log.models.transfer_log_keeping.KEPT_AT_ONCE", 2):
            self.assertEqual(logs._gc_bodies()[1], 1, "there are more")
            while logs._gc_bodies()[1]:
                pass
        self.assertFalse(any(logs.mapped("request_body")))
        self.assertTrue(failed.request_body, "kept until it is settled")
        self.assertFalse(self.found("x"))

    def test_original_form_stands_beside_what_is_sent(self):
        log = self.connection._transfer_enqueue("thing_create", self.document, "k1")
        source = {"number": "17", "cpr": "0101901234"}
        with patch.object(self.env.registry["transfer.connection"], "_transfer_source", lambda _self, _log: source):
            self.process(self.party)
        self.assertEqual(log.state, "done")
        self.assertIn('"number": "17"', log.source_body)
        self.assertNotIn("0101901234", log.source_body)
        self.assertIn("Bageriet", log.request_body)

    def test_resend_asks_first_and_sends_what_is_gone(self):
        log = self.connection._transfer_enqueue("thing_create", self.document, "k1")
        self.process(self.party)
        with self.assertRaises(UserError):
            log._decide("resend", "The customer has lost it")
        with patch.object(self.env.registry["transfer.connection"], "_transfer_can_resend", lambda _self, _log: True):
            log._decide("resend", "The customer has lost it")
            self.process(self.party)
            self.assertEqual(self.party.effects, {"k1": 1}, "it is there: nothing was sent")
            self.assertEqual(log.state, "done")
            self.party.effects.clear()
            log._decide("resend", "It was deleted over there")
            self.process(self.party)
        self.assertEqual(self.party.effects, {"k1": 1})
        self.assertIn("The customer has lost it", log.decision_history)
        self.assertIn("It was deleted over there", log.decision_history)

    def test_retry_has_a_reason_and_keeps_the_history(self):
        user = new_test_user(self.env, "decider", groups="transfer_log.group_transfer_user")
        log = self.connection._transfer_enqueue("thing_create", self.document, "k1")
        self.party.faults = [RejectedError("No")]
        self.process(self.party)
        wizard = self.env["transfer.log.decision"].with_user(user).create({"log_ids": log.ids, "decision": "retry"})
        self.assertTrue(wizard.reason)
        wizard.decision = "ignore"
        self.assertFalse(wizard.reason, "another decision has its own reason")
        wizard.write({"decision": "retry", "reason": "VAT account entered"})
        wizard.action_confirm()
        self.assertIn("decider", log.decision_history)
        self.assertIn("VAT account entered", log.decision_history)

    def test_abandoned_transfer_is_shown_as_unknown_while_paused(self):
        log = self.connection._transfer_enqueue("thing_create", self.document, "k1")
        log.write({"state": "sending"})
        self.connection.is_paused = True
        self.env.flush_all()
        self.assertEqual(self.process(self.party), 0)
        self.assertRecordValues(log, [{"state": "uncertain", "is_outcome_unknown": True}])
        self.assertFalse(self.party.effects)

    def test_queue_wakes_when_the_next_attempt_is_due(self):
        log = self.connection._transfer_enqueue("thing_create", self.document, "k1")
        log.next_attempt = fields.Datetime.now() + timedelta(minutes=3)
        triggers = self.env["ir.cron.trigger"]
        cron = self.env.ref("transfer_log.ir_cron_process_queue")
        triggers.search([("cron_id", "=", cron.id)]).unlink()
        self.process(self.party)
        self.assertEqual(triggers.search([("cron_id", "=", cron.id)]).mapped("call_at"), [log.next_attempt])
        self.assertLessEqual(self.connection.next_run, log.next_attempt)

    def test_health_shows_run_queue_and_errors_with_their_cause(self):
        bad = self.connection._transfer_enqueue("thing_create", self.document, "bad")
        self.party.faults = [RejectedError("No VAT account")]
        self.process(self.party)
        waiting = [self.connection._transfer_enqueue("thing_create", self.document, key) for key in ("k1", "k2")]
        self.assertRecordValues(self.connection, [{"queued_count": 2, "failed_count": 1, "uncertain_count": 0}])
        self.assertEqual(self.connection.problem_log_ids, bad)
        self.assertEqual(bad.action_open_document()["res_id"], self.document.id)
        self.assertTrue(self.connection.last_run)
        self.assertTrue(self.connection.next_run)
        self.assertIn("<td>", self.connection.schedule)
        self.connection.action_pause()
        self.assertFalse(self.connection.next_run)
        self.process(self.party)
        self.assertEqual({log.state for log in waiting}, {"queued"}, "off: nothing moves, the queue is kept")
