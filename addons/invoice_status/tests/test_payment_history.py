from odoo.tests import tagged

from .common import InvoiceStatusCommon


@tagged("post_install", "-at_install")
class TestPaymentHistory(InvoiceStatusCommon):
    def assertHistory(self, invoice, expected):
        rows = invoice.payment_history_ids.sorted("position")
        self.assertEqual([(row.kind, row.amount, row.balance) for row in rows], expected)
        self.assertEqual(rows[-1].balance, invoice.amount_residual)

    def test_three_part_payments_and_one_undone(self):
        invoice = self._invoice()
        total = invoice.amount_total
        self.assertHistory(invoice, [("invoice", total, total)])
        self._pay(invoice, 100)
        second = self._pay(invoice, 200)
        self._pay(invoice, 300)
        second.move_id.line_ids.remove_move_reconcile()
        self.assertHistory(
            invoice,
            [
                ("invoice", total, total),
                ("payment", -100, total - 100),
                ("payment", -200, total - 300),
                ("payment", -300, total - 600),
                ("undone", 200, total - 400),
            ],
        )

    def test_credit_note_mirrors(self):
        invoice = self._invoice()
        credit_note = invoice._reverse_moves([{"invoice_date": self.today}], cancel=True)
        total = invoice.amount_total
        self.assertHistory(invoice, [("invoice", total, total), ("credit_note", -total, 0)])
        self.assertHistory(credit_note, [("invoice", total, total), ("credit_note", -total, 0)])

    def test_foreign_currency(self):
        currency = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.134)])
        invoice = self._invoice(post=False)
        invoice.currency_id = currency
        invoice.action_post()
        self._pay(invoice, 33.33)
        rows = invoice.payment_history_ids.sorted("position")
        self.assertEqual(rows[-1].balance, invoice.amount_residual)
        self.assertEqual(rows[-1].currency_id, currency)

    def assertEndsAtResidual(self, invoice, rows):
        history = invoice.payment_history_ids.sorted("position")
        self.assertEqual(len(history), rows, history.mapped(lambda row: (row.kind, row.amount, row.balance)))
        self.assertEqual(invoice.currency_id.compare_amounts(history[-1].balance, invoice.amount_residual), 0)
        self.assertFalse([row for row in history if not row.amount], "a line that moves nothing")

    def test_paid_in_another_currency_at_another_rate(self):
        """The exchange difference is the company's, not the customer's: it makes no line and no balance."""
        rates = [("2000-01-01", 0.134), (self.today.replace(day=1).isoformat(), 0.130)]
        currency = self.setup_other_currency("EUR", rates=rates)
        invoice = self._invoice(post=False)
        invoice.invoice_date = "2020-01-15"
        invoice.currency_id = currency
        invoice.action_post()
        self._register(invoice, currency_id=self.company_data["currency"].id, amount=1000)
        self.assertGreater(invoice.amount_residual, 0)
        self.assertEndsAtResidual(invoice, 2)
        self._register(invoice, currency_id=currency.id)
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEndsAtResidual(invoice, 3)

    def test_write_off(self):
        invoice = self._invoice()
        account = self.company_data["default_account_expense"]
        self._register(
            invoice,
            amount=invoice.amount_total - 0.37,
            payment_difference_handling="reconcile",
            writeoff_account_id=account.id,
            writeoff_label="Øre",
        )
        self.assertEqual(invoice.invoice_status_state, "paid")
        self.assertEndsAtResidual(invoice, 2)

    def test_cash_discount(self):
        invoice = self._invoice(post=False)
        invoice.invoice_date = self.today
        invoice.invoice_payment_term_id = self.env["account.payment.term"].create(
            {
                "name": "2 % within ten days",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 10,
                "line_ids": [(0, 0, {"value": "percent", "value_amount": 100, "nb_days": 30})],
            }
        )
        invoice.action_post()
        payment = self._register(invoice)
        self.assertLess(payment.amount, invoice.amount_total)
        self.assertEqual((invoice.invoice_status_state, invoice.amount_residual), ("paid", 0))
        self.assertEndsAtResidual(invoice, 2)

    def test_credit_note_of_a_part_and_payment_undone_twice(self):
        invoice = self._invoice()
        refund = invoice._reverse_moves([{"invoice_date": self.today}])
        refund.invoice_line_ids.price_unit = 100
        refund.action_post()
        lines = (invoice | refund).line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")
        lines.reconcile()
        self.assertEqual(invoice.invoice_status_state, "partial")
        self.assertEndsAtResidual(invoice, 2)
        self.assertEndsAtResidual(refund, 2)
        payment = self._pay(invoice, 200)
        own = payment.move_id.line_ids
        receivable = own.filtered(lambda line: line.account_id.account_type == "asset_receivable")
        own.remove_move_reconcile()
        (receivable | lines.filtered(lambda line: line.move_id == invoice)).reconcile()
        own.remove_move_reconcile()
        self.assertEndsAtResidual(invoice, 6)  # total, credit note, twice paid and undone
        self._pay(invoice)
        self.assertEndsAtResidual(invoice, 7)
        self.assertEqual(invoice.amount_residual, 0)

    def test_back_to_draft_and_another_amount(self):
        invoice = self._invoice()
        self._pay(invoice, 200).move_id.line_ids.remove_move_reconcile()
        invoice.button_draft()
        invoice.invoice_line_ids.price_unit = 500
        invoice.action_post()
        self.assertEndsAtResidual(invoice, 3)

    def test_printed(self):
        invoice = self._invoice()
        payment = self._pay(invoice, 100)
        invoice.partner_id.lang = "da_DK" if self.env["res.lang"]._lang_get("da_DK") else "en_US"
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "invoice_status.report_payment_history", invoice.ids
        )
        text = html.decode()
        self.assertIn(invoice.name, text)
        self.assertIn(payment.name, text)
        self.assertEqual(text.count("payment_history_row"), 2)
        if invoice.partner_id.lang == "da_DK":
            self.assertIn("Betalingshistorik", text)

    @classmethod
    def _register(cls, invoice, **values):
        return (
            cls.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"payment_date": cls.today, **values})
            ._create_payments()
        )
