from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import PrepaymentCommon


@tagged("post_install", "-at_install")
class TestParts(PrepaymentCommon):
    """An order brought in parts: what each invoice takes of it is planned once, and the invoice comes to exactly that.

    Deposits of 100 % are the sharp case: each invoice comes to 0.00, so an øre too little is a negative invoice.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.tax_calculation_rounding_method = "round_globally"
        cls.goods = cls._product("Goods", cls.vat_25, invoice_policy="delivery")
        cls.books = cls._product("Books", cls._vat(12), invoice_policy="delivery")

    def _paid_order(self, lines, plan=(50, 50)):
        self._policy(plan, invoice_mode="post", sequence=1)
        order = self._order(lines, confirm=True)
        while order.prepayment_has_open_milestone:
            order.action_create_prepayment_invoice()
        return order

    def _bring(self, orders, *turns):
        """Deliver ``turns``: for each order line the quantity in all; one joint invoice per turn."""
        invoices = self.env["account.move"]
        for quantities in turns:
            for line, quantity in zip(orders.order_line.filtered("product_id"), quantities, strict=True):
                line.qty_delivered = quantity
            invoice = self._final(orders)
            invoice.action_post()
            invoices |= invoice
        return invoices

    def assertExact(self, orders):
        """Net, VAT of each rate and total of all invoices are the orders', and nothing is left of a deposit."""
        for order in orders:
            missing = order._get_missing_cells()
            self.assertFalse({key: cell for key, cell in missing.items() if cell.net or any(cell.taxes.values())})
        currency = orders.currency_id
        for field in ("amount_untaxed", "amount_tax", "amount_total"):
            invoiced = sum(orders.invoice_ids.mapped(field))
            self.assertEqual(currency.round(invoiced), currency.round(sum(orders.mapped(field))), field)
        self.assertNotIn("out_refund", orders.invoice_ids.mapped("move_type"))
        self.assertEqual(self._balance(self.liability), 0)

    def test_two_orders_in_two_turns_on_joint_invoices(self):
        """Each order's VAT is rounded by itself, also when both are on one invoice."""
        for price in (0.13, 33.33):
            with self.subTest(price=price):
                lines = [(2, price, self.goods), (3, price + 0.01, self.goods, 7.5)]
                orders = self._paid_order(lines) | self._paid_order(lines)
                invoices = self._bring(orders, (1, 1, 1, 1), (2, 3, 2, 3))
                self.assertEqual(invoices.mapped("amount_total"), [0, 0])
                self.assertExact(orders)

    def test_two_rates_one_of_which_is_ready_first(self):
        for price in (0.13, 33.33):
            with self.subTest(price=price):
                lines = [(1, price, self.books), (1, price, self.books), (1, price, self.books), (3, price, self.goods)]
                order = self._paid_order(lines)
                invoices = self._bring(order, (1, 0, 0, 1), (1, 1, 0, 2), (1, 1, 1, 2), (1, 1, 1, 3))
                self.assertEqual(invoices.mapped("amount_total"), [0, 0, 0, 0])
                self.assertExact(order)

    def test_lines_without_taxes(self):
        """Core fixes amounts of lines with taxes only; without them the price has a decimal more."""
        free = self._product("Free", self.env["account.tax"], invoice_policy="delivery")
        order = self._paid_order([(3, 0.77, free, 7.5), (1, 10.01, self.goods)], plan=(30,))
        self._bring(order, (1, 0), (2, 0), (3, 0), (3, 1))
        parts = order.order_line.filtered(lambda line: line.product_id == free).invoice_lines
        self.assertEqual(sorted(parts.mapped("price_subtotal")), [0.71, 0.71, 0.72])
        self.assertExact(order)

    def test_prices_with_tax(self):
        included = self._product("Incl", self._vat(25, price_include=True), invoice_policy="delivery")
        for rounding in ("round_globally", "round_per_line"):
            self.company.tax_calculation_rounding_method = rounding
            with self.subTest(rounding=rounding):
                order = self._paid_order([(3, 9.99, included, 33.33), (7, 0.95, included), (2, 3.33, self.books)])
                self._bring(order, (1, 3, 0), (2, 3, 1), (2, 6, 2), (3, 7, 2))
                self.assertExact(order)

    def test_discount_on_the_whole_order(self):
        """Core's discount is a line per rate whose amounts are fixed already."""
        self._policy((30, 40, 30), invoice_mode="post", sequence=1)
        books = self._product("Papers", self.books.taxes_id)
        orders = self.env["sale.order"]
        for _number in range(2):
            order = self._order([(3, 33.33), (1, 0.37), (7, 1.11, books)])
            self.env["sale.order.discount"].create(
                {"sale_order_id": order.id, "discount_type": "so_discount", "discount_percentage": 0.075}
            ).action_apply_discount()
            orders |= order
        orders.action_confirm()
        for order in orders:
            while order.prepayment_has_open_milestone:
                order.action_create_prepayment_invoice()
        final = self._final(orders)
        self.assertEqual((len(final), final.amount_total), (1, 0))
        final.action_post()
        self.assertExact(orders)

    def test_fractions_of_a_unit(self):
        order = self._paid_order([(2.5, 99.99, self.goods), (0.33, 10.01, self.books)], plan=(33, 33, 34))
        self._bring(order, (0.37, 0), (1.11, 0.11), (2.5, 0.33))
        self.assertExact(order)

    def test_orders_of_which_nothing_is_delivered_are_left_out(self):
        orders = self._paid_order([(2, 100, self.goods)]) | self._paid_order([(2, 100, self.goods)])
        first, second = self._bring(orders, (1, 0), (1, 2))
        self.assertEqual(first.invoice_line_ids.sale_line_ids.order_id, orders[0])
        self.assertEqual(second.invoice_line_ids.sale_line_ids.order_id, orders[1])
        self.assertEqual(first.prepayment_invoice_type, "final")

    def test_more_is_delivered_than_ordered(self):
        """What is invoiced comes to what the order is with the quantities that were brought.

        Not to the øre per rate: the rounding of an order that changes moves between rates that are invoiced already.
        """
        order = self._paid_order([(3, 33.33, self.goods), (3, 0.77, self.books, 7.5)], plan=(30,))
        self._bring(order, (1, 1), (4.5, 2), (4.5, 3))
        line = order.order_line.filtered(lambda line: line.product_id == self.goods)
        line.write({"product_uom_qty": 4.5, "price_unit": 33.33})
        for field in ("amount_untaxed", "amount_tax", "amount_total"):
            self.assertAlmostEqual(sum(order.invoice_ids.mapped(field)), order[field])
        self.assertEqual(self._balance(self.liability), 0)

    def test_goods_are_returned_and_brought_again(self):
        self.company.prepayment_deduction = "pro_rata"
        order = self._paid_order([(3, 33.33, self.goods), (3, 0.77, self.books, 7.5)], plan=(30,))
        self._bring(order, (2, 1))
        order.order_line.filtered(lambda line: line.product_id == self.goods).qty_delivered = 1
        credit = order._create_invoices(final=True)
        credit.action_post()
        # 83.33 for two, less 41.66 for the one that is left
        self.assertEqual((credit.move_type, credit.amount_total), ("out_refund", 41.67))
        self._bring(order, (3, 3))
        cells = order._get_missing_cells().values()
        self.assertFalse([cell for cell in cells if cell.net or any(cell.taxes.values())])
        self.assertEqual(self._balance(self.liability), 0)

    def test_a_price_changed_on_a_draft_is_kept(self):
        """Fixed amounts belong to the planned price; whoever changes it gets the amounts of the new one."""
        order = self._paid_order([(3, 0.13, self.books), (1, 100, self.goods)], plan=(10,))
        self._bring(order, (1, 0))
        order.order_line.filtered(lambda line: line.product_id == self.books).qty_delivered = 2
        final = self._final(order)
        line = final.invoice_line_ids.filtered(lambda line: line.product_id == self.books)
        self.assertTrue(line.extra_tax_data["manual_tax_amounts"])
        line.price_unit = 50
        self.assertEqual((line.price_subtotal, line.price_total), (50, 56))
        final.action_post()
        self.assertEqual(final.amount_residual, 56)

    def test_a_part_that_a_draft_deposit_does_not_leave_room_for(self):
        """Deducted last: a part beside a draft deposit of 90 % would make the customer pay both."""
        self._policy((90,), invoice_mode="draft", sequence=1)
        order = self._order([(10, 100, self.goods)], confirm=True)
        order.order_line.filtered("product_id").qty_delivered = 5
        with self.assertRaises(UserError):
            self._final(order)
        self.company.prepayment_draft_rule = "take"
        part = self._final(order)
        self.assertEqual(self._deposits(order).state, "posted")
        self.assertEqual(part.amount_total, 125)

    def test_a_deposit_by_net_amount_after_a_part_takes_no_more_than_is_left(self):
        """The part invoiced all VAT of its rate; what is left of the deposit's VAT is deducted later."""
        self.company.prepayment_deduction = "pro_rata"
        self._policy((17, 83), sequence=1, basis="net", invoice_mode="post")
        untaxed = self._product("Untaxed", self.env["account.tax"], invoice_policy="delivery")
        order = self._order([(7, 4964.9, self.goods), (5, 6484.08, untaxed)], confirm=True)
        self._bring(order, (7, 0))
        order.action_create_prepayment_invoice()
        self.assertEqual(order._get_depositable_amount(), 0)
        self._bring(order, (7, 5))
        self.assertExact(order)
