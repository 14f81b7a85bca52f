from odoo.tests import tagged

from odoo.addons.invoice_prepayment.tests.common import PrepaymentCommon


@tagged("post_install", "-at_install")
class TestRecurringDeposit(PrepaymentCommon):
    """Machines with a deposit and a service contract on one order: the contract is charged by its subscription."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = cls.env["subscription.template"].create({"name": "Service contract"})
        cls.contract = cls._product("Contract", cls.vat_25)
        cls.contract.subscription_template_id = cls.template
        cls.vat_12 = cls._vat(12)
        cls.service = cls._product("Service 12 %", cls.vat_12)
        cls.service.subscription_template_id = cls.template
        cls.policy = cls._policy((30,))

    def test_the_deposit_is_a_part_of_what_the_order_invoices(self):
        order = self._order([(1, 1000), (2, 333.33, self.contract), (1, 99.99, self.service)], confirm=True)
        self.assertEqual(order.prepayment_milestone_ids.amount, 375.0)
        deposit = self._deposits(order)
        self.assertEqual((deposit.amount_untaxed, deposit.amount_total), (300.0, 375.0))
        self.assertEqual(deposit.invoice_line_ids.tax_ids, self.vat_25, "no VAT of what is not on it")
        deposit.action_post()
        final = self._final(order)
        final.action_post()
        self.assertEqual((final.amount_untaxed, final.amount_total), (700.0, 875.0))
        self.assertEqual((order.invoice_status, order.prepayment_state), ("invoiced", "settled"))
        self.assertEqual(order.subscription_ids.line_ids.mapped("quantity"), [2.0, 1.0])

    def test_several_deposits_without_vat_basis_add_up_to_the_goods(self):
        policy = self._policy((30, 30, 40), basis="net", sequence=1)
        order = self._order([(1, 999.99), (1, 500.0, self.contract)], confirm=True)
        self.assertEqual(order.prepayment_policy_id, policy)
        self.assertAlmostEqual(sum(order.prepayment_milestone_ids.mapped("planned_amount")), 1249.99)
        self._deposits(order).action_post()  # the first is made at confirmation
        for _milestone in order.prepayment_milestone_ids[1:]:
            order.action_create_prepayment_invoice()
            self._deposits(order).filtered(lambda move: move.state == "draft").action_post()
        self.assertAlmostEqual(sum(self._deposits(order).mapped("amount_total")), 1249.99)

    def test_subscriptions_alone_take_no_deposit(self):
        order = self._order([(1, 500.0, self.contract)], confirm=True)
        self.assertFalse(order.prepayment_policy_id)
        self.assertFalse(order.prepayment_milestone_ids)
        self.assertEqual((order.prepayment_state, order.invoice_status), ("none", "invoiced"))

    def test_an_order_without_subscriptions_is_as_before(self):
        order = self._order([(1, 12345.67)], confirm=True)
        self.assertAlmostEqual(order.prepayment_milestone_ids.amount, 4629.63)

    def test_a_line_that_becomes_recurring_lowers_the_deposit(self):
        order = self._order([(1, 1000), (1, 500)])
        self.assertEqual(order.prepayment_milestone_ids.amount, 562.5)
        order.order_line[1].product_id = self.contract
        order.order_line[1].price_unit = 500
        self.assertEqual(order.prepayment_milestone_ids.amount, 375.0)
