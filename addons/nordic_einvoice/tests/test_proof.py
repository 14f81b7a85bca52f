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
        move = self.move.with_user(self.bookkeeper)
        line = move.invoice_line_ids[0]
        for record, vals in (
            (move, {"state": "draft"}),
            (move, {"state": "cancel"}),
            (move, {"invoice_date_due": "2030-01-01"}),
            (move, {"ref": "another"}),
            (line, {"name": "Something else"}),
            (line, {"price_unit": line.price_unit + 1}),
            (move, {"invoice_line_ids": [(1, line.id, {"quantity": 7})]}),
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                record.write(vals)
        with self.assertRaises(UserError):
            line.unlink()
        line.write({"name": line.name, "analytic_distribution": False})  # what was not changed, and dimensions
