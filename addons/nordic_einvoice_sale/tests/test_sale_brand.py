from odoo import Command
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.nordic_einvoice.tests.test_brand import BrandCommon


@tagged("post_install", "-at_install")
class TestSaleBrand(BrandCommon):
    """S3.37: the brand chosen on the order is on the order, its deposit and its final invoice."""

    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("sales_team.group_sale_manager")
        cls._danish_company()
        cls._set_up_brand()
        cls.product = cls.env["product.product"].create(
            {"name": "Fad", "type": "consu", "invoice_policy": "order", "taxes_id": [Command.set(cls.tax25.ids)]}
        )

    def _order(self, **values):
        return self.env["sale.order"].create(
            {
                "partner_id": self._partner("dk", email="kunde@example.com").id,
                "order_line": [Command.create({"product_id": self.product.id, "price_unit": 1000.0})],
                **values,
            }
        )

    def _deposit(self, order):
        wizard = self.env["sale.advance.payment.inv"].with_context(active_model="sale.order", active_ids=order.ids)
        invoices = wizard.create({"advance_payment_method": "percentage", "amount": 30})._create_invoices(order)
        invoices.action_post()
        return invoices

    def test_order_deposit_and_final_invoice(self):
        order = self._order(journal_id=self.brand.id)
        self.assertEqual(self._logo(order, "sale.report_saleorder"), self.brand)
        self.assertIn("access_token", self._mail(order))
        order.action_confirm()
        self.assertEqual(self._logo(self._deposit(order)), self.brand)
        final = order._create_invoices(final=True)
        final.action_post()
        self.assertEqual(self._logo(final), self.brand)

    def test_a_salesman_chooses_the_brand_and_mails_it(self):
        salesman = new_test_user(self.env, "brand_salesman", groups="sales_team.group_sale_salesman_all_leads")
        form = Form(self._order().with_user(salesman))
        self.assertTrue(form.einvoice_has_brands)
        form.journal_id = self.brand
        order = form.save()
        self.assertIn("access_token", self._mail(order))
        self.assertEqual(self._logo(order, "sale.report_saleorder"), self.brand)
        self.brand.einvoice_logo = False
        order.invalidate_recordset(["einvoice_has_brands"])
        self.assertFalse(order.einvoice_has_brands)

    def test_without_a_brand_the_companys(self):
        order = self._order()
        self.assertEqual(self._logo(order, "sale.report_saleorder"), self.company)
        self.assertIn("/logo.png", self._mail(order))

    def test_an_invoice_moved_to_another_brand_has_that_ones(self):
        other = self._brand_journal("Klint", "KLINT", "red")
        order = self._order(journal_id=self.brand.id)
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.journal_id = other
        self.assertEqual(invoice._einvoice_brand(), other)
