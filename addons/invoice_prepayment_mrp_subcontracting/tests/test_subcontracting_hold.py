from odoo.exceptions import UserError
from odoo.tests import tagged

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
        for route in (picking.button_validate, picking._action_done, production.button_mark_done):
            with self.assertRaisesRegex(UserError, deposit.name), self.env.cr.savepoint():
                route()
        self._pay(deposit)
        self.assertEqual(production.prepayment_hold_state, "released")
        picking.move_ids.picked = True
        picking.button_validate()
        self.assertEqual((picking.state, production.state), ("done", "done"))
