from datetime import date

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import PaymatchCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-12 12:00:00")
class TestOpenItems(PaymatchCommon):
    """What providers owe for how long, and what is owed to customers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.items = cls.env["account.move.line"]

    def _entry(self, account, amount, day, company=None):
        """A posted item on the account, as a capture or a reserve held back would be."""
        company = company or self.company
        move = self.env["account.move"].create(
            {
                "journal_id": self.provider.journal_id.id,
                "date": day,
                "line_ids": [
                    Command.create({"account_id": account.id, "balance": amount}),
                    Command.create({"account_id": self.company_data["default_account_revenue"].id, "balance": -amount}),
                ],
            }
        )
        move.action_post()
        return move.line_ids.filtered(lambda line: line.account_id == account)

    def _found(self, action):
        return self.items.search(action["domain"])

    def test_captures_wait_as_long_as_the_provider_takes(self):
        self.provider.payout_days = 3
        old, due, new = (self._entry(self.provider.clearing_account_id, 100, date(2026, 3, day)) for day in (8, 9, 12))
        captured = self._found(self.env["paymatch.provider"].action_open_captured())
        self.assertLessEqual(old | due | new, captured)
        late = captured.search([("id", "in", captured.ids), ("paymatch_is_late", "=", True)])
        self.assertEqual((late & (old | due | new)), old)
        self.assertEqual((old | due | new).filtered("paymatch_is_late"), old)
        in_time = captured.search([("id", "in", (old | due | new).ids), ("paymatch_is_late", "=", False)])
        self.assertEqual(in_time, due | new)
        self.assertEqual(old.mapped("paymatch_days_open"), [4])
        self.assertEqual(due.paymatch_expected_date, date(2026, 3, 12))

    def test_no_days_agreed_is_never_late(self):
        self.provider.payout_days = 0
        item = self._entry(self.provider.clearing_account_id, 100, date(2025, 1, 1))
        self.assertFalse(item.paymatch_is_late)
        self.assertFalse(item.search([("id", "=", item.id), ("paymatch_is_late", "=", True)]))
        self.assertFalse(item.paymatch_expected_date)

    def test_reserve_shows_its_age_until_it_is_released(self):
        self.provider.reserve_days = 180
        account = self.provider.reserve_account_id
        held, later = self._entry(account, 60, date(2025, 9, 1)), self._entry(account, 40, date(2026, 3, 1))
        reserve = self._found(self.env["paymatch.provider"].action_open_reserve())
        self.assertEqual(reserve, held | later)
        self.assertEqual(reserve.filtered("paymatch_is_late"), held)
        self.assertEqual(sum(reserve.mapped("amount_residual")), self._balance(account))
        released = self._entry(account, -60, date(2026, 3, 11))
        (held | released).reconcile()
        self.assertEqual(self._found(self.env["paymatch.provider"].action_open_reserve()), later)
        self.assertEqual(held.paymatch_days_open, 0)

    def test_what_is_owed_pays_the_oldest_invoices_first(self):
        first, second, third = (self._invoice(amount, f"O{amount}") for amount in (100, 80, 50))
        credit = self._receivable(self._invoice(130, "O-credit", "out_refund"))
        offset = self._offset(credit)
        self.assertEqual(offset.credit_amount, 130)
        self.assertEqual(offset.row_ids.mapped("is_chosen"), [True, True, False])
        self.assertEqual((offset.used_amount, offset.left_amount), (130, 0))
        offset.action_offset()
        self.assertEqual([move.amount_residual for move in (first, second, third)], [0, 50, 50])
        self.assertFalse(credit.amount_residual)
        self.assertNotIn(credit, self._found(self.env["paymatch.provider"].action_open_owed()))
        credit.remove_move_reconcile()
        self.assertEqual([move.amount_residual for move in (first, second, third)], [100, 80, 50])

    def test_the_user_chooses_another_invoice(self):
        first, second = self._invoice(100, "O1"), self._invoice(80, "O2")
        offset = self._offset(self._receivable(self._invoice(30, "O-credit", "out_refund")))
        with Form(offset) as form:
            for at, chosen in enumerate((False, True)):
                with form.row_ids.edit(at) as row:
                    row.is_chosen = chosen
            self.assertEqual((form.used_amount, form.left_amount), (30, 0))
        offset.action_offset()
        self.assertEqual((first.amount_residual, second.amount_residual), (100, 50))

    def test_only_what_may_be_offset(self):
        invoice, credit = self._invoice(100, "O1"), self._receivable(self._invoice(30, "OC", "out_refund"))
        other = self._receivable(self._invoice(20, "OD", "out_refund", partner_id=self.partner_b.id))
        with self.assertRaises(UserError, msg="two customers"):
            (credit | other).action_paymatch_offset()
        with self.assertRaises(UserError, msg="not owed to him"):
            self._receivable(invoice).action_paymatch_offset()
        with self.assertRaises(UserError, msg="no invoice of his"):
            other.action_paymatch_offset()
        offset = self._offset(credit)
        offset.row_ids.is_chosen = False
        with self.assertRaises(UserError, msg="nothing chosen"):
            offset.action_offset()
        strange = self._receivable(self._invoice(20, "OE", partner_id=self.partner_b.id))
        offset.row_ids = [Command.create({"item_id": strange[:1].id, "is_chosen": True})]
        with self.assertRaises(UserError, msg="an invoice of somebody else"):
            offset.action_offset()

    def test_paid_meanwhile_is_told(self):
        invoice, credit = self._invoice(100, "O1"), self._receivable(self._invoice(30, "OC", "out_refund"))
        offset = self._offset(credit)
        (credit | self._receivable(invoice)).reconcile()
        with self.assertRaises(UserError):
            offset.action_offset()
        self.assertEqual(invoice.amount_residual, 70)

    def test_paid_back_through_core(self):
        self._invoice(100, "S1")
        report = self._import(("S1", 130, 0))
        report.line_ids.action_accept()
        report.action_approve()
        owed = self._found(self.env["paymatch.provider"].action_open_owed())
        over = owed.filtered(lambda item: item.partner_id == self.partner_a)
        self.assertEqual(over.mapped("amount_residual"), [-30])
        action = over.action_paymatch_pay_back()
        wizard = self.env["account.payment.register"].with_context(**action["context"]).create({})
        self.assertEqual((wizard.payment_type, wizard.amount), ("outbound", 30))
        wizard.action_create_payments()
        self.assertFalse(over.amount_residual)

    def test_roles(self):
        self._invoice(100, "O1")
        credit = self._receivable(self._invoice(30, "OC", "out_refund"))
        users = {
            role: new_test_user(
                self.env, f"open_{role}", groups=f"account.group_account_{role}", company_id=self.company.id
            )
            for role in ("readonly", "invoice", "manager")
        }
        auditor = credit.with_user(users["readonly"])
        self.assertEqual(auditor.paymatch_days_open, 11)
        self.assertTrue(self.env["paymatch.provider"].with_user(users["readonly"]).action_open_captured())
        with self.assertRaises(AccessError):
            auditor.action_paymatch_offset()
        for role in ("invoice", "manager"):
            mine = credit.with_user(users[role])
            mine.env["paymatch.offset"].browse(mine.action_paymatch_offset()["res_id"]).action_offset()
            self.assertTrue(credit.reconciled, role)
            credit.remove_move_reconcile()

    def _receivable(self, move):
        return move.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")

    def _offset(self, credit):
        return self.env["paymatch.offset"].browse(credit.action_paymatch_offset()["res_id"])
