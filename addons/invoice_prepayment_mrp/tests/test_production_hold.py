from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import format_amount

from odoo.addons.invoice_prepayment.tests.common import PrepaymentCommon


@tagged("post_install", "-at_install")
class TestProductionHold(PrepaymentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("mrp.group_mrp_manager") | cls.env.ref("stock.group_stock_manager")
        warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        warehouse = warehouse or cls.env["stock.warehouse"].create(
            {"name": "Works", "code": "WRK", "company_id": cls.company.id}
        )
        mto = warehouse.mto_pull_id.route_id
        mto.active = True
        routes = mto | warehouse.manufacture_pull_id.route_id
        storable = {"type": "consu", "is_storable": True}
        cls.component = cls._product("Flour", cls.vat_25, **storable)
        cls.part = cls._product("Dough", cls.vat_25, **storable, route_ids=[(6, 0, routes.ids)])
        cls.made = cls._product("White-label batch", cls.vat_25, **storable, route_ids=[(6, 0, routes.ids)])
        workcenter = cls.env["mrp.workcenter"].create({"name": "Oven", "company_id": cls.company.id})
        for product, component in ((cls.part, cls.component), (cls.made, cls.part)):
            cls.env["mrp.bom"].create(
                {
                    "product_tmpl_id": product.product_tmpl_id.id,
                    "company_id": cls.company.id,
                    "bom_line_ids": [(0, 0, {"product_id": component.id, "product_qty": 1})],
                    "operation_ids": [(0, 0, {"name": "Bake", "workcenter_id": workcenter.id})],
                }
            )
        cls.policy = cls._policy((50, 50), invoice_mode="post")

    def _held_order(self):
        order = self._order([(1, 12345.67, self.made)], confirm=True)
        productions = order._get_prepayment_productions().sorted("id")
        return order, productions

    def test_child_orders_are_held_too(self):
        order, productions = self._held_order()
        self.assertEqual(len(productions), 2)
        self.assertEqual(set(productions.mapped("prepayment_hold_state")), {"held"})
        self.assertEqual(set(productions.mapped("state")), {"confirmed"})
        self.assertEqual(productions.mapped("prepayment_missing_amount"), [7716.05] * 2)
        self.assertEqual(sum(productions.mapped("prepayment_missing_once")), 7716.05)

    def test_hold_is_not_written_by_hand(self):
        _order, productions = self._held_order()
        with self.assertRaises(AccessError):
            productions.sudo(False).write({"prepayment_hold_state": "released"})

    def test_every_route_is_refused(self):
        order, productions = self._held_order()
        deposit = self._deposits(order)
        self._pay(deposit, 7716.00)
        production = productions.filtered(lambda production: production.product_id == self.made)
        workorder = production.workorder_ids
        raw = production.move_raw_ids

        def flushed(function, *args):
            function(*args)
            self.env.flush_all()

        routes = {
            "plan": production.button_plan,
            "start": production.action_start,
            "set quantity": production.set_qty_producing,
            "serials": production.action_generate_serial,
            "mark done": production.button_mark_done,
            "mass mark done": productions.button_mark_done,
            "start work order": workorder.button_start,
            "finish work order": workorder.button_finish,
            "mark work order done": workorder.action_mark_as_done,
            "set state progress": lambda: workorder.set_state("progress"),
            "set state done": lambda: workorder.set_state("done"),
            "write state": lambda: production.write({"state": "progress"}),
            "write state to close": lambda: production.write({"state": "to_close"}),
            "write state done": lambda: production.write({"state": "done"}),
            "write quantity": lambda: production.write({"qty_producing": 1}),
            "write work order": lambda: workorder.write({"state": "progress"}),
            "write work order quantity": lambda: workorder.write({"qty_produced": 1}),
            "write picked": lambda: raw.write({"picked": True}),
            "write picked through the order": lambda: production.write(
                {"move_raw_ids": [(1, raw.id, {"quantity": 1, "picked": True})]}
            ),
            "picked move line": lambda: self.env["stock.move.line"].create(
                {
                    "move_id": raw.id,
                    "product_id": raw.product_id.id,
                    "quantity": 1,
                    "picked": True,
                    "location_id": raw.location_id.id,
                    "location_dest_id": raw.location_dest_id.id,
                }
            ),
        }
        for name, route in routes.items():
            with self.subTest(name), self.assertRaises(UserError) as refusal, self.env.cr.savepoint():
                flushed(route)
            self.env.invalidate_all()
            self.assertIn(deposit.name, str(refusal.exception), name)
            self.assertIn(format_amount(self.env, 0.05, order.currency_id), str(refusal.exception), name)
        self.assertEqual(production.state, "confirmed")
        self.assertEqual(workorder.state, "ready" if workorder.state == "ready" else "blocked")

    def test_payment_releases_and_its_reversal_holds_again(self):
        order, productions = self._held_order()
        payment = self._pay(self._deposits(order))
        self.assertEqual(set(productions.mapped("prepayment_hold_state")), {"released"})
        child = productions.filtered(lambda production: production.product_id == self.part)
        child.workorder_ids.button_start()
        self.assertEqual(child.state, "progress")
        if payment.move_id:
            payment.move_id.line_ids.remove_move_reconcile()
        else:
            payment.action_cancel()
        parent = productions - child
        self.assertEqual(parent.prepayment_hold_state, "held")
        self.assertIn("Waiting for the deposit", parent.message_ids.sorted("id")[-1].body)
        self.assertEqual(child.state, "progress")
        self.assertIn(self._deposits(order).name, child.activity_ids.note)
        with self.assertRaises(UserError):
            parent.action_start()
        child.workorder_ids.button_finish()

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
        wizard_model.with_user(planner).create(values).action_release()
        self.assertEqual(set(productions.mapped("prepayment_hold_state")), {"overridden"})
        log = order.prepayment_override_ids
        self.assertEqual((log.user_id, set(log.mapped("reason"))), (planner, {"Bank has confirmed"}))
        self.assertIn("Bank has confirmed", order.message_ids.sorted("id")[-1].body)
        self.assertIn("Bank has confirmed", productions[0].message_ids.sorted("id")[-1].body)
        productions[-1].action_start()
        with self.assertRaises(UserError):
            log[0].sudo().unlink()

    def test_split_orders_stay_held(self):
        order, productions = self._held_order()
        order2 = self._order([(4, 100, self.made)], confirm=True)
        production = order2._get_prepayment_productions().filtered(lambda mo: mo.product_id == self.made)
        parts = production._split_productions({production: [1, 3]})
        self.assertEqual(set(parts.mapped("prepayment_hold_state")), {"held"})

    def test_merged_order_waits_for_both(self):
        first = self._held_order()[1].filtered(lambda mo: mo.product_id == self.made)
        second = self._held_order()[1].filtered(lambda mo: mo.product_id == self.made)
        orders = first._get_prepayment_sale_orders() | second._get_prepayment_sale_orders()
        action = (first | second).action_merge()
        merged = self.env["mrp.production"].browse(action["res_id"])
        self.assertEqual(merged._get_prepayment_sale_orders(), orders)
        self._pay(self._deposits(orders[0]))
        self.assertEqual(merged.prepayment_hold_state, "held")
        self._pay(self._deposits(orders[1]))
        self.assertEqual(merged.prepayment_hold_state, "released")

    def test_production_for_stock_is_free(self):
        production = self.env["mrp.production"].create(
            {"product_id": self.part.id, "product_qty": 1, "company_id": self.company.id}
        )
        production.action_confirm()
        self.assertEqual(production.prepayment_hold_state, "none")
        production.action_start()
        self.assertEqual(production.state, "progress")
