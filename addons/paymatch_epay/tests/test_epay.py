import importlib
from datetime import date
from unittest import SkipTest
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.paymatch.tests.common import PaymatchCommon
from odoo.addons.transfer_log import http


@tagged("post_install", "-at_install")
@freeze_time("2026-03-20 12:00:00")
class TestEpay(PaymatchCommon):
    def setUp(self):
        super().setUp()
        try:
            epay = importlib.import_module("tests.simulators.epay")
        except ImportError as error:
            raise SkipTest("the simulators are not part of this installation") from error
        self.simulator = epay.EpaySimulator().start()
        self.addCleanup(self.simulator.stop)
        self.env["ir.config_parameter"].set_param("paymatch.test_server", "1")
        self.env["ir.config_parameter"].set_param("paymatch_epay.url", self.simulator.base_url)
        self.enterContext(patch.object(http, "READ_PAUSES", ()))
        self.connection = self.env["transfer.connection"].create(
            {
                "name": "ePay",
                "kind": "epay",
                "company_id": self.company.id,
                "epay_merchant": self.simulator.merchant,
                "epay_password": self.simulator.password,
                "epay_from_date": "2026-03-01",
            }
        )

    def _run(self):
        self.env["transfer.log"].sudo()._process_queue(self.connection)

    def test_transactions_of_some_weeks(self):
        self.simulator.pay(40001, "S1", 125000)
        self.simulator.pay(40002, "S2", 62450, day="2026-03-19")
        self.connection.action_epay_fetch()
        self.assertEqual(len(self.connection.log_ids), 3)  # 1 to 7, 8 to 14, 15 to 20
        self._run()
        payments = self.env["paymatch.gateway.payment"].search([("company_id", "=", self.company.id)])
        found = {(one.order_reference, one.provider_reference, one.amount, one.card_digits) for one in payments}
        self.assertEqual(found, {("S1", "40001", 1250.0, "4242"), ("S2", "40002", 624.5, "4242")})
        self.assertEqual(set(payments.mapped("currency_id.name")), {"DKK"})
        self.assertEqual(self.connection.epay_until, date(2026, 3, 20))
        with freeze_time("2026-03-21 06:00:00"):
            self.env["transfer.connection"]._cron_epay_fetch()
            self._run()
        self.assertEqual(len(self.env["paymatch.gateway.payment"].search([("company_id", "=", self.company.id)])), 2)
        self.assertEqual(self.connection.epay_until, date(2026, 3, 21))

    def test_a_week_that_failed_is_asked_for_again(self):
        self.simulator.fault("500", "GET")
        self.connection.action_epay_fetch()
        self._run()
        self.assertFalse(self.connection.epay_until)

    def test_a_payout_that_names_only_numbers(self):
        invoice = self._invoice(100, "S77")
        report = self._import(("40077", 100, 1))
        self.assertEqual(report.state, "matched")
        self.assertTrue(report.epay_can_ask)
        self.simulator.pay(40077, "S77", 10000)
        report.action_epay_ask()
        self._run()
        self.assertEqual(report.state, "to_approve", report.line_ids.match_reason)
        self.assertEqual(report.line_ids.match_move_id, invoice)
        self.assertIn("40077", report.line_ids.match_reason)

    def test_numbers_epay_does_not_know(self):
        report = self._import(("40099", 100, 1))
        report.action_epay_ask()
        self._run()
        self.assertEqual(report.state, "matched")
        log = self.connection.log_ids
        self.assertEqual(set(log.mapped("state")), {"failed"})
        self.assertTrue(log[0].error_message)

    def test_nothing_to_ask(self):
        report = self._import(("S99", 100, 1, "X"))
        with self.assertRaises(UserError):
            report.action_epay_ask()

    def test_wrong_password_stops_the_connection(self):
        self.connection.sudo().epay_password = "forkert"  # noqa: S105 - a wrong one
        self.connection.action_epay_fetch()
        self._run()
        self.assertEqual(self.connection.state, "authorisation")

    def test_the_password_goes_to_epay_only(self):
        set_param = self.env["ir.config_parameter"].set_param
        for address in ("https://epay.dk.evil.com", "https://evil.com", "http://ssl.ditonlinebetalingssystem.dk"):
            set_param("paymatch_epay.url", address)
            with self.subTest(address), self.assertRaises(UserError):
                self.connection._epay_client()
        set_param("paymatch.test_server", "")
        set_param("paymatch_epay.url", self.simulator.base_url)
        with self.assertRaises(UserError):
            self.connection._epay_client()

    def test_settings(self):
        for number in ("", "12a", "1" * 10, "١٢٣"):
            with self.subTest(number), self.assertRaises(ValidationError):
                self.connection.epay_merchant = number

    def test_roles(self):
        clerk = new_test_user(self.env, "epay_clerk", "account.group_account_invoice", company_id=self.company.id)
        auditor = new_test_user(self.env, "epay_auditor", "account.group_account_readonly", company_id=self.company.id)
        self.connection.with_user(clerk).action_epay_fetch()
        with self.assertRaises(AccessError):
            self.connection.with_user(auditor).action_epay_fetch()
        with self.assertRaises(AccessError):
            self.connection.with_user(clerk).read(["epay_password"])
