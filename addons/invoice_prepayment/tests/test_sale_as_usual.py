"""Ordinary sale beside deposits, and what the lists show of both."""

from ast import literal_eval

from lxml import etree

from odoo.tests import tagged

from .common import PrepaymentCommon


@tagged("post_install", "-at_install")
class TestSaleAsUsual(PrepaymentCommon):
    def _invoice_by_button(self, order, **values):
        """The button *Create Invoice* of core and its dialog."""
        wizard = (
            self.env["sale.advance.payment.inv"]
            .with_context(active_model="sale.order", active_ids=order.ids)
            .create({"advance_payment_method": "delivered", **values})
        )
        before = order.invoice_ids
        wizard.create_invoices()
        return order.invoice_ids - before

    def test_three_lines_become_an_invoice(self):
        """Without a rule, and with the rule that says there is no deposit."""
        for rule in (False, True):
            if rule:
                self._policy((30,), amount_type="none")
            order = self._order([(1, 12345.67), (3, 7.77), (2, 100, self.product, 12.5)], confirm=True)
            invoice = self._invoice_by_button(order)
            for line, sold in zip(invoice.invoice_line_ids, order.order_line, strict=True):
                self.assertEqual(line.quantity, sold.product_uom_qty)
                for field in ("product_id", "price_unit", "discount", "price_subtotal", "price_total", "tax_ids"):
                    self.assertEqual(line[field], sold[field])
            self.assertFalse(any(line.extra_tax_data for line in invoice.invoice_line_ids))
            for field in ("amount_untaxed", "amount_tax", "amount_total"):
                self.assertEqual(invoice[field], order[field])
            self.assertEqual((invoice.prepayment_invoice_type, order.prepayment_state), ("standard", "none"))

    def test_parts_by_per_cent_amount_and_rest(self):
        """40 % by core's dialog, an amount, and what is left: the order, to the øre, and shown on the way."""
        self._policy((40, 60))
        order = self._order([(1, 12345.67)])
        order.prepayment_milestone_ids.event = "production"
        order.action_confirm()
        left = [order.prepayment_left_amount]
        for values in (
            {"advance_payment_method": "percentage", "amount": 40},
            {"advance_payment_method": "fixed", "fixed_amount": 1234.56},
            {"advance_payment_method": "delivered"},
        ):
            self._invoice_by_button(order, **values).action_post()
            left.append(order.prepayment_left_amount)
        self.assertEqual(left, [15432.09, 9259.25, 8024.69, 0])
        self.assertEqual(self._balance(self.liability), 0)
        self.assertEqual(order.currency_id.round(sum(order.invoice_ids.mapped("amount_total"))), order.amount_total)

    def test_product_brings_its_deposit(self):
        batch = self._product("white-label batch", self.vat_25)
        self._policy((30,), product_tmpl_id=batch.product_tmpl_id.id)
        plain = self._order([(1, 1000)])
        self.assertFalse(plain.prepayment_milestone_ids)
        order = self._order([(1, 1000), (1, 500, batch)])
        self.assertEqual(order.prepayment_milestone_ids.mapped("percent"), [30])
        self.assertEqual(order.prepayment_required_amount, 562.5)

    def test_three_orders_two_with_deposits_on_one_invoice(self):
        other = self._product("No deposit", self._vat(12))
        self._policy((30,), invoice_mode="post", product_tmpl_id=self.product.product_tmpl_id.id)
        orders = self._order([(3, 33.33)], confirm=True) | self._order([(1, 0.37)], confirm=True)
        orders |= self._order([(7, 1.11, other)], confirm=True)
        deposits = orders._get_prepayment_invoices()
        final = self._final(orders)
        final.action_post()
        self.assertEqual((len(final), final.prepayment_invoice_type), (1, "final"))
        self.assertEqual({row["move"] for row in final._get_deducted_prepayments()}, set(deposits))
        invoiced = sum((deposits | final).mapped("amount_total"))
        self.assertEqual(self.company.currency_id.round(invoiced - sum(orders.mapped("amount_total"))), 0)

    # What lists and searches show

    def _arch(self, model, xmlid, kind):
        return etree.fromstring(self.env[model].get_view(self.env.ref(xmlid).id, kind)["arch"])

    def test_each_type_is_found_by_its_filter(self):
        self._policy((30,), invoice_mode="post")
        order = self._order(confirm=True)
        final = self._final(order)
        deposit = self._deposits(order)
        standard = self.init_invoice("out_invoice", amounts=[10])
        search = self._arch("account.move", "account.view_account_invoice_filter", "search")
        for name, expected in (("standard", standard), ("prepayment", deposit), ("final", final)):
            domain = literal_eval(search.find(f".//filter[@name='prepayment_type_{name}']").get("domain"))
            found = self.env["account.move"].search([*domain, ("id", "in", (standard | deposit | final).ids)])
            self.assertEqual(found, expected)

    def test_order_list_shows_both_states(self):
        arch = self._arch("sale.order", "sale.view_order_tree", "list")
        shown = {field.get("name") for field in arch.iter("field") if field.get("optional") != "hide"}
        self.assertLessEqual({"prepayment_state", "invoice_status"}, shown)
