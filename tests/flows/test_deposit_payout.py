"""Deposits paid by card: the payout closes each deposit invoice, releases the order, and a refund is matched."""

from odoo import fields
from odoo.tests import tagged

from odoo.addons.invoice_prepayment.tests.orders import DepositOrders
from odoo.addons.paymatch.tests.common import PaymatchCommon


@tagged("post_install", "-at_install")
class TestDepositPayout(DepositOrders, PaymatchCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.partner_a
        cls.tax = cls.company_data["default_tax_sale"]
        cls.tax.write({"amount": 25.0, "price_include_override": "tax_excluded"})
        cls._set_up_orders(cls.tax)
        cls.company._set_default_prepayment_account()
        cls.day = fields.Date.today()

    def _paid(self, *lines, number):
        """A payout of these lines, approved: none of them is asked about."""
        report = self._import(*lines, number=number, day=self.day)
        report.action_match()
        self.assertEqual(
            set(report.line_ids.mapped("match_state")) - {"routed"}, {"matched"}, report.line_ids.mapped("match_reason")
        )
        report.action_approve()
        self.assertTrue(report.is_approved)
        return report

    def test_two_deposits_and_the_final_invoice(self):
        """10,000.00 + VAT: 30 % and 20 % by card with the order's number, the rest after them."""
        self._rule(30, 20)
        order = self._order(10000.0)
        first, second = order._get_prepayment_invoices().sorted("id")
        self.assertEqual((first.amount_total, second.amount_total), (3750.0, 2500.0))
        self.assertEqual(order.prepayment_state, "invoiced")
        # the smaller one first: the amount tells which of the two invoices of the order it is
        report = self._paid((order.name, 2500, 25), number=3000201)
        self.assertEqual(report.line_ids.match_move_id, second)
        self.assertEqual((first.payment_state, second.payment_state), ("not_paid", "paid"))
        self._paid((f"{order.name}-1", 3750, 37.5), number=3000202)
        self.assertEqual(first.payment_state, "paid")
        self.assertEqual(order.prepayment_state, "received")

        final = self._final(order)
        self.assertEqual(final.amount_total, 6250.0)
        self._paid((order.name, 6250, 62.5), number=3000203)
        self.assertEqual(final.payment_state, "paid")
        self.assertEqual(self._balance(self.company.downpayment_account_id), 0.0)
        receivable = first.line_ids.filtered(lambda item: item.account_type == "asset_receivable").account_id
        self.assertEqual(self._balance(receivable), 0.0)

    def test_both_deposits_in_one_payment(self):
        self._rule(30, 20)
        order = self._order(10000.0)
        report = self._paid((order.name, 6250, 62.5), number=3000204)
        self.assertEqual(len(report.line_ids.allocation_ids), 2)
        self.assertEqual(set(order._get_prepayment_invoices().mapped("payment_state")), {"paid"})
        self.assertEqual(order.prepayment_state, "received")

    def test_a_deposit_that_is_returned(self):
        self._rule(30)
        order = self._order(10000.0)
        deposit = order._get_prepayment_invoices()
        self._paid((order.name, 3750, 37.5), number=3000205)
        self.assertEqual(order.prepayment_state, "received")
        credit = deposit._reverse_moves([{"invoice_date": self.day}])
        credit.action_post()
        report = self._paid((order.name, -3750, 0), number=3000206)
        self.assertEqual(report.line_ids.match_move_id, credit)
        self.assertEqual(credit.amount_residual, 0.0)
        self.assertEqual(self._balance(self.company.downpayment_account_id), 0.0)
        self.assertNotEqual(order.prepayment_state, "received")

    def test_an_undone_payout_stops_the_order_again(self):
        self._rule(30)
        order = self._order(10000.0)
        report = self._paid((order.name, 3750, 37.5), number=3000207)
        self.assertEqual(order.prepayment_state, "received")
        report.action_undo()
        self.assertEqual(order._get_prepayment_invoices().payment_state, "not_paid")
        self.assertEqual(order.prepayment_state, "invoiced")
