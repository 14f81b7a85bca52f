"""The hold follows the money, whatever papers are made and whatever is planned."""

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import HoldCommon


@tagged("post_install", "-at_install")
class TestHoldSafeguards(HoldCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = {"company_id": cls.company.id, "company_ids": [Command.set(cls.company.ids)]}
        groups = "sales_team.group_sale_salesman_all_leads,mrp.group_mrp_user"
        cls.seller = new_test_user(cls.env, "safe_seller", groups=groups, **company)

    def _hold_state(self, production):
        self.env.cr.flush()
        self.env.invalidate_all()
        return production.prepayment_hold_state

    def test_a_final_invoice_releases_nothing(self):
        order, productions = self._held_order()
        production = self._made(productions)
        final = self._final(order)
        final.action_post()
        self.assertEqual(order.prepayment_state, "settled")
        self.assertEqual(self._hold_state(production), "held")
        with self.assertRaises(UserError), self.env.cr.savepoint():
            production.action_start()
        self._pay(final)
        self._pay(self._deposits(order))
        self.assertEqual(self._hold_state(production), "released")

    def test_paid_in_full_on_an_ordinary_invoice(self):
        order = self._order([(1, 1000, self.made)])
        order.prepayment_milestone_ids.event = "delivery"
        order.action_confirm()
        production = self._made(order._get_prepayment_productions())
        self.assertEqual(self._hold_state(production), "held")
        invoice = order._create_invoices()
        invoice.action_post()
        self.assertEqual(self._hold_state(production), "held")
        self._pay(invoice)
        self.assertEqual(self._hold_state(production), "released")

    def test_the_plan_is_not_lowered_without_the_right(self):
        order = self._order([(1, 1000, self.made)])
        first, second = order.prepayment_milestone_ids
        first.event = "delivery"
        order.action_confirm()
        production = self._made(order._get_prepayment_productions())
        routes = {
            "tick": lambda: first.with_user(self.seller).write({"holds_production": False}),
            "per cent": lambda: first.with_user(self.seller).write({"percent": 0.01}),
            "deleted": lambda: first.with_user(self.seller).unlink(),
            "on the order": lambda: order.with_user(self.seller).write(
                {"prepayment_milestone_ids": [Command.update(first.id, {"holds_production": False})]}
            ),
        }
        for name, route in routes.items():
            with self.subTest(name):
                with self.assertRaises(UserError), self.env.cr.savepoint():
                    route()
                self.env.invalidate_all()
                self.assertEqual(self._hold_state(production), "held")
        second.with_user(self.seller).holds_production = True  # more may be held
        before = order.message_ids
        self.seller.group_ids |= self.env.ref("invoice_prepayment_mrp.group_prepayment_override")
        order.prepayment_milestone_ids.with_user(self.seller).write({"holds_production": False})
        self.assertEqual(self._hold_state(production), "none")
        self.assertEqual((order.message_ids - before)[:1].author_id, self.seller.partner_id)

    def test_a_work_order_is_not_planned_by_its_dates(self):
        _order, productions = self._held_order()
        workorder = self._made(productions).workorder_ids
        for vals in (
            {"date_start": "2026-06-01 08:00:00"},
            {"date_start": "2026-06-01 08:00:00", "date_finished": "2026-06-01 09:00:00"},
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                workorder.with_user(self.seller).write(vals)
        self.assertFalse(workorder.production_id.is_planned)

    def test_a_release_is_for_its_sale_orders(self):
        order, productions = self._held_order()
        _other, others = self._held_order(price=100)
        production, released = self._made(productions), self._made(others)
        self._release(released)
        self.assertEqual(self._hold_state(released), "overridden")
        # made in the group of the released order, for the order that waits
        forged = (
            self.env["mrp.production"]
            .with_user(self.seller)
            .create(
                {
                    "product_id": self.made.id,
                    "product_qty": 1,
                    "company_id": self.company.id,
                    "production_group_id": released.production_group_id.id,
                    "sale_line_id": order.order_line.filtered("product_id")[:1].id,
                }
            )
        )
        self.assertEqual(self._hold_state(forged), "held")
        # the order that waits is linked later
        released.with_user(self.seller).write(
            {"reference_ids": [Command.link(reference.id) for reference in production.reference_ids]}
        )
        self.assertEqual(self._hold_state(released), "held")

    def test_an_order_that_was_never_cancelled_is_not_reopened(self):
        """Written back to a quotation, its plan would be lowered without the right, and no production be held."""
        order = self._order([(1, 1000, self.made)])
        order.prepayment_milestone_ids.event = "delivery"
        order.action_confirm()
        production = self._made(order._get_prepayment_productions())
        for state in ("draft", "sent"):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                order.with_user(self.seller).write({"state": state})
        self.assertEqual(self._hold_state(production), "held")
        order, productions = self._held_order()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            order.with_user(self.seller).write({"state": "cancel"})  # its deposit is invoiced
        self.assertEqual(self._hold_state(self._made(productions)), "held")

    def test_a_credited_deposit_made_smaller_needs_the_right(self):
        order, productions = self._held_order(price=1000)
        production = self._made(productions)
        bookkeeper = new_test_user(
            self.env,
            "safe_bookkeeper",
            groups="account.group_account_invoice,sales_team.group_sale_salesman_all_leads",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        milestone = order.prepayment_milestone_ids[0]
        milestone.move_id._reverse_moves([{}], cancel=True)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            milestone.with_user(bookkeeper).percent = 1
        self.env.invalidate_all()
        self.assertEqual((milestone.percent, order.prepayment_missing_amount), (50, 625))
        self.assertEqual(self._hold_state(production), "held")
        milestone.with_user(bookkeeper).action_create_invoice()
        self.assertEqual((milestone.move_id.amount_total, order.prepayment_missing_amount), (625, 625))
        self._pay(milestone.move_id)
        self.assertEqual(self._hold_state(production), "released")

    def test_a_paid_deposit_of_another_order_releases_nothing(self):
        paid, _productions = self._held_order()
        self._pay(self._deposits(paid))
        unpaid, productions = self._held_order()
        line = paid.order_line.filtered(lambda line: line.is_downpayment and not line.display_type)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            line.with_user(self.seller).write({"order_id": unpaid.id})
        self.assertEqual(self._hold_state(self._made(productions)), "held")
