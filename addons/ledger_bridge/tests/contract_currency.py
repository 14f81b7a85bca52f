"""What any adapter must do with payments of invoices in foreign currency."""

from odoo import fields


class CurrencyContract:
    """Beside ``LedgerContract``; ``remote_pay`` is in the currency of the invoice."""

    def setUp(self):
        super().setUp()
        self.euro = self.env.ref("base.EUR")
        self.euro.active = True
        self.env["res.currency.rate"].search([("currency_id", "=", self.euro.id)]).unlink()
        self.env["res.currency.rate"].create(
            {
                "currency_id": self.euro.id,
                "company_id": self.company.id,
                "name": "2020-01-01",
                "inverse_company_rate": 7.45,
            }
        )

    def _euro_invoice(self):
        move = self._new_invoice(lines=((1.0, 100.0),), currency_id=self.euro.id)
        self.assertEqual((move.amount_total, move.amount_total_signed), (125.0, 931.25))
        self.push(move)
        self.assertEqual((move.ledger_state, move.ledger_message), ("pushed", False))
        return move

    def _fetch_journal(self):
        journal = self.env["account.journal"].create(
            {"name": "Betalt i regnskabet", "code": "LEDG", "type": "bank", "company_id": self.company.id}
        )
        self.connection.write({"ledger_payment_master": "theirs", "ledger_payment_journal_id": journal.id})

    def test_payment_made_there_in_foreign_currency(self):
        move = self._euro_invoice()
        self._fetch_journal()
        self.remote_pay(move, "50.00")
        self.connection.action_ledger_fetch_payments()
        payment = self.connection.ledger_payment_ids
        self.assertRecordValues(payment, [{"amount": 50.0, "currency_id": self.euro.id, "state": "done"}])
        self.assertEqual((payment.payment_id.amount, payment.payment_id.currency_id), (50.0, self.euro))
        self.assertEqual((move.amount_residual, move.payment_state), (75.0, "partial"))
        self.remote_pay(move, "75.00")
        self.connection.action_ledger_fetch_payments()
        self.assertEqual(move.amount_residual, 0.0)
        self.connection.action_compare()
        self.assertEqual(self.connection.ledger_difference_ids.mapped("message"), [])

    def test_payment_made_here_in_foreign_currency(self):
        if "payments" not in self.connection._ledger_capabilities():
            self.skipTest("the other side takes no payments")
        move = self._euro_invoice()
        self.connection.write({"ledger_payment_master": "ours", "ledger_deposit_account": "55900"})
        register = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=move.ids)
        # half of it in euro, the rest as the kroner that came
        today = fields.Date.today()
        register.create({"amount": 50.0, "currency_id": self.euro.id, "payment_date": today})._create_payments()
        register.create(
            {"amount": 558.75, "currency_id": self.company.currency_id.id, "payment_date": today}
        )._create_payments()
        self.assertEqual(move.amount_residual, 0.0)
        for fault in ("timeout_after", "timeout_before"):
            self.simulator.fault(fault, "POST", "/payments$")
        for _run in range(5):
            self.process()
        payments = self.connection.ledger_payment_ids.sorted("amount")
        self.assertEqual(payments.mapped("state"), ["done", "done"], payments.mapped("message"))
        self.assertEqual(payments.mapped("amount"), [50.0, 75.0])
        self.assertEqual(payments.mapped("company_amount"), [372.5, 558.75])
        self.assertEqual(sorted(self.remote_payments_in_kroner(move)), ["372.50", "558.75"])
        self.connection.action_compare()
        self.assertFalse(self.connection.ledger_difference_ids)

    def remote_payments_in_kroner(self, move):
        """-> amounts as text"""
        raise NotImplementedError
