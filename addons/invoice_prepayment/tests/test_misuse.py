"""Deposits by ways that no screen offers: contexts and links over RPC, other people's orders, other companies."""

from contextlib import suppress

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .test_safeguards import SafeguardCommon


@tagged("post_install", "-at_install")
class TestMisuse(SafeguardCommon):
    def test_a_context_says_nothing_of_a_deposit(self):
        """Neither which planned deposit it is, nor that it has no VAT, nor that it may be more than the rest."""
        seller = self._user("context_seller", "sales_team.group_sale_salesman_all_leads")
        self._policy((30,))
        order = self._order([(1, 1000)])
        milestone = order.prepayment_milestone_ids
        milestone.event = "delivery"
        order.action_confirm()
        context = {
            "active_ids": order.ids,
            "prepayment_order_id": order.id,
            "prepayment_milestone_id": milestone.id,
            "prepayment_target": [1, "total"],
            "prepayment_treatment": "request",
            "prepayment_wanted": {"order_id": order.id, "target": [1, "total"], "treatment": "request"},
        }
        values = {"sale_order_ids": order.ids, "advance_payment_method": "fixed", "fixed_amount": 100}
        wizards = self.env["sale.advance.payment.inv"].with_user(seller).with_context(**context)
        wizards.create(values).create_invoices()
        deposit = self._deposits(order)
        self.assertEqual((deposit.amount_total, deposit.amount_tax), (100, 20))
        self.assertFalse(deposit.prepayment_is_request or deposit.prepayment_milestone_id)
        self.assertEqual(order.prepayment_missing_amount, 375)
        with self.assertRaises(UserError):
            wizards.create({**values, "fixed_amount": 1200}).create_invoices()

    def test_an_invoiced_line_stays_with_its_order(self):
        """A paid deposit, or paid goods, moved to another order would be its deposit."""
        seller = self._user("line_seller", "sales_team.group_sale_salesman_all_leads")
        paid, unpaid = self._planned_order(), self._planned_order()
        self._pay(self._deposits(paid))
        goods, invoice = self._half_delivered()
        self._pay(invoice)
        moved = [paid.order_line.filtered(lambda line: line.is_downpayment and not line.display_type)]
        moved.append(goods.order_line.filtered("product_id")[:1])
        for line in moved:
            for route in (
                lambda line=line: line.with_user(seller).write({"order_id": unpaid.id}),
                lambda line=line: unpaid.with_user(seller).write({"order_line": [Command.link(line.id)]}),
            ):
                with self.assertRaises(UserError), self.env.cr.savepoint():
                    route()
        self.assertEqual((unpaid.prepayment_received_amount, unpaid.prepayment_missing_amount), (0, 375))

    def test_the_state_is_not_written_past_the_deposits(self):
        seller = self._user("state_seller", "sales_team.group_sale_salesman_all_leads")
        order = self._planned_order()
        for state in ("cancel", "draft", "sent"):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                order.with_user(seller).write({"state": state})
        self.assertEqual(order.state, "sale")
        plain = self._order([(1, 100)])
        plain.prepayment_policy_id = False
        plain.action_confirm()
        plain.with_user(seller).write({"state": "draft"})  # without a plan all is as in core

    def test_who_may_only_look_posts_nothing(self):
        self.company.prepayment_draft_rule = "take"
        self._policy((30,))
        order = self._order([(1, 1000)], confirm=True)
        portal = new_test_user(self.env, "deposit_portal", "base.group_portal")
        portal.partner_id.parent_id = self.partner_a
        order.message_subscribe(portal.partner_id.ids)
        order.partner_id = portal.partner_id
        auditor = self._user("final_auditor", "account.group_account_readonly")
        own_only = self._user("final_seller", "sales_team.group_sale_salesman")
        order.user_id = self.env.user
        for user in (portal, auditor, own_only):
            for method in (
                "action_create_final_invoice",
                "action_create_prepayment_invoice",
                "action_prepayment_send",
                "action_reset_prepayment_policy",
            ):
                self.env.invalidate_all()
                with self.subTest(user=user.login, method=method):
                    with suppress(AccessError), self.env.cr.savepoint():
                        getattr(order.with_user(user), method)()
                    self.assertEqual(order.invoice_ids.mapped("state"), ["draft"])
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                order.prepayment_milestone_ids.with_user(user).action_create_invoice()

    def test_other_companies_are_left_alone(self):
        order = self._planned_order()
        self._pay(self._deposits(order))
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env,
            "misuse_stranger",
            "account.group_account_manager,sales_team.group_sale_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.env.flush_all()
        self.env.invalidate_all()
        routes = (
            lambda: (
                self.env["prepayment.settlement.wizard"]
                .with_user(stranger)
                .create({"order_id": order.id, "amount": 10, "reason": "x"})
                .action_settle()
            ),
            lambda: (
                self.env["prepayment.money.wizard"].with_user(stranger).create({"order_id": order.id}).action_match()
            ),
            lambda: order.with_user(stranger).action_create_prepayment_invoice(),
            lambda: order.prepayment_milestone_ids.with_user(stranger).action_create_invoice(),
        )
        before = self.env["account.move"].search_count([])
        for route in routes:
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                route()
        self.assertEqual(self.env["account.move"].search_count([]), before)

    def test_money_paid_out_is_no_deposit(self):
        order = self._order([(1, 1000)], confirm=True)
        payment = self._payment(500, order.name, post=False)
        self.assertEqual(payment.prepayment_order_id, order)
        payment.payment_type = "outbound"
        payment.payment_method_line_id = self.company_data["default_journal_bank"].outbound_payment_method_line_ids[:1]
        payment.payment_method_line_id.payment_account_id = False
        payment.action_post()
        self.assertFalse(order.invoice_ids)
        self.assertFalse(order.activity_ids)
