"""All ways into the inbox: folder, mail, upload; exactly once, the original kept."""

import base64
import io
import os
import tempfile
import time
import zipfile
from pathlib import Path

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.nordic_einvoice.formats import records as r

from . import received
from .test_receiving_rules import ReceivedCommon


@tagged("post_install", "-at_install")
class TestInbox(ReceivedCommon):
    # --- folder
    def _connection(self):
        folder = Path(tempfile.mkdtemp(prefix="einvoice_inbox_"))
        self.addCleanup(self._remove, folder)
        connection = self.env["transfer.connection"].create(
            {
                "name": "Indbakke",
                "kind": "einvoice_inbox",
                "company_id": self.company.id,
                "einvoice_inbox_folder": str(folder),
            }
        )
        return connection, folder

    def _remove(self, folder):
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        folder.rmdir()

    def _put(self, folder, name, data, age=60):
        path = folder / name
        path.write_bytes(data)
        os.utime(path, (time.time() - age, time.time() - age))
        return path

    def test_folder_is_read_and_files_move_after_the_commit(self):
        connection, folder = self._connection()
        path = self._put(folder, "a.xml", received.write())
        young = self._put(folder, "b.xml", received.write(number="F-8"), age=0)
        half = self._put(folder, "c.xml.part", b"<Inv")
        connection._einvoice_take_folder(self.runner)
        document = self.Document.search([("received_channel", "=", "folder")])
        self.assertEqual(document.move_id.ref, "F-2026-7")
        self.assertTrue(path.exists(), "not moved before the commit")
        self.env.cr.postcommit.run()
        self.assertFalse(path.exists())
        self.assertTrue((folder / "done" / "a.xml").exists())
        self.assertTrue(young.exists() and half.exists(), "still being written")
        self._put(folder, "a.xml", received.write())
        connection._einvoice_take_folder(self.runner)
        self.assertEqual(self.Document.search_count([("received_channel", "=", "folder")]), 1)
        self.env.cr.postcommit.run()
        self.assertEqual(len(list((folder / "done").iterdir())), 2, "nothing is written over")

    def test_one_bad_file_never_stops_the_others(self):
        connection, folder = self._connection()
        self._put(folder, "1.xml", b"noise")
        self._put(folder, "2.xml", received.write())
        connection._einvoice_take_folder(self.runner)
        self.env.cr.postcommit.run()
        documents = self.Document.search([("received_channel", "=", "folder")])
        self.assertEqual(set(documents.mapped("inbox_state")), {"person", "bill"})

    def test_folder_that_is_gone_is_told(self):
        connection, folder = self._connection()
        connection.einvoice_inbox_folder = str(folder / "borte")
        connection._einvoice_take_folder(self.runner)
        self.assertEqual(connection.state, "error")
        self.assertIn("borte", connection.state_message)

    # --- mail
    def _mail(self, to, *files, message_id="<1@vendor>", text="Hermed faktura"):
        parts = "".join(
            f"--b\nContent-Type: {kind}; name={name}\nContent-Disposition: attachment; filename={name}\n"
            f"Content-Transfer-Encoding: base64\n\n{base64.encodebytes(data).decode()}\n"
            for name, kind, data in files
        )
        mail = (
            f"From: Bo <bo@example.com>\nTo: {to}\nSubject: Faktura\nMessage-Id: {message_id}\nMIME-Version: 1.0\n"
            f"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n{text}\n{parts}--b--\n"
        )
        return self.env["mail.thread"].message_process(None, mail)

    def _address(self):
        domain = self.env["mail.alias.domain"].search([], limit=1) or self.env["mail.alias.domain"].create(
            {"name": "example.com"}
        )
        self.company.alias_domain_id = domain
        self.company.einvoice_alias_name = "bilag-eksempel"
        return self.company.einvoice_alias_email

    def test_mail_to_the_inbox(self):
        data = received.write()
        files = (("f.xml", "application/xml", data), ("f.pdf", "application/pdf", b"%PDF-1.4 x"))
        address = self._address()
        self._mail(address, *files)
        document = self.Document.search([("received_channel", "=", "mail")])
        self.assertEqual(document.attachment_id.raw, data)
        self.assertEqual(document.move_id.amount_total, 312.44)
        self._mail(address, *files, message_id="<2@vendor>")
        self.assertEqual(self.Document.search_count([("received_channel", "=", "mail")]), 1)

    def test_mail_without_an_einvoice_is_kept_and_listed(self):
        address = self._address()
        self._mail(address, ("f.pdf", "application/pdf", b"%PDF-1.4 only"), message_id="<3@vendor>")
        self._mail(address, message_id="<4@vendor>", text="Hvor er pengene?")
        documents = self.Document.search([("received_channel", "=", "mail")])
        self.assertEqual(len(documents), 2)
        self.assertEqual(set(documents.mapped("inbox_state")), {"person"})
        self.assertIn(b"%PDF-1.4 only", documents.mapped("attachment_id.raw"))
        self.assertFalse(documents.move_id)

    def test_mail_to_a_purchase_journal_keeps_every_amount(self):
        journal = self.company_data["default_journal_purchase"]
        domain = self.env["mail.alias.domain"].search([], limit=1) or self.env["mail.alias.domain"].create(
            {"name": "example.com"}
        )
        self.company.alias_domain_id = domain
        journal.alias_name = "koeb-eksempel"
        self._mail(journal.alias_id.alias_full_name, ("f.xml", "application/xml", received.write()))
        document = self.Document.search([("received_channel", "=", "mail")])
        self.assertEqual(document.move_id.amount_total, 312.44)

    # --- upload
    def test_zip_with_many_files(self):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for number in range(3):
                archive.writestr(f"mappe/f{number}.xml", received.write(number=f"Z-{number}"))
            archive.writestr("__MACOSX/x", b"x")
        attachments = self.env["ir.attachment"].create([{"name": "alle.zip", "raw": stream.getvalue()}])
        wizard = self.env["nordic.einvoice.upload"].create(
            {"company_id": self.company.id, "attachment_ids": [Command.set(attachments.ids)]}
        )
        documents = self.Document.search(wizard.action_import()["domain"])
        self.assertEqual(sorted(documents.mapped("name")), ["Z-0", "Z-1", "Z-2"])
        self.assertEqual(set(documents.mapped("inbox_state")), {"bill"})

    # --- provider
    def test_delivery_of_an_access_point_is_taken_once(self):
        first = self._receive(channel="provider", remote_id="m-1")
        again = self._receive(data=received.write(number="F-9"), channel="provider", remote_id="m-1")
        self.assertEqual(again, first)
        other = self._receive(data=received.write(number="F-9"), channel="provider", remote_id="m-2")
        self.assertNotEqual(other, first)

    def test_envelope_is_opened(self):
        data = received.write()
        body = data.partition(b"?>")[2]
        wrapped = (
            b'<StandardBusinessDocument xmlns="http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader">'
            b"<StandardBusinessDocumentHeader/>" + body + b"</StandardBusinessDocument>"
        )
        document = self._receive(wrapped)
        self.assertTrue(document.move_id, document.error_message)
        self.assertEqual(document.attachment_id.raw, wrapped)

    # --- a person
    def test_states_follow_the_bill(self):
        document = self._receive()
        self.assertEqual(document.inbox_state, "bill")
        document.move_id.unlink()
        self.assertEqual(document.inbox_state, "read")
        document.action_create_bill()
        self.assertEqual(document.inbox_state, "bill")
        with self.assertRaises(UserError):
            document.action_create_bill()

    def test_proof_is_not_written_by_hand(self):
        document = self._receive()
        users = self._users()
        for role, values in (
            ("manager", {"sha256": "0"}),
            ("invoice", {"received_date": False}),
            ("invoice", {"move_id": False}),
            ("readonly", {"note": "x"}),
        ):
            with self.subTest(role), self.assertRaises(AccessError):
                document.with_user(users[role]).write(values)
        with self.assertRaises(AccessError):
            self.Document.with_user(users["readonly"])._einvoice_receive(
                received.write(number="F-9"), "x.xml", "upload", company=self.company
            )

    def test_user_receives_in_the_own_company_alone(self):
        user = self._users()["invoice"]
        document = self.Document.with_user(user)._einvoice_receive(
            received.write(), "x.xml", "upload", company=self.company, runner=self.runner
        )
        self.assertTrue(document.move_id, document.error_message)
        other = self.setup_other_company()["company"]
        with self.assertRaises(AccessError):
            self.Document.with_user(user)._einvoice_receive(received.write(), "x.xml", "upload", company=other)
        self.env["nordic.einvoice.choice"].create(
            {"company_id": other.id, "partner_id": self.vendor.id, "line_key": "x"}
        )
        self.assertFalse(self.env["nordic.einvoice.choice"].with_user(user).search([("line_key", "=", "x")]))

    def test_what_others_sent_is_theirs_to_put_right(self):
        data = received.write().replace(b"DK98765409", b"98765409XX")
        document = self._receive(data=data)
        finding = document.finding_ids[:1]
        self.assertTrue(finding)
        self.assertFalse(finding.place)
        self.assertEqual(finding.advice, finding._sender_advice())

    def test_html_in_texts_stays_text(self):
        evil = '<img src=x onerror="alert(1)">'
        supplier = received.party(evil, "98765409")
        document = self._receive(
            lines=(received.line(1, 1, "100.00", name=evil),),
            supplier=supplier,
            customer=received.party(evil, "98765417"),
        )
        self.assertIn("<img", document.move_id.invoice_line_ids.name)
        self.assertIn("<img", document.note)
        bodies = "".join((document.move_id.message_ids | document.message_ids).mapped("body"))
        self.assertNotIn("<img src=x", bodies)

    def test_attachment_that_lies_stops_the_bill(self):
        lie = r.Attachment("A", "bilag.pdf", "application/pdf", b"MZ\x90\x00 this is a program")
        data = received.write(attachments=(lie,))
        document = self._receive(data)
        self.assertFalse(document.move_id)
        self.assertIn("bilag.pdf", document.error_message)
        self.assertEqual(document.attachment_id.raw, data)
        document.action_create_bill_without_attachments()
        self.assertTrue(document.move_id)
        self.assertFalse(
            self.env["ir.attachment"].search([("res_model", "=", "account.move"), ("res_id", "=", document.move_id.id)])
        )

    def test_bad_files_are_kept_named_and_not_booked(self):
        good = received.write(attachments=(r.Attachment("A", "a.pdf", "application/pdf", b"%PDF-1.4 x"),))
        head = b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2">'
        bad = {
            "entities": b'<!DOCTYPE x [<!ENTITY d SYSTEM "file:///etc/passwd">]>' + head + b"&d;</Invoice>",
            "deep": head + b"<a>" * 5000 + b"</a>" * 5000 + b"</Invoice>",
            "100 MB": head + b" " * (100 * 2**20),
            "namespace": good.replace(b"xsd:Invoice-2", b"xsd:CreditNote-2"),
            "unknown type": good.replace(b"<Invoice ", b"<Waybill ").replace(b"</Invoice>", b"</Waybill>"),
            "two invoices": good + good,
            "base64": good.replace(b"JVBER", b"!!BER"),
            "sums": good.replace(b">312.44</cbc:PayableAmount>", b">312.45</cbc:PayableAmount>"),
            "order": b'<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"/>',
            "not xml": os.urandom(2000).replace(b"<", b"x"),
        }
        before = self.env["account.move"].search_count([])
        for name, data in bad.items():
            with self.subTest(name):
                self.assertNotEqual(data, good)
                document = self._receive(data, name=name)
                self.assertEqual(document.inbox_state, "person")
                self.assertTrue(document.error_message)
                self.assertNotIn("Traceback", document.error_message)
                self.assertEqual(document.attachment_id.raw, data)
        self.assertEqual(self.env["account.move"].search_count([]), before)
