from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import PaymatchCommon


@tagged("post_install", "-at_install")
class TestProof(PaymatchCommon):
    """What another program of a bookkeeper may do over RPC to what was matched and posted: nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bookkeeper = new_test_user(
            cls.env,
            "bookkeeper@example.dk",
            groups="account.group_account_invoice",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    def setUp(self):
        super().setUp()
        self.invoice = self._invoice(100, "S1")
        self.report = self._import(("S1", 100, 1)).with_user(self.bookkeeper)

    def test_bookkeeper_does_his_work(self):
        self.report.line_ids.create({"report_id": self.report.id, "line_type": "fee", "gross_amount": 0.0})
        self.report.action_match()
        self.report.action_approve()
        self.assertEqual(self.report.state, "approved")
        self.report.action_undo()
        self.report.line_ids[:1].action_reset()
        self.report.action_approve()
        self.assertEqual(self.invoice.payment_state, "paid")

    def test_read_only_fields_are_not_written(self):
        self.report.action_approve()
        line, movement = self.report.line_ids[:1], self.report.movement_ids
        for record, values in (
            (self.report, {"is_approved": False}),
            (self.report, {"file": "aGVq"}),
            (self.report, {"declared_amount": 1.0}),
            (line, {"match_move_id": False}),
            (line, {"item_id": False}),
            (line, {"is_manual": True}),
            (movement, {"attempt": 2}),
            (movement, {"move_id": False}),
        ):
            with self.subTest(model=record._name, values=values), self.assertRaises(AccessError):
                record.write(values)
        with self.assertRaises(UserError):
            line.text = "other"

    def test_nothing_is_made_up_or_removed(self):
        report = self.report
        for model, values in (
            ("paymatch.report", {"name": "X", "kind": "payout", "is_approved": True}),
            ("paymatch.report.movement", {"report_id": report.id, "date": "2026-01-01", "direction": "in"}),
            ("paymatch.report.line", {"report_id": report.id, "line_type": "sale", "net_amount": 5.0}),
        ):
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(self.bookkeeper).create(values)
        with self.assertRaises(AccessError):
            report.movement_ids.unlink()
        with self.assertRaisesRegex(UserError, "kept with its file"):
            report.unlink()

    def test_file_is_kept(self):
        file = self.env["ir.attachment"].search(
            [("res_model", "=", "paymatch.report"), ("res_field", "=", "file"), ("res_id", "=", self.report.id)]
        )
        self.assertTrue(file)
        for change in (lambda kept: kept.unlink(), lambda kept: kept.write({"raw": b"other"})):
            with self.assertRaises(AccessError):
                change(file.with_user(self.bookkeeper))

    def test_entry_keeps_its_state(self):
        self.report.action_approve()
        entry = self.report.move_id
        for values in ({"state": "draft"}, {"state": "cancel"}, {"paymatch_key": False}):
            with self.subTest(values=values), self.assertRaises(UserError):
                entry.write(values)
