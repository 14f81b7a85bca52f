from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import PrepaymentCommon


@tagged("post_install", "-at_install")
class TestPrepayment(PrepaymentCommon):
    def test_the_story_of_fifty_fifty(self):
        self._policy((50, 50))
        order = self._order(confirm=True)
        self.assertEqual(order.amount_total, 15432.09)
        self.assertEqual(order.prepayment_milestone_ids.mapped("amount"), [7716.05, 7716.04])
        first = self._deposits(order)
        self.assertEqual(
            (first.state, first.amount_untaxed, first.amount_tax, first.amount_total),
            ("draft", 6172.84, 1543.21, 7716.05),
        )
        self.assertEqual((first.prepayment_invoice_type, order.prepayment_state), ("prepayment", "to_invoice"))
        first.action_post()
        self.assertEqual(order.prepayment_state, "invoiced")
        self._pay(first, 7716.00)
        self.assertEqual((order.prepayment_state, order.prepayment_missing_amount), ("partial", 0.05))
        self._pay(first)
        self.assertEqual((order.prepayment_state, order.prepayment_missing_amount), ("received", 0.0))
        order.action_create_prepayment_invoice()
        second = self._deposits(order) - first
        self.assertEqual((second.amount_total, second.amount_untaxed), (7716.04, 6172.83))
        second.action_post()
        self._pay(second)
        final = self._final(order)
        self.assertEqual((final.move_type, final.prepayment_invoice_type), ("out_invoice", "final"))
        self.assertEqual((final.amount_untaxed, final.amount_tax, final.amount_total), (0, 0, 0))
        final.action_post()
        self.assertEqual(order.prepayment_state, "settled")
        self.assertEqual(self._balance(self.liability), 0)
        self.assertEqual(self._balance(self.company_data["default_account_revenue"]), -12345.67)
        rows = final._get_deducted_prepayments()
        self.assertEqual(
            [(row["name"], row["net"], row["tax"]) for row in rows],
            [(first.name, 6172.84, 1543.21), (second.name, 6172.83, 1543.21)],
        )
        deducted = final.invoice_line_ids.filtered(lambda line: line.quantity < 0)
        for deposit in (first, second):
            self.assertTrue(any(deposit.name in line.name for line in deducted), deducted.mapped("name"))

    def test_exactly_thirty_per_cent_at_confirmation(self):
        self._policy((30,))
        order = self._order([(1, 1000), (3, 19.99)], confirm=True)
        deposit = self._deposits(order)
        self.assertEqual(deposit.amount_total, order.currency_id.round(order.amount_total * 0.3))
        self.assertEqual(deposit.invoice_line_ids.filtered("prepayment_order_id").account_id, self.liability)

    def test_what_is_left_to_invoice_is_shown(self):
        """40 % + 60 % = the order; what is left counts deposits with VAT."""
        self._policy((40, 60), invoice_mode="post")
        order = self._order([(1, 1000)], confirm=True)
        self.assertEqual((order.amount_invoiced, order.prepayment_left_amount), (500, 750))
        order.action_create_prepayment_invoice()
        self._deposits(order).filtered(lambda move: move.state == "draft").action_post()
        self.assertEqual((order.amount_invoiced, order.prepayment_left_amount), (1250, 0))
        self._final(order).action_post()
        self.assertEqual((order.amount_invoiced, order.prepayment_left_amount), (1250, 0))

    def test_posted_by_the_rule(self):
        self._policy((30,), invoice_mode="post")
        order = self._order(confirm=True)
        self.assertEqual(self._deposits(order).state, "posted")
        self.assertEqual(order.prepayment_state, "invoiced")

    def test_without_rule_nothing_happens(self):
        order = self._order(confirm=True)
        self.assertFalse(order.invoice_ids)
        self.assertEqual((order.prepayment_state, order.prepayment_missing_amount), ("none", 0))
        invoice = order._create_invoices()
        self.assertEqual((invoice.amount_total, invoice.prepayment_invoice_type), (order.amount_total, "standard"))

    def test_draft_deposit_blocks_the_final_invoice(self):
        self._policy((30,))
        order = self._order(confirm=True)
        with self.assertRaisesRegex(UserError, "still drafts"):
            order.action_create_final_invoice()
        self.assertEqual(len(order.invoice_ids), 1)

    def test_one_invoice_per_planned_deposit(self):
        self._policy((30,))
        order = self._order(confirm=True)
        milestone = order.prepayment_milestone_ids
        milestone.action_create_invoice()
        self.assertEqual(len(order.invoice_ids), 1)
        other = self.init_invoice("out_invoice", amounts=[10])
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            other.sudo().prepayment_milestone_id = milestone
            other.flush_recordset()

    def test_deducted_deposit_is_closed(self):
        self._policy((30,), invoice_mode="post")
        order = self._order(confirm=True)
        self._final(order).action_post()
        with self.assertRaisesRegex(UserError, "Credit the final invoice first"):
            self._deposits(order).button_draft()

    def test_undone_payment_makes_it_missing_again(self):
        self._policy((30,), invoice_mode="post")
        order = self._order(confirm=True)
        payment = self._pay(self._deposits(order))
        self.assertEqual(order.prepayment_state, "received")
        payment.move_id.line_ids.remove_move_reconcile()
        if not payment.move_id:
            payment.action_cancel()
        self.assertEqual(order.prepayment_state, "invoiced")
        self.assertEqual(order.prepayment_missing_amount, order.prepayment_required_amount)

    def test_credit_note_refunds(self):
        self._policy((30,), invoice_mode="post")
        order = self._order(confirm=True)
        self._deposits(order)._reverse_moves([{}], cancel=True)
        self.assertEqual(order.prepayment_state, "refunded")

    def test_received_at_a_per_cent(self):
        self.company.write({"prepayment_received_rule": "percent", "prepayment_received_percent": 90})
        self._policy((50,), invoice_mode="post")
        order = self._order([(1, 800)], confirm=True)
        self._pay(self._deposits(order), 449.99)
        self.assertEqual((order.prepayment_state, order.prepayment_missing_amount), ("partial", 0.01))
        self._pay(self._deposits(order), 0.01)
        self.assertEqual(order.prepayment_state, "received")

    def test_ledger_is_the_account(self):
        self._policy((30,), invoice_mode="post")
        orders = self._order(confirm=True) | self._order([(2, 333.33)], confirm=True)
        lines = self.env["account.move.line"].search(self.env["account.move.line"]._get_prepayment_ledger_domain())
        self.assertEqual(self.company.currency_id.round(sum(lines.mapped("balance"))), self._balance(self.liability))
        self.assertEqual(lines.prepayment_order_id, orders)

    def test_adopts_the_deposit_core_made(self):
        self._policy((30,))
        order = self._order()
        order.action_confirm()
        own = self._deposits(order)
        self.assertEqual(order._generate_downpayment_invoices(), own)

    def test_salesperson_without_invoicing_rights(self):
        self._policy((30,), invoice_mode="post")
        order = self._order()
        salesperson = new_test_user(
            self.env,
            "deposit_salesperson",
            groups="sales_team.group_sale_salesman_all_leads",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        order.with_user(salesperson).action_confirm()
        self.assertEqual(self._deposits(order).state, "posted")
        order.with_user(salesperson).action_create_final_invoice()
        self.assertEqual(set(order.invoice_ids.mapped("prepayment_invoice_type")), {"prepayment", "final"})

    def test_core_wizard_works_beside_the_plan(self):
        """A deposit made by hand in core's own wizard counts; the last planned one takes what it left."""
        self._policy((50, 50), invoice_mode="post")
        order = self._order(confirm=True)
        wizard = self.env["sale.advance.payment.inv"].create(
            {"sale_order_ids": order.ids, "advance_payment_method": "fixed", "fixed_amount": 1000}
        )
        wizard._create_invoices(order).action_post()
        order.action_create_prepayment_invoice()
        self._deposits(order).filtered(lambda move: move.state == "draft").action_post()
        total = sum(self._deposits(order).mapped("amount_total"))
        self.assertEqual(order.currency_id.round(total), order.amount_total)
        self.assertEqual(self._final(order).amount_total, 0)

    def test_printed_titles(self):
        self.partner_a.lang = "en_US"
        self._policy((30,), invoice_mode="post")
        order = self._order(confirm=True)
        deposit = self._deposits(order)
        final = self._final(order)
        final.action_post()
        render = self.env["ir.actions.report"]._render_qweb_html
        html = render("account.account_invoices", deposit.ids)[0].decode()
        self.assertIn("Prepayment invoice", html)
        if self.env["res.lang"]._lang_get("da_DK"):
            self.partner_a.lang = "da_DK"
            html = render("account.account_invoices", deposit.ids)[0].decode()
            self.assertIn("Forudbetalingsfaktura", html)
            html = render("account.account_invoices", final.ids)[0].decode()
            self.assertIn("Slutfaktura", html)
        self.partner_a.lang = "en_US"
        html = render("account.account_invoices", final.ids)[0].decode()
        self.assertIn("Final invoice", html)
        self.assertIn("deducted_prepayments", html)
        self.assertIn(deposit.name, html)
        self.assertIn("prepayment_plan", render("sale.action_report_saleorder", order.ids)[0].decode())

    def test_foreign_currency(self):
        currency = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.134)])
        pricelist = self.env["product.pricelist"].create({"name": "EUR", "currency_id": currency.id})
        self._policy((30, 40, 30), invoice_mode="post")
        order = self._order([(1, 1234.57), (3, 7.77)], confirm=True, pricelist_id=pricelist.id)
        self.assertEqual(order.currency_id, currency)
        order.action_create_prepayment_invoice()
        order.action_create_prepayment_invoice()
        self.assertEqual(currency.round(sum(self._deposits(order).mapped("amount_total"))), order.amount_total)
        final = self._final(order)
        final.action_post()
        self.assertEqual(final.amount_total, 0)
        self.assertEqual(final.move_type, "out_invoice")
        self.assertEqual(self._balance(self.liability), 0)
