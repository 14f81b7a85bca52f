import tempfile
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common import EinvoiceCommon


@tagged("post_install", "-at_install")
class TestTransfer(EinvoiceCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("dk")
    def setUpClass(cls):
        super().setUpClass()
        cls._danish_company()
        cls.customer = cls._partner("dk")
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.connection = cls.env["transfer.connection"].create(
            {"name": "Mappe", "kind": "einvoice_file", "company_id": cls.company.id, "einvoice_folder": str(cls.folder)}
        )

    def setUp(self):
        super().setUp()
        for path in self.folder.iterdir():
            path.unlink()

    def _process(self):
        self.env["transfer.log"]._process_queue(self.connection)

    def test_file_reaches_the_folder_once(self):
        document = self._document(self._invoice(self.customer))
        document.action_send()
        self.assertEqual(document.state, "queued")
        with self.assertRaisesRegex(UserError, "already on its way"):
            document.action_send()
        self._process()
        self._process()
        files = list(self.folder.iterdir())
        self.assertEqual(len(files), 1)
        self.assertEqual(files[0].read_bytes(), document.attachment_id.raw)
        self.assertRecordValues(document, [{"state": "sent"}])
        self.assertTrue(document.sent_date)
        self.assertRecordValues(document.transfer_log_id, [{"state": "done", "remote_id": files[0].name}])

    def test_after_a_crash_the_folder_is_asked_first(self):
        document = self._document(self._invoice(self.customer))
        document.action_send()
        log = document.transfer_log_id.sudo()
        # killed after the file was written and before the outcome was stored
        self.connection._transfer_execute(log)
        log.state = "sending"
        with patch.object(type(self.connection), "_einvoice_write_file") as write:
            self._process()
        write.assert_not_called()
        self.assertEqual(document.state, "sent")

    def test_missing_folder_is_tried_again(self):
        self.connection.einvoice_folder = str(self.folder / "gone")
        document = self._document(self._invoice(self.customer))
        document.action_send()
        self._process()
        self.assertEqual(document.state, "queued")
        self.assertIn("No such file", document.transfer_error)
        (self.folder / "gone").mkdir()
        document.transfer_log_id.action_retry()
        self._process()
        self.assertEqual(document.state, "sent")
        self.assertEqual(len(list((self.folder / "gone").glob("*.xml"))), 1)
        for path in (self.folder / "gone").iterdir():
            path.unlink()
        (self.folder / "gone").rmdir()

    def test_by_hand_is_noted(self):
        document = self._document(self._invoice(self.customer))
        self.assertIn(str(document.attachment_id.id), document.action_download()["url"])
        document.action_mark_sent()
        self.assertRecordValues(document.transfer_log_id, [{"state": "done", "remote_id": document.sha256}])
        self.assertEqual(document.state, "sent")
        with self.assertRaises(UserError):
            document.action_mark_sent()

    def test_without_folder_the_user_is_told_what_to_do(self):
        self.connection.einvoice_folder = False
        document = self._document(self._invoice(self.customer))
        with self.assertRaisesRegex(UserError, "Mark as Sent"):
            document.action_send()

    def test_relative_folder_is_refused(self):
        with self.assertRaises(ValidationError):
            self.connection.einvoice_folder = "outbox"
