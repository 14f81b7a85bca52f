from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from odoo.addons.account.models.account_move_send import AccountMoveSend
from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common import PrepaymentCommon


@tagged("post_install", "-at_install")
class TestVatRules(PrepaymentCommon):
    def test_rules_are_dated(self):
        rules = self.env["prepayment.vat.rule"]
        self.assertEqual(rules._find(self.company, "2026-03-01").treatment, "invoice")
        self.assertFalse(rules._find(self.company, "1990-01-01"))
        rules.create(
            {
                "country_id": self.env.ref("base.dk").id,
                "date_from": "2027-01-01",
                "treatment": "receipt",
                "source": "Test",
            }
        )
        order = self._order()
        with freeze_time("2026-12-31 12:00:00"):
            self.assertEqual(order._get_prepayment_treatment(), "invoice")
        with freeze_time("2027-01-01 12:00:00"):
            self.assertEqual(order._get_prepayment_treatment(), "receipt")

    def test_every_rule_names_its_source(self):
        rules = self.env["prepayment.vat.rule"].search([])
        self.assertEqual(
            {rule.country_id.code: rule.treatment for rule in rules if rule.country_id.code in ("DK", "NO", "SE")},
            {"DK": "invoice", "NO": "request", "SE": "receipt"},
        )
        self.assertTrue(all(rule.source and rule.note for rule in rules))

    def test_country_without_a_rule(self):
        order = self._order()
        self.company.account_fiscal_country_id = self.env.ref("base.de")
        self.assertEqual(order._get_prepayment_treatment(), "invoice")


@tagged("post_install", "-at_install")
class TestNorway(AccountTestInvoicingCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("no")
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("sales_team.group_sale_manager")
        cls.company = cls.company_data["company"]
        cls.product = cls.env["product.product"].create(
            {
                "name": "Vare",
                "type": "service",
                "invoice_policy": "order",
                "taxes_id": [(6, 0, cls.company.account_sale_tax_id.ids)],
            }
        )

    def _order(self, price=10000, quantity=1, **values):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner_a.id,
                "order_line": [
                    (0, 0, {"product_id": self.product.id, "price_unit": price, "product_uom_qty": quantity})
                ],
                **values,
            }
        )
        order.action_confirm()
        return order

    def _policy(self, *percents, **values):
        lines = [
            (0, 0, {"name": str(percent), "sequence": number, "percent": percent, "event": "confirmation"})
            for number, percent in enumerate(percents, 1)
        ]
        return self.env["prepayment.policy"].create({"name": "NO", "invoice_mode": "post", "line_ids": lines, **values})

    def _balance(self, account):
        lines = self.env["account.move.line"].search([("account_id", "=", account.id), ("parent_state", "=", "posted")])
        return self.company.currency_id.round(sum(lines.mapped("balance")))

    def test_deposit_account_of_the_chart(self):
        self.assertEqual(self.company.downpayment_account_id.code, "2900")

    def test_payment_request_without_vat(self):
        self._policy(30, 70)
        order = self._order(price=12345.67)
        self.assertEqual(order.amount_total, 15432.09)
        requests = order._get_prepayment_invoices().sorted("id")
        self.assertEqual(requests.mapped("amount_total"), [4629.63, 10802.46])
        self.assertEqual(requests.mapped("amount_tax"), [0, 0])
        self.assertFalse(requests.line_ids.filtered("tax_line_id"))
        self.assertTrue(all(requests.mapped("prepayment_is_request")))
        self.assertEqual(requests.mapped("prepayment_invoice_type"), ["prepayment"] * 2)
        journal = self.company.prepayment_request_journal_id
        self.assertEqual(requests.journal_id, journal)
        self.assertNotEqual(journal, self.company_data["default_journal_sale"])
        self.assertEqual(requests.invoice_line_ids.filtered("prepayment_order_id").account_id.code, "2900")
        html = self.env["ir.actions.report"].with_context(lang="en_US")
        self.partner_a.lang = "en_US"
        html = html._render_qweb_html("account.account_invoices", requests[0].ids)[0].decode()
        self.assertIn("Payment request", html)
        self.assertNotIn("Prepayment invoice", html)
        self.assertNotIn("Invoice Date", html)
        for request in requests:
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=request.ids
            ).create({})._create_payments()
        self.assertEqual(order.prepayment_state, "received")
        order.action_create_final_invoice()
        final = order.invoice_ids - requests
        final.action_post()
        # the VAT of the whole order stands on the final invoice, to pay is nothing
        self.assertEqual((final.move_type, final.amount_total, final.amount_tax), ("out_invoice", 0, 3086.42))
        self.assertEqual(self._balance(self.company.downpayment_account_id), 0)
        self.assertEqual(order.prepayment_state, "settled")
        self.assertEqual([row["tax"] for row in final._get_deducted_prepayments()], [0, 0])
        report = self.env["ir.actions.report"].with_context(lang="en_US")
        html = report._render_qweb_html("account.account_invoices", final.ids)[0].decode()
        self.assertIn("Payment requests deducted above", html)
        self.assertNotIn("Deposit invoices deducted above", html)

    def test_request_is_no_invoice_anywhere(self):
        """Not in the VAT return, not as an e-invoice, not by the words customers read; nor what takes it back."""
        self.partner_a.write({"invoice_edi_format": "ubl_bis3", "email": "kunde@example.no"})
        self.partner_a.invoice_sending_method = "email"
        self._policy(50)
        order = self._order()
        request = order._get_prepayment_invoices()
        taken_back = request._reverse_moves([{}], cancel=True)
        final = self._order(price=100)._create_invoices()
        self.assertEqual((final.prepayment_is_request, taken_back.prepayment_is_request), (False, True))
        send = self.env["account.move.send"]
        for move in request | taken_back:
            self.assertFalse(move.line_ids.tax_ids | move.line_ids.tax_line_id)
            self.assertFalse(move.line_ids.tax_tag_ids)
            self.assertFalse(send._get_default_invoice_edi_format(move))
            self.assertEqual(send._get_default_sending_methods(move), {"email"})
        # with nordic_einvoice a mail carries the PDF alone, whatever the document
        usual = False if "einvoice_channel" in final._fields else "ubl_bis3"
        self.assertEqual(send._get_default_invoice_edi_format(final), usual)
        self.partner_a.invoice_sending_method = "manual"
        self.assertEqual(send._get_default_sending_methods(request), {"manual"})
        with patch.object(AccountMoveSend, "_get_default_sending_methods", lambda *arguments: {"peppol"}):
            self.assertEqual(send._get_default_sending_methods(request), {"email"})
            self.assertEqual(send._get_default_sending_methods(final), {"peppol"})
        template = self.env.ref("invoice_prepayment.mail_template_request")
        self.assertEqual(request._get_mail_template(), template)
        own = template.copy()
        self.company.prepayment_mail_template_id = own
        self.assertEqual(request._get_mail_template(), own)

    def test_request_in_the_customer_s_language(self):
        self._policy(50)
        request = self._order()._get_prepayment_invoices()
        taken_back = request._reverse_moves([{}], cancel=True)
        titles = {
            "da_DK": ("Betalingsanmodning", "Betalingsanmodning trukket tilbage"),
            "nb_NO": ("Betalingsforespørsel", "Betalingsforespørsel trukket tilbake"),
            "sv_SE": ("Betalningsbegäran", "Betalningsbegäran återtagen"),
            "fi_FI": ("Maksupyyntö", "Maksupyyntö peruttu"),
        }
        for code, (title, taken_back_title) in titles.items():
            if code != "da_DK":
                self.env["res.lang"]._activate_lang(code)
                self.env.ref("base.module_invoice_prepayment")._update_translations(code)
            self.partner_a.lang = code
            for move, words in ((request, title), (taken_back, taken_back_title)):
                self.assertEqual(move.with_context(lang=code).type_name, words)
                report = self.env["ir.actions.report"].with_context(lang=code)
                html = report._render_qweb_html("account.account_invoices", move.ids)[0].decode()
                self.assertIn(words, html)
            subject = self.env.ref("invoice_prepayment.mail_template_request")._render_field(
                "subject", request.ids, compute_lang=True
            )
            self.assertIn(title.lower(), subject[request.id].lower())

    def test_part_of_a_request_is_refunded(self):
        self._policy(50)
        order = self._order()
        self.env["prepayment.settlement.wizard"].create(
            {"order_id": order.id, "reason": "Smaller", "amount": 1000.01}
        ).action_settle()
        order.action_create_final_invoice()
        final = order.invoice_ids.filtered(lambda move: move.prepayment_invoice_type == "final")
        final.action_post()
        self.assertEqual((final.amount_tax, final.amount_total), (2500, 12500 - 6250 + 1000.01))
        self.assertEqual(self._balance(self.company.downpayment_account_id), 0)

    def test_a_request_has_no_vat_to_keep(self):
        self._policy(30)
        order = self._order()
        request = order._get_prepayment_invoices()
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=request.ids).create(
            {}
        )._create_payments()
        values = {"order_id": order.id, "outcome": "forfeit", "reason": "No-show"}
        wizards = self.env["prepayment.settlement.wizard"]
        with self.assertRaises(UserError), self.env.cr.savepoint():
            wizards.create({**values, "forfeit_vat": "supply"}).action_settle()
        self.assertEqual(order._get_prepayment_invoices(), request)
        wizards.create({**values, "forfeit_vat": "compensation"}).action_settle()
        self.assertEqual(self._balance(self.company.downpayment_account_id), 0)

    def test_partial_deliveries(self):
        self.company.prepayment_deduction = "pro_rata"
        self.product.invoice_policy = "delivery"
        self._policy(30)
        order = self._order(price=333.33, quantity=3)
        for delivered in (1, 2, 3):
            order.order_line.filtered("product_id").qty_delivered = delivered
            order.action_create_final_invoice()
            order.invoice_ids.filtered(lambda move: move.state == "draft").action_post()
        self.assertEqual(self._balance(self.company.downpayment_account_id), 0)
        self.assertEqual(
            self.company.currency_id.round(sum(order.invoice_ids.mapped("amount_total"))), order.amount_total
        )

    def test_subscriptions_may_be_invoiced_in_advance(self):
        self._policy(30, vat_treatment="invoice")
        deposit = self._order()._get_prepayment_invoices()
        self.assertEqual((deposit.amount_tax, deposit.prepayment_is_request), (750, False))


@tagged("post_install", "-at_install")
class TestSweden(AccountTestInvoicingCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("se")
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("sales_team.group_sale_manager")
        cls.company = cls.company_data["company"]

    def _order(self):
        product = self.env["product.product"].create(
            {
                "name": "Vara",
                "type": "service",
                "invoice_policy": "order",
                "taxes_id": [(6, 0, self.company.account_sale_tax_id.ids)],
            }
        )
        self.env["prepayment.policy"].create({"name": "SE", "percent": 30, "invoice_mode": "post"})
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner_a.id,
                "order_line": [(0, 0, {"product_id": product.id, "price_unit": 1000})],
            }
        )
        order.action_confirm()
        return order

    def _receive(self, order, amount, date="2026-03-17"):
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.partner_a.id,
                "amount": amount,
                "date": date,
                "memo": f"Betalning {order.name}",
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        )
        self.assertEqual(payment.prepayment_order_id, order)
        if not payment.outstanding_account_id:
            payment.outstanding_account_id = self.company_data["default_account_assets"]
        payment.action_post()

    def test_vat_on_the_day_the_money_comes(self):
        self.assertEqual(self.company.downpayment_account_id.code, "2420")
        order = self._order()
        deposit = order._get_prepayment_invoices()
        self.assertEqual((deposit.state, deposit.amount_total), ("draft", 375))
        self._receive(order, 375)
        self.assertEqual((deposit.state, str(deposit.invoice_date), deposit.amount_tax), ("posted", "2026-03-17", 75))
        self.assertIn(deposit.payment_state, ("paid", "in_payment"))
        self.assertEqual(order.prepayment_state, "received")

    def test_vat_only_of_what_has_come(self):
        """Of 375 come 100.01, then the rest: VAT of each on its own day, and the final invoice is exact."""
        order = self._order()
        draft = order._get_prepayment_invoices()
        self._receive(order, 100.01)
        first = order._get_prepayment_invoices() - draft
        self.assertEqual((first.state, first.amount_total, first.amount_tax), ("posted", 100.01, 20))
        self.assertEqual(str(first.invoice_date), "2026-03-17")
        self.assertIn(first.payment_state, ("paid", "in_payment"))
        self.assertEqual((draft.state, draft.amount_total), ("draft", 274.99))
        self.assertEqual((order.prepayment_required_amount, order.prepayment_missing_amount), (375, 274.99))
        self._receive(order, 274.99, "2026-03-20")
        self.assertEqual((draft.state, str(draft.invoice_date), draft.amount_tax), ("posted", "2026-03-20", 55))
        self.assertEqual((order.prepayment_missing_amount, order.prepayment_state), (0, "received"))
        order.action_create_final_invoice()
        final = order.invoice_ids - first - draft
        final.action_post()
        self.assertEqual((final.amount_total, final.amount_tax), (875, 175))
        self.assertEqual(order.prepayment_state, "settled")
