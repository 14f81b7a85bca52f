from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from odoo.addons.ledger_bridge.tests.contract import load_simulator
from odoo.addons.paymatch.tests.common import PaymatchCommon


@tagged("post_install", "-at_install")
class TestVoucher(PaymatchCommon):
    """An approved payout becomes one voucher in Dinero, equal to our entry."""

    def setUp(self):
        super().setUp()
        if "dinero.token" not in self.env:
            self.skipTest("dinero_connector is not installed")
        self.env.user.lang = "en_US"
        simulator = load_simulator("dinero").DineroSimulator().start()
        self.addCleanup(simulator.stop)
        self.simulator = simulator
        set_param = self.env["ir.config_parameter"].set_param
        set_param("dinero_connector.test_server", "1")
        set_param("dinero_connector.api_url", simulator.base_url)
        set_param("dinero_connector.connect_url", simulator.base_url)
        self.env["transfer.connection"].search([("company_id", "=", self.company.id)]).action_archive()
        self.connection = self.env["transfer.connection"].create(
            {"name": "Dinero", "kind": "dinero", "company_id": self.company.id}
        )
        self.connection._dinero_store_tokens(simulator.issue_tokens())
        self.report = self._import(("S1", 100, 1))
        self._invoice(100, origin="S1")
        self.report.action_match()

    def map_accounts(self, accounts):
        numbers = iter(("11000", "7220", "55900", "63000", "55000"))
        for account in accounts:
            self.env["ledger.account.mapping"].create(
                {"connection_id": self.connection.id, "account_id": account.id, "remote_account": next(numbers)}
            )

    def process(self):
        logs = self.env["transfer.log"].search([("connection_id", "=", self.connection.id), ("state", "!=", "done")])
        logs.sudo().filtered("next_attempt").next_attempt = fields.Datetime.now() - timedelta(seconds=1)
        with patch("time.sleep"):
            self.env["transfer.log"]._process_queue(self.connection)
        self.env.invalidate_all()

    def approve(self):
        self.report.action_approve()
        self.assertTrue(self.report.is_approved)
        return self.report.move_ids

    def vouchers(self):
        return [one for one in self.simulator.organisation.manuals.values() if one["Status"] == "Booked"]

    def test_approved_payout_is_booked_once(self):
        moves = self.approve()
        self.map_accounts(moves.line_ids.account_id)
        self.process()
        self.assertEqual(self.report._ledger_logs().mapped("state"), ["done"] * len(moves))
        (voucher,) = self.vouchers()
        self.assertEqual(voucher["VoucherDate"], str(moves.date))
        amounts = sorted(float(line["Amount"]) for line in voucher["Lines"])
        self.assertEqual(amounts, sorted(moves.line_ids.mapped("balance")))
        self.assertEqual(sum(line["Amount"] for line in voucher["Lines"]), 0)
        self.report.action_ledger_push()
        self.process()
        self.assertEqual(len(self.vouchers()), 1)

    def test_missing_account_is_named_and_retry_helps(self):
        moves = self.approve()
        self.process()
        log = self.report._ledger_logs()
        self.assertEqual(log.state, "failed")
        self.assertIn(moves.line_ids.account_id[0].display_name, log.error_message)
        self.assertEqual(self.report.ledger_failed_count, 1)
        self.map_accounts(moves.line_ids.account_id)
        self.report.action_ledger_push()
        self.process()
        self.assertEqual(len(self.vouchers()), 1)

    def test_each_fault_ends_with_one_voucher(self):
        moves = self.approve()
        self.map_accounts(moves.line_ids.account_id)
        self.simulator.fault("timeout_after", "POST", "/book$")
        self.process()
        self.assertEqual(self.report._ledger_logs().state, "uncertain")
        self.process()
        self.assertEqual(self.report._ledger_logs().state, "done")
        self.assertEqual(len(self.vouchers()), 1)

    def test_undo_sends_the_reversing_entry(self):
        moves = self.approve()
        self.map_accounts(moves.line_ids.account_id)
        self.process()
        self.report.action_undo()
        self.process()
        self.assertEqual(len(self.vouchers()), 2)
        total = sum(line["Amount"] for voucher in self.vouchers() for line in voucher["Lines"])
        self.assertEqual(total, 0)

    def test_outside_bank_reconciles_to_zero(self):
        """The invoice is paid there, the fee booked, and what the payout brought stands on the way to the bank."""
        self.connection.write({"ledger_payment_master": "ours", "ledger_deposit_account": "55900"})
        invoice = self.report.line_ids.match_move_id
        self.env["ledger.account.mapping"].create(
            [
                {"connection_id": self.connection.id, "tax_id": tax.id, "remote_account": "1000" if tax else "1050"}
                for tax in invoice.invoice_line_ids.tax_ids or [self.env["account.tax"]]
            ]
        )
        self.connection.action_ledger_read_accounts()
        invoice.partner_id.country_id = self.env.ref("base.dk")
        invoice.action_ledger_push()
        self.process()
        self.assertEqual(invoice.ledger_state, "pushed", invoice.ledger_message)
        moves = self.approve()
        accounts = moves.line_ids.account_id.filtered(lambda one: one.account_type != "asset_receivable")
        for account, number in zip(accounts, ("7220", "63000", "55000"), strict=False):
            self.env["ledger.account.mapping"].create(
                {"connection_id": self.connection.id, "account_id": account.id, "remote_account": number}
            )
        self.simulator.fault("timeout_after", "POST", "/payments$")
        for _run in range(3):
            self.process()
        self.assertEqual(set(self.report._ledger_logs().mapped("state")), {"done"})
        self.assertEqual(self.connection.ledger_payment_ids.mapped("state"), ["done"])
        balances = self.simulator.balances()
        self.assertNotIn(11000, balances, "the invoice is paid there")
        self.assertNotIn(55900, balances, "and the account of payments is 0.00")
        self.assertEqual(sum(balances.values()), 0)
        self.assertEqual(len(self.vouchers()), 1)
        # taken back: the person decides about the payment, then all is as before
        self.report.action_undo()
        self.process()
        self.connection.ledger_payment_ids.action_undo()
        self.process()
        balances = self.simulator.balances()
        self.assertEqual(float(balances.pop(11000)), invoice.amount_total)
        self.assertFalse({55900, 7220, 63000, 55000} & set(balances))
