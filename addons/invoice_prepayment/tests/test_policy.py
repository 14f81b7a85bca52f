from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import PrepaymentCommon


@tagged("post_install", "-at_install")
class TestPolicy(PrepaymentCommon):
    def test_first_match_wins_and_says_why(self):
        self._policy((10,), sequence=30, name="Everybody")
        self._policy((30,), sequence=20, name="White-label", product_tmpl_id=self.product.product_tmpl_id.id)
        self._policy((50,), sequence=10, name="New customer", partner_id=self.partner_b.id)
        order = self._order()
        self.assertEqual(order.prepayment_policy_id.name, "White-label")
        self.assertIn("White-label", order.prepayment_reason)
        self.assertIn(self.product.name, order.prepayment_reason)
        order.partner_id = self.partner_b
        self.assertEqual(order.prepayment_policy_id.name, "New customer")
        self.assertEqual(order.prepayment_milestone_ids.mapped("percent"), [50])

    def test_category_includes_its_children(self):
        parent = self.env["product.category"].create({"name": "Parent"})
        self.product.categ_id = self.env["product.category"].create({"name": "Child", "parent_id": parent.id})
        policy = self._policy((30,), categ_id=parent.id)
        self.assertEqual(self._order().prepayment_policy_id, policy)

    def test_no_deposit_rule_stops_the_search(self):
        self._policy((30,), sequence=20)
        self._policy((30,), sequence=10, amount_type="none", partner_id=self.partner_a.id)
        order = self._order(confirm=True)
        self.assertFalse(order.invoice_ids)
        self.assertEqual(order.prepayment_state, "none")

    def test_chosen_by_hand_stays(self):
        self._policy((30,))
        other = self._policy((50,), sequence=20)
        order = self._order()
        order.prepayment_policy_id = other
        order.order_line[0].product_uom_qty = 2
        order.action_confirm()
        self.assertEqual(order.prepayment_policy_id, other)
        self.assertIn(self.env.user.name, order.prepayment_reason)

    def test_rounded_to_whole_tens(self):
        self.product.taxes_id = False
        self._policy((30,), rounding=10)
        order = self._order(confirm=True)
        self.assertEqual(self._deposits(order).amount_total, 3700.00)
        self._deposits(order).action_post()
        final = self._final(order)
        self.assertEqual(final.amount_total, 8645.67)

    def test_amount_without_vat(self):
        self._policy(amount_type="amount", amount=5000, basis="net")
        deposit = self._deposits(self._order(confirm=True))
        self.assertEqual((deposit.amount_untaxed, deposit.amount_tax), (5000, 1250))

    def test_minimum_but_never_more_than_the_order(self):
        self._policy((10,), minimum_amount=500)
        self.assertEqual(self._order([(1, 800)]).prepayment_milestone_ids.amount, 500)
        self.assertEqual(self._order([(1, 80)]).prepayment_milestone_ids.amount, 100)

    def test_impossible_rules_are_refused(self):
        for values in ({"percent": 120}, {"percent": 0}, {"amount_type": "amount", "amount": -5}):
            with self.assertRaises(ValidationError):
                self._policy(**values)
        with self.assertRaises(ValidationError):
            self._policy((60, 50))

    def test_companies_are_separate(self):
        other = self.setup_other_company()["company"]
        self._policy((30,), company_id=other.id)
        self.assertFalse(self._order().prepayment_policy_id)

    def test_a_branch_follows_its_company_until_it_has_rules_of_its_own(self):
        self._policy((30,), sequence=1, name="All of us")
        branch = self.env["res.company"].create(
            {"name": "Aarhus", "parent_id": self.company.id, "country_id": self.env.ref("base.dk").id}
        )
        self.env.cr.precommit.run()  # core gives the branch its defaults
        self.assertTrue(branch.downpayment_account_id)
        self.env.user.company_ids |= branch
        only_branch = self.env["sale.order"].with_company(branch).with_context(allowed_company_ids=branch.ids)
        order = self._order(company_id=branch.id).with_env(only_branch.env)
        self.assertEqual(order.prepayment_policy_id.display_name, "All of us")
        order.action_confirm()
        deposit = order.prepayment_milestone_ids.move_id
        deposit.action_post()
        self.assertEqual(deposit.company_id, branch)
        self.assertIn(branch.downpayment_account_id, deposit.line_ids.account_id)

        self._policy((50,), sequence=99, name="Aarhus", company_id=branch.id)
        self.assertEqual(self._order(company_id=branch.id).prepayment_policy_id.name, "Aarhus")
        self.assertEqual(self._order().prepayment_policy_id.name, "All of us")
