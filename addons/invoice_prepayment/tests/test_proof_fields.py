from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import PrepaymentCommon


@tagged("post_install", "-at_install")
class TestProofFields(PrepaymentCommon):
    """What says that money has come is not written by a user, over RPC or otherwise."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._policy((30,))
        cls.order = cls._order([(1, 1000)], confirm=True)
        company = {"company_id": cls.company.id, "company_ids": [(6, 0, cls.company.ids)]}
        groups = "sales_team.group_sale_manager,account.group_account_manager"
        cls.user = new_test_user(cls.env, "proof_manager", groups, **company)

    def test_milestone(self):
        milestone = self.order.prepayment_milestone_ids.with_user(self.user)
        for values in ({"amount": 0}, {"planned_amount": 0}, {"move_id": False}, {"invoice_ids": [(5, 0, 0)]}):
            with self.assertRaises(AccessError):
                milestone.write(values)
        with self.assertRaises(AccessError):
            milestone.create({"name": "x", "order_id": self.order.id, "amount": 1})

    def test_plan_of_an_invoiced_milestone(self):
        milestone = self.order.prepayment_milestone_ids.with_user(self.user)
        for values in ({"percent": 1}, {"fixed_amount": 5}, {"event": "delivery"}):
            with self.assertRaises(UserError):
                milestone.write(values)
        milestone.write({"percent": 30, "sequence": 5, "name": "Other words"})

    def test_order(self):
        order = self.order.with_user(self.user)
        for name, value in (
            ("prepayment_state", "received"),
            ("prepayment_missing_amount", 0),
            ("prepayment_received_amount", 375),
            ("prepayment_required_amount", 0),
            ("prepayment_reason", "x"),
        ):
            with self.assertRaises(AccessError):
                order.write({name: value})
            with self.assertRaises(AccessError):
                order.create({"partner_id": self.partner_a.id, name: value})

    def test_invoice(self):
        deposit = self._deposits(self.order).with_user(self.user)
        for name, value in (
            ("prepayment_invoice_type", "standard"),
            ("prepayment_milestone_id", False),
            ("prepayment_is_request", True),
        ):
            with self.assertRaises(AccessError):
                deposit.write({name: value})
            with self.assertRaises(AccessError):
                deposit.create({"move_type": "out_invoice", "partner_id": self.partner_a.id, name: value})
        with self.assertRaises(AccessError):
            deposit.invoice_line_ids.write({"prepayment_order_id": False})

    def test_the_work_itself_goes_on(self):
        order = self.order.with_user(self.user)
        self._deposits(order).with_user(self.user).action_post()
        order.action_create_final_invoice()
        (order.invoice_ids - self._deposits(order)).action_post()
        self.assertEqual(order.prepayment_state, "settled")
        self.assertEqual(order.copy().prepayment_state, "none")
