from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common import EinvoiceCommon


@tagged("post_install", "-at_install")
class TestProof(EinvoiceCommon):
    """What was checked is what is sent, and what was sent stays as it was, over RPC too."""

    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls._danish_company()
        cls.bookkeeper = new_test_user(
            cls.env,
            "bookkeeper@example.dk",
            groups="account.group_account_invoice",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    def setUp(self):
        super().setUp()
        self.move = self._invoice(self._partner("dk"))
        self.document = self._document(self.move).with_user(self.bookkeeper)

    def test_changed_file_is_not_sent(self):
        self.document.attachment_id.raw = b"<Invoice/>"
        with self.assertRaisesRegex(UserError, "changed after it was checked"):
            self.document.action_mark_sent()

    def test_sent_is_kept(self):
        self.document.action_mark_sent()
        self.assertEqual(self.document.state, "sent")
        file = self.document.attachment_id
        for change in (
            lambda: self.document.write({"state": "draft"}),
            lambda: self.document.write({"move_id": False}),
            lambda: file.write({"raw": b"<Invoice/>"}),
            lambda: file.unlink(),
        ):
            with self.assertRaises(AccessError):
                change()
        for state in ("draft", "cancel"):
            with self.assertRaises(UserError):
                self.move.with_user(self.bookkeeper).write({"state": state})
