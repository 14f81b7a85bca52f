from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import HoldCommon

ACTIVITY = "invoice_prepayment_mrp.mail_activity_type_deposit_missing"


@tagged("post_install", "-at_install")
class TestProductionHold(HoldCommon):
    def test_child_orders_are_held_too(self):
        _order, productions = self._held_order()
        self.assertEqual(len(productions), 2)
        self.assertEqual(set(productions.mapped("prepayment_hold_state")), {"held"})
        self.assertEqual(set(productions.mapped("state")), {"confirmed"})
        self.assertEqual(productions.mapped("prepayment_missing_amount"), [7716.05] * 2)
        self.assertEqual(sum(productions.mapped("prepayment_missing_once")), 7716.05)

    def test_refusal_in_danish_names_invoice_and_missing_amount(self):
        order, productions = self._held_order()
        self._pay(self._deposits(order), 7716.00)
        self.env["res.lang"]._activate_lang("da_DK")
        production = self._made(productions).with_context(lang="da_DK")
        with self.assertRaises(UserError) as refusal:
            production.action_start()
        text = str(refusal.exception).replace("\xa0", " ")
        self.assertIn(self._deposits(order).name, text)
        self.assertIn("mangler 0,05", text)
        self.assertIn(production.name, text)
        self.assertIn("mangler 0,05", production.prepayment_hold_text.replace("\xa0", " "))

    def test_the_story_to_the_oere(self):
        """12,345.67 + VAT 3,086.42 in halves; production waits for the last 0.05; nothing is left at the end."""
        self.env["res.lang"]._activate_lang("da_DK")
        self.policy.line_ids.write({"holds_production": True, "event": "confirmation"})
        order, productions = self._held_order()
        production = self._made(productions).with_context(lang="da_DK")
        self.assertEqual((order.amount_untaxed, order.amount_tax), (12345.67, 3086.42))
        first, second = self._deposits(order)
        self.assertEqual((first.amount_total, second.amount_total), (7716.05, 7716.04))
        self._pay(first)
        self._pay(second, 7715.99)
        for start in (production.action_start, production.button_plan, production.workorder_ids.button_start):
            with self.assertRaises(UserError) as refusal, self.env.cr.savepoint():
                start()
            text = str(refusal.exception).replace("\xa0", " ")
            self.assertIn("mangler 0,05", text)
            self.assertIn(second.name, text)
            self.assertNotIn(first.name, text)
        self._pay(second)
        self.assertEqual(order.prepayment_state, "received")
        self.env["stock.quant"]._update_available_quantity(self.component, production.location_src_id, 5)
        for made in productions.sorted("id", reverse=True):
            made.qty_producing = 1
            made._set_qty_producing()
            made.button_mark_done()
        picking = order.picking_ids
        picking.move_ids.write({"quantity": 1, "picked": True})
        picking.button_validate()
        self.assertEqual(order.order_line.filtered("product_id").mapped("qty_delivered"), [1])
        final = self._final(order)
        final.action_post()
        self.assertEqual((final.amount_untaxed, final.amount_tax, final.amount_total), (0, 0, 0))
        self.assertEqual([row["move"] for row in final._get_deducted_prepayments()], [first, second])
        self.assertEqual(self._balance(self.company_data["default_account_revenue"]), -12345.67)
        self.assertEqual(self._balance(self.liability), 0)
        self.assertEqual(self._balance(self.vat_account), -3086.42)
        self.assertEqual(order.prepayment_state, "settled")

    def test_received_is_the_companys_choice(self):
        order, productions = self._held_order()
        production = self._made(productions)
        self.company.write({"prepayment_received_rule": "percent", "prepayment_received_percent": 50})
        self._pay(self._deposits(order), 3858.02)
        self.assertEqual(production.prepayment_hold_state, "held")
        self._pay(self._deposits(order), 0.01)
        self.assertEqual(production.prepayment_hold_state, "released")
        self.company.prepayment_received_rule = "in_payment"
        self.assertEqual(production.prepayment_hold_state, "held")
        with self.assertRaises(UserError):
            production.action_start()

    def test_payment_releases_and_its_reversal_holds_again(self):
        order, productions = self._held_order()
        payment = self._pay(self._deposits(order))
        self.assertEqual(set(productions.mapped("prepayment_hold_state")), {"released"})
        for production in productions:
            self.assertTrue(production.message_ids.filtered(lambda message: "deposit is received" in message.body))
        child = self._made(productions, self.part)
        child.workorder_ids.button_start()
        self.assertEqual(child.state, "progress")
        self._undo(payment)
        parent = productions - child
        self.assertEqual(parent.prepayment_hold_state, "held")
        self.assertIn("Waiting for the deposit", parent.message_ids.sorted("id")[-1].body)
        self.assertEqual((child.state, child.prepayment_hold_state), ("progress", "running"))
        activity = child.activity_search([ACTIVITY])
        self.assertIn(self._deposits(order).name, activity.note)
        self.assertIn(child.name, order.message_ids.sorted("id")[-1].body)
        self.assertEqual(child.prepayment_missing_amount, 7716.05)
        with self.assertRaises(UserError):
            parent.action_start()
        # paid in part, taken back, paid again: one warning, which ends when the money is there
        self._undo(self._pay(self._deposits(order), 100))
        self.assertEqual(len(child.activity_search([ACTIVITY])), 1)
        self._pay(self._deposits(order))
        self.assertFalse(child.activity_search([ACTIVITY]))
        self.assertEqual(child.prepayment_hold_state, "released")
        child.workorder_ids.button_finish()

    def test_running_order_goes_on(self):
        order, productions = self._held_order()
        payment = self._pay(self._deposits(order))
        child = self._made(productions, self.part)
        self.env["stock.quant"]._update_available_quantity(self.component, child.location_src_id, 5)
        child.action_start()
        self._undo(payment)
        child.qty_producing = 1
        child._set_qty_producing()
        child.button_mark_done()
        self.assertEqual(child.state, "done")

    def test_money_that_comes_without_a_click_releases(self):
        """The bank's line is matched by a job, as another user; nobody opens or presses anything."""
        order, productions = self._held_order()
        deposit = self._deposits(order)
        robot = new_test_user(
            self.env,
            "robot",
            groups="account.group_account_manager,base.group_user",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        journal = self.company_data["default_journal_bank"]
        line = self.env["account.bank.statement.line"].create(
            {"journal_id": journal.id, "payment_ref": deposit.name, "amount": 7716.05, "partner_id": self.partner_a.id}
        )
        receivable = deposit.line_ids.filtered(lambda item: item.account_id.account_type == "asset_receivable")
        _liquidity, suspense, _other = line.with_user(robot).sudo()._seek_for_lines()
        suspense.account_id = receivable.account_id
        (suspense | receivable).with_user(robot).sudo().reconcile()
        # as the transaction ends
        self.env.cr.flush()
        self.assertEqual(set(productions.mapped("prepayment_hold_state")), {"released"})
        production = self._made(productions)
        self.assertIn("deposit is received", production.message_ids.sorted("id")[-1].body)
        production.action_start()

    def test_start_is_kept_with_date_and_user(self):
        order, productions = self._held_order()
        self._pay(self._deposits(order))
        production = self._made(productions)
        production.workorder_ids.button_start()
        self.env.cr.flush()
        self.assertEqual(production.prepayment_started_by, self.env.user)
        started = production.prepayment_started_at
        self.assertTrue(started)
        self.assertFalse(self._made(productions, self.part).prepayment_started_at)
        production.workorder_ids.button_finish()
        self.env.cr.flush()
        self.assertEqual(production.prepayment_started_at, started)
        self.assertFalse(production.prepayment_finished_by)
        production.button_mark_done()
        self.env.cr.flush()
        self.assertEqual((production.state, production.prepayment_finished_by), ("done", self.env.user))

    def test_deposit_due_at_production_start_is_invoiced(self):
        line = {"name": "Deposit", "percent": 30, "holds_production": True, "event": "confirmation"}
        second = {**line, "name": "At start", "event": "production", "holds_production": False, "sequence": 20}
        self.policy.active = False
        self._policy((30,), invoice_mode="post", line_ids=[(0, 0, line), (0, 0, second)])
        order, productions = self._held_order(price=1000)
        self._pay(self._deposits(order))
        self.assertEqual(len(self._deposits(order)), 1)
        productions[-1].action_start()
        self.env.cr.flush()
        self.assertEqual(len(self._deposits(order)), 2)
        productions[0].action_start()
        self.env.cr.flush()
        self.assertEqual(len(self._deposits(order)), 2)

    def test_release_by_hand(self):
        order, productions = self._held_order()
        planner = new_test_user(
            self.env,
            "planner",
            groups="mrp.group_mrp_user",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        wizard_model = self.env["prepayment.override.wizard"]
        values = {"production_ids": [(6, 0, productions.ids)], "reason": "Bank has confirmed"}
        with self.assertRaises(AccessError):
            wizard_model.with_user(planner).create(values)
        planner.group_ids |= self.env.ref("invoice_prepayment_mrp.group_prepayment_override")
        with self.assertRaises(UserError):
            wizard_model.with_user(planner).create({**values, "reason": "  "}).action_release()
        action = self._made(productions).with_user(planner).action_override_prepayment_hold()
        self.assertEqual(set(action["context"]["default_production_ids"]), set(productions.ids))
        wizard_model.with_user(planner).create(values).action_release()
        self.assertEqual(set(productions.mapped("prepayment_hold_state")), {"overridden"})
        log = order.prepayment_override_ids
        self.assertEqual((log.user_id, set(log.mapped("reason"))), (planner, {"Bank has confirmed"}))
        self.assertEqual(set(log.mapped("missing_amount")), {7716.05})
        self.assertIn("Bank has confirmed", order.message_ids.sorted("id")[-1].body)
        self.assertIn("Bank has confirmed", productions[0].message_ids.sorted("id")[-1].body)
        productions[-1].action_start()
        with self.assertRaises(UserError):
            wizard_model.with_user(planner).create(values).action_release()

    def test_split_orders_stay_held(self):
        _order, productions = self._held_order(quantity=4, price=100)
        production = self._made(productions)
        parts = production._split_productions({production: [1, 3]})
        self.assertEqual(len(parts), 2)
        self.assertEqual(set(parts.mapped("prepayment_hold_state")), {"held"})
        for part in parts:
            with self.assertRaises(UserError):
                part.action_start()

    def test_release_holds_for_parts_and_back_orders(self):
        order, productions = self._held_order(quantity=4, price=100)
        production = self._made(productions)
        self._release(production)
        parts = production._split_productions({production: [1, 3]})
        self.assertEqual(set(parts.mapped("prepayment_hold_state")), {"overridden"})
        child = self._made(productions, self.part)
        self.assertEqual(child.prepayment_hold_state, "held")

    def test_back_order_waits_when_the_money_is_taken_back(self):
        order, productions = self._held_order(quantity=4, price=100)
        payment = self._pay(self._deposits(order))
        production = self._made(productions)
        production.qty_producing = 1
        production._set_qty_producing()
        production.workorder_ids.write({"qty_produced": 1})
        self._undo(payment)
        self.assertEqual(production.prepayment_hold_state, "running")
        production.with_context(skip_backorder=True, mo_ids_to_backorder=production.ids).button_mark_done()
        backorder = production.production_group_id.production_ids - production
        self.assertEqual((production.state, len(backorder)), ("done", 1))
        self.assertEqual(backorder.prepayment_hold_state, "held")
        with self.assertRaises(UserError):
            backorder.action_start()
        self._pay(self._deposits(order))
        backorder.action_start()

    def test_merged_order_waits_for_both(self):
        first = self._made(self._held_order()[1])
        second = self._made(self._held_order()[1])
        orders = first._get_prepayment_sale_orders() | second._get_prepayment_sale_orders()
        action = (first | second).action_merge()
        merged = self.env["mrp.production"].browse(action["res_id"])
        self.assertEqual(merged._get_prepayment_sale_orders(), orders)
        self._pay(self._deposits(orders[0]))
        self.assertEqual(merged.prepayment_hold_state, "held")
        with self.assertRaises(UserError) as refusal:
            merged.action_start()
        self.assertIn(self._deposits(orders[1]).name, str(refusal.exception))
        self.assertNotIn(self._deposits(orders[0]).name, str(refusal.exception))
        self._pay(self._deposits(orders[1]))
        self.assertEqual(merged.prepayment_hold_state, "released")

    def test_merged_order_needs_its_own_release(self):
        first = self._made(self._held_order()[1])
        second = self._made(self._held_order()[1])
        self._release(first)
        action = (first | second).action_merge()
        self.assertEqual(self.env["mrp.production"].browse(action["res_id"]).prepayment_hold_state, "held")

    def test_cancelled_order_waits_for_nothing(self):
        order, productions = self._held_order()
        self.env["prepayment.settlement.wizard"].create(
            {"order_id": order.id, "outcome": "refund", "reason": "The customer has cancelled", "cancel_order": True}
        ).action_settle()
        self.assertEqual(order.state, "cancel")
        left = productions.filtered(lambda production: production.state != "cancel")
        self.assertEqual(set(left.mapped("prepayment_hold_state")), {"none"} if left else set())

    def test_production_for_stock_is_free(self):
        production = self.env["mrp.production"].create(
            {"product_id": self.part.id, "product_qty": 1, "company_id": self.company.id}
        )
        production.action_confirm()
        self.assertEqual(production.prepayment_hold_state, "none")
        production.action_start()
        self.assertEqual(production.state, "progress")

    def test_order_without_deposit_is_free(self):
        self.policy.active = False
        _order, productions = self._held_order()
        self.assertEqual(set(productions.mapped("prepayment_hold_state")), {"none"})
        productions[-1].action_start()

    def test_text_names_every_amount(self):
        order, productions = self._held_order()
        production = self._made(productions)
        self.assertIn(self._missing(order), production.prepayment_hold_text)
        self.assertEqual(production.prepayment_customer, self.partner_a.display_name)
        self.assertEqual(production.workorder_ids.prepayment_hold_state, "held")
        found = self.env["mrp.workorder"].search(
            [("production_id.prepayment_hold_state", "=", "held"), ("id", "in", productions.workorder_ids.ids)]
        )
        self.assertEqual(len(found), 2)
