import base64
import csv
import io
import json
from decimal import Decimal

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .contract import LedgerCommon


@tagged("post_install", "-at_install")
class TestExport(LedgerCommon):
    """Posted entries as files: each once, with a mark and an undo."""

    def _export(self, kind="csv", **values):
        day = self.moves[0].date
        return self.env["ledger.export"].create(
            {"company_id": self.company.id, "date_from": day.replace(day=1), "date_to": day, "format": kind} | values
        )

    def setUp(self):
        super().setUp()
        self.moves = self._new_invoice() + self._new_invoice(lines=((3.0, 33.33),))

    def _file(self, export):
        return base64.b64decode(export.file)

    def test_csv_has_every_line_and_balances(self):
        export = self._export()
        self.assertEqual(export.waiting_count, 2)
        export.action_export()
        rows = list(csv.DictReader(io.StringIO(self._file(export).decode("utf-8-sig")), delimiter=";"))
        self.assertEqual(len(rows), len(self.moves.line_ids))
        debit, credit = (sum(Decimal(row[name]) for row in rows) for name in ("debit", "credit"))
        self.assertEqual((debit, credit), (Decimal("443.74"), Decimal("443.74")))
        self.assertEqual((export.entry_count, export.debit_total), (2, 443.74))

    def test_json_has_amounts_as_text(self):
        export = self._export("json")
        export.action_export()
        body = json.loads(self._file(export))
        self.assertEqual(len(body["entries"]), 2)
        for entry in body["entries"]:
            self.assertEqual(sum(Decimal(line["amount"]) for line in entry["lines"]), 0)

    def test_each_entry_once_until_undone(self):
        first = self._export()
        first.action_export()
        self.assertEqual(self.moves.ledger_export_id, first)
        with self.assertRaises(UserError):
            self._export("json").action_export()
        with self.assertRaises(UserError):
            self.moves[0].button_draft()
        with self.assertRaises(UserError):
            first.action_undo()
        first.undo_reason = "The receiver refused the file"
        first.action_undo()
        self.assertFalse(self.moves.ledger_export_id)
        self.assertTrue(first.file, "kept as proof")
        second = self._export("sie")
        second.action_export()
        self.assertEqual(second.entry_count, 2)
        with self.assertRaises(UserError):
            first.unlink()
        with self.assertRaises(UserError):
            second.date_to = "2030-01-01"

    def test_what_was_exported_is_not_written_by_hand(self):
        manager = new_test_user(self.env, "export_manager", groups="account.group_account_manager")
        manager.write({"company_ids": [(4, self.company.id)], "company_id": self.company.id})
        export = self._export().with_user(manager)
        export.action_export()
        self.assertEqual(export.state, "done")
        for values in ({"state": "draft"}, {"file": False}, {"entry_count": 0}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                export.write(values)
        with self.assertRaises(AccessError):
            export.create({"date_from": export.date_from, "date_to": export.date_to, "state": "done"})
        export.undo_reason = "Refused"
        export.action_undo()
        self.assertEqual(export.state, "undone")

    def test_sie_tells_what_it_cannot_take(self):
        self.income.code = "1010.A"
        with self.assertRaisesRegex(UserError, r"1010\.A"):
            self._export("sie").action_export()
