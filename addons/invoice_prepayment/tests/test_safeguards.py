"""Nothing is deducted twice or lost, and what is missing follows the money, not the papers."""

from unittest.mock import patch

from odoo.exceptions import AccessError, LockError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .test_money import PaymentCommon


class SafeguardCommon(PaymentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.goods = cls._product("Goods", cls.vat_25, type="consu", invoice_policy="delivery")

    def _user(self, login, groups):
        return new_test_user(
            self.env, login, groups, company_id=self.company.id, company_ids=[Command.set(self.company.ids)]
        )

    def _planned_order(self, lines=((1, 1000),), percents=(30,), **values):
        self._policy(percents, invoice_mode="post", sequence=1)
        return self._order(list(lines), confirm=True, **values)

    def _half_delivered(self, **values):
        """An order of 1,250 of which 625 is delivered, invoiced and open."""
        order = self._order([(2, 500, self.goods)], confirm=True, **values)
        order.order_line.filtered("product_id").qty_delivered = 1
        invoice = order._create_invoices()
        invoice.action_post()
        return order, invoice


@tagged("post_install", "-at_install")
class TestMissingFollowsMoney(SafeguardCommon):
    def test_final_invoice_of_an_unpaid_deposit_is_no_money(self):
        order = self._planned_order()
        final = self._final(order)
        final.action_post()
        self.assertEqual((order.prepayment_state, order.prepayment_missing_amount), ("settled", 375))
        self.assertEqual(order.prepayment_milestone_ids.outstanding_amount, 375)
        self._pay(final, 300)
        self.assertEqual(order.prepayment_missing_amount, 75)
        self._pay(self._deposits(order))
        self.assertEqual((order.prepayment_missing_amount, order.prepayment_milestone_ids.outstanding_amount), (0, 0))

    def test_paid_on_an_ordinary_invoice(self):
        self._policy((30,))
        order = self._order([(1, 1000)])
        order.prepayment_milestone_ids.event = "production"
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        # nothing is left that a deposit could be invoiced for
        self.assertEqual((order.prepayment_missing_amount, order.prepayment_state), (375, "invoiced"))
        self._pay(invoice, 100)
        self.assertEqual((order.prepayment_received_amount, order.prepayment_missing_amount), (100, 275))
        self._pay(invoice)
        self.assertEqual(
            (order.prepayment_received_amount, order.prepayment_missing_amount, order.prepayment_state),
            (375, 0, "received"),
        )
        self.assertFalse(order.prepayment_milestone_ids.outstanding_amount)

    def test_invoice_of_two_orders_counts_for_each_by_its_share(self):
        self._policy((30,))
        orders = self._order([(1, 1000)]) | self._order([(1, 3000)])
        orders.prepayment_milestone_ids.event = "production"
        orders.action_confirm()
        invoice = orders._create_invoices()
        invoice.action_post()
        self._pay(invoice, 1000)
        self.assertEqual(orders.mapped("prepayment_received_amount"), [250, 750])

    def test_lowered_draft_deposit_lowers_nothing(self):
        self._policy((30,))
        order = self._order([(1, 1000)], confirm=True)
        deposit = self._deposits(order)
        deposit.invoice_line_ids.filtered(lambda line: line.display_type == "product").write(
            {"price_unit": 1, "extra_tax_data": False}
        )
        deposit.action_post()
        self._pay(deposit)
        self.assertEqual((order.prepayment_required_amount, order.prepayment_received_amount), (375, 1.25))

    def test_stray_money_does_not_ask_for_more(self):
        """The order grew after its deposit was paid: nothing more is held; nor when more money comes."""
        order = self._planned_order([(10, 100)])
        self._pay(self._deposits(order))
        order.order_line.filtered("product_id").product_uom_qty = 20
        self.assertEqual(order.prepayment_missing_amount, 0)
        self._payment(100, order.name)
        self.assertFalse(order.activity_ids.mapped("note"))
        self.assertEqual(len(self._deposits(order)), 2)
        self.assertEqual(order.prepayment_missing_amount, 0)

    def test_lowering_the_plan_of_a_confirmed_order_is_noted(self):
        self._policy((30,))
        order = self._order([(1, 1000)])
        order.prepayment_milestone_ids.event = "production"
        order.action_confirm()
        # where production is installed, that needs a right of its own
        may_release = self.env.ref("invoice_prepayment_mrp.group_prepayment_override", raise_if_not_found=False)
        self.env.user.group_ids |= may_release or self.env["res.groups"]
        before = order.message_ids
        order.prepayment_milestone_ids.percent = 10
        self.assertIn("125", (order.message_ids - before)[:1].body)


@tagged("post_install", "-at_install")
class TestNothingTwice(SafeguardCommon):
    def test_draft_final_invoice_of_a_deposit_that_is_gone(self):
        routes = {
            "cancelled": lambda deposit: (deposit.button_draft(), deposit.button_cancel()),
            "draft again": lambda deposit: deposit.button_draft(),
        }
        for name, route in routes.items():
            with self.subTest(name):
                order = self._planned_order()
                final = self._final(order)
                route(order._get_prepayment_invoices())
                with self.assertRaises(UserError) as error, self.env.cr.savepoint():
                    final.action_post()
                self.assertIn(order.name, str(error.exception))

    def test_deposit_is_not_credited_beside_its_deduction(self):
        order = self._planned_order()
        deposit = self._deposits(order)
        final = self._final(order)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            deposit._reverse_moves([{}], cancel=True)  # the draft deducts it
        final.action_post()
        with self.assertRaises(UserError) as error, self.env.cr.savepoint():
            deposit._reverse_moves([{}], cancel=True)
        self.assertIn(final.name, str(error.exception))
        credit = deposit._reverse_moves([{}])
        with self.assertRaises(UserError), self.env.cr.savepoint():
            credit.action_post()
        with self.assertRaises(UserError) as error, self.env.cr.savepoint():
            deposit.button_draft()
        self.assertIn(final.name, str(error.exception))
        # as the refusal says: the final invoice first
        back = final._reverse_moves([{}])
        with self.assertRaises(UserError), self.env.cr.savepoint():
            credit.action_post()  # a draft gives nothing back
        back.action_post()
        credit.action_post()
        self.assertEqual(self._balance(self.liability), 0)
        self.assertEqual(self._balance(self.vat_account), 0)

    def test_a_second_credit_note_of_a_deposit(self):
        order = self._planned_order()
        deposit = self._deposits(order)
        deposit._reverse_moves([{}], cancel=True)
        second = deposit._reverse_moves([{}])
        with self.assertRaises(UserError):
            second.action_post()

    def test_deposit_of_no_plan_is_not_cancelled_when_deducted(self):
        order = self._order([(1, 1000)], confirm=True)
        self._payment(500, order.name)
        deposit = self._deposits(order)
        order._create_invoices(final=True).action_post()
        self.assertFalse(deposit.prepayment_milestone_id)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            deposit.button_draft()

    def test_draft_credit_note_is_not_taken_along(self):
        self.company.prepayment_draft_rule = "take"
        order = self._planned_order()
        credit = self._deposits(order)._reverse_moves([{}])
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self._final(order)
        self.assertEqual(credit.state, "draft")

    def test_orders_are_not_cancelled_in_bulk_with_money_on_them(self):
        orders = self._planned_order() | self._planned_order()
        with self.assertRaises(UserError) as error, self.env.cr.savepoint():
            orders._action_cancel()
        self.assertIn(orders[0].name, str(error.exception))
        with self.assertRaises(UserError), self.env.cr.savepoint():
            orders.action_cancel()
        action = orders[0].with_context(prepayment_settled=True).action_cancel()
        self.assertEqual(action["res_model"], "prepayment.settlement.wizard")
        self.assertEqual(orders.mapped("state"), ["sale", "sale"])

    def test_part_paid_deposit_is_transferred_or_forfeited(self):
        for outcome in ("transfer", "forfeit"):
            for cancel in (False, True):
                with self.subTest(outcome=outcome, cancel=cancel):
                    order = self._planned_order()
                    other = self._order([(1, 2000)])
                    other.prepayment_milestone_ids.event = "production"
                    other.action_confirm()
                    deposit = self._deposits(order)
                    self._pay(deposit, 150)
                    wizard = self.env["prepayment.settlement.wizard"].create(
                        {
                            "order_id": order.id,
                            "outcome": outcome,
                            "target_order_id": other.id,
                            "cancel_order": cancel,
                            "reason": "x",
                        }
                    )
                    self.assertEqual(wizard.amount, 150)
                    wizard.action_settle()
                    self.assertEqual(deposit.amount_residual, 0 if cancel else 225)
                    new = order.prepayment_settlement_ids.move_ids.filtered(
                        lambda move: move.move_type == "out_invoice"
                    )
                    self.assertEqual((new.amount_total, new.amount_residual), (150, 0))
                    self.assertEqual(order.state, "cancel" if cancel else "sale")

    def test_a_return_that_is_not_invoiced_is_left(self):
        order = self._planned_order([(4, 100), (-1, 100, self.goods)])
        self.assertFalse(order._is_last_invoice())
        order.order_line.filtered(lambda line: line.product_id == self.goods).qty_delivered = -1
        self.assertTrue(order._is_last_invoice())


@tagged("post_install", "-at_install")
class TestMoneyForOpenInvoices(SafeguardCommon):
    def test_open_invoice_first(self):
        order, invoice = self._half_delivered()
        self._payment(625, order.name)
        self.assertEqual(order.invoice_ids, invoice)
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))

    def test_only_the_rest_is_a_deposit(self):
        order, invoice = self._half_delivered()
        self._payment(700, order.name)
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertEqual(self._deposits(order).amount_total, 75)

    def test_nothing_to_ask_when_the_invoice_is_there(self):
        self.company.prepayment_money_rule = "ask"
        order, _invoice = self._half_delivered()
        self._payment(625, order.name)
        self.assertFalse(order.activity_ids)

    def test_two_open_deposits(self):
        order = self._planned_order(percents=(50, 50))
        order.action_create_prepayment_invoice()
        first, second = self._deposits(order)
        self._payment(first.amount_total, order.name)
        self.assertFalse(order.activity_ids)
        self.assertEqual((first.amount_residual, second.amount_residual), (0, 625))
        self._payment(700, order.name)
        self.assertEqual((second.amount_residual, len(self._deposits(order))), (0, 2))

    def test_exact_amount_of_the_second(self):
        order = self._planned_order(percents=(30, 70))
        order.action_create_prepayment_invoice()
        first, second = self._deposits(order)
        self._payment(second.amount_total, order.name)
        self.assertEqual((first.amount_residual, second.amount_residual), (375, 0))

    def test_money_waits_for_the_lock(self):
        """Somebody saves the order at this moment: the money is not dropped."""
        order = self._order([(1, 1000)], confirm=True)
        with patch.object(type(order), "lock_for_update", side_effect=LockError("busy")):
            with self.assertRaises(UserError):
                order._lock_prepayment()
            self._payment(500, order.name)
        self.assertEqual(self._deposits(order).amount_total, 500)

    def test_only_the_customer_s_money(self):
        order = self._order([(1, 1000)], confirm=True)
        payment = self._payment(500, "", partner_id=self.partner_b.id)
        line = payment.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        wizard = self.env["prepayment.money.wizard"].create({"order_id": order.id, "line_ids": line.ids})
        with self.assertRaises(UserError):
            wizard.action_match()


@tagged("post_install", "-at_install")
class TestOwnOrders(SafeguardCommon):
    def test_own_documents_only(self):
        seller = self._user("own_seller", "sales_team.group_sale_salesman")
        chief = self._user("all_seller", "sales_team.group_sale_salesman_all_leads")
        bookkeeper = self._user("own_bookkeeper", "account.group_account_invoice")
        order = self._planned_order(user_id=chief.id)
        own = self._planned_order(user_id=seller.id)
        plans = self.env["prepayment.milestone"]
        for user, seen in ((seller, own), (chief, own | order), (bookkeeper, own | order)):
            found = plans.with_user(user).search([("order_id", "in", (own | order).ids)])
            self.assertEqual(found.order_id, seen)
        milestone = order.prepayment_milestone_ids.with_user(seller)
        for method in (lambda: milestone.write({"name": "x"}), milestone.unlink, lambda: milestone.read(["percent"])):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                method()
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            plans.with_user(seller).create({"name": "x", "order_id": order.id})
        mine = plans.with_user(seller).create({"name": "More", "order_id": own.id, "event": "delivery"})
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            mine.order_id = order.id

    def test_links_of_deposits_are_no_gift(self):
        seller = self._user("link_seller", "sales_team.group_sale_salesman_all_leads")
        paid, unpaid = self._planned_order(), self._planned_order()
        self._pay(self._deposits(paid))
        proof = paid.order_line.invoice_lines
        line = unpaid.order_line.filtered("is_downpayment").with_user(seller)
        goods = (unpaid.order_line - line).with_user(seller)
        routes = (
            lambda: line.write({"invoice_lines": [Command.link(proof[:1].id)]}),
            lambda: goods.write({"is_downpayment": True}),
            lambda: unpaid.with_user(seller).write(
                {"order_line": [Command.update(line[:1].id, {"invoice_lines": [Command.link(proof[:1].id)]})]}
            ),
        )
        for route in routes:
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                route()
