"""Every way Odoo offers to start a production. The table of docs/production-hold-routes.md names these."""

from odoo.exceptions import UserError
from odoo.fields import Command, Datetime
from odoo.tests import tagged

from .common import HoldCommon


@tagged("post_install", "-at_install")
class TestHoldRoutes(HoldCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        storable = {"type": "consu", "is_storable": True}
        cls.serial = cls._product(
            "Numbered cake", cls.vat_25, **storable, tracking="serial", route_ids=[(6, 0, cls.routes.ids)]
        )
        cls._bom(cls.serial, cls.component, operation=False)

    def _refused(self, routes, order, productions):
        """Each route ends in a refusal that names invoice and missing amount, and leaves everything as it was."""
        deposit = self._deposits(order)[:1]
        missing = self._missing(order)
        states = productions.mapped("state")
        for name, route in routes.items():
            with self.subTest(name), self.assertRaises(UserError) as refusal, self.env.cr.savepoint():
                route()
                self.env.flush_all()
            self.env.invalidate_all()
            self.assertIn(deposit.name, str(refusal.exception), name)
            self.assertIn(missing, str(refusal.exception), name)
        self.assertEqual(productions.mapped("state"), states)
        self.assertFalse(any(productions.mapped("qty_producing")) or any(productions.mapped("qty_produced")))

    def test_order_routes(self):
        order, productions = self._held_order()
        self._pay(self._deposits(order), 7716.00)
        production = self._made(productions)
        wizards = {"mrp_production_ids": [Command.set(production.ids)]}
        backorder_line = {"mrp_production_id": production.id, "to_backorder": True}
        backorder = self.env["mrp.production.backorder"].create(
            {**wizards, "mrp_production_backorder_line_ids": [Command.create(backorder_line)]}
        )
        consumption_line = {
            "mrp_production_id": production.id,
            "product_id": self.part.id,
            "product_expected_qty_uom": 1,
        }
        consumption = self.env["mrp.consumption.warning"].create(
            {**wizards, "mrp_consumption_warning_line_ids": [Command.create(consumption_line)]}
        )
        lines = [Command.update(line.id, {"quantity": 1, "picked": True}) for line in production.move_raw_ids]
        new = {
            "product_id": self.made.id,
            "product_qty": 1,
            "company_id": self.company.id,
            "sale_line_id": order.order_line[:1].id,
        }
        mass_action = self.env.ref("mrp.action_production_order_mark_done", raise_if_not_found=False)
        routes = {
            "plan": production.button_plan,
            "mass plan": productions.button_plan,
            "plan with components": production.action_plan_with_components_availability,
            "start": production.action_start,
            "set quantity": production.set_qty_producing,
            "generate serial": production.action_generate_serial,
            "mark done": production.button_mark_done,
            "before mark done": production.pre_button_mark_done,
            "mass mark done": productions.button_mark_done,
            "back order wizard": backorder.action_backorder,
            "close without back order": backorder.action_close_mo,
            "consumption wizard": consumption.action_confirm,
            "consumption wizard, set quantities": consumption.action_set_qty,
            "write state progress": lambda: production.write({"state": "progress"}),
            "write state to close": lambda: production.write({"state": "to_close"}),
            "write state done": lambda: production.write({"state": "done"}),
            "write quantity": lambda: production.write({"qty_producing": 1}),
            "write picked components": lambda: production.write({"move_raw_ids": lines}),
            "create started": lambda: self.env["mrp.production"].create({**new, "qty_producing": 1}),
            "copy in progress": lambda: production.copy({"state": "progress"}),
        }
        if mass_action:
            routes["list action mark done"] = lambda: mass_action.with_context(
                active_model="mrp.production", active_ids=productions.ids
            ).run()
        self._refused(routes, order, productions)

    def test_work_order_routes(self):
        order, productions = self._held_order()
        production = self._made(productions)
        workorder = production.workorder_ids
        loss = self.env["mrp.workcenter.productivity.loss"].search([("loss_type", "=", "productive")], limit=1)
        time = {
            "workorder_id": workorder.id,
            "workcenter_id": self.workcenter.id,
            "loss_id": loss.id,
            "company_id": self.company.id,
        }
        other = self.env["mrp.workcenter.productivity"].create({**time, "workorder_id": False})
        new = {"name": "Pack", "production_id": production.id, "workcenter_id": self.workcenter.id}
        context = {"active_model": "mrp.workorder", "active_ids": workorder.ids}
        self._refused(
            {
                "start": workorder.button_start,
                "list action start": self.env.ref("mrp.action_start_workorders").with_context(**context).run,
                "finish": workorder.button_finish,
                "mark done": workorder.action_mark_as_done,
                "replan": workorder.action_replan,
                "set state progress": lambda: workorder.set_state("progress"),
                "set state done": lambda: workorder.set_state("done"),
                "cancel all work orders": lambda: workorder.set_state("cancel"),
                "write state": lambda: workorder.write({"state": "progress"}),
                "write done": lambda: workorder.write({"state": "done"}),
                "write quantity produced": lambda: workorder.write({"qty_produced": 1}),
                "write quantity producing": lambda: workorder.write({"qty_producing": 1}),
                "write quantity carried": lambda: workorder.write({"qty_reported_from_previous_wo": 1}),
                "write duration": lambda: workorder.write({"duration": 30}),
                "write through the order": lambda: production.write(
                    {"workorder_ids": [Command.update(workorder.id, {"state": "progress"})]}
                ),
                "create done": lambda: self.env["mrp.workorder"].create({**new, "state": "done"}),
                "create with quantity": lambda: self.env["mrp.workorder"].create({**new, "qty_produced": 1}),
                "time line": lambda: self.env["mrp.workcenter.productivity"].create(time),
                "time line through the work order": lambda: workorder.write({"time_ids": [Command.create(time)]}),
                "time line moved here": lambda: other.write({"workorder_id": workorder.id}),
            },
            order,
            productions,
        )

    def test_stock_routes(self):
        order, productions = self._held_order()
        production = self._made(productions)
        raw, finished = production.move_raw_ids, production.move_finished_ids
        line = {
            "product_id": raw.product_id.id,
            "quantity": 1,
            "location_id": raw.location_id.id,
            "location_dest_id": raw.location_dest_id.id,
        }
        finished_line = {
            **line,
            "product_id": finished.product_id.id,
            "move_id": finished.id,
            "location_id": finished.location_id.id,
            "location_dest_id": finished.location_dest_id.id,
        }
        unpicked = self.env["stock.move.line"].create({**finished_line, "picked": False})
        picking_type = self.warehouse.int_type_id
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": picking_type.id,
                "location_id": finished.location_id.id,
                "location_dest_id": finished.location_dest_id.id,
            }
        )

        def through_a_transfer():
            finished.write({"picking_id": picking.id, "quantity": 1})
            picking.button_validate()

        new = {"product_id": self.component.id, "product_uom_qty": 1, "raw_material_production_id": production.id}
        create_move, create_line = self.env["stock.move"].create, self.env["stock.move.line"].create
        self._refused(
            {
                "component picked": lambda: raw.write({"picked": True}),
                "component done": lambda: raw.write({"state": "done"}),
                "product picked": lambda: finished.write({"quantity": 1, "picked": True}),
                "product done": lambda: finished.write({"state": "done"}),
                "new component picked": lambda: create_move({**new, "quantity": 1, "picked": True}),
                "component line picked": lambda: create_line({**line, "move_id": raw.id, "picked": True}),
                "product line picked": lambda: create_line({**finished_line, "picked": True}),
                "product line set picked": lambda: unpicked.write({"picked": True}),
                "product line picked through its move": lambda: finished.write(
                    {"move_line_ids": [Command.update(unpicked.id, {"picked": True})]}
                ),
                "product through a transfer": through_a_transfer,
            },
            order,
            productions,
        )

    def test_serial_number_routes(self):
        order, productions = self._held_order(quantity=2, price=100, product=self.serial)
        production = productions
        wizard = self.env["mrp.production.serials"].create(
            {"production_id": production.id, "serial_numbers": "CAKE-1\nCAKE-2"}
        )
        self._refused(
            {
                "generate serial": production.action_generate_serial,
                "serial numbers wizard": wizard.action_apply,
                "mark done": production.button_mark_done,
            },
            order,
            productions,
        )
        self._pay(self._deposits(order)[:1])
        wizard.action_apply()
        self.assertEqual((production.qty_producing, production.state), (2, "to_close"))

    def test_what_stays_possible(self):
        """Reserving, changing, unplanning, scrapping a broken component: none of them starts production."""
        order, productions = self._held_order()
        production = self._made(productions, self.part)
        self.env["stock.quant"]._update_available_quantity(self.component, production.location_src_id, 5)
        production.action_assign()
        self.assertEqual(production.reservation_state, "assigned")
        production.write({"date_start": Datetime.now(), "user_id": self.env.uid})
        self.env["change.production.qty"].create({"mo_id": production.id, "product_qty": 2}).change_prod_qty()
        self.env["stock.scrap"].create(
            {
                "product_id": self.component.id,
                "scrap_qty": 1,
                "production_id": production.id,
                "location_id": production.location_src_id.id,
            }
        ).do_scrap()
        production.do_unreserve()
        production.button_unplan()
        self.env["stock.rule"].run_scheduler()
        self.assertEqual(
            (production.state, production.prepayment_hold_state, production.qty_producing), ("confirmed", "held", 0)
        )
        with self.assertRaises(UserError):  # core's own: nothing was made that could be unbuilt
            self.env["mrp.unbuild"].create(
                {"mo_id": production.id, "product_id": self.part.id, "company_id": self.company.id}
            ).action_unbuild()
        production.action_cancel()
        self.assertEqual(production.state, "cancel")
        with self.assertRaisesRegex(UserError, self._deposits(order)[:1].name):
            production.write({"state": "progress"})
