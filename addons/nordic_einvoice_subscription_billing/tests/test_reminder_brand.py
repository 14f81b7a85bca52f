from odoo.tests import tagged

from odoo.addons.nordic_einvoice.tests.brand import BrandCommon


@tagged("post_install", "-at_install")
class TestReminderBrand(BrandCommon):
    """S3.37: a reminder shows the logo of the invoice it is about."""

    def _remind(self, **values):
        move = self._invoice(self._partner("dk", email="kunde@example.com"), **values)
        move.with_context(mail_notify_force_send=False)._send_subscription_reminder()
        return move.message_ids.filtered(lambda message: message.message_type == "comment")

    def test_mail_and_attached_invoice(self):
        message = self._remind(journal_id=self.brand.id)
        self.assertIn("access_token", self._mail_of(message))
        self.assertIn(self.brand.einvoice_logo, message.attachment_ids.raw)

    def test_without_a_brand_the_companys(self):
        message = self._remind()
        self.assertIn(f"/logo.png?company={self.company.id}", self._mail_of(message))
        self.assertIn(self.company.logo, message.attachment_ids.raw)
