from datetime import date

from odoo import Command
from odoo.tests import freeze_time, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.nordic_einvoice.tests.common import EinvoiceCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-11-10 10:00:00")
class TestDrawnInvoice(EinvoiceCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls._danish_company()
        cls.customer = cls._public_customer(ref="1002")
        cls.env["payment.reference.agreement"].create({"card_type": "71", "creditor_number": "88888888"})
        creditor = cls.env["betalingsservice.creditor"].create(
            {
                "name": "Abonnement",
                "pbs_number": "01234567",
                "data_supplier_number": "12345674",
                "subsystem": "BS1",
                "group_ids": [Command.create({"number": "00001", "name": "Abonnement"})],
            }
        )
        cls.agreement = cls.env["betalingsservice.agreement"].create(
            {"partner_id": cls.customer.id, "group_id": creditor.group_ids.id, "state": "active"}
        )

    def _drawn_invoice(self, **values):
        return self._invoice(self.customer, invoice_date_due=date(2026, 12, 1), invoice_payment_term_id=False, **values)

    def test_drawn_invoice_says_so_instead_of_a_way_of_payment(self):
        values = self._drawn_invoice(narration="<p>Tak for handlen</p>")._prepare_einvoice_values()
        self.assertEqual([means.code for means in values.payment_means], ["1"])
        self.assertFalse(values.payment_means[0].payment_id)
        self.assertEqual(values.payment_means[0].due_date, date(2026, 12, 1))
        self.assertIn("Tak for handlen", values.note)
        self.assertIn("01.12.2026", values.note)

    def test_both_formats_pass_every_check(self):
        for channel, expected in (("nemhandel", "oioubl21"), ("peppol", "bis3")):
            with self.subTest(channel=channel):
                invoice = self._drawn_invoice(einvoice_channel=channel)
                document = self._document(invoice)
                self.assertEqual(document.format, expected)
                self.assertEqual(self._texts(document, "PaymentMeans/PaymentMeansCode"), ["1"])
                self.assertIn("01.12.2026", " ".join(filter(None, self._texts(document, "Invoice/Note"))))
                invoice.betalingsservice_collection_ids._release("test")

    def test_instalments_are_told_with_their_days(self):
        """Drawn in two: no way of payment is named, both days stand in the note; one rejected: the slip again."""
        term = self.env["account.payment.term"].create(
            {
                "name": "50/50",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days}) for days in (21, 52)
                ],
            }
        )
        for channel in ("nemhandel", "peppol"):
            with self.subTest(channel=channel):
                invoice = self._invoice(self.customer, invoice_payment_term_id=term.id, einvoice_channel=channel)
                days = sorted(invoice.betalingsservice_collection_ids.mapped("payment_date"))
                self.assertEqual(len(days), 2)
                document = self._document(invoice)
                self.assertEqual(self._texts(document, "PaymentMeans/PaymentMeansCode"), ["1"])
                note = " ".join(filter(None, self._texts(document, "Invoice/Note")))
                for day in days:
                    self.assertIn(day.strftime("%d.%m.%Y"), note)
                invoice.betalingsservice_line_ids[0].collection_id.sudo().state = "rejected"
                means = invoice._prepare_einvoice_values().payment_means
                self.assertEqual([found.code for found in means], ["93"])
                invoice.betalingsservice_collection_ids._release("test")

    def test_in_the_operators_test_the_payer_pays_by_slip(self):
        """KR9 draws nothing: the e-invoice must not say that it is paid."""
        self.agreement.creditor_id.subsystem = "KR9"
        invoice = self._drawn_invoice()
        self.assertTrue(invoice.betalingsservice_collection_ids)
        values = invoice._prepare_einvoice_values()
        self.assertEqual([means.code for means in values.payment_means], ["93"])
        self.assertEqual(values.payment_means[0].payment_id, invoice.payment_id_number)
        self.assertNotIn("01.12.2026", values.note or "")

    def test_rejected_collection_gives_the_payment_slip_again(self):
        invoice = self._drawn_invoice()
        invoice.betalingsservice_collection_ids.sudo().state = "rejected"
        values = invoice._prepare_einvoice_values()
        self.assertEqual([means.code for means in values.payment_means], ["93"])
        self.assertEqual(values.payment_means[0].payment_id, invoice.payment_id_number)
        self.assertNotIn("01.12.2026", values.note or "")
