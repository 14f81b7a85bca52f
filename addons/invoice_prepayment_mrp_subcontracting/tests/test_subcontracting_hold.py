from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.invoice_prepayment.tests.common import PrepaymentCommon


@tagged("post_install", "-at_install")
class TestSubcontractingHold(PrepaymentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("mrp.group_mrp_manager") | cls.env.ref("stock.group_stock_manager")
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.warehouse = cls.warehouse or cls.env["stock.warehouse"].create(
            {"name": "Works", "code": "WRK", "company_id": cls.company.id}
        )
        storable = {"type": "consu", "is_storable": True}
        cls.component = cls._product("Fabric", cls.vat_25, **storable)
        cls.made = cls._product("Curtain", cls.vat_25, **storable)
        cls.subcontractor = cls.env["res.partner"].create({"name": "Seamstress", "is_company": True})
        cls.env["mrp.bom"].create(
            {
                "product_tmpl_id": cls.made.product_tmpl_id.id,
                "company_id": cls.company.id,
                "type": "subcontract",
                "subcontractor_ids": [(6, 0, cls.subcontractor.ids)],
                "bom_line_ids": [(0, 0, {"product_id": cls.component.id, "product_qty": 1})],
            }
        )
        cls._policy((30,), invoice_mode="post")

    def _receipt(self, order):
        """A receipt from the subcontractor, made to the order."""
        reference = order.stock_reference_ids or self.env["stock.reference"].create(
            {"name": order.name, "sale_ids": [(6, 0, order.ids)]}
        )
        picking_type = self.warehouse.in_type_id
        location = self.env.ref("stock.stock_location_suppliers")
        picking = self.env["stock.picking"].create(
            {
                "partner_id": self.subcontractor.id,
                "picking_type_id": picking_type.id,
                "location_id": location.id,
                "location_dest_id": self.warehouse.lot_stock_id.id,
                "move_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": self.made.id,
                            "product_uom_qty": 2,
                            "location_id": location.id,
                            "location_dest_id": self.warehouse.lot_stock_id.id,
                            "reference_ids": [(6, 0, reference.ids)],
                        },
                    )
                ],
            }
        )
        picking.action_confirm()
        return picking

    def test_receipt_waits_for_the_deposit(self):
        order = self._order([(2, 1000, self.made)], confirm=True)
        picking = self._receipt(order)
        production = picking._get_subcontract_production()
        self.assertEqual((len(production), production.prepayment_hold_state), (1, "held"))
        self.assertIn(production, order._get_prepayment_productions())
        picking.move_ids.quantity = 2
        deposit = self._deposits(order)
        move = picking.move_ids
        routes = (
            picking.button_validate,
            picking._action_done,
            production.button_mark_done,
            lambda: move.write({"state": "done"}),
            move._action_done,
            lambda: production.write({"qty_producing": 2}),
            lambda: production.move_finished_ids.write({"quantity": 2, "picked": True}),
        )
        for route in routes:
            with self.assertRaisesRegex(UserError, deposit.name), self.env.cr.savepoint():
                route()
            self.env.invalidate_all()
        self._pay(deposit)
        self.assertEqual(production.prepayment_hold_state, "released")
        picking.move_ids.picked = True
        picking.button_validate()
        self.assertEqual((picking.state, production.state), ("done", "done"))

    def test_link_of_a_receipt_stays(self):
        order = self._order([(2, 1000, self.made)], confirm=True)
        picking = self._receipt(order)
        company = {"company_id": self.company.id, "company_ids": [(6, 0, self.company.ids)]}
        worker = new_test_user(self.env, "worker", groups="mrp.group_mrp_user,stock.group_stock_user", **company)
        move = picking.move_ids.with_user(worker)
        reference = order.stock_reference_ids.with_user(worker)
        production = picking._get_subcontract_production()
        for route in (
            lambda: move.write({"reference_ids": [(5,)]}),
            lambda: reference.write({"sale_ids": [(5,)]}),
            lambda: reference.write({"move_ids": [(3, move.id)]}),
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                route()
            self.env.invalidate_all()
            self.assertEqual(production.prepayment_hold_state, "held")

    def test_subcontractor_is_refused_and_learns_nothing(self):
        order = self._order([(2, 1000, self.made)], confirm=True)
        picking = self._receipt(order)
        production = picking._get_subcontract_production()
        partner = self.env["res.partner"].create({"name": "Needle", "parent_id": self.subcontractor.id})
        portal = new_test_user(
            self.env, "needle", groups="base.group_portal", partner_id=partner.id, company_id=self.company.id
        )
        with self.assertRaises(UserError) as refusal, self.env.cr.savepoint():
            production.with_user(portal).write({"qty_producing": 2})
        self.assertIn(production.name, str(refusal.exception))
        self.assertNotIn(order.name, str(refusal.exception))
        self.assertNotIn(self._deposits(order).name, str(refusal.exception))
        self._pay(self._deposits(order))
        production.with_user(portal).write({"qty_producing": 2})
