from odoo import Command
from odoo.tests import tagged

from odoo.addons.nordic_einvoice.tests import received
from odoo.addons.nordic_einvoice.tests.test_receiving_rules import ReceivedCommon


@tagged("post_install", "-at_install")
class TestOrderMatch(ReceivedCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.products = cls.env["product.product"].create([{"name": "Papir"}, {"name": "Pen"}])
        cls.order = cls.env["purchase.order"].create(
            {
                "partner_id": cls.vendor.id,
                "partner_ref": "S-77",
                "order_line": [
                    Command.create({"product_id": product.id, "product_qty": 2, "price_unit": 90})
                    for product in cls.products
                ],
            }
        )
        cls.order.button_confirm()

    def test_lines_find_their_order_lines(self):
        lines = (
            received.line(1, 2, "200.00", "100.00", order_line="2"),
            received.line(2, 1, "49.95", order_line="1"),
        )
        bill = self._bill(lines=lines, order_reference=f"Ordre {self.order.name}")
        self.assertEqual(bill.invoice_line_ids.purchase_line_id, self.order.order_line)
        self.assertEqual(bill.invoice_line_ids[0].purchase_line_id, self.order.order_line[1])
        self.assertEqual(bill.invoice_line_ids[0].product_id, self.products[1])
        self.assertEqual(bill.invoice_line_ids.mapped("price_unit"), [100, 49.95], "the document's, not the order's")
        self.assertIn(self.order.name, bill.invoice_origin)
        bill.action_post()
        self.assertEqual(self.order.order_line.mapped("qty_invoiced"), [1, 2])

    def test_by_product_and_the_vendors_order_number(self):
        self.products[1].seller_ids = [Command.create({"partner_id": self.vendor.id, "product_code": "PEN"})]
        lines = (received.line(1, 1, "49.95", seller_item="PEN"),)
        bill = self._bill(lines=lines, order_reference="", sales_order="S-77", number="F-8")
        self.assertEqual(bill.invoice_line_ids.purchase_line_id, self.order.order_line[1])

    def test_product_that_speaks_against_the_number_wins(self):
        self.products[1].seller_ids = [Command.create({"partner_id": self.vendor.id, "product_code": "PEN"})]
        lines = (received.line(1, 1, "49.95", seller_item="PEN", order_line="1"),)
        bill = self._bill(lines=lines, order_reference=self.order.name)
        self.assertEqual(bill.invoice_line_ids.purchase_line_id, self.order.order_line[1])

    def test_unknown_order_number_is_kept(self):
        bill = self._bill(order_reference="4500012345")
        self.assertFalse(bill.invoice_line_ids.purchase_line_id)
        self.assertEqual(bill.invoice_origin, "4500012345")
