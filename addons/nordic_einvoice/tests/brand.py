"""A company with a logo, and a brand with another one."""

import base64
import io

from PIL import Image

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common import EinvoiceCommon

LAYOUT = "mail.mail_notification_layout_with_responsible_signature"


def drawn(colour):
    """Base64 of a one-coloured PNG."""
    stream = io.BytesIO()
    Image.new("RGB", (40, 10), colour).save(stream, "PNG")
    return base64.b64encode(stream.getvalue())


class BrandCommon(EinvoiceCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls._danish_company()
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
