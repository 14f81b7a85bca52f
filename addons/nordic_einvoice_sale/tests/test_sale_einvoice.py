from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.nordic_einvoice.tests.common import EinvoiceCommon

from .orders import SaleOrders


@tagged("post_install", "-at_install")
class TestSaleEinvoice(SaleOrders, EinvoiceCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls._danish_company()
        cls._set_up_orders()
        cls.public = cls._public_customer()

    def _order(self, partner=None, **values):
        return super()._order(partner or self.public, **values)

    def test_confirmation_is_refused_without_reference(self):
        order = self._order()
        self.assertTrue(order.einvoice_is_reference_missing)
        with self.assertRaisesRegex(UserError, "GLN/EAN.*order number"):
            order.action_confirm()
        order.client_order_ref = "PO-5"
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_the_refusal_can_be_moved(self):
        self.company.einvoice_reference_check = "invoice"
        order = self._order()
        order.action_confirm()
        with self.assertRaisesRegex(UserError, "GLN/EAN"):
            order._create_invoices()
        self.company.einvoice_reference_check = "sending"
        invoice = order._create_invoices()
        invoice.action_post()
        self.assertFalse(invoice.einvoice_order_reference)
        with self.assertRaisesRegex(UserError, "reference"):
            invoice.action_create_einvoice()

    def test_business_customers_are_not_asked(self):
        order = self._order(self._partner("dk"))
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_a_salesman_sees_where_the_e_invoice_stands(self):
        """He has no right to e-documents, and opens the invoice all the same."""
        move = self._invoice(self._partner("no"))
        self._document(move)
        salesman = new_test_user(self.env, "saelger", groups="sales_team.group_sale_salesman_all_leads")
        names = ("einvoice_state", "einvoice_document_count", "einvoice_received_id", "einvoice_waiting_id",
                 "einvoice_account_to_confirm", "einvoice_can_be_made", "einvoice_mail_fault")  # fmt: skip
        self.env.flush_all()
        self.env.invalidate_all()
        values = move.with_user(salesman).read(names)[0]
        self.assertEqual((values["einvoice_state"], values["einvoice_document_count"]), ("checked", 1))

    def test_order_number_and_references_reach_the_document(self):
        order = self._order(client_order_ref="PO-5", buyer_reference="Lis Lund")
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        self.assertRecordValues(invoice, [{"einvoice_order_reference": "PO-5", "buyer_reference": "Lis Lund"}])
        written = self._read(self._document(invoice))
        self.assertEqual((written.order_reference, written.sales_order), ("PO-5", order.name))
        self.assertEqual(written.buyer_reference, "Lis Lund")

    def test_own_order_number_is_not_the_buyers(self):
        order = self._order(buyer_reference="Lis Lund")
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        self.assertFalse(invoice.einvoice_order_reference)
        self.assertFalse(self._texts(self._document(invoice), "OrderReference/ID"))

    def test_final_invoice_names_its_deposits(self):
        order = self._order(client_order_ref="PO-6")
        order.action_confirm()
        first, second = self._deposit(order, 20), self._deposit(order, 30)
        final = order._create_invoices(final=True)
        final.action_post()
        for channel in ("nemhandel", "peppol"):
            final.einvoice_channel = channel
            written = self._read(self._document(final))
            self.assertEqual([ref.id for ref in written.billing_references], [first.name, second.name])
            self.assertEqual(float(written.totals.payable), final.amount_total)
        self.assertFalse(self._read(self._document(first)).billing_references)
