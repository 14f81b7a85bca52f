from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import VendorPaymentCommon


@tagged("post_install", "-at_install")
class TestReturned(VendorPaymentCommon):
    def _back(self, amount, ref, number="2", **values):
        return self._statement(
            [{"amount": amount, "payments": [{"amount": amount, "ref": ref, "reason": "AC04", **values}]}],
            number=number,
            opening="5000.00",
        )

    def _out(self, bill, ref, number="1"):
        amount = -bill.amount_total
        return self._statement([{"amount": amount, "payments": [{"amount": amount, "ref": ref}]}], number=number)

    def test_bill_opens_again(self):
        for with_account in (True, False, None):
            with self.subTest(with_account=with_account):
                bill = self._bill(750 + bool(with_account), f"R-{with_account}")
                payment = self._pay(bill, with_account) if with_account is not None else None
                ref = payment.name if payment else bill.ref
                out = self._out(bill, ref, number=f"o{with_account}")
                self.assertEqual(bill.payment_state, "paid")
                back = self._back(bill.amount_total, ref, number=f"b{with_account}")
                self.assertTrue(back.is_reconciled)
                self.assertEqual(bill.payment_state, "not_paid")
                self.assertEqual(bill.amount_residual, bill.amount_total)
                self.assertEqual(out.paymatch_vendor_payment_ids.state, "returned")
                self.assertTrue(bill.activity_ids)
                with self.assertRaises(UserError):
                    out.action_paymatch_undo()
                back.action_paymatch_undo()
                self.assertEqual(bill.amount_residual, 0)
                self.assertEqual(out.paymatch_vendor_payment_ids.state, "booked")
                out.action_paymatch_undo()
                self.assertFalse(out.is_reconciled)

    def test_paid_again_after_the_return(self):
        bill = self._bill(750, "R-1")
        self._out(bill, "R-1")
        self._back(750, "R-1")
        again = self._statement(
            [{"amount": -750, "payments": [{"amount": -750, "ref": "R-1"}]}], number="3", opening="5750.00"
        )
        self.assertTrue(again.is_reconciled)
        self.assertEqual(bill.payment_state, "paid")
        self.assertEqual(self._sum(self.payable), 0)

    def test_deleted_it_gives_nothing_back(self):
        bill = self._bill(750, "R-1")
        out = self._out(bill, "R-1")
        back = self._back(750, "R-1")
        self.assertEqual(bill.amount_residual, 750)
        back.statement_id.unlink()
        back.unlink()
        self.assertEqual(bill.amount_residual, 0)
        self.assertEqual(out.paymatch_vendor_payment_ids.state, "booked")

    def test_the_same_payment_comes_back_once(self):
        bill = self._bill(750, "R-1")
        self._out(bill, "R-1")
        back = {"amount": 750, "payments": [{"amount": 750, "ref": "R-1", "reason": "AC04"}]}
        lines = self._statement([back, back], number="2", opening="5000.00")
        self.assertEqual(sum(lines.mapped("is_reconciled")), 1)
        self.assertEqual(bill.amount_residual, 750)
        self.assertEqual(self._sum(self.payable), -750)

    def test_another_reference_is_another_payment(self):
        self._out(self._bill(750, "R-1"), "R-1")
        self.assertFalse(self._back(750, "R-2", account="DK5000400440116243").is_reconciled)

    def test_of_what_was_never_paid_waits(self):
        line = self._back(750, "R-1")
        self.assertFalse(line.is_reconciled)
        self.assertEqual(line.paymatch_vendor_payment_ids.kind, "return")

    def test_one_of_a_collected_line(self):
        first, second = self._bill(100, "C-1"), self._bill(200, "C-2")
        self._statement(
            [{"amount": -300, "payments": [{"amount": -100, "ref": "C-1"}, {"amount": -200, "ref": "C-2"}]}]
        )
        self.assertEqual((first.payment_state, second.payment_state), ("paid", "paid"))
        self._back(200, "C-2")
        self.assertEqual((first.payment_state, second.payment_state), ("paid", "not_paid"))
        self.assertEqual(self._sum(self.payable), -200)
