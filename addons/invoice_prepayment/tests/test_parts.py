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
