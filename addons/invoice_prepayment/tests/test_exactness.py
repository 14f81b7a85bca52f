import random

from odoo.tests import tagged

from .common import PrepaymentCommon

ORDERS = 24
PLANS = [(50, 50), (30, 40, 30), (30,), (33, 33, 34), (10, 20, 30, 40), (17, 13, 19, 11, 23, 17)]


@tagged("post_install", "-at_install")
class TestExactness(PrepaymentCommon):
    """Deposits and final invoice are the order, to the øre; the benchmark does the same with many more orders."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.products = [
            cls.product,
            cls._product("Books", cls._vat(12)),
            cls._product("Retail", cls._vat(25, price_include=True)),
            cls._product("Abroad", cls._vat(0)),
        ]
        cls.random = random.Random(3)

    def _random_order(self):
        lines = [
            (
                self.random.randint(1, 9),
                self.random.randint(1, 999999) / 100,
                self.random.choice(self.products),
                self.random.choice([0, 0, 7.5, 33.33]),
            )
            for _line in range(self.random.randint(1, 4))
        ]
        return self._order(lines)

    def assertExact(self, orders):
        """Every amount of the orders is on their invoices, no more and no less."""
        moves = orders.invoice_ids
        for field in ("amount_untaxed", "amount_tax", "amount_total"):
            currency = orders.currency_id
            invoiced = sum(move[field] * (-1 if move.move_type == "out_refund" else 1) for move in moves)
            self.assertEqual(currency.round(invoiced), currency.round(sum(orders.mapped(field))), field)
        self.assertFalse(moves.filtered(lambda move: move.move_type == "out_refund"), "stray credit note")
        missing = orders._get_missing_cells()
        self.assertFalse([cell for cell in missing.values() if cell.net or any(cell.taxes.values())])

    def _invoice_all_deposits(self, order):
        while order.prepayment_has_open_milestone:
            order.action_create_prepayment_invoice()
        self._deposits(order).filtered(lambda move: move.state == "draft").action_post()

    def test_random_orders(self):
        for rounding in ("round_per_line", "round_globally"):
            self.company.tax_calculation_rounding_method = rounding
            for number in range(ORDERS // 2):
                plan = PLANS[number % len(PLANS)]
                with self.subTest(rounding=rounding, number=number, plan=plan):
                    self.env["prepayment.policy"].search([]).active = False
                    self._policy(plan)
                    order = self._random_order()
                    order.action_confirm()
                    self._invoice_all_deposits(order)
                    self._final(order).action_post()
                    self.assertExact(order)

    def test_several_orders_on_one_final_invoice(self):
        self._policy((30,), invoice_mode="post", product_tmpl_id=self.product.product_tmpl_id.id)
        orders = self.env["sale.order"]
        for _number in range(2):
            orders |= self._order([(3, 33.33), (1, 0.37)], confirm=True)
        orders |= self._order([(7, 1.11, self.products[1])], confirm=True)
        final = self._final(orders)
        self.assertEqual(len(final), 1)
        final.action_post()
        self.assertEqual(len(final._get_deducted_prepayments()), 2)
        self.assertExact(orders)

    def test_partial_deliveries(self):
        product = self._product("Goods", self.vat_25, invoice_policy="delivery")
        self._policy((30,), invoice_mode="post")
        order = self._order([(3, 33.33, product), (3, 0.77, product, 7.5)], confirm=True)
        for delivered in (1, 2, 3):
            order.order_line.filtered(lambda line: line.product_id == product).qty_delivered = delivered
            self._final(order).action_post()
        types = order.invoice_ids.sorted("id").mapped("prepayment_invoice_type")
        self.assertEqual(types, ["prepayment", "standard", "standard", "final"])
        self.assertExact(order)
