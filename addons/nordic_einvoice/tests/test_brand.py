"""S3.37: a brand is a sales journal with its own logo, on what is printed and in what is mailed."""

import io

from PIL import Image

from odoo.tests import HttpCase, tagged

from .brand import BrandCommon

LETTERHEADS = ("standard", "boxed", "bold", "striped", "bubble", "folder", "wave")


@tagged("post_install", "-at_install")
class TestBrand(BrandCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
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
