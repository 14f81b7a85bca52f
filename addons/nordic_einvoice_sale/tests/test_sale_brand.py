from odoo.tests import Form, new_test_user, tagged

from odoo.addons.nordic_einvoice.tests.brand import BrandCommon

from .orders import SaleOrders


@tagged("post_install", "-at_install")
class TestSaleBrand(SaleOrders, BrandCommon):
    """S3.37: the brand chosen on the order is on the order, its deposit and its final invoice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_orders()

    def _order(self, **values):
        return super()._order(self._partner("dk", email="kunde@example.com"), **values)

    def test_order_deposit_and_final_invoice(self):
        order = self._order(journal_id=self.brand.id)
        self.assertEqual(self._logo(order, "sale.report_saleorder"), self.brand)
        self.assertIn("access_token", self._mail(order))
        order.action_confirm()
        self.assertEqual(self._logo(self._deposit(order, 30)), self.brand)
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
