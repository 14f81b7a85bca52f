from urllib.parse import parse_qs, urlsplit

import requests

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import DineroCommon


@tagged("post_install", "-at_install")
class TestAuthorisation(DineroCommon):
    def setUp(self):
        super().setUp()
        self.adapter_setup()

    def sign_in(self):
        """What the browser does: to Visma Connect and back. -> state, code"""
        action = self.connection.action_dinero_connect()
        answer = requests.get(action["url"], allow_redirects=False, timeout=10)
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
        return query["state"][0], query["code"][0]

    def complete(self, state, code):
        """Both halves: the answer that comes without a session, and the user's own browser. -> connection"""
        authorisations = self.env["dinero.authorisation"]
        return authorisations._finish(authorisations._receive(state, code))

    def token(self):
        return self.env["dinero.token"].search([("connection_id", "=", self.connection.id)])

    def test_sign_in_gives_tokens_and_the_only_usable_organisation(self):
        self.token().unlink()
        self.connection.dinero_organisation_id = False
        state, code = self.sign_in()
        self.assertEqual(self.complete(state, code), self.connection)
        self.assertTrue(self.token().refresh_token)
        self.assertEqual(self.connection.dinero_organisation_id.name, "Prøvefirma ApS")
        self.assertEqual(self.connection.dinero_organisation_ids.mapped("is_pro"), [True, False])

    def test_state_is_good_for_one_use(self):
        state, code = self.sign_in()
        self.complete(state, code)
        for wrong in (state, "foreign", "", None):
            with self.assertRaisesRegex(UserError, "expired or was used"):
                self.complete(wrong, code)

    def test_state_expires(self):
        state, code = self.sign_in()
        self.env["dinero.authorisation"].search([]).sudo().expires_at = "2020-01-01"
        with self.assertRaises(UserError):
            self.complete(state, code)

    def test_state_is_stored_as_hash(self):
        state, _code = self.sign_in()
        stored = self.env["dinero.authorisation"].search([("connection_id", "=", self.connection.id)])
        self.assertNotIn(state, str(stored.read()))

    def test_expired_token_is_renewed_once_and_push_works(self):
        move = self._new_invoice()
        move.action_ledger_push()
        old = self.token().refresh_token
        self.simulator.expire_access_tokens()
        with self.enter_registry_test_mode():
            self.process()
        self.assertEqual(move.ledger_state, "pushed")
        self.assertNotEqual(self.token().refresh_token, old, "rotated")
        refreshes = [path for _method, path in self.simulator.requests if path == "/connect/token"]
        self.assertEqual(len(refreshes), 1)

    def test_token_that_is_refused_at_any_step_of_a_push(self):
        """Beside the faults of the contract: the new token is kept by a cursor of its own."""
        guid = "[0-9a-f-]{36}"
        steps = [("POST", path) for path in (r"/contacts$", r"/invoices/fetch$", r"/invoices$", r"/invoices/.*/book$")]
        cases = [(fault, step) for step in (*steps, ("GET", rf"/invoices/{guid}$")) for fault in ("expired", "401")]
        for number, (fault, step) in enumerate(cases, 1):
            with self.subTest(fault=fault, step=step):
                move = self._new_invoice(partner_id=self._new_customer(f"Kunde {number}").id)
                self.simulator.fault(fault, *step)
                move.action_ledger_push()
                with self.enter_registry_test_mode():
                    for _run in range(3):
                        self.process()
                self.assertEqual((move.ledger_state, move.ledger_message), ("pushed", False))
                self.assertEqual(len(self.simulator.booked()), number)
                self.assertEqual(len(self.simulator.organisation.contacts), number)
                self.assertFalse(any(fault.times for fault in self.simulator.faults), "the fault was met")

    def test_revoked_access_stops_the_queue_and_tells_somebody(self):
        move = self._new_invoice()
        move.action_ledger_push()
        self.simulator.revoke()
        with self.enter_registry_test_mode():
            self.process()
            self.process()
        self.assertEqual(self.connection.state, "authorisation")
        self.assertEqual(len(self.connection.activity_ids), 1)
        self.assertIn("sign in", self.connection.state_message)
        self.assertEqual(move.ledger_state, "queued", "nothing is lost")
        state, code = self.sign_in()
        self.complete(state, code)
        self.process()
        self.assertEqual(move.ledger_state, "pushed")
        self.assertFalse(self.connection.activity_ids)

    def test_secrets_are_for_the_system_group(self):
        manager = new_test_user(self.env, "dinero_manager", groups="account.group_account_manager")
        manager.write({"company_ids": [(4, self.company.id)], "company_id": self.company.id})
        connection = self.connection.with_user(manager)
        self.assertEqual(connection.name, "Dinero")
        for name in ("dinero_client_id", "dinero_client_secret"):
            with self.assertRaises(AccessError):
                connection.read([name])
        with self.assertRaises(AccessError):
            self.token().with_user(manager).read(["access_token"])

    def test_tokens_never_reach_the_log(self):
        self.push(self._new_invoice())
        self.env.flush_all()
        token = self.token()
        logs = self.env["transfer.log"].search([("connection_id", "=", self.connection.id)])
        for body in logs.mapped("request_body") + logs.mapped("response_body"):
            self.assertNotIn(token.access_token, body or "")

    def test_disconnect_keeps_the_queue(self):
        move = self._new_invoice()
        move.action_ledger_push()
        self.connection.action_dinero_disconnect()
        self.process()
        self.assertFalse(self.token())
        self.assertEqual(move.ledger_state, "queued")

    def test_keep_alive(self):
        self.env["transfer.connection"]._cron_dinero_keep_alive()
        self.process()
        log = self.env["transfer.log"].search([("operation", "=", "keep_alive")])
        self.assertEqual(log.mapped("state"), ["done"])
