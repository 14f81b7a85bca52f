from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.invoice_prepayment.tests.orders import DepositOrders
from odoo.addons.nordic_einvoice.tests.common import EinvoiceCommon


class DepositCommon(DepositOrders, EinvoiceCommon):
    @classmethod
    def _set_up_sales(cls, **partner):
        cls.customer = cls._partner(**partner)
        cls._set_up_orders(cls.tax25)

    def _order(self, *prices, reference="PO-7"):
        return super()._order(*prices, client_order_ref=reference)


@tagged("post_install", "-at_install")
class TestDepositEinvoice(DepositCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls._danish_company()
        cls._set_up_sales(country="dk", email="kunde@example.dk")

    def test_deposit_and_final_invoice_are_whole_in_every_layer(self):
        """Also where the VAT of a deposit, to the øre, is not 25 % of its net amount rounded."""
        self._rule(50, 50)
        for prices in ((12345.67,), (333.33, 0.07), (1999.99, 45.55, 12.34)):
            order = self._order(*prices)
            deposits = order._get_prepayment_invoices().sorted("id")
            final = self._final(order)
            for channel in ("nemhandel", "peppol"):
                (deposits | final).einvoice_channel = channel
                for move in deposits | final:
                    document = self._document(move)
                    written = self._read(document)
                    amounts = [written.totals.tax_exclusive, written.totals.tax, written.totals.tax_inclusive]
                    ours = [move.amount_untaxed, move.amount_tax, move.amount_total]
                    self.assertEqual([float(amount) for amount in amounts], ours, (prices, channel, move.name))
                    self.assertEqual(self._texts(document, "InvoiceTypeCode"), ["380"])
                references = [reference.id for reference in self._read(self._document(final)).billing_references]
                self.assertEqual(references, deposits.mapped("name"))
        self.assertEqual(final.amount_total, 0)

    def test_one_click_hands_over_the_e_invoice_too(self):
        self._rule(30, invoice_mode="draft")
        order = self._order(1000)
        order.action_prepayment_send()
        deposit = order._get_prepayment_invoices()
        self.assertTrue(deposit.invoice_is_sent)
        document = deposit.einvoice_document_ids
        self.assertEqual((len(document), document.state), (1, "checked"))

    def test_an_e_invoice_that_cannot_be_made_stops_nothing(self):
        self._rule(30, invoice_mode="draft")
        self.customer.einvoice_channel = "peppol"
        order = self._order(1000, reference=False)
        order.action_prepayment_send()
        deposit = order._get_prepayment_invoices()
        self.assertTrue(deposit.invoice_is_sent)
        self.assertEqual(deposit.einvoice_document_ids.state, "failed")


@tagged("post_install", "-at_install")
class TestPaymentRequestEinvoice(DepositCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("no")
    def setUpClass(cls):
        super().setUpClass()
        cls._norwegian_company()
        cls._set_up_sales(country="no", email="kunde@example.no", invoice_edi_format="ubl_bis3")

    def _assert_no_e_invoice(self, move):
        self.assertEqual(move.einvoice_channel, "peppol")
        self.assertFalse(move.einvoice_can_be_made)
        self.assertFalse(move.search([("id", "=", move.id), ("einvoice_can_be_made", "=", True)]))
        self.assertTrue(move.search([("id", "=", move.id), ("einvoice_can_be_made", "=", False)]))
        self.assertFalse(move._need_ubl_cii_xml("ubl_bis3"))
        with self.assertRaises(UserError) as refusal:
            move.action_create_einvoice()
        self.assertIn(move.name, str(refusal.exception))
        self.assertFalse(move.einvoice_document_ids)

    def test_request_is_never_an_e_invoice(self):
        self._rule(30, invoice_mode="draft")
        order = self._order(1000)
        order.action_prepayment_send()
        request = order._get_prepayment_invoices()
        self.assertTrue(request.prepayment_is_request and request.invoice_is_sent)
        self.assertFalse(request.einvoice_posting_fault)
        self._assert_no_e_invoice(request)
        self.assertFalse(request.ubl_cii_xml_id)
        self._assert_no_e_invoice(request._reverse_moves([{}], cancel=True))

    def test_a_request_has_the_logo_of_the_orders_brand(self):
        brand = self.company_data["default_journal_sale"].copy(
            {"name": "Fjordvand", "code": "FJORD", "einvoice_logo": self.company.logo}
        )
        self._rule(30, invoice_mode="draft")
        order = self._order(1000)
        order.journal_id = brand
        order.action_prepayment_send()
        request = order._get_prepayment_invoices()
        self.assertNotEqual(request.journal_id, brand)
        self.assertEqual(request._einvoice_brand(), brand)

    def test_final_invoice_states_requests_as_prepaid(self):
        self._rule(30, 20)
        order = self._order(12345.67, 0.05)
        final = self._final(order)
        self.assertTrue(final._need_ubl_cii_xml("ubl_bis3"))
        for move in (final, final._reverse_moves([{}])):
            if move.state == "draft":
                move.action_post()
            move.einvoice_channel = "peppol"
            written = self._read(self._document(move))
            self.assertEqual(float(written.totals.tax), order.amount_tax)
            self.assertEqual(float(written.totals.tax_inclusive), order.amount_total)
            self.assertEqual(float(written.totals.prepaid), final.currency_id.round(order.amount_total * 0.5))
            self.assertEqual(float(written.totals.payable), move.amount_total)
            self.assertEqual(len(written.lines), 2)
        references = self._read(self._document(final)).billing_references
        self.assertFalse(references)
