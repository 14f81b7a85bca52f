from odoo.tests import freeze_time, tagged

from .common import BetalingsserviceCommon


@tagged("post_install", "-at_install")
@freeze_time("2027-01-15 10:00:00")
class TestRecords(BetalingsserviceCommon):
    """Every record of every file is shown in words."""

    def test_delivery_in_words(self):
        self._agreement()
        self._invoice()
        delivery = self.creditor._create_delivery()
        html = delivery.with_context(lang="da_DK").records_html
        delivery.invalidate_recordset()
        self.assertEqual(delivery.with_context(lang="da_DK", bin_size=True).records_html, html, "as a form asks for it")
        lines = delivery.attachment_id.raw.splitlines()
        self.assertEqual(html.count("<tr><td"), len(lines))
        for text in ("498,75", "Søren Ærø Prøve", "01.02.2027", "1001", "opkrævning"):
            self.assertIn(text, html)
        self.assertFalse(delivery.has_more_records)

    def test_answers_in_words_and_broken_files_too(self):
        operator = self._operator()
        operator.sign_up("1001")
        data = operator.answer_0603()
        self.assertIn("000100001", self._import(data).records_html)
        broken = self._import(data[:-60].replace(b"BS042", b"BS04X"))
        self.assertEqual(broken.state, "failed")
        self.assertIn("BS04X", broken.records_html)

    def test_text_of_a_payer_is_no_markup(self):
        self._agreement()
        self.customer.name = "<script>alert(1)</script>"
        self._invoice()
        html = self.creditor._create_delivery().records_html
        self.assertNotIn("<script>", html)
        self.assertIn("&lt;script&gt;", html)

    def test_leafing_and_searching(self):
        operator = self._operator()
        for number in range(450):
            operator.sign_up(str(60000 + number))
        delivery = self._import(operator.answer_0603())
        self.assertTrue(delivery.has_more_records)
        wizard = self.env["betalingsservice.records"].browse(delivery.action_open_records()["res_id"])
        self.assertEqual(wizard.records_html.count("<tr><td"), 200)
        wizard.action_next()
        wizard.action_next()
        self.assertIn("454", wizard.position_text)
        self.assertFalse(wizard.has_next)
        self.assertEqual(wizard.records_html.count("<tr><td"), 54)
        wizard.write({"search_text": "60123", "page": 1})
        self.assertEqual(wizard.records_html.count("<tr><td"), 1)
        wizard.write({"search_text": "no such text"})
        self.assertFalse(wizard.records_html)
