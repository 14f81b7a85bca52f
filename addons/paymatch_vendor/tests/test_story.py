from odoo.tests import tagged

from .common import VendorPaymentCommon


@tagged("post_install", "-at_install")
class TestStory(VendorPaymentCommon):
    """The bank's answer: 12 bills paid, charges posted, 1 rejected and open again."""

    def _thirteen(self):
        bills = self.env["account.move"]
        for number in range(1, 14):
            bills |= self._bill(1000 + number * 10.5, f"F-{7000 + number}")
        return bills

    def _answered(self, bills, references):
        rejected = {"reason": "AC04", "words": "Konto opgjort"}
        return self._answer(
            [
                {
                    "ref": reference,
                    "status": "RJCT" if bill == bills[4] else "ACSC",
                    "amount": bill.amount_total,
                    "name": bill.partner_id.name,
                    **(rejected if bill == bills[4] else {}),
                }
                for bill, reference in zip(bills, references, strict=True)
            ]
        )

    def _booked(self, bills, references):
        made = [(bill, ref) for bill, ref in zip(bills, references, strict=True) if bill != bills[4]]
        payments = [{"amount": -bill.amount_total, "ref": ref, "name": bill.partner_id.name} for bill, ref in made]
        return self._statement(
            [
                {
                    "amount": sum(payment["amount"] for payment in payments),
                    "payments": payments,
                    "text": "Samlet betaling",
                },
                {"amount": -36, "code": "CHRG", "text": "Gebyr for 12 betalinger"},
            ]
        )

    def _check(self, bills, lines):
        made = bills - bills[4]
        self.assertEqual(set(made.mapped("payment_state")), {"paid"})
        self.assertEqual(bills[4].payment_state, "not_paid")
        self.assertEqual(bills[4].amount_residual, bills[4].amount_total)
        self.assertTrue(all(line.is_reconciled for line in lines))
        self.assertEqual(self._sum(self.charge_account), 36)
        self.assertEqual(self._sum(self.payable), -bills[4].amount_total)
        self.assertTrue(bills[4].activity_ids)

    def test_payments_with_entries(self):
        bills = self._thirteen()
        payments = [self._pay(bill) for bill in bills]
        self.assertTrue(all(payment.move_id for payment in payments))
        names = [payment.name for payment in payments]
        answer = self._answered(bills, names)
        self.assertEqual((answer.settled_count, answer.rejected_count, answer.todo_count), (12, 1, 0))
        self.assertEqual(payments[4].state, "rejected")
        self.assertEqual(bills[4].payment_state, "not_paid")
        lines = self._booked(bills, names)
        self._check(bills, lines)
        outstanding = payments[0].outstanding_account_id
        self.assertEqual(self._sum(outstanding), 0)
        self.assertEqual({payment.state for payment in payments[:4]}, {"paid"})
        self.assertIn("AC04", answer.line_ids[4].reason)
        self.assertIn("Konto opgjort", bills[4].message_ids.mapped("body")[0] + str(bills[4].activity_ids.note))

    def test_payments_by_the_account_of_the_company(self):
        bills = self._thirteen()
        payments = [self._pay(bill, with_account=False) for bill in bills]
        self.assertFalse(any(payment.payment_method_line_id.payment_account_id for payment in payments))
        names = [payment.name for payment in payments]
        self.assertNotEqual(bills[4].payment_state, "not_paid")
        answer = self._answered(bills, names)
        self.assertEqual(answer.todo_count, 0)
        self.assertEqual(payments[4].state, "rejected")
        self._check(bills, self._booked(bills, names))

    def test_nothing_registered(self):
        """Paid in the bank's own pages: the bills themselves are found, by their numbers."""
        bills = self._thirteen()
        references = [bill.ref for bill in bills]
        answer = self._answered(bills, references)
        self.assertEqual(answer.todo_count, 0)
        self._check(bills, self._booked(bills, references))

    def test_statement_before_the_answer(self):
        bills = self._thirteen()
        names = [self._pay(bill).name for bill in bills]
        lines = self._booked(bills, names)
        answer = self._answered(bills, names)
        self.assertEqual(answer.todo_count, 0)
        self._check(bills, lines)

    def test_undo_of_the_bank_line(self):
        bills = self._thirteen()
        names = [self._pay(bill).name for bill in bills]
        lines = self._booked(bills, names)
        line = lines.filtered(lambda found: len(found.paymatch_vendor_payment_ids) == 12)
        line.action_paymatch_undo()
        self.assertFalse(line.is_reconciled)
        self.assertEqual(set(line.paymatch_vendor_payment_ids.mapped("state")), {"found"})
        self.assertNotEqual(self._sum(self.outstanding_account), 0)
        line.action_paymatch_close()
        self.assertTrue(line.is_reconciled)
        self.assertEqual(self._sum(self.outstanding_account), -bills[4].amount_total, "the one the bank has not made")
