from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import PrepaymentCommon


@tagged("post_install", "-at_install")
class TestDeduction(PrepaymentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.goods = cls._product("Goods", cls.vat_25, invoice_policy="delivery")

    def assertExact(self, orders):
        moves = orders.invoice_ids
        for field in ("amount_untaxed", "amount_tax", "amount_total"):
            invoiced = sum(move[field] * (-1 if move.move_type == "out_refund" else 1) for move in moves)
            currency = orders.currency_id
            self.assertEqual(currency.round(invoiced), currency.round(sum(orders.mapped(field))), field)
        self.assertFalse(
            [cell for cell in orders._get_missing_cells().values() if cell.net or any(cell.taxes.values())]
        )

    def _deliver(self, order, *quantities):
        lines = order.order_line.filtered("product_id")
        for line, quantity in zip(lines, quantities, strict=True):
            line.qty_delivered = quantity
        final = self._final(order)
        final.action_post()
        return final

    def test_half_delivered_deducts_half_the_deposit(self):
        self.company.prepayment_deduction = "pro_rata"
        self._policy((30,), invoice_mode="post")
        order = self._order([(4, 100, self.goods)], confirm=True)
        half = self._deliver(order, 2)
        deducted = half._get_deducted_prepayments()
        self.assertEqual([(row["net"], row["tax"], row["total"]) for row in deducted], [(60, 15, 75)])
        self.assertEqual(half.amount_total, 175)
        rest = self._deliver(order, 4)
        self.assertEqual([row["total"] for row in rest._get_deducted_prepayments()], [75])
        self.assertEqual(self._balance(self.liability), 0)
        self.assertEqual(order.prepayment_state, "settled")
        self.assertExact(order)

    def test_pro_rata_with_odd_amounts_and_taxes(self):
        self.company.prepayment_deduction = "pro_rata"
        other = self._product("Other", self._vat(12), invoice_policy="delivery")
        included = self._product("Incl", self._vat(25, price_include=True), invoice_policy="delivery")
        for rounding in ("round_per_line", "round_globally"):
            self.company.tax_calculation_rounding_method = rounding
            self._policy((33, 40), invoice_mode="post", sequence=1)
            order = self._order(
                [(3, 33.33, self.goods), (3, 0.77, other, 7.5), (3, 999.99, included, 33.33)], confirm=True
            )
            order.action_create_prepayment_invoice()
            self._deposits(order).filtered(lambda move: move.state == "draft").action_post()
            for delivered in ((1, 0, 1), (1, 2, 2), (2, 3, 2), (3, 3, 3)):
                self._deliver(order, *delivered)
            self.assertExact(order)
            self.assertEqual(self._balance(self.liability), 0)
            self.assertNotIn("out_refund", order.invoice_ids.mapped("move_type"))

    def test_core_s_wizard_never_deducts_more_than_the_invoice(self):
        """Deduct at a small partial delivery: no credit note, the rest is deducted later."""
        self._policy((90,), invoice_mode="post")
        order = self._order([(10, 100.03, self.goods)], confirm=True)
        order.order_line.filtered("product_id").qty_delivered = 1
        self.env["sale.advance.payment.inv"].create(
            {"sale_order_ids": order.ids, "advance_payment_method": "delivered"}
        ).create_invoices()
        part = order.invoice_ids - self._deposits(order)
        self.assertEqual((part.move_type, part.amount_total), ("out_invoice", 0))
        part.action_post()
        self._deliver(order, 10)
        self.assertExact(order)
        self.assertEqual(self._balance(self.liability), 0)

    def test_difference_of_a_rate_that_is_invoiced_early(self):
        """A VAT rate whose lines are all on an earlier invoice is made exact there."""
        books = self._product("Books", self._vat(12), invoice_policy="delivery")
        self.company.tax_calculation_rounding_method = "round_globally"
        self._policy((30,), invoice_mode="post")
        order = self._order(
            [(1, 0.37, books), (1, 0.37, books), (1, 0.37, books), (2, 10.01, self.goods)], confirm=True
        )
        self._deliver(order, 1, 0, 0, 0)
        self._deliver(order, 1, 1, 1, 0)
        self._deliver(order, 1, 1, 1, 2)
        self.assertExact(order)

    def test_order_that_grew(self):
        self._policy((50,), invoice_mode="post")
        order = self._order([(2, 100)], confirm=True)
        order.order_line.filtered("product_id").product_uom_qty = 3
        final = self._final(order)
        final.action_post()
        self.assertEqual(final.amount_total, 250)
        self.assertExact(order)

    def test_order_that_shrank_below_its_deposit_is_refused(self):
        self._policy((50,), invoice_mode="post")
        order = self._order([(4, 100)], confirm=True)
        order.order_line.filtered("product_id").product_uom_qty = 1
        with self.assertRaises(UserError):
            self._final(order)
        self.assertEqual(order.invoice_ids, self._deposits(order))

    def _currency_order(self, name, rate, later, lines, plan=(30, 40, 30), **values):
        currency = self.setup_other_currency(name, rates=[("2000-01-01", rate), ("2026-06-01", later)], **values)
        pricelist = self.env["product.pricelist"].create({"name": name, "currency_id": currency.id})
        self._policy(plan, invoice_mode="post", sequence=1)
        with freeze_time("2026-05-05"):
            order = self._order(lines, confirm=True, pricelist_id=pricelist.id)
            while order.prepayment_has_open_milestone:
                order.action_create_prepayment_invoice()
            self._deposits(order).filtered(lambda move: move.state == "draft").action_post()
        return order

    def assertLiabilityClosed(self, order):
        lines = self.env["account.move.line"].search(
            [
                ("account_id", "=", self.liability.id),
                ("parent_state", "=", "posted"),
                ("prepayment_order_id", "=", order.id),
            ]
        )
        self.assertTrue(lines)
        self.assertEqual(self._balance(self.liability), 0)
        self.assertEqual(self.company.currency_id.round(sum(lines.mapped("balance"))), 0)
        self.assertEqual(order.currency_id.round(sum(lines.mapped("amount_currency"))), 0)

    def test_another_rate_at_the_final_invoice(self):
        for plan in ((30,), (30, 40, 30)):
            order = self._currency_order("EUR", 0.134, 0.130, [(1, 1234.57), (3, 7.77)], plan=plan)
            with freeze_time("2026-06-15"):
                final = self._final(order)
                final.action_post()
            self.assertExact(order)
            self.assertLiabilityClosed(order)
            # another post, once it was a draft again, closes once again
            with freeze_time("2026-06-15"):
                final.button_draft()
                final.action_post()
            self.assertLiabilityClosed(order)

    def test_an_ore_of_tax_that_is_of_opposite_signs_in_two_currencies(self):
        included = self._product("Incl", self._vat(12, price_include=True), invoice_policy="delivery")
        self.company.tax_calculation_rounding_method = "round_per_line"
        self.company.prepayment_deduction = "pro_rata"
        order = self._currency_order("SEK", 1.51, 1.47, [(5, 87.15, included)], plan=(20,) * 5)
        line = order.order_line.filtered("product_id")
        opposite = 0
        for quantity in [*(0.13 * turn for turn in range(1, 21)), 5]:
            line.qty_delivered = quantity
            with freeze_time("2026-06-15"):
                part = self._final(order)
                part.action_post()
            self.assertEqual(part.amount_total, 0)
            taxes = part.line_ids.filtered(lambda item: item.display_type == "tax")
            opposite += any(item.amount_currency and not item.balance for item in taxes)
            self.assertEqual(self.company.currency_id.round(sum(part.line_ids.mapped("balance"))), 0)
            self.assertNothingOwed(part)
        self.assertTrue(opposite, "such an invoice was among them")
        self.assertExact(order)
        self.assertLiabilityClosed(order)

    def test_an_invoice_of_nothing_owes_nothing_in_the_companys_currency(self):
        """Its øre is an exchange difference, taken back when the invoice becomes a draft again."""
        terms = self.env.ref("account.account_payment_term_advance_60days")
        included = self._product("Incl", self._vat(12, price_include=True), invoice_policy="delivery")
        self.company.tax_calculation_rounding_method = "round_per_line"
        self.company.prepayment_deduction = "pro_rata"
        order = self._currency_order("SEK", 1.51, 1.47, [(5, 87.15, included)], plan=(20,) * 5)
        order.payment_term_id = terms
        line = order.order_line.filtered("product_id")
        owed = {}
        for turn in range(1, 21):
            line.qty_delivered = 0.13 * turn
            with freeze_time("2026-06-15"):
                part = self._final(order)
                part.action_post()
            receivable = part.line_ids.filtered(lambda item: item.display_type == "payment_term")
            owed[part] = [balance for balance in receivable.mapped("balance") if balance]
            self.assertNothingOwed(part)
        part = next(part for part, balances in owed.items() if balances)
        balance = sum(owed[part])
        entries = self.env["account.move"].search([("prepayment_final_id", "=", part.id)])
        receivable = entries.line_ids.filtered(lambda item: item.account_id.account_type == "asset_receivable")
        self.assertAlmostEqual(sum(receivable.mapped("balance")), -balance)
        self.assertEqual(receivable.mapped("amount_currency"), [0.0] * len(receivable))

        part.button_draft()
        entries = self.env["account.move"].search([("prepayment_final_id", "=", part.id)])
        items = (entries | entries.reversal_move_ids).line_ids
        self.assertTrue(entries.reversal_move_ids)
        still_open = items.filtered(lambda item: item.account_id.reconcile and not item.reconciled)
        self.assertFalse(still_open, still_open.read(["move_name", "name", "account_id", "balance", "amount_currency"]))
        part.action_post()
        self.assertNothingOwed(part)
        accounts = receivable.account_id
        of_customer = self.env["account.move.line"].search(
            [
                ("account_id", "in", accounts.ids),
                ("partner_id", "=", order.partner_id.id),
                ("parent_state", "=", "posted"),
            ]
        )
        finals = of_customer.filtered(lambda item: item.move_id.prepayment_invoice_type != "prepayment")
        self.assertEqual(self.company.currency_id.round(sum(finals.mapped("balance"))), 0)

    def assertNothingOwed(self, move):
        receivable = move.line_ids.filtered(lambda item: item.display_type == "payment_term")
        self.assertFalse(receivable.filtered("amount_residual"), receivable.mapped("amount_residual"))
        self.assertFalse(receivable.filtered(lambda item: item.balance and not item.reconciled))
        self.assertEqual(move.payment_state, "paid")

    def test_yen_has_no_decimals(self):
        order = self._currency_order("JPY", 22.5, 21.9, [(1, 12347), (3, 77)], plan=(33, 33, 34), rounding=1.0)
        self.assertEqual(order.currency_id.decimal_places, 0)
        with freeze_time("2026-06-15"):
            self._final(order).action_post()
        self.assertExact(order)
        self.assertLiabilityClosed(order)
        self.assertTrue(all(float(move.amount_total).is_integer() for move in order.invoice_ids))

    def test_cash_rounding(self):
        """Rounded to whole kronor on each invoice: net and VAT are still the order's."""
        order = self._currency_order("SEK", 1.5, 1.5, [(3, 33.33)], plan=(50,))
        self._deposits(order).button_draft()
        rounding = self.env["account.cash.rounding"].create(
            {
                "name": "Öresavrundning",
                "rounding": 1.0,
                "strategy": "add_invoice_line",
                "profit_account_id": self.company_data["default_account_revenue"].id,
                "loss_account_id": self.company_data["default_account_expense"].id,
            }
        )
        deposit = self._deposits(order)
        deposit.invoice_cash_rounding_id = rounding
        deposit.action_post()
        final = self._final(order)
        final.invoice_cash_rounding_id = rounding
        final.action_post()
        self.assertTrue(all(float(move.amount_total).is_integer() for move in order.invoice_ids))
        cells = order._get_missing_cells()
        self.assertFalse([cell for cell in cells.values() if cell.net or any(cell.taxes.values())])
        self.assertLiabilityClosed(order)
