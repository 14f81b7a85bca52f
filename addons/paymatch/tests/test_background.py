from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ..models import paymatch_report_background as background
from .common import PaymatchCommon


@tagged("post_install", "-at_install")
class TestBackground(PaymatchCommon):
    """Many lines are approved at once and posted by a job."""

    def setUp(self):
        super().setUp()
        self.enterContext(patch.object(background, "APPROVED_AT_ONCE", 2))
        self.enterContext(patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=60))
        self.manager = new_test_user(self.env, "background_manager", groups="account.group_account_manager")
        self.manager.write({"company_ids": [(6, 0, self.company.ids)], "company_id": self.company.id})
        self.report = self._ready(2000101, "A")

    def _ready(self, number, start):
        orders = [f"{start}{at}" for at in range(3)]
        for order in orders:
            self._invoice(100, origin=order)
        report = self._import(*((order, 100, 1) for order in orders), number=number)
        report.action_match()
        return report

    def _run(self):
        self.env["paymatch.report"]._cron_approve()

    def test_posted_by_the_job_for_the_person(self):
        action = self.report.with_user(self.manager).action_approve()
        self.assertEqual(action["tag"], "display_notification")
        self.assertFalse(self.report.move_ids)
        self.assertEqual(self.report.approval_asked_by_id, self.manager)
        self.report.with_user(self.manager).action_approve()  # twice is once
        self._run()
        self._run()
        self.assertRecordValues(
            self.report,
            [{"is_approved": True, "approved_by_id": self.manager.id, "approval_asked_by_id": False}],
        )
        self.assertEqual(len(self.report.move_ids), 1)
        self.assertEqual(set(self.report.line_ids.match_move_id.mapped("payment_state")), {"paid"})

    def test_few_lines_are_posted_at_once(self):
        self._invoice(100, origin="F1")
        report = self._import(("F1", 100, 1), number=2000102)
        report.action_match()
        self.assertIs(report.action_approve(), True)
        self.assertTrue(report.is_approved)

    def test_what_cannot_be_approved_is_told_at_once(self):
        self.report.line_ids[0]._suspend("Who is it?")
        self.provider.suspense_account_id = False
        report = self._import(*((f"unknown{at}", 50, 1) for at in range(3)), number=2000103)
        report.action_match()
        with self.assertRaises(UserError):
            report.action_approve()
        self.assertFalse(report.approval_asked_by_id)
        both = (report | self._ready(2000104, "B")).with_user(self.manager)
        action = both.action_approve()
        self.assertEqual(action["params"]["type"], "warning")
        self.assertIn("2000103", action["params"]["message"])
        self._run()
        self.assertEqual(both.mapped("is_approved"), [False, True])

    def test_paid_meanwhile_comes_back_to_the_person(self):
        self.report.with_user(self.manager).action_approve()
        invoice = self.report.line_ids[0].match_move_id
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids).create(
            {}
        )._create_payments()
        other = self._ready(2000105, "C")
        other.with_user(self.manager).action_approve()
        self._run()
        self.assertFalse(self.report.is_approved)
        self.assertFalse(self.report.approval_asked_by_id)
        self.assertEqual(self.report.activity_ids.user_id, self.manager)
        self.assertTrue(other.is_approved, "the others are posted")

    def test_taken_out_of_the_queue(self):
        self.report.action_approve()
        self.report.action_stop_approval()
        self._run()
        self.assertFalse(self.report.is_approved)

    def test_rights_are_those_of_the_person(self):
        clerk = new_test_user(self.env, "background_clerk", groups="account.group_account_invoice")
        clerk.write({"company_ids": [(6, 0, self.company.ids)], "company_id": self.company.id})
        self.report.with_user(clerk).action_approve()
        self.provider.approval_by_manager = True
        self._run()
        self.assertFalse(self.report.is_approved)
        with self.assertRaises(UserError):
            self.report.with_user(clerk).action_approve()
