from unittest import SkipTest

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from .common import PaymatchCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-12 12:00:00")
class TestTransactions(PaymatchCommon):
    """Online payments as core's payment providers book them: the payout closes their captures, number by number."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "payment.provider" not in cls.env or "demo" not in cls.env["payment.provider"]._fields["code"].get_values(
            cls.env
        ):
            raise SkipTest("core's provider for trying is not installed")
        acquirer = cls.env.ref("payment.payment_provider_demo").sudo()
        cls.acquirer = acquirer.copy({"company_id": cls.company.id, "name": "Card"})
        cls.acquirer.write({"state": "test", "journal_id": cls.bank_journal.id})
        lines = cls.bank_journal.inbound_payment_method_line_ids | cls.bank_journal.outbound_payment_method_line_ids
        lines.payment_account_id = cls.provider.clearing_account_id

    def _transaction(self, amount, number, invoices=None, **values):
        """An online payment the provider has confirmed, booked by core."""
        transaction = (
            self.env["payment.transaction"]
            .sudo()
            .create(
                {
                    "provider_id": self.acquirer.id,
                    "payment_method_id": self.acquirer.payment_method_ids[:1].id,
                    "amount": amount,
                    "currency_id": self.company.currency_id.id,
                    "partner_id": self.partner_a.id,
                    "operation": "online_direct",
                    "reference": f"TX-{number}",
                    "provider_reference": number,
                    "invoice_ids": [Command.set(invoices.ids if invoices else [])],
                    **values,
                }
            )
        )
        transaction._set_done()
        transaction._post_process()
        return transaction

    def _clearing(self):
        return self._balance(self.provider.clearing_account_id)

    def test_captures_are_found_by_the_providers_number_alone(self):
        invoices = [self._invoice(amount, f"A{amount}") for amount in (1250, 400)]
        for number, invoice in zip(("9001", "9002"), invoices, strict=True):
            self._transaction(invoice.amount_total, number, invoice)
        self.assertEqual([invoice.amount_residual for invoice in invoices], [0, 0])
        self.assertEqual(self._clearing(), 1650)
        # the file knows neither order nor invoice
        report = self._import(("", 1250, 15, "9001"), ("", 400, 5, "9002"))
        self.assertEqual(set(report.line_ids.mapped("match_state")), {"matched"})
        self.assertEqual(report.line_ids.match_move_id, invoices[0] | invoices[1])
        report.action_approve()
        self.assertEqual(self._clearing(), 0)
        self.assertEqual(self._balance(self.provider.in_transit_account_id), 1630)

    def test_two_captures_of_one_order_and_a_refund(self):
        invoice = self._invoice(1000, "B1")
        first, second = self._transaction(600, "9101", invoice), self._transaction(400, "9102", invoice)
        self.assertEqual((first | second).payment_id.mapped("state"), ["paid", "paid"])
        self.assertFalse(invoice.amount_residual)
        credit_note = self._invoice(250, "B1", "out_refund")
        self._transaction(-250, "9103", credit_note, operation="refund", source_transaction_id=second.id)
        self.assertEqual(self._clearing(), 750)
        report = self._import(("B1", 600, 6, "9101"), ("B1", 400, 4, "9102"), ("B1", -250, 0, "9103"))
        self.assertEqual(report.line_ids.mapped("match_state"), ["matched"] * 3)
        report.action_approve()
        self.assertEqual(self._clearing(), 0)
        self.assertEqual(self._balance(self.provider.in_transit_account_id), 740)
        report.action_undo()
        self.assertEqual(self._clearing(), 750)

    def test_a_capture_that_was_not_booked_pays_the_invoice(self):
        invoice = self._invoice(624.5, "C1")
        transaction = self._transaction(300, "9201")
        self.assertEqual(self._clearing(), 300)
        report = self._import(("C1", 624.5, 0), ("", 300, 0, "9201"))
        report.action_approve()
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(self._clearing(), 0)
        self.assertTrue(all(line.reconciled for line in self._captured(transaction)))

    def test_another_amount_than_captured_is_asked_about(self):
        self._transaction(500, "9301", self._invoice(500, "D1"))
        report = self._import(("D1", 450, 0, "9301"))
        self.assertNotEqual(report.line_ids.match_state, "matched")
        self.assertEqual(self._clearing(), 500)

    def _captured(self, transaction):
        clearing = self.provider.clearing_account_id
        return transaction.payment_id.move_id.line_ids.filtered(lambda line: line.account_id == clearing)
