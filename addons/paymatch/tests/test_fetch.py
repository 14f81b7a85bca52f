import importlib
from datetime import date
from unittest import SkipTest
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.transfer_log import http
from odoo.addons.transfer_log.exceptions import AuthorisationError
from odoo.addons.transfer_log.http import Http

from ..api import SERVICES
from .common import PaymatchCommon, vipps_xml


@tagged("post_install", "-at_install")
@freeze_time("2026-03-20 12:00:00")
class TestFetch(PaymatchCommon):
    def setUp(self):
        super().setUp()
        try:
            acquirers = importlib.import_module("tests.simulators.acquirers")
        except ImportError as error:
            raise SkipTest("the simulators are not part of this installation") from error
        self.simulator = acquirers.ClearhausSimulator().start()
        self.addCleanup(self.simulator.stop)
        self.vipps = acquirers.VippsSimulator().start()
        self.addCleanup(self.vipps.stop)
        set_param = self.env["ir.config_parameter"].set_param
        set_param("paymatch.test_server", "1")
        set_param("paymatch.clearhaus_production_url", self.simulator.base_url)
        set_param("paymatch.vipps_production_url", self.vipps.base_url)
        self.enterContext(patch.object(http, "READ_PAUSES", ()))
        self.clearhaus = self._create_provider(self.company, name="Clearhaus", format="clearhaus")
        self.connection = self._connect(self.clearhaus)

    def _connect(self, provider, **values):
        return self.env["transfer.connection"].create(
            {
                "name": provider.name,
                "kind": "paymatch",
                "company_id": provider.company_id.id,
                "paymatch_provider_id": provider.id,
                "paymatch_client_id": "shop",
                "paymatch_client_secret": "hemmelig-proeve",
                "paymatch_from_date": date(2026, 3, 1),
                **values,
            }
        )

    def _run(self, connection=None):
        connection = connection or self.connection
        connection.action_paymatch_fetch()
        count = self.env["transfer.log"]._process_queue(connection)
        # payouts found by the listing are due at once
        return count + self.env["transfer.log"]._process_queue(connection)

    def _reports(self, provider=None):
        return self.env["paymatch.report"].search([("provider_id", "=", (provider or self.clearhaus).id)], order="id")

    def _logs(self, operation="payout_fetch"):
        return self.env["transfer.log"].search(
            [("connection_id", "=", self.connection.id), ("operation", "=", operation)], order="id"
        )

    def test_payouts_become_reports_once_and_go_on_where_they_stopped(self):
        self._invoice(100, "S1")
        self.simulator.settle("s1", "2026-03-10", {"S1": 10000})
        self.simulator.settle("s2", "2026-03-12", {"S2": 20000, "S3": 30000, "S4": -5000})
        self._run()
        reports = self._reports()
        self.assertEqual(reports.mapped("net_amount"), [99.0, 447.0])
        self.assertEqual(reports[0].state, "to_approve")
        self.assertTrue(reports[0].file)
        self.assertEqual(self._logs().mapped("state"), ["done", "done"])
        self.assertEqual(self._logs()[0].res_id, reports[0].id)
        self.assertEqual(self.clearhaus.fetch_state, "ok")
        self.assertEqual(self.connection.paymatch_until, date(2026, 3, 20))
        self.simulator.settle("s3", "2026-03-19", {"S5": 500})
        self.simulator.requests.clear()
        with freeze_time("2026-03-21 12:00:00"):
            self._run()
        self.assertEqual(len(self._reports()), 3)
        # the payouts that are here were not asked for again
        read = [path for _method, path in self.simulator.requests if path.startswith("/settlements/")]
        self.assertEqual(read, ["/settlements/s3", "/settlements/s3/transactions"])

    def test_a_bad_payout_does_not_stop_the_others(self):
        self.simulator.settle("s1", "2026-03-10", {"S1": 10000}, paid=1)
        self.simulator.settle("s2", "2026-03-12", {"S2": 20000})
        self._run()
        self.assertEqual(self._reports().mapped("net_amount"), [199.0])
        bad = self._logs()[0]
        self.assertEqual((bad.state, bad.attempts), ("queued", 1))
        for _attempt in range(2):
            bad._decide("postpone", postpone_until="2026-03-20 11:00:00")
            bad.sudo().attempts = 2
            self.env["transfer.log"]._process_queue(self.connection)
        self.assertEqual(bad.state, "done")
        failed = self._reports()[1]
        self.assertEqual(failed.state, "failed")
        self.assertIn("98,99", failed.error_message)

    def test_an_outage_is_told_once_and_tried_again(self):
        self.simulator.settle("s1", "2026-03-10", {"S1": 10000})
        with self.simulator.faulty("500"):
            self._run()
            self.connection._cron_paymatch_fetch()
            self.connection.action_paymatch_fetch()
        (log,) = self._logs("payout_list")
        self.assertEqual(log.state, "queued")
        self.assertEqual(self.clearhaus.fetch_state, "error")
        self.assertIn("Clearhaus", self.clearhaus.fetch_message)
        self.assertTrue(self.connection.blocked_until)
        with freeze_time("2026-03-20 12:10:00"):
            self.env["transfer.log"]._process_queue(self.connection)
            self.env["transfer.log"]._process_queue(self.connection)
        self.assertEqual(len(self._reports()), 1)
        self.clearhaus.invalidate_recordset()
        self.assertEqual((self.clearhaus.fetch_state, self.clearhaus.fetch_message), ("ok", False))

    def test_wrong_keys_stop_the_queue_and_limits_are_kept(self):
        self.simulator.fault("429", "GET")
        self._run()
        self.assertEqual(str(self.connection.blocked_until), "2026-03-20 12:00:17")
        self.connection.action_clear_error()
        self.connection.paymatch_client_secret = "forkert"
        self._logs("payout_list")._decide("retry")
        self.env["transfer.log"]._process_queue(self.connection)
        self.assertEqual(self.connection.state, "authorisation")
        self.assertEqual(self.clearhaus.fetch_state, "authorisation")
        self.assertNotIn("forkert", str(self._logs("payout_list").read()))

    def test_killed_between_claim_and_outcome(self):
        self.simulator.settle("s1", "2026-03-10", {"S1": 10000})
        self.connection.action_paymatch_fetch()
        self.env["transfer.log"]._process_queue(self.connection)
        log = self._logs()
        if log.state == "done":
            log.sudo().write({"state": "queued", "next_attempt": "2026-03-20 11:00:00"})
        log.sudo().write({"state": "sending"})
        self.env["transfer.log"]._process_queue(self.connection)
        self.assertEqual(log.state, "done")
        self.assertEqual(len(self._reports()), 1)

    def test_the_payout_of_a_file_is_not_taken_again(self):
        self.provider.account_number = "123456"
        self.vipps.enter("2026-03-10", "capture", 10000, "1", "S1")
        self.vipps.enter("2026-03-10", "fees-retained", -100, "f1")
        self.vipps.pay("2026-03-10", 2000101)
        self.vipps.enter("2026-03-11", "capture", 5000, "2", "S2")
        self.vipps.pay("2026-03-11", 2000102)
        self._import(("S1", 100, 1))
        connection = self._connect(self.provider, paymatch_subscription_key="abonnement-proeve")
        self._run(connection)
        reports = self._reports(self.provider)
        self.assertEqual(reports.mapped("format"), ["vipps_xml", "vipps_api"])
        self.assertEqual(reports.mapped("net_amount"), [99.0, 50.0])
        self.assertEqual(connection.paymatch_until, date(2026, 3, 19))
        # and the other way round
        with self.assertRaises(UserError):
            self.env["paymatch.report"]._import_file(vipps_xml(2000102, [("S2", 50, 0)]), "v.xml", self.provider)

    def test_test_and_production_are_not_mixed(self):
        self.connection.paymatch_environment = "test"
        self.assertFalse(self.connection.paymatch_client_secret)
        self.connection.write({"paymatch_environment": "production", "paymatch_client_secret": "hemmelig-proeve"})
        self.connection.paymatch_client_id = "shop"
        self.simulator.settle("s1", "2026-03-10", {"S1": 10000})
        self._run()
        with self.assertRaises(UserError):
            self.connection.paymatch_environment = "test"
        self.connection.active = False
        with self.assertRaises(ValidationError):
            self._connect(self.clearhaus, name="Prøve", paymatch_environment="test")

    def test_keys_go_to_the_provider_only(self):
        set_param = self.env["ir.config_parameter"].set_param
        set_param("paymatch.clearhaus_production_url", "https://clearhaus.com.example.org")
        self._run()
        (log,) = self._logs("payout_list")
        self.assertEqual(log.state, "failed")
        self.assertIn("clearhaus.com.example.org", log.error_message)
        for address in (
            "https://example.org\\@gateway.clearhaus.com",
            "https://clearhaus.com@example.org",
            "https://example.org\\.clearhaus.com/",
            "http://gateway.clearhaus.com",
        ):
            set_param("paymatch.clearhaus_production_url", address)
            with (
                self.subTest(address),
                patch.object(Http, "send", side_effect=AssertionError),
                self.assertRaises(UserError),
            ):
                self.connection._paymatch_client()
        set_param("paymatch.clearhaus_production_url", self.simulator.base_url)
        set_param("paymatch.test_server", False)
        with patch.object(Http, "send", side_effect=AssertionError), self.assertRaises(UserError):
            self.connection._paymatch_client()

    def test_formats_without_interface_are_refused(self):
        provider = self._create_provider(self.company, name="Adyen", format="adyen")
        self.assertFalse(provider.fetch_state)
        with self.assertRaises(ValidationError):
            self._connect(provider)

    def test_roles(self):
        clerk = new_test_user(self.env, "fetch_clerk", "account.group_account_invoice", company_id=self.company.id)
        auditor = new_test_user(self.env, "fetch_auditor", "account.group_account_readonly", company_id=self.company.id)
        self.clearhaus.with_user(clerk).action_fetch_now()
        self.assertEqual(len(self._logs("payout_list")), 1)
        with self.assertRaises(AccessError):
            self.clearhaus.with_user(auditor).action_fetch_now()
        with self.assertRaises(AccessError):
            self.connection.with_user(clerk).paymatch_from_date = date(2026, 1, 1)
        with self.assertRaises(AccessError):
            self.connection.with_user(clerk).read(["paymatch_client_secret"])
        manager = new_test_user(self.env, "fetch_manager", "account.group_account_manager", company_id=self.company.id)
        with self.assertRaises(AccessError):
            self.connection.with_user(manager).read(["paymatch_client_secret"])
        self.assertEqual(self.clearhaus.with_user(auditor).fetch_state, "ok")
        other = self.env["res.company"].create({"name": "Andet ApS"})
        stranger = new_test_user(self.env, "fetch_stranger", "account.group_account_manager", company_id=other.id)
        with self.assertRaises(AccessError):
            self.connection.with_user(stranger).read(["name"])

    def test_klarna_zettle_and_shopify_end_in_payouts_that_add_up(self):
        """A CSV, rows without currency, answers to queries: all become payouts that wait for approval or decisions."""
        acquirers = importlib.import_module("tests.simulators.acquirers")
        for code, simulator in (
            ("klarna", acquirers.KlarnaSimulator()),
            ("zettle", acquirers.ZettleSimulator()),
            ("shopify", acquirers.ShopifySimulator()),
        ):
            simulator.start()
            self.addCleanup(simulator.stop)
            self.env["ir.config_parameter"].set_param(f"paymatch.{code}_production_url", simulator.base_url)
            if code != "zettle":
                number = "KL1" if code == "klarna" else 71
                simulator.pay(number, "2026-03-10", {"S1": 10000, "S2": -5000})
            else:
                simulator.enter("2026-03-09T10:00:00", "PAYMENT", 5000, "u1")
                simulator.enter("2026-03-10T03:00:00", "PAYOUT", -5000, "p1")
            provider = self._create_provider(self.company, name=code, format=code)
            connection = self._connect(provider)
            for _again in range(2):
                self._run(connection)
            report = self._reports(provider)
            self.assertEqual(len(report), 1, connection.log_ids.mapped("error_message"))
            self.assertFalse(report.error_message)
            self.assertEqual(report.net_amount, 50.0 if code == "zettle" else 48.0)

    def test_a_payout_of_shopify_comes_once_by_file_and_by_interface(self):
        acquirers = importlib.import_module("tests.simulators.acquirers")
        simulator = acquirers.ShopifySimulator().start()
        self.addCleanup(simulator.stop)
        self.env["ir.config_parameter"].set_param("paymatch.shopify_production_url", simulator.base_url)
        simulator.pay(71, "2026-03-10", {"#1001": 10000}, fee=100)
        provider = self._create_provider(self.company, name="Shopify", format="shopify")
        header = (
            "Transaction Date,Type,Order,Card Brand,Payout Status,Payout Date,Payout ID,Available On,Amount,Fee,Net"
        )
        row = "2026-03-09 10:00:00 +0100,charge,#1001,visa,paid,2026-03-10,71,2026-03-10,100.00,1.00,99.00"
        content = f"{header},Checkout,Currency\n{row},c1,DKK\n".encode()
        by_file = self.env["paymatch.report"]._import_file(content, "payment_transactions_export.csv", provider)
        self.assertEqual(by_file.payout_key, "71/DKK", by_file.error_message)
        connection = self._connect(provider)
        for _again in range(2):
            self._run(connection)
        self.assertEqual(self._reports(provider), by_file)

    def test_shopify_needs_its_shop_and_its_key_goes_nowhere_else(self):
        provider = self._create_provider(self.company, name="Shopify", format="shopify")
        connection = self._connect(provider)
        client = SERVICES["shopify"]
        with self.assertRaises(AuthorisationError):
            connection._paymatch_address(client)
        connection.sudo().paymatch_shop = "nordlys.evil.com"
        with self.assertRaises(AuthorisationError):
            connection._paymatch_address(client)
        connection.sudo().paymatch_shop = "nordlys"
        self.assertEqual(connection._paymatch_address(client), "https://nordlys.myshopify.com")
