from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.invoice_prepayment_mrp.tests.common import HoldCommon


@tagged("post_install", "-at_install")
class TestPurchaseHold(HoldCommon):
    """From the sale to the subcontractor by Odoo's own rules: sold to order, bought from a seamstress."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("purchase.group_purchase_manager")
        cls.seamstress = cls.env["res.partner"].create({"name": "Seamstress", "is_company": True})
        buy = cls.warehouse.buy_pull_id.route_id
        cls.curtain = cls._product(
            "Curtain",
            cls.vat_25,
            type="consu",
            is_storable=True,
            route_ids=[(6, 0, (cls.warehouse.mto_pull_id.route_id | buy).ids)],
            seller_ids=[(0, 0, {"partner_id": cls.seamstress.id, "price": 50, "company_id": cls.company.id})],
        )
        cls.env["mrp.bom"].create(
            {
                "product_tmpl_id": cls.curtain.product_tmpl_id.id,
                "company_id": cls.company.id,
                "type": "subcontract",
                "subcontractor_ids": [(6, 0, cls.seamstress.ids)],
                "bom_line_ids": [(0, 0, {"product_id": cls.component.id, "product_qty": 1})],
            }
        )

    def _purchase(self, order):
        return self.env["purchase.order"].search([("reference_ids.sale_ids", "in", order.ids)])

    def test_purchase_waits_for_the_deposit(self):
        order = self._order([(2, 1000, self.curtain)], confirm=True)
        purchase = self._purchase(order)
        self.assertEqual((len(purchase), purchase.state), (1, "draft"))
        deposit = self._deposits(order)
        self.assertIn(deposit.name, purchase.prepayment_hold_text)
        buyer = new_test_user(
            self.env,
            "buyer",
            groups="purchase.group_purchase_user,mrp.group_mrp_user",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        bought = purchase.with_user(buyer)
        for name, route in {
            "confirm": bought.button_confirm,
            "approve": bought.button_approve,
            "write": lambda: bought.write({"state": "purchase"}),
            "to approve": lambda: bought.write({"state": "to approve"}),
        }.items():
            with self.subTest(name), self.assertRaises(UserError) as refusal, self.env.cr.savepoint():
                route()
            self.env.invalidate_all()
            self.assertIn(deposit.name, str(refusal.exception), name)
            self.assertIn(self._missing(order), str(refusal.exception), name)
        self.assertEqual(purchase.state, "draft")
        payment = self._pay(deposit)
        bought.button_confirm()
        self.assertFalse(purchase.prepayment_hold_text)
        receipt = purchase.picking_ids
        production = receipt._get_subcontract_production()
        self.assertEqual(production.prepayment_hold_state, "released")
        self.assertIn(production, order._get_prepayment_productions())
        self._undo(payment)
        self.assertEqual(production.prepayment_hold_state, "held")
        receipt.move_ids.write({"quantity": 2, "picked": True})
        with self.assertRaisesRegex(UserError, deposit.name), self.env.cr.savepoint():
            receipt.button_validate()
        self._pay(deposit)
        receipt.button_validate()
        self.assertEqual((receipt.state, production.state), ("done", "done"))

    def test_release_of_the_sale_order_frees_purchase_and_production(self):
        order = self._order([(2, 1000, self.curtain)], confirm=True)
        purchase = self._purchase(order)
        action = purchase.action_override_prepayment_hold()
        self.assertEqual(action["context"]["default_order_ids"], order.ids)
        self._release(orders=order)
        purchase.button_confirm()
        production = purchase.picking_ids._get_subcontract_production()
        self.assertEqual(production.prepayment_hold_state, "overridden")
        purchase.picking_ids.move_ids.write({"quantity": 2, "picked": True})
        purchase.picking_ids.button_validate()
        self.assertEqual(production.state, "done")

    def test_other_purchases_are_free(self):
        """Goods bought as they are, and subcontracted goods for stock, wait for nobody."""
        self.curtain.route_ids = [Command.clear()]
        purchase = self.env["purchase.order"].create(
            {
                "partner_id": self.seamstress.id,
                "order_line": [
                    (0, 0, {"product_id": self.curtain.id, "product_qty": 3, "price_unit": 50}),
                    (0, 0, {"product_id": self.component.id, "product_qty": 3, "price_unit": 5}),
                ],
            }
        )
        purchase.button_confirm()
        production = purchase.picking_ids._get_subcontract_production()
        self.assertEqual((purchase.state, production.prepayment_hold_state), ("purchase", "none"))
