"""S3.37: a brand is a sales journal with its own logo, on what is printed and in what is mailed."""

import base64
import io

from PIL import Image

from odoo.tests import HttpCase, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common import EinvoiceCommon

LAYOUT = "mail.mail_notification_layout_with_responsible_signature"
LETTERHEADS = ("standard", "boxed", "bold", "striped", "bubble", "folder", "wave")


def drawn(colour):
    """Base64 of a one-coloured PNG."""
    stream = io.BytesIO()
    Image.new("RGB", (40, 10), colour).save(stream, "PNG")
    return base64.b64encode(stream.getvalue())


class BrandCommon(EinvoiceCommon):
    @classmethod
    def _set_up_brand(cls):
        cls.company.logo = drawn("navy")
        cls.brand = cls._brand_journal("Fjordvand", "FJORD", "teal")

    @classmethod
    def _brand_journal(cls, name, code, colour):
        income = cls.company_data["default_journal_sale"].default_account_id
        values = {"name": name, "code": code, "type": "sale", "default_account_id": income.id}
        return cls.env["account.journal"].create({**values, "einvoice_logo": drawn(colour)})

    def _logo(self, record, report="account.report_invoice"):
        """The record, printed: the one whose logo it carries."""
        html = self.env["ir.actions.report"]._render_qweb_html(report, record.ids)[0].decode()
        found = {owner for owner, logo in ((self.brand, self.brand.einvoice_logo), (self.company, self.company.logo))
                 if logo.decode() in html}  # fmt: skip
        self.assertEqual(len(found), 1, "one logo, not two, not none")
        return found.pop()

    def _mail(self, record):
        """Body of the mail a customer gets about the record."""
        message = record.with_context(mail_notify_force_send=False).message_post(
            body="Hej", partner_ids=record.partner_id.ids, email_layout_xmlid=LAYOUT, subtype_xmlid="mail.mt_comment"
        )
        return self._mail_of(message)

    def _mail_of(self, message):
        return self.env["mail.mail"].sudo().search([("mail_message_id", "in", message.ids)]).body_html


@tagged("post_install", "-at_install")
class TestBrand(BrandCommon, HttpCase):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls._danish_company()
        cls._set_up_brand()
        cls.customer = cls._partner("dk", email="kunde@example.com")

    def test_invoice_and_credit_note_have_the_logo_of_their_brand(self):
        ours, theirs = self._invoice(self.customer), self._invoice(self.customer, journal_id=self.brand.id)
        self.assertEqual(self._logo(ours), self.company)
        self.assertEqual(self._logo(theirs), self.brand)
        self.assertEqual(self._logo(self._credit(theirs)), self.brand)

    def test_every_letterhead(self):
        move = self._invoice(self.customer, journal_id=self.brand.id)
        for name in LETTERHEADS:
            with self.subTest(name):
                self.company.external_report_layout_id = self.env.ref(f"web.external_layout_{name}")
                self.assertEqual(self._logo(move), self.brand)

    def test_invoices_of_two_brands_printed_together(self):
        moves = self._invoice(self.customer) | self._invoice(self.customer, journal_id=self.brand.id)
        html = self.env["ir.actions.report"]._render_qweb_html("account.report_invoice", moves.ids)[0].decode()
        for logo in (self.company.logo, self.brand.einvoice_logo):
            self.assertEqual(html.count(logo.decode()), 1)

    def test_a_mail_shows_the_logo_and_everybody_can_open_it(self):
        move = self._invoice(self.customer, journal_id=self.brand.id)
        address = self.brand._einvoice_mail_logo(self.company)
        self.assertIn("access_token", address)
        self.assertIn(address.replace("&", "&amp;"), self._mail(move))
        answer = self.url_open(address)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(Image.open(io.BytesIO(answer.content)).convert("RGB").getpixel((1, 1)), (0, 128, 128))
        image = self.url_open(address.split("?")[0])
        self.assertNotEqual(image.content, answer.content, "the number alone opens nothing")

    def test_a_mail_without_a_brand_shows_the_companys_and_never_cores_default(self):
        move = self._invoice(self.customer)
        self.assertIn(f"/logo.png?company={self.company.id}", self._mail(move))
        self.company.logo = False
        self.company.logo = self.company._get_logo()
        self.assertNotIn("/logo.png", self._mail(move))

    def test_who_only_writes_invoices_mails_it_too(self):
        move = self._invoice(self.customer, journal_id=self.brand.id)
        self.assertIn("access_token", self._mail(move.with_user(self._users()["invoice"])))

    def test_a_vendor_reads_no_logo_of_ours(self):
        bill = self._invoice(self.customer, move_type="in_invoice", buyer_reference=False, post=False)
        self.assertNotIn("/logo.png", self._mail(bill))
