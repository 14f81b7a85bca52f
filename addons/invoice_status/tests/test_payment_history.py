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
