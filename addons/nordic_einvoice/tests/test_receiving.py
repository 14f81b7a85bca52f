from odoo import Command
from odoo.tests import Form, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common import EinvoiceCommon


@tagged("post_install", "-at_install")
class TestReceiving(EinvoiceCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls._danish_company()
        cls.Document = cls.env["nordic.einvoice.document"]

    def _file(self, channel="nemhandel", lines=((2, 100.0), (1, 49.95)), **values):
        """An e-invoice of our own company, to be received by ourselves."""
        move = self._invoice(self._partner("dk"), lines, einvoice_channel=channel, **values)
        return self._document(move).attachment_id.raw, move

    def test_bill_equals_the_document(self):
        for channel in ("nemhandel", "peppol"):
            with self.subTest(channel):
                data, move = self._file(channel, einvoice_order_reference="P00017")
                document = self.Document._import_file(data, "faktura.xml", self.company)
                self.assertEqual(document.state, "received")
                self.assertFalse(document.error_message)
                bill = document.move_id
                self.assertRecordValues(
                    bill,
                    [
                        {
                            "state": "draft",
                            "move_type": "in_invoice",
                            "ref": move.name,
                            "invoice_origin": "P00017",
                            "amount_untaxed": move.amount_untaxed,
                            "amount_tax": move.amount_tax,
                            "amount_total": move.amount_total,
                            "partner_id": self.company.partner_id.id,
                        }
                    ],
                )
                self.assertEqual(document.attachment_id.raw, data)

    def test_a_product_chosen_later_keeps_price_and_tax(self):
        data, _move = self._file()
        bill = self.Document._import_file(data, "faktura.xml", self.company).move_id
        before = bill.amount_total
        product = self.env["product.product"].create(
            {"name": "Vare", "standard_price": 7, "supplier_taxes_id": [Command.clear()]}
        )
        with Form(bill) as form, form.invoice_line_ids.edit(0) as line:
            line.product_id = product
        self.assertEqual((bill.invoice_line_ids[0].product_id, bill.amount_total), (product, before))

    def test_credit_note_becomes_a_refund(self):
        refund = self._credit(self._invoice(self._partner("dk")))
        data = self._document(refund).attachment_id.raw
        document = self.Document._import_file(data, "kreditnota.xml", self.company)
        self.assertRecordValues(document.move_id, [{"move_type": "in_refund", "amount_total": refund.amount_total}])

    def test_same_file_and_same_document_are_taken_once(self):
        data, _move = self._file()
        first = self.Document._import_file(data, "a.xml", self.company)
        self.assertEqual(self.Document._import_file(data, "b.xml", self.company), first)
        self.assertEqual(self.Document._import_file(data.replace(b"\n", b"\n "), "c.xml", self.company), first)
        self.assertEqual(
            self.Document.search_count([("direction", "=", "in"), ("company_id", "=", self.company.id)]), 1
        )

    def test_unknown_tax_stops_the_bill_and_keeps_the_document(self):
        data, _move = self._file("peppol")
        data = data.replace(b"<cbc:Percent>25</cbc:Percent>", b"<cbc:Percent>17</cbc:Percent>")
        document = self.Document._import_file(data, "x.xml", self.company)
        self.assertFalse(document.move_id)
        self.assertIn("17", document.error_message)
        self.assertEqual(document.attachment_id.raw, data)

    def test_unknown_vendor_is_told_and_can_be_put_right(self):
        data, _move = self._file("peppol")
        data = data.replace(b"12345674", b"25313763")
        document = self.Document._import_file(data, "x.xml", self.company)
        self.assertFalse(document.move_id)
        self.assertIn("DK25313763", document.error_message)
        vendor = self.env["res.partner"].create({"name": "Ny", "vat": "DK25313763", "is_company": True})
        document.action_create_bill()
        self.assertEqual(document.move_id.partner_id, vendor)
        self.assertFalse(document.error_message)

    def test_wrong_sums_are_not_booked(self):
        data, _move = self._file("peppol")
        data = data.replace(b">312.44<", b">312.40<").replace(b">312.4<", b">1<")
        document = self.Document._import_file(data, "x.xml", self.company)
        self.assertFalse(document.move_id)
        self.assertIn("312.40", document.error_message)
        self.assertIn("0.04", document.error_message)

    def test_noise_is_kept_and_named(self):
        for content in (b"", b"hej", b"<html/>", b"<Invoice", b"\x00\x01" * 50):
            with self.subTest(content):
                document = self.Document._import_file(content, "noise.bin", self.company)
                self.assertEqual(document.state, "failed")
                self.assertTrue(document.error_message)
                self.assertEqual(document.attachment_id.raw or b"", content)
                self.assertFalse(document.move_id)

    def test_upload_wizard(self):
        data, move = self._file()
        attachments = self.env["ir.attachment"].create(
            [{"name": "god.xml", "raw": data}, {"name": "skidt.xml", "raw": b"nej"}]
        )
        wizard = self.env["nordic.einvoice.upload"].create(
            {"company_id": self.company.id, "attachment_ids": [Command.set(attachments.ids)]}
        )
        action = wizard.action_import()
        documents = self.Document.search(action["domain"])
        self.assertEqual(set(documents.mapped("state")), {"received", "failed"})
        self.assertEqual(documents.move_id.amount_total, move.amount_total)

    def test_deleted_bill_leaves_the_document(self):
        data, _move = self._file()
        document = self.Document._import_file(data, "a.xml", self.company)
        document.move_id.unlink()
        self.assertEqual(document.attachment_id.raw, data)
        document.action_create_bill()
        self.assertTrue(document.move_id)
