"""Receipts of Betalingsservice from the file 0602 to the vouchers in Dinero (its simulator): what was paid is paid
there too, what is on its way to the bank stands on its account, and all else is 0.00."""

from datetime import date

from odoo.tests import freeze_time, tagged

from odoo.addons.betalingsservice.tests.common import BetalingsserviceCommon
from odoo.addons.dinero_connector.tests.common import DineroCommon

DEPOSIT, TRANSIT, DEBTORS = "55900", "63000", "11000"


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestReceiptsLedger(BetalingsserviceCommon, DineroCommon):
    def setUp(self):
        super().setUp()
        self.adapter_setup()
        self.operator = self._operator()
        for partner in (self.customer, self.other):
            self._agreement(partner, state="pending")
            self.operator.sign_up(partner.ref)
        self._import(self.operator.answer_0603())
        self.invoices = self._invoice(price=498.75) + self._invoice(price=123.75)
        self.refused = self._invoice(self.other, price=498.75)
        self.connection.write(
            {
                "ledger_payment_master": "ours",
                "ledger_deposit_account": DEPOSIT,
                "ledger_compare_from": "2027-01-01",
            }
        )
        self._map(self.env["account.account"], "1050")
        self._map(self.creditor.provider_id.in_transit_account_id, TRANSIT)
        receivable = self.invoices.line_ids.account_id.filtered(lambda one: one.account_type == "asset_receivable")
        self._map(receivable, DEBTORS)
        self.connection.action_ledger_read_accounts()
        (self.invoices + self.refused).action_ledger_push()
        self.run_queue()
        self.assertEqual(set((self.invoices + self.refused).mapped("ledger_state")), {"pushed"})

    def _map(self, account, number):
        self.env["ledger.account.mapping"].create(
            {"connection_id": self.connection.id, "account_id": account.id, "remote_account": number}
        )

    def run_queue(self):
        for _run in range(4):
            self.process()

    def answer(self):
        """The next file 0602, read and approved, and its vouchers sent. :return: paymatch.report"""
        report = self._import(self.operator.answer_0602()).report_id
        report.action_approve()
        self.run_queue()
        return report

    def balances(self):
        return {str(account): float(amount) for account, amount in self.simulator.balances().items()}

    def vouchers(self):
        return [one for one in self.simulator.organisation.manuals.values() if one["Status"] == "Booked"]

    def test_from_the_file_to_the_voucher(self):
        delivery = self.creditor._create_delivery()
        self.operator.receive(delivery.attachment_id.raw)
        delivery.action_mark_sent()
        self.operator.reject("1002")
        self.simulator.fault("timeout_after", "POST", "/vouchers/manuel$")
        self.simulator.fault("timeout_after", "POST", "/book$")
        paid = self.answer()
        self.assertEqual(
            set(paid._ledger_logs().mapped("state")), {"done"}, paid._ledger_logs().mapped("error_message")
        )
        self.assertEqual(len(self.vouchers()), len(paid.move_ids))
        self.assertEqual({one["VoucherDate"] for one in self.vouchers()}, {"2027-02-01"})
        self.assertEqual(self.balances(), {"1050": -1121.25, DEBTORS: 498.75, TRANSIT: 622.5})
        self.connection.action_compare()
        self.assertFalse(self.connection.ledger_difference_ids)

        # charged back: the payments are taken back there, and what is on its way is nothing again
        self.operator.charge_back("1001", date(2027, 2, 5))
        back = self.answer()
        self.assertEqual(
            set(back._ledger_logs().mapped("state")), {"done"}, back._ledger_logs().mapped("error_message")
        )
        self.connection.ledger_payment_ids.action_undo()
        self.run_queue()
        self.assertEqual(self.balances(), {"1050": -1121.25, DEBTORS: 1121.25})
        self.connection.action_compare()
        self.assertFalse(self.connection.ledger_difference_ids)

        # the charge-back was a mistake: undone, all stands as it was paid, and again when it is charged back after all
        self.undo(back)
        self.assertEqual(self.balances(), {"1050": -1121.25, DEBTORS: 498.75, TRANSIT: 622.5})
        self.connection.action_compare()
        self.assertFalse(self.connection.ledger_difference_ids)
        back.action_approve()
        self.run_queue()
        self.connection.ledger_payment_ids.action_undo()
        self.run_queue()
        self.assertEqual(self.balances(), {"1050": -1121.25, DEBTORS: 1121.25})
        self.connection.action_compare()
        self.assertFalse(self.connection.ledger_difference_ids)

    def undo(self, report):
        report.action_undo()
        self.run_queue()
        logs = report._ledger_logs()
        self.assertEqual(set(logs.mapped("state")), {"done"}, logs.mapped("error_message"))

    def test_undone_before_the_payments_were_taken_back(self):
        """Nobody had decided about the payments there: they pay their invoices again, and none is sent twice."""
        delivery = self.creditor._create_delivery()
        self.operator.receive(delivery.attachment_id.raw)
        delivery.action_mark_sent()
        self.answer()
        paid, count = self.balances(), len(self.connection.ledger_payment_ids)
        self.operator.charge_back("1001", date(2027, 2, 5))
        back = self.answer()
        self.assertIn("gone_here", self.connection.ledger_payment_ids.mapped("state"))
        self.undo(back)
        self.assertEqual(self.balances(), paid)
        self.assertEqual(set(self.connection.ledger_payment_ids.mapped("state")), {"done"})
        self.assertEqual(len(self.connection.ledger_payment_ids), count)
        self.connection.action_compare()
        self.assertFalse(self.connection.ledger_difference_ids)
