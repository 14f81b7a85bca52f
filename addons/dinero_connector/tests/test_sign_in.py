import time
from datetime import date, timedelta
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import requests

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from odoo.addons.transfer_log.addresses import is_allowed
from odoo.addons.transfer_log.exceptions import AuthorisationError, TemporaryError

from ..api.errors import DineroError
from .common import DineroCommon

CALLBACK = "/dinero_connector/callback"


class SignInCommon(DineroCommon):
    def setUp(self):
        super().setUp()
        self.adapter_setup()

    def token(self):
        return self.env["dinero.token"].search([("connection_id", "=", self.connection.id)])

    def sign_in(self, connection=None, **more):
        """What the browser does at Visma Connect. -> {"state", "code"}"""
        action = (connection or self.connection).action_dinero_connect()
        answer = requests.get(action["url"], params=more, allow_redirects=False, timeout=10)
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}

    def expire(self):
        self.simulator.expire_access_tokens()
        self.token().expires_at = "2020-01-01"


@tagged("post_install", "-at_install")
class TestCallback(SignInCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.manager = new_test_user(
            self.env,
            "dinero_boss",
            groups="account.group_account_manager",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        self.token().unlink()

    def back(self, method, values):
        """The browser comes back, without a session. -> response, not followed"""
        self.opener.cookies.clear()
        address = self.base_url() + CALLBACK
        given = {"params": values} if method == "GET" else {"data": values}
        return self.opener.request(method, address, allow_redirects=False, timeout=30, **given)

    def finish(self, answer, login):
        """The redirect, followed with the session of a user. -> response"""
        self.authenticate(login, login)
        return self.opener.get(
            f"{self.base_url()}{urlsplit(answer.headers['Location']).path}"
            f"?{urlsplit(answer.headers['Location']).query}",
            allow_redirects=False,
            timeout=30,
        )

    def test_without_a_session_by_get_and_by_post(self):
        for method in ("GET", "POST"):
            with self.subTest(method=method):
                self.token().unlink()
                values = self.sign_in(self.connection.with_user(self.manager))
                answer = self.back(method, values)
                self.assertEqual(answer.status_code, 303)
                self.assertFalse(self.token(), "nothing is taken before the user is known again")
                answer = self.finish(answer, "dinero_boss")
                self.assertEqual(answer.status_code, 303, answer.text)
                self.assertIn(f"/odoo/connections/{self.connection.id}", answer.headers["Location"])
                self.assertTrue(self.token().refresh_token)

    def test_replayed_or_foreign_state_is_refused(self):
        values = self.sign_in(self.connection.with_user(self.manager))
        self.back("GET", values)
        for wrong in (values, values | {"state": "foreign"}, {"code": "x"}, {"state": ""}, {}):
            for method in ("GET", "POST"):
                answer = self.back(method, wrong)
                self.assertEqual(answer.status_code, 400)
        self.assertFalse(self.token())

    def test_sign_in_another_was_led_to_is_not_taken(self):
        new_test_user(self.env, "dinero_victim", groups="account.group_account_manager")
        values = self.sign_in(self.connection.with_user(self.manager))
        answer = self.back("POST", values)
        refused = self.finish(answer, "dinero_victim")
        self.assertEqual(refused.status_code, 400)
        self.assertFalse(self.token())
        self.assertEqual(self.finish(answer, "dinero_boss").status_code, 400, "it is used up")

    def test_nobody_logged_in_is_asked_for_his_password(self):
        answer = self.back("POST", self.sign_in(self.connection.with_user(self.manager)))
        self.opener.cookies.clear()
        asked = self.opener.get(self.base_url() + answer.headers["Location"], allow_redirects=False, timeout=30)
        self.assertIn("/web/login", asked.headers["Location"])
        self.assertFalse(self.token())

    def test_refused_access_is_told(self):
        values = self.sign_in(self.connection.with_user(self.manager)) | {"error": "access_denied"}
        values.pop("code")
        answer = self.back("GET", values)
        self.assertEqual(answer.status_code, 400)
        self.assertIn("no-store", answer.headers["Cache-Control"])

    def test_user_who_lost_the_company_gets_nothing(self):
        answer = self.back("POST", self.sign_in(self.connection.with_user(self.manager)))
        other = self.env["res.company"].create({"name": "Other"})
        self.manager.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        self.assertGreaterEqual(self.finish(answer, "dinero_boss").status_code, 400)
        self.assertFalse(self.token())


@tagged("post_install", "-at_install")
class TestStayingSignedIn(SignInCommon):
    def renew(self):
        with self.enter_registry_test_mode(), patch.object(time, "sleep"):
            return self.env["dinero.token"]._access_token(self.connection)

    def test_lost_answer_is_asked_for_again_within_the_grace_period(self):
        self.simulator.refresh_grace = 60
        self.expire()
        self.simulator.fault("timeout_after", "POST", "/connect/token")
        self.assertIn(self.renew(), self.simulator.access_tokens)
        self.assertFalse(self.token().renewal_sent_at)

    def test_lost_answer_without_grace_is_told_clearly(self):
        self.expire()
        self.simulator.fault("timeout_after", "POST", "/connect/token")
        with self.assertRaises(AuthorisationError):
            self.renew()
        self.assertEqual(sum(path == "/connect/token" for _method, path in self.simulator.requests), 2)

    def test_visma_that_is_away_ends_nothing(self):
        self.expire()
        for fault in ("500", "timeout_before", "html", "malformed", "half_closed"):
            self.simulator.refresh_grace = 60
            with self.simulator.faulty(fault, "POST", "/connect/token"), self.assertRaises(TemporaryError):
                self.renew()
        self.assertTrue(self.renew())

    def test_clear_text_when_an_earlier_answer_was_lost(self):
        self.expire()
        self.token().renewal_sent_at = "2026-01-01"
        self.simulator.revoke()
        with self.assertRaisesRegex(AuthorisationError, "was lost"):
            self.renew()

    def test_personal_integration(self):
        self.token().unlink()
        set_param = self.env["ir.config_parameter"].set_param
        set_param("dinero_connector.authz_url", self.simulator.base_url)
        self.connection.dinero_sign_in = "personal"
        with self.assertRaisesRegex(UserError, "API key"):
            self.connection.action_dinero_connect()
        self.connection.dinero_api_key = "wrong"
        with self.assertRaisesRegex(UserError, "did not give access"):
            self.connection.action_dinero_connect()
        self.connection.dinero_api_key = self.simulator.api_key
        self.connection.action_dinero_connect()
        self.assertFalse(self.token().refresh_token)
        self.expire()
        self.assertIn(self.renew(), self.simulator.access_tokens)
        self.assertFalse(self.connection.dinero_sign_in_until)

    def test_end_of_the_sign_in_is_warned_of_once(self):
        self.connection.dinero_signed_in_on = date(2026, 3, 1)
        self.assertEqual(self.connection.dinero_sign_in_until, date(2027, 3, 1))
        with freeze_time("2027-02-10 12:00:00"):
            self.connection._dinero_warn_of_end()
            self.assertFalse(self.connection.activity_ids)
        with freeze_time("2027-02-16 12:00:00"):
            self.connection._dinero_warn_of_end()
            self.connection._dinero_warn_of_end()
        self.assertEqual(len(self.connection.activity_ids), 1)
        self.assertIn("2027", str(self.connection.activity_ids.note))
        self.connection._dinero_store_tokens(self.simulator.issue_tokens())
        self.assertFalse(self.connection.activity_ids)

    def test_organisation_that_is_no_longer_open_to_the_user(self):
        del self.simulator.organisations[100002]
        self.connection.action_dinero_read_organisations()
        self.assertEqual(self.connection.dinero_organisation_ids.mapped("number"), ["100001"])
        organisation = self.simulator.organisations.pop(100001)
        with self.assertRaisesRegex(UserError, "no longer open"):
            self.connection.action_dinero_read_organisations()
        self.simulator.organisations[100001] = organisation

    def test_organisation_with_documents_is_not_exchanged(self):
        self.push(self._new_invoice())
        with self.assertRaises(UserError):
            self.connection.dinero_organisation_id = self.connection.dinero_organisation_ids[1]

    def test_to_do_of_a_person_is_not_ended_by_signing_in(self):
        self.connection.activity_schedule("mail.mail_activity_data_todo", summary="Own")
        self.connection._dinero_store_tokens(self.simulator.issue_tokens())
        self.assertEqual(self.connection.activity_ids.mapped("summary"), ["Own"])

    def test_disconnected_is_told_and_forgotten(self):
        self.connection.action_dinero_disconnect()
        self.assertFalse(self.token())
        self.assertFalse(self.connection.dinero_is_connected)
        with self.enter_registry_test_mode(), self.assertRaises(AuthorisationError):
            self.env["dinero.token"]._access_token(self.connection)

    def test_nobody_reads_tokens_or_sign_ins(self):
        self.connection.action_dinero_connect()
        manager = new_test_user(self.env, "dinero_nosy", groups="account.group_account_manager")
        manager.write({"company_ids": [(4, self.company.id)], "company_id": self.company.id})
        for model in ("dinero.token", "dinero.authorisation", "transfer.rate"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(manager).search_read([])
        with self.assertRaises(AccessError):
            self.connection.with_user(manager).read(["dinero_api_key"])
        views = self.env["ir.ui.view"].search([("model", "in", ("dinero.token", "dinero.authorisation"))])
        self.assertFalse(views, "no screen shows them")


@tagged("post_install", "-at_install")
class TestTransport(SignInCommon):
    def test_addresses(self):
        domains = ("dinero.dk", "visma.com")
        for good in ("https://api.dinero.dk", "https://connect.visma.com/", "https://dinero.dk:443/v1"):
            self.assertTrue(is_allowed(good, domains), good)
        for bad in (
            "http://api.dinero.dk",
            "https://dinero.dk.example.com",
            "https://xdinero.dk",
            "https://api.dinero.dk@169.254.169.254",
            "https://169.254.169.254\\@api.dinero.dk",
            "https://api.dinero.dk#@localhost",
            "https://api.dinero.dk?x=y",
            "https://user:pass@api.dinero.dk",
            "file:///etc/passwd",
            "https://[::1]/",
            " https://api.dinero.dk",
            "https://api.dinero.dk\n",
            "",
            None,
        ):
            self.assertFalse(is_allowed(bad, domains), bad)
            self.assertFalse(is_allowed(bad, domains, allows_test_server=True), bad)
        self.assertFalse(is_allowed("http://127.0.0.1:80", domains))
        self.assertTrue(is_allowed("http://127.0.0.1:80", domains, allows_test_server=True))
        self.assertFalse(is_allowed("http://10.0.0.1:80", domains, allows_test_server=True))

    def test_redirect_to_an_inner_address_is_not_followed(self):
        answer = self.simulator.answer
        inner = f"{self.simulator.base_url}/inner"
        asked = []

        def redirect(method, path, query, raw, headers):
            asked.append(path)
            if path.endswith("/organizations"):
                return 302, None, {"Location": inner}
            return answer(method, path, query, raw, headers)

        with patch.object(self.simulator, "answer", redirect), patch.object(time, "sleep"):
            with self.assertRaises(UserError):
                self.connection.action_dinero_read_organisations()
        self.assertNotIn("/inner", asked)

    def test_each_bad_answer_is_told_in_words_and_passes(self):
        for fault in (
            "malformed",
            "wrong_types",
            "half_closed",
            "html",
            "500",
            "480",
            "slow",
            "duplicate_ids",
            "expired",
        ):
            with self.subTest(fault=fault), patch.object(time, "sleep"):
                move = self._new_invoice()
                self.simulator.fault(fault, "*", r"/v[\d.]+/", times=1)
                move.action_ledger_push()
                with self.enter_registry_test_mode():
                    for _time in range(4):
                        self.process()
                self.assertEqual(move.ledger_state, "pushed")
                self.assertNotIn("Traceback", move.ledger_message or "")
        guids = [one["ExternalReference"] for one in self.simulator.booked()]
        self.assertEqual(len(guids), len(set(guids)), "each once")

    def test_wrong_types_are_no_accident(self):
        move = self._new_invoice()
        move.action_ledger_push()
        with self.simulator.faulty("wrong_types", "*", r"/v[\d.]+/"), patch.object(time, "sleep"):
            self.process()
        log = self.env["transfer.log"].search([("connection_id", "=", self.connection.id)], limit=1)
        self.assertNotIn("unexpected", (log.error_message or "").lower())
        self.assertFalse(self.simulator.booked())

    def test_brownout_is_repeated_once_for_reading_only(self):
        client = self.connection._dinero_client()
        with self.simulator.faulty("480"), self.assertLogs("odoo.addons.dinero_connector.api.client", "ERROR"):
            self.simulator.requests.clear()
            with self.assertRaises(DineroError):
                client.organizations()
            self.assertEqual(len(self.simulator.requests), 2)
            self.simulator.requests.clear()
            with self.assertRaises(DineroError):
                client.create_contact({"Name": "X"})
            self.assertEqual(len(self.simulator.requests), 1)

    def test_clock_over_there_is_wrong(self):
        for hours in (-30, 30):
            self.simulator.clock_skew = timedelta(hours=hours)
            move = self._new_invoice()
            self.push(move)
            self.assertEqual(move.ledger_state, "pushed")

    def test_log_shows_both_forms(self):
        log = self.push(self._new_invoice())
        self.assertIn("remote_account", log.source_body, "ours")
        self.assertIn("ProductLines", log.request_body, "theirs")

    def test_sent_again_only_when_it_is_gone_there(self):
        move = self._new_invoice()
        log = self.push(move)
        log._decide("resend", "Look whether it is there")
        self.process()
        self.assertEqual((log.state, len(self.simulator.booked())), ("done", 1))
        self.simulator.organisation.invoices.clear()
        log._decide("resend", "Deleted over there")
        self.process()
        self.assertEqual((log.state, len(self.simulator.booked())), ("done", 1))
