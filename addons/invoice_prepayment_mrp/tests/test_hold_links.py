"""What ties a production to its sale order, and the release by hand, cannot be turned over RPC."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import HoldCommon


@tagged("post_install", "-at_install")
class TestHoldLinks(HoldCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = {"company_id": cls.company.id, "company_ids": [(6, 0, cls.company.ids)]}
        cls.worker = new_test_user(cls.env, "worker", groups="mrp.group_mrp_user", **company)
        cls.seller = new_test_user(cls.env, "seller", groups="sales_team.group_sale_manager", **company)

    def test_links_of_a_held_order_stay(self):
        order, productions = self._held_order()
        _order, others = self._held_order(price=100)
        production = self._made(productions).with_user(self.worker)
        released = self._made(others)
        self._release(released)
        reference = production.reference_ids
        seller_order = order.with_user(self.seller)
        routes = {
            "all links": lambda: production.write({"sale_line_id": False, "reference_ids": [Command.clear()]}),
            "reference": lambda: production.write({"reference_ids": [Command.clear()]}),
            "other reference": lambda: production.write({"reference_ids": [Command.set(released.reference_ids.ids)]}),
            "from the reference": lambda: reference.write({"production_ids": [Command.unlink(production.id)]}),
            "reference to sales": lambda: reference.write({"sale_ids": [Command.clear()]}),
            "group of a released order": lambda: production.write(
                {"production_group_id": released.production_group_id.id}
            ),
            "group, from the group": lambda: released.production_group_id.with_user(self.worker).write(
                {"production_ids": [Command.link(production.id)]}
            ),
            "from the sale order": lambda: seller_order.write({"stock_reference_ids": [Command.clear()]}),
        }
        production.sale_line_id = False  # the reference alone still binds it
        for name, route in routes.items():
            with self.subTest(name), self.assertRaises(UserError), self.env.cr.savepoint():
                route()
            self.env.invalidate_all()
            self.assertEqual(production.prepayment_hold_state, "held", name)

    def test_line_of_a_held_order_stays(self):
        order, _productions = self._held_order()
        production = self.env["mrp.production"].create(
            {
                "product_id": self.part.id,
                "product_qty": 1,
                "company_id": self.company.id,
                "sale_line_id": order.order_line[:1].id,
            }
        )
        self.assertEqual(production.prepayment_hold_state, "held")
        with self.assertRaises(UserError), self.env.cr.savepoint():
            production.with_user(self.worker).sale_line_id = False
        other = self._order([(1, 10)])
        with self.assertRaises(UserError), self.env.cr.savepoint():
            order.order_line[:1].with_user(self.seller).order_id = other
        self._pay(self._deposits(order)[:1])
        production.with_user(self.worker).sale_line_id = False
        self.assertEqual(production.prepayment_hold_state, "none")

    def test_proof_is_not_written_by_hand(self):
        order, productions = self._held_order()
        _order, others = self._held_order(price=100)
        released = self._made(others)
        self._release(released)
        override = released.prepayment_override_ids
        production = self._made(productions).with_user(self.worker)
        new = {"product_id": self.made.id, "product_qty": 1, "company_id": self.company.id}
        for vals in (
            {"prepayment_hold_state": "released"},
            {"prepayment_missing_amount": 0},
            {"prepayment_started_at": "2026-01-01 08:00:00"},
            {"prepayment_override_ids": [Command.create({"reason": "Mine"})]},
            {"prepayment_override_ids": [Command.link(override.id)]},
        ):
            with self.subTest(vals=vals):
                with self.assertRaises(AccessError):
                    production.write(vals)
                with self.assertRaises(AccessError):
                    production.create({**new, **vals})
        with self.assertRaises(AccessError):
            order.with_user(self.seller).write({"prepayment_override_ids": [Command.link(override.id)]})
        with self.assertRaises(AccessError):
            order.with_user(self.seller).create(
                {"partner_id": self.partner_a.id, "prepayment_override_ids": [Command.link(override.id)]}
            )
        with self.assertRaises(AccessError):
            self.env["prepayment.override"].with_user(self.worker).create({"reason": "Mine", "user_id": self.env.uid})
        with self.assertRaises(UserError):
            override.sudo().write({"reason": "Another"})
        with self.assertRaises(UserError):
            override.sudo().unlink()

    def test_release_of_a_whole_order(self):
        order, productions = self._held_order()
        self.assertEqual(order.prepayment_held_count, 2)
        self._release(orders=order)
        self.assertEqual(set(productions.mapped("prepayment_hold_state")), {"overridden"})
        self.assertEqual(order.prepayment_override_ids.missing_amount, 7716.05)
        self.assertFalse(order.prepayment_override_ids.production_id)
        for record in (order, *productions):
            self.assertIn("Agreed", record.message_ids.sorted("id")[-1].body)
        productions[-1].action_start()
        late = productions[-1].copy()
        self.assertEqual(late.prepayment_hold_state, "overridden")

    def test_other_company_sees_nothing(self):
        _order, productions = self._held_order()
        self._release(productions[:1])
        company = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "stranger",
            groups="mrp.group_mrp_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        self.assertFalse(self.env["prepayment.override"].with_user(stranger).search([]))
        auditor = new_test_user(
            self.env,
            "auditor",
            groups="account.group_account_readonly",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        self.assertEqual(self.env["prepayment.override"].with_user(auditor).search_count([]), 1)
        with self.assertRaises(AccessError):
            self.env["prepayment.override.wizard"].with_user(auditor).create({"reason": "Mine"})
