from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.invoice_prepayment.tests.common import PrepaymentCommon


@tagged("post_install", "-at_install")
class TestInvoiceLinks(PrepaymentCommon):
    """Invoice <-> production order <-> batch, from the day the production order is there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("mrp.group_mrp_manager") | cls.env.ref("stock.group_stock_manager")
        warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        mto = warehouse.mto_pull_id.route_id
        mto.active = True
        routes = mto | warehouse.manufacture_pull_id.route_id
        storable = {"type": "consu", "is_storable": True}
        part = cls._product("Jar", cls.vat_25, **storable)
        cls.made = cls._product("Cream", cls.vat_25, **storable, tracking="lot", route_ids=[Command.set(routes.ids)])
        cls.env["stock.quant"].sudo()._update_available_quantity(part, warehouse.lot_stock_id, 100)
        cls.env["mrp.bom"].create(
            {
                "product_tmpl_id": cls.made.product_tmpl_id.id,
                "company_id": cls.company.id,
                "bom_line_ids": [Command.create({"product_id": part.id, "product_qty": 1})],
            }
        )

    def test_links_before_and_after_delivery(self):
        self._policy((50,), invoice_mode="post")
        order = self._order([(2, 1000, self.made)], confirm=True)
        production = order._get_prepayment_productions()
        deposit = self._deposits(order)
        self.assertEqual(deposit.invoice_production_ids, production)
        self.assertEqual(production.invoice_ids, deposit)
        self._pay(deposit)
        # The batch is known from its production on, long before anything is delivered.
        lot = self.env["stock.lot"].create({"name": "B-77", "product_id": self.made.id})
        production.lot_producing_ids = lot
        self.assertEqual(deposit.invoice_lot_ids, lot)
        self.assertEqual(lot.invoice_ids, deposit)
        production.qty_producing = 2
        production.set_qty_producing()
        production.button_mark_done()
        picking = order.picking_ids
        picking.action_assign()
        picking.move_ids.picked = True
        picking.button_validate()
        final = self._final(order)
        final.action_post()
        self.assertEqual(lot.invoice_ids, deposit | final)
        self.assertEqual(production.invoice_ids, deposit | final)
        self.assertEqual(final.invoice_production_ids, production)
        self.assertEqual(production.action_view_invoices()["res_model"], "account.move")
        self.assertEqual(final.action_view_invoice_productions()["res_model"], "mrp.production")
        with self.assertRaises(AccessError):
            production.with_user(self.env.user).write({"invoice_ids": [Command.clear()]})
        with self.assertRaises(AccessError):
            final.with_user(self.env.user).write({"invoice_production_ids": [Command.clear()]})

    def test_production_of_another_order_is_not_linked(self):
        self._policy((50,), invoice_mode="post")
        first = self._order([(1, 1000, self.made)], confirm=True)
        second = self._order([(1, 1000, self.made)], confirm=True)
        self.assertEqual(self._deposits(first).invoice_production_ids, first._get_prepayment_productions())
        self.assertFalse(first._get_prepayment_productions() & second._get_prepayment_productions())
