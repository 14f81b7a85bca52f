"""What was sent and received is kept as it is, and can be taken out with proof."""

import base64
import hashlib
import io
import runpy
import zipfile
from datetime import date
from pathlib import Path

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from . import received
from .test_receiving_rules import ReceivedCommon

MIGRATION = Path(__file__).parents[1] / "migrations/19.0.1.1.0/post-retention-start.py"


@tagged("post_install", "-at_install")
class TestArchive(ReceivedCommon):
    def test_years_of_the_country_by_date(self):
        document = self._receive()
        self.assertEqual(str(document.kept_until), "2031-12-31")
        self.env["nordic.einvoice.retention"].create(
            {"country_id": self.env.ref("base.dk").id, "valid_from": "2026-01-01", "years": 10}
        )
        document.invalidate_recordset(["kept_until"])
        self.assertEqual(str(document.kept_until), "2036-12-31")

    def test_sweden_and_finland_count_from_the_end_of_the_calendar_year(self):
        rules = self.env["nordic.einvoice.retention"]
        for code, until in (("dk", "2031-04-30"), ("no", "2031-04-30"), ("se", "2033-12-31"), ("fi", "2032-12-31")):
            with self.subTest(code):
                country = self.env.ref(f"base.{code}")
                self.assertEqual(str(rules._kept_until(country, date(2026, 4, 30))), until)

    def test_the_start_is_set_on_rules_of_earlier_versions(self):
        rule = self.env.ref("nordic_einvoice.retention_se")
        rule.counted_from = "financial_year"
        self.env.flush_all()
        runpy.run_path(str(MIGRATION))["migrate"](self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self.assertEqual(rule.counted_from, "calendar_year")

    def test_files_and_records_cannot_be_changed_or_deleted(self):
        document = self._receive()
        file = document.attachment_id
        admin = self.env.ref("base.user_admin")
        self.env.cr.flush()
        for who in (self._users()["manager"], admin):
            admin.company_ids |= self.company
            theirs = file.with_user(who).with_context(allowed_company_ids=self.company.ids)
            for values in ({"raw": b"x"}, {"datas": base64.b64encode(b"x")}, {"res_id": 1}, {"type": "url"}):
                with self.subTest(values), self.assertRaises(AccessError):
                    theirs.write(values)
            with self.assertRaises(AccessError):
                theirs.unlink()
        for values in ({"raw": b"x"}, {"res_model": False}):
            with self.subTest(values), self.assertRaises(UserError):
                file.sudo().write(values)
        with self.assertRaises(UserError):
            file.sudo().unlink()
        with self.assertRaises(UserError):
            document.sudo().unlink()
        document.move_id.unlink()
        self.assertEqual(file.raw, received.write())

    def test_export_has_every_file_with_its_checksum(self):
        document = self._receive()
        document._answer("AP")
        sent = self._document(self._invoice(self._partner("dk"), einvoice_channel="peppol"))
        sent.action_mark_sent()
        draft = self._document(self._invoice(self._partner("dk"), einvoice_channel="peppol"))
        self._receive(received.write(number="F-25", issue_date=document.invoice_date.replace(year=2025)))
        wizard = self.env["nordic.einvoice.archive"].create({"company_id": self.company.id, "year": 2026})
        wizard.action_export()
        self.assertTrue(wizard.is_intact, wizard.result)
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(wizard.file))) as archive:
            names = set(archive.namelist())
            self.assertEqual(len(names), 5)
            self.assertEqual(archive.read(f"received/{document.id}_f.xml"), document.attachment_id.raw)
            self.assertIn(f"sent/{sent.id}_{sent.filename}", names)
            self.assertFalse([name for name in names if f"/{draft.id}_" in name], "not sent")
            sums = dict(line.split("  ")[::-1] for line in archive.read("SHA256SUMS").decode().splitlines())
            for name, digest in sums.items():
                self.assertEqual(hashlib.sha256(archive.read(name)).hexdigest(), digest)
            rows = archive.read("index.csv").decode("utf-8-sig").splitlines()
            self.assertEqual(len(rows), 4)
            self.assertTrue(any("F-2026-7" in row and row.endswith(f"{document.sha256};ok") for row in rows))

    def test_damage_is_found(self):
        document = self._receive()
        self.env.flush_all()
        self.env.cr.execute("UPDATE nordic_einvoice_document SET sha256 = 'other' WHERE id = %s", [document.id])
        document.invalidate_recordset()
        wizard = self.env["nordic.einvoice.archive"].create({"company_id": self.company.id, "year": 2026})
        wizard.action_check()
        self.assertFalse(wizard.is_intact)
        self.assertIn(document.filename, wizard.result)

    def test_auditor_may_export_and_check(self):
        self._receive()
        user = self._users()["readonly"]
        wizard = (
            self.env["nordic.einvoice.archive"].with_user(user).create({"company_id": self.company.id, "year": 2026})
        )
        wizard.action_export()
        self.assertTrue(wizard.is_intact, wizard.result)
        self.assertTrue(wizard.file)
