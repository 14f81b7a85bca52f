"""Every complete official sample through the inbox: the bill's VAT and total are those the document states."""

import unittest
from decimal import Decimal
from pathlib import Path

from lxml import etree

from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common import EinvoiceCommon

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "samples" / "einvoice"
NO_INVOICES = ("OIOUBL_ApplicationResponse_v2p2.xml", "OIOUBL_Reminder_v2p2.xml")


class SamplesCommon(EinvoiceCommon):
    def _receive(self, path):
        """The document of a sample, after a person created its vendor and said which taxes are meant."""
        Document = self.env["nordic.einvoice.document"]
        data = path.read_bytes()
        document = Document._einvoice_receive(data, path.name, "upload", company=self.company, runner=self.runner)
        if not document.move_id and document.inbox_state == "person":
            self._clarify(document)
            if document.error_message:
                document.action_create_bill_without_attachments()
        return document

    def _clarify(self, document):
        invoice = document._read_received(document._file_content())[1]
        self.env["res.currency"].with_context(active_test=False).search([("name", "=", invoice.currency)]).active = True
        wizard = self.env["nordic.einvoice.clarify"].with_context(default_document_id=document.id).create({})
        for line in wizard.tax_ids:
            code, rate = line.vat_key.split()
            if code == "S" and float(rate):
                line.tax_id = self._purchase_tax(float(rate))
            else:
                line.is_without = True
        wizard.action_apply()

    def _purchase_tax(self, rate):
        Tax = self.env["account.tax"]
        found = Tax.search(
            [("company_id", "=", self.company.id), ("type_tax_use", "=", "purchase"), ("name", "=", f"Egen {rate}")]
        )
        return found or Tax.create(
            {
                "name": f"Egen {rate}",
                "type_tax_use": "purchase",
                "amount": rate,
                "tax_group_id": self.company.account_purchase_tax_id.tax_group_id.id,
            }
        )

    def _stated(self, path):
        """(VAT, total) from the file alone: what a person with the paper in hand would read."""
        root = etree.fromstring(path.read_bytes())

        def number(query, node=root):
            found = node.xpath(query)
            return Decimal(found[0].text.strip()) if found else Decimal(0)

        local = "*[local-name()='%s']"
        total = f"/*/{local % 'LegalMonetaryTotal'}/"
        inclusive = number(total + local % "TaxInclusiveAmount")
        rounding = number(total + local % "PayableRoundingAmount")
        prepaid = number(total + local % "PrepaidAmount")
        payable = number(total + local % "PayableAmount")
        is_oioubl = "OIOUBL" in (root.findtext("{*}CustomizationID") or "")
        vat = Decimal(0)
        for each in root.findall("{*}TaxTotal"):
            schemes = {node.text for node in each.findall(".//{*}TaxScheme/{*}ID")}
            if each.findall("{*}TaxSubtotal") and schemes & {"VAT", "63"} or not is_oioubl and schemes:
                vat += Decimal(each.findtext("{*}TaxAmount").strip())
        self.assertIn(payable + prepaid, (inclusive + rounding, inclusive), path.name)
        return abs(vat), abs(payable + prepaid)

    def _check_folder(self, folders):
        rows, wrong = [], []
        for folder in folders:
            for path in sorted((SHARED / folder).glob("*.xml")):
                if path.name in NO_INVOICES:
                    continue
                # some samples are one document twice: each begins with an empty inbox
                with self.subTest(path.name), self.env.cr.savepoint() as one:
                    document = self._receive(path)
                    bill = document.move_id
                    vat, total = self._stated(path)
                    is_right = bill and (
                        Decimal(f"{bill.amount_tax:.2f}"),
                        Decimal(f"{bill.amount_total:.2f}"),
                    ) == (vat, total)
                    rows.append((path.name, vat, total, is_right))
                    if not is_right:
                        booked = (bill.amount_tax, bill.amount_total) if bill else document.error_message
                        wrong.append(f"{path.name}: stated {vat} {total}, {booked}")
                    self.assertEqual(document.attachment_id.raw, path.read_bytes())
                    one.rollback()
        self.assertFalse(wrong, "\n".join(wrong))
        return rows


@unittest.skipUnless(SHARED.is_dir(), "the shared samples are not there")
@tagged("post_install", "-at_install")
class TestSamplesDenmark(SamplesCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls._danish_company()

    def test_oioubl(self):
        self.assertEqual(len(self._check_folder(["oioubl-gobl", "oioubl-official"])), 17)


@unittest.skipUnless(SHARED.is_dir(), "the shared samples are not there")
@tagged("post_install", "-at_install")
class TestSamplesNorway(SamplesCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("no")
    def setUpClass(cls):
        super().setUpClass()
        cls._norwegian_company()

    def test_peppol_and_en16931(self):
        rows = self._check_folder(["peppol-examples", "en16931-examples"])
        self.assertEqual(len(rows), 19)


@unittest.skipUnless(SHARED.is_dir(), "the shared samples are not there")
@tagged("post_install", "-at_install")
class TestSamplesSweden(SamplesCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("se")
    def setUpClass(cls):
        super().setUpClass()
        cls._swedish_company()

    def test_sfti(self):
        self.assertEqual(len(self._check_folder(["sfti-testfiles"])), 16)
