from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import PrepaymentCommon


@tagged("post_install", "-at_install")
class TestSettlement(PrepaymentCommon):
    def _settle(self, order, outcome="refund", **values):
        wizard = self.env["prepayment.settlement.wizard"].create(
            {"order_id": order.id, "outcome": outcome, "reason": "The customer has cancelled", **values}
        )
        wizard.action_settle()
        return order.prepayment_settlement_ids[:1]

    def _paid_order(self, plan=(30,), lines=((1, 1000),)):
        self._policy(plan, invoice_mode="post", sequence=1)
        order = self._order(list(lines), confirm=True)
        self._pay(self._deposits(order))
        return order

    def _owed_to_customer(self):
        lines = self.env["account.move.line"].search(
            [
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("company_id", "=", self.company.id),
            ]
        )
        return self.company.currency_id.round(sum(lines.mapped("amount_residual")))

    def test_cancel_with_refund(self):
        order = self._paid_order()
        action = order.action_cancel()
        self.assertEqual((action["res_model"], order.state), ("prepayment.settlement.wizard", "sale"))
        settled = self._settle(order, cancel_order=True)
        credit = settled.move_ids
        self.assertEqual(
            (credit.move_type, credit.state, credit.amount_total, credit.amount_tax), ("out_refund", "posted", 375, 75)
        )
        self.assertEqual(
            credit.reversed_entry_id, self._deposits(order).filtered(lambda m: m.move_type == "out_invoice")
        )
        self.assertEqual(self._owed_to_customer(), -375)
        self.assertEqual((order.state, order.prepayment_state), ("cancel", "refunded"))
        self.assertEqual(self._balance(self.liability), 0)
        self.assertEqual(self._balance(self.vat_account), 0)
        self.assertEqual((settled.user_id, settled.amount), (self.env.user, 375))
        self.assertIn("375", order.message_ids[0].body)

    def test_unpaid_deposit_is_closed_by_its_credit_note(self):
        self._policy((30,), invoice_mode="post")
        order = self._order([(1, 1000)], confirm=True)
        self._settle(order, cancel_order=True)
        self.assertEqual(self._owed_to_customer(), 0)

    def test_shrunk_order_gives_back_what_is_too_much(self):
        order = self._paid_order(plan=(50,), lines=[(4, 100)])
        order.order_line.filtered("product_id").product_uom_qty = 1
        wizard = self.env["prepayment.settlement.wizard"].create({"order_id": order.id, "reason": "Smaller"})
        self.assertEqual(wizard.amount, 125)  # deposit 250, order 125
        wizard.action_settle()
        self.assertEqual(self._owed_to_customer(), -125)
        final = self._final(order)
        final.action_post()
        self.assertEqual((final.move_type, final.amount_total), ("out_invoice", 0))
        self.assertEqual(self._balance(self.liability), 0)
        self.assertEqual(self._balance(self.vat_account), -25)
        self.assertEqual(order.prepayment_state, "settled")

    def test_part_of_a_deposit_in_two_steps(self):
        order = self._paid_order(lines=[(3, 33.33), (7, 1.11)])
        total = self._deposits(order).amount_total
        self._settle(order, amount=10.01)
        self._settle(order, amount=0.03)
        final = self._final(order)
        final.action_post()
        self.assertEqual(order.currency_id.round(final.amount_total + total - 10.04), order.amount_total)
        self.assertEqual(self._balance(self.liability), 0)

    def test_transfer_starts_the_next_order_with_the_credit(self):
        order = self._paid_order()
        other = self._order([(1, 2000)])
        other.prepayment_milestone_ids.event = "production"
        other.action_confirm()
        settled = self._settle(order, "transfer", target_order_id=other.id, cancel_order=True)
        deposit = self._deposits(other)
        self.assertEqual((deposit.amount_total, deposit.payment_state), (375, "paid"))
        self.assertEqual((other.prepayment_received_amount, other.prepayment_missing_amount), (375, 375))
        self.assertEqual(self._owed_to_customer(), 0)
        self.assertEqual(settled.target_order_id, other)
        self.assertEqual(order.state, "cancel")
        for record in order | other:
            self.assertTrue(
                any(order.name in message.body and other.name in message.body for message in record.message_ids)
            )
        # the plan of the next order asks for the rest
        other.action_create_prepayment_invoice()
        self.assertEqual(sum(self._deposits(other).mapped("amount_total")), 750)
        self._deposits(other).filtered(lambda move: move.state == "draft").action_post()
        self.assertEqual(other.prepayment_missing_amount, 375)
        self._final(other).action_post()
        self.assertEqual(self._balance(self.liability), 0)

    def test_forfeit_as_compensation_has_no_vat(self):
        order = self._paid_order()
        settled = self._settle(order, "forfeit", forfeit_vat="compensation", cancel_order=True)
        income = settled.move_ids.filtered(lambda move: move.move_type == "out_invoice")
        self.assertEqual((income.amount_total, income.amount_tax), (375, 0))
        self.assertEqual(self._balance(self.vat_account), 0)
        self.assertEqual(self._balance(self.liability), 0)
        self.assertEqual(self._owed_to_customer(), 0)
        self.assertEqual(self._balance(self.company_data["default_account_revenue"]), -375)

    def test_forfeit_as_a_supply_keeps_the_vat(self):
        account = self.company_data["default_account_revenue"].copy({"code": "100999"})
        self.company.prepayment_forfeit_account_id = account
        order = self._paid_order()
        self._settle(order, "forfeit", forfeit_vat="supply", cancel_order=True)
        self.assertEqual(self._balance(self.vat_account), -75)
        self.assertEqual(self._balance(account), -300)
        self.assertEqual(self._balance(self.liability), 0)
        self.assertEqual(self._owed_to_customer(), 0)

    def test_refusals_leave_nothing(self):
        order = self._paid_order()
        other = self._order([(1, 100)], confirm=True, partner_id=self.partner_b.id)
        before = self.env["account.move"].search_count([])
        for values in (
            {"amount": 375.01},
            {"amount": 0},
            {"amount": -1},
            {"outcome": "transfer"},
            {"outcome": "transfer", "target_order_id": other.id},
            {"outcome": "transfer", "target_order_id": order.id},
            {"outcome": "forfeit", "amount": 400},
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                self._settle(order, values.pop("outcome", "refund"), **values)
        self.assertEqual(self.env["account.move"].search_count([]), before)

    def test_closed_period(self):
        order = self._paid_order()
        self.company.sudo().fiscalyear_lock_date = "2019-12-31"
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self._settle(order, date="2019-06-01")
        self.assertEqual(len(self._deposits(order)), 1)

    def test_roles(self):
        order = self._paid_order()
        company = {"company_id": self.company.id, "company_ids": [(6, 0, self.company.ids)]}
        seller = new_test_user(self.env, "settle_seller", "sales_team.group_sale_salesman_all_leads", **company)
        with self.assertRaises(UserError):
            order.with_user(seller).action_cancel()
        with self.assertRaises(AccessError):
            self.env["prepayment.settlement.wizard"].with_user(seller).create({"order_id": order.id, "reason": "x"})
        bookkeeper = new_test_user(
            self.env,
            "settle_bookkeeper",
            "account.group_account_invoice,sales_team.group_sale_salesman_all_leads",
            **company,
        )
        self.env["prepayment.settlement.wizard"].with_user(bookkeeper).create(
            {"order_id": order.id, "reason": "Cancelled", "cancel_order": True}
        ).action_settle()
        settled = order.prepayment_settlement_ids
        self.assertEqual(settled.user_id, bookkeeper)
        auditor = new_test_user(self.env, "settle_auditor", "account.group_account_readonly", **company)
        self.assertEqual(settled.with_user(auditor).amount, 375)
        for user in (seller, bookkeeper, auditor):
            with self.assertRaises(AccessError):
                settled.with_user(user).write({"amount": 1})
            with self.assertRaises(AccessError):
                settled.with_user(user).unlink()
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env,
            "settle_stranger",
            "account.group_account_readonly",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        self.assertFalse(self.env["prepayment.settlement"].with_user(stranger).search([]))
