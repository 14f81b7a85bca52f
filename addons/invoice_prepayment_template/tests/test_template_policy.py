from odoo.tests import tagged

from odoo.addons.invoice_prepayment.tests.common import PrepaymentCommon


@tagged("post_install", "-at_install")
class TestTemplatePolicy(PrepaymentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template, cls.other_template = cls.env["sale.order.template"].create(
            [
                {"name": "White label", "require_payment": True, "prepayment_percent": 0.8},
                {"name": "Stock goods", "require_payment": True, "prepayment_percent": 0.6},
            ]
        )
        cls.everybody = cls._policy((10,), name="Everybody", sequence=30)
        cls.by_template = cls._policy((30,), name="Template", sequence=10, sale_order_template_id=cls.template.id)

    def test_template_decides_and_the_order_says_why(self):
        order = self._order([(1, 1000)], sale_order_template_id=self.template.id)
        self.assertEqual(order.prepayment_policy_id, self.by_template)
        self.assertIn("White label", order.prepayment_reason)
        self.assertEqual(order.prepayment_milestone_ids.amount, 375)

    def test_another_template_or_none_does_not_fit(self):
        for template in (self.other_template, self.env["sale.order.template"]):
            order = self._order([(1, 1000)], sale_order_template_id=template.id)
            self.assertEqual(order.prepayment_policy_id, self.everybody)
            self.assertNotIn("White label", order.prepayment_reason)

    def test_plan_follows_a_change_of_template(self):
        order = self._order([(1, 1000)], sale_order_template_id=False)
        self.assertEqual(order.prepayment_milestone_ids.amount, 125)
        order.sale_order_template_id = self.template
        self.assertEqual(order.prepayment_milestone_ids.amount, 375)
        order.sale_order_template_id = False
        self.assertEqual(order.prepayment_milestone_ids.amount, 125)

    def test_confirmed_order_keeps_its_rule(self):
        order = self._order([(1, 1000)], confirm=True, sale_order_template_id=self.template.id)
        order.sale_order_template_id = self.other_template
        self.assertEqual(order.prepayment_policy_id, self.by_template)
        self.assertEqual(order.prepayment_milestone_ids.amount, 375)

    def test_every_scope_must_fit(self):
        self.by_template.partner_id = self.partner_b
        order = self._order([(1, 1000)], sale_order_template_id=self.template.id)
        self.assertEqual(order.prepayment_policy_id, self.everybody)

    def test_portal_asks_for_the_plan_not_the_template(self):
        order = self._order([(1, 1000)], sale_order_template_id=self.template.id)
        self.assertTrue(order.require_payment)
        self.assertEqual((order.prepayment_percent, order._get_prepayment_required_amount()), (0.3, 375))
        order.sale_order_template_id = self.other_template
        self.assertEqual((order.prepayment_percent, order._get_prepayment_required_amount()), (0.1, 125))

    def test_portal_percent_stays_when_the_rule_does(self):
        """Another template under the same rule: its own per cent does not slip in."""
        self.by_template.active = False
        order = self._order([(1, 1000)], sale_order_template_id=self.template.id)
        order.sale_order_template_id = self.other_template
        self.assertEqual((order.prepayment_percent, order._get_prepayment_required_amount()), (0.1, 125))

    def test_without_a_plan_the_template_decides(self):
        (self.everybody | self.by_template).active = False
        order = self._order([(1, 1000)], sale_order_template_id=self.template.id)
        self.assertEqual((order.prepayment_percent, order._get_prepayment_required_amount()), (0.8, 1000))

    def test_no_deposit_rule_leaves_the_template_its_percent(self):
        self.by_template.amount_type = "none"
        order = self._order([(1, 1000)], sale_order_template_id=self.template.id)
        self.assertEqual((order.prepayment_policy_id, order.prepayment_percent), (self.by_template, 0.8))
