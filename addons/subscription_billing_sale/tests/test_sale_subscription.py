from datetime import date
from unittest.mock import patch

from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon

DAY = date(2027, 3, 10)


@tagged("post_install", "-at_install")
class TestSaleSubscription(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids += cls.env.ref("sales_team.group_sale_manager")
        cls.template = cls.env["subscription.template"].create(
            {
                "name": "Service contract",
                "anchor": "first",
                "binding_months": 12,
                "line_ids": [
                    Command.create({"product_id": cls.setup_fee.id}),
                    Command.create({"product_id": cls.service.id, "kind": "usage", "usage_included": 5}),
                ],
            }
        )
        cls.contract = cls._make_product("Contract", 300.0, invoice_policy="order")
        cls.contract.subscription_template_id = cls.template
        cls.goods = cls._make_product("Goods", 1000.0, invoice_policy="order")
        cls.seller = new_test_user(
            cls.env,
            "subscription_seller",
            groups="sales_team.group_sale_salesman_all_leads",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def setUp(self):
        super().setUp()
        self.startPatcher(patch.object(type(self.company), "_subscription_today", return_value=DAY))

    def _order(self, lines=None, **values):
        lines = lines or [(self.contract, {"product_uom_qty": 2, "discount": 10})]
        return self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "client_order_ref": "PO 7",
                "order_line": [Command.create({"product_id": product.id, **extra}) for product, extra in lines],
                **values,
            }
        )

    def test_confirming_starts_it_once(self):
        order = self._order()
        order.with_user(self.seller).action_confirm()
        subscription = order.subscription_ids
        self.assertEqual((subscription.state, subscription.template_id), ("active", self.template))
        self.assertEqual((subscription.date_start, subscription.binding_until), (DAY, date(2028, 3, 9)))
        self.assertEqual((subscription.partner_id, subscription.customer_reference), (self.customer, "PO 7"))
        line = subscription.line_ids
        self.assertEqual(
            (line.product_id, line.quantity, line.price_unit, line.discount), (self.contract, 2, 300.0, 10)
        )
        self.assertFalse(line.tax_ids, "the product's own, by the customer's fiscal position")
        self.assertEqual(subscription.usage_line_ids.usage_included, 5.0)
        order._action_confirm()
        order._action_confirm()
        self.assertEqual(order.subscription_ids, subscription)

    def test_what_is_added_to_a_confirmed_order_is_not_lost(self):
        """Neither the order nor its subscription would ever charge it."""
        order = self._order()
        order.action_confirm()
        with self.assertRaises(UserError):
            order.order_line = [Command.create({"product_id": self.contract.id})]
        order.order_line = [Command.create({"product_id": self.goods.id})]
        self.assertEqual(order.order_line[-1].qty_to_invoice, 1.0)

    @mute_logger("odoo.sql_db")
    def test_database_refuses_a_second_one(self):
        order = self._order()
        order.action_confirm()
        with self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            order.subscription_ids.sudo().copy({"sale_order_id": order.id}).flush_recordset()

    def test_recurring_lines_are_not_invoiced_by_the_order(self):
        order = self._order([(self.contract, {}), (self.goods, {})])
        order.action_confirm()
        self.assertEqual(order.invoice_status, "to invoice")
        move = order._create_invoices()
        self.assertEqual(move.invoice_line_ids.product_id, self.goods)
        self.assertEqual(order.invoice_status, "invoiced")
        run = self._bill(DAY, order.subscription_ids, posting="post")
        self.assertPeriods(run.invoice_ids, [("2027-03-10", "2027-03-31")])
        self.assertEqual(run.invoice_ids.amount_untaxed, round(300 * 22 / 31, 2))
        self.assertEqual(order.order_line.filtered("subscription_template_id").qty_to_invoice, 0.0)

    def test_order_of_a_subscription_starts_none(self):
        first = self._order()
        first.action_confirm()
        order = self._order(subscription_id=first.subscription_ids.id)
        order.action_confirm()
        self.assertFalse(order.subscription_ids)
        self.assertEqual(order._create_invoices().amount_untaxed, 540.0)

    def test_copied_order_starts_its_own(self):
        first = self._order()
        first.action_confirm()
        second = first.copy()
        self.assertFalse(second.subscription_ids)
        second.action_confirm()
        self.assertEqual(len(first.subscription_ids | second.subscription_ids), 2)

    def test_each_kind_is_one_subscription(self):
        other = self.env["subscription.template"].create({"name": "Yearly", "interval_unit": "year"})
        yearly = self._make_product("Yearly", 50.0, subscription_template_id=other.id)
        order = self._order([(self.contract, {}), (yearly, {}), (self.contract, {"product_uom_qty": 3})])
        order.action_confirm()
        self.assertEqual(
            sorted((s.template_id.name, len(s.line_ids)) for s in order.subscription_ids),
            [("Service contract", 2), ("Yearly", 1)],
        )

    def test_start_as_promised(self):
        order = self._order(commitment_date="2027-05-01 10:00:00")
        order.action_confirm()
        self.assertEqual(order.subscription_ids.date_start, date(2027, 5, 1))

    def test_price_of_another_unit(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        order = self._order([(self.contract, {"product_uom_qty": 1, "product_uom_id": dozen.id, "price_unit": 3600.0})])
        order.action_confirm()
        line = order.subscription_ids.line_ids
        self.assertEqual((line.quantity, line.price_unit), (12.0, 300.0))

    def test_cancelled_before_anything_was_charged(self):
        order = self._order()
        order.action_confirm()
        order._action_cancel()
        self.assertFalse(order.subscription_ids)
        order.action_draft()
        order.action_confirm()
        self.assertEqual(len(order.subscription_ids), 1)
        run = self._bill(DAY, order.subscription_ids)
        with self.assertRaises(UserError):
            order._action_cancel()
        run.action_undo_drafts()
        order._action_cancel()
        self.assertEqual(order.subscription_ids.state, "closed", "its deleted drafts stay as history")
        order.action_draft()
        order.action_confirm()
        self.assertEqual(sorted(order.subscription_ids.mapped("state")), ["active", "closed"])

    def test_both_open_each_other(self):
        order = self._order()
        order.action_confirm()
        self.assertEqual(order.subscription_count, 1)
        self.assertEqual(order.action_open_subscriptions()["res_id"], order.subscription_ids.id)
        self.assertEqual(order.subscription_ids.action_open_sale_order()["res_id"], order.id)

    def test_what_was_sold_stays_when_the_product_changes(self):
        order = self._order()
        order.action_confirm()
        self.contract.subscription_template_id = False
        self.assertEqual(order.order_line.subscription_template_id, self.template)
        self.assertEqual(order.order_line.qty_to_invoice, 0.0)

    def test_what_was_agreed_is_changed_on_the_subscription(self):
        """Nobody would charge the new price: the subscription does not follow the order."""
        order = self._order()
        order.action_confirm()
        line = order.order_line
        for values in ({"product_uom_qty": 3}, {"price_unit": 350.0}, {"discount": 0}, {"product_uom_qty": 0}):
            with self.subTest(values), self.assertRaises(UserError), self.env.cr.savepoint():
                line.write(values)
        line.write({"product_uom_qty": 2.0, "price_unit": 300.0, "discount": 10.0, "name": "Contract of 2027"})
        self.assertEqual(line.product_uom_qty, 2.0)

    def test_other_lines_of_the_order_are_changed_as_ever(self):
        order = self._order([(self.contract, {}), (self.goods, {})])
        order.action_confirm()
        order.order_line[1].product_uom_qty = 4
        self.assertEqual(order.order_line[1].product_uom_qty, 4)

    def test_promised_day_where_the_company_is(self):
        self.env.user.tz = "America/New_York"
        order = self._order(commitment_date="2027-05-01 02:00:00")
        order.action_confirm()
        self.assertEqual(order.subscription_ids.date_start, date(2027, 5, 1))
