from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .common import PaymatchCommon


@freeze_time("2026-04-15")
@tagged("post_install", "-at_install")
class TestStatement(PaymatchCommon):
    """The balance of an account is the list of its open items, on any day."""

    def _statement(self, account, day, start=date(2026, 1, 1), user=None):
        statements = self.env["paymatch.statement"].with_user(user or self.env.user)
        return statements.create(
            {"company_id": self.company.id, "account_id": account.id, "date_from": start, "date_to": day}
        )

    def _year(self):
        """A capture, a payout that settles it, a payout on its way, an undo, and what was there before us."""
        clearing = self.provider.clearing_account_id
        old = self.env["account.move"].create(
            {
                "date": "2025-12-31",
                "line_ids": [
                    Command.create({"account_id": clearing.id, "debit": 37.5, "name": "Fra det gamle system"}),
                    Command.create({"account_id": self.expense_account.id, "credit": 37.5}),
                ],
            }
        )
        captured = self.env["account.move"].create(
            {
                "date": "2026-03-05",
                "line_ids": [
                    Command.create({"account_id": clearing.id, "debit": 1250, "name": "S1"}),
                    Command.create({"account_id": self.expense_account.id, "credit": 1250}),
                ],
            }
        )
        (old | captured).action_post()
        self.provider.park_undecided = True
        self._invoice(100, "S2")
        first = self._import(("S1", 1250, 12.5), ("", -45, 0), number=1)
        second = self._import(("S2", 100, 1), number=2, day=date(2026, 3, 20))
        (first | second).action_approve()
        self._bank_line(1192.5, "Utbet. 1 Vippsnr 123456", date(2026, 3, 14))
        third = self._import(("", 10, 0), number=3, day=date(2026, 3, 25))
        third.action_approve()
        third.action_undo()
        first.line_ids[1]._route(self.expense_account, "Terminal")
        return first, second

    def test_open_items_make_the_balance_on_any_day(self):
        self._year()
        for account in (self.provider.clearing_account_id, self.provider.in_transit_account_id):
            for step in range(0, 110, 3):
                day = date(2026, 1, 1) + timedelta(days=step)
                statement = self._statement(account, day)
                balance = sum(
                    self.env["account.move.line"]
                    .search([("account_id", "=", account.id), ("parent_state", "=", "posted"), ("date", "<=", day)])
                    .mapped("balance")
                )
                self.assertEqual(statement.closing, self.company.currency_id.round(balance), day)
                self.assertEqual(statement.open_total, statement.closing, day)
                self.assertEqual(statement.difference, 0)
                moved = statement.opening + sum(statement.row_ids.mapped("amount"))
                self.assertAlmostEqual(moved, statement.closing, 2)

    def test_what_was_open_then_is_named(self):
        first, _second = self._year()
        clearing = self.provider.clearing_account_id
        before = self._statement(clearing, date(2026, 3, 11))
        self.assertEqual(before.item_ids.mapped("name"), ["Fra det gamle system", "S1"])
        self.assertEqual(before.item_ids.mapped("amount"), [37.5, 1250.0])
        self.assertEqual(before.item_ids[1].days, 6)
        after = self._statement(clearing, date(2026, 3, 12))
        self.assertEqual(after.item_ids.mapped("amount"), [37.5, 45.0])
        today = self._statement(clearing, date(2026, 4, 15))
        self.assertEqual(today.item_ids.mapped("amount"), [37.5])
        transit = self._statement(self.provider.in_transit_account_id, date(2026, 3, 13))
        self.assertEqual(transit.item_ids.move_id, first.move_id)
        self.assertEqual(transit.closing, 1192.5)

    def test_the_way_from_opening_to_closing(self):
        self._year()
        statement = self._statement(self.provider.in_transit_account_id, date(2026, 3, 31))
        self.assertEqual(statement.opening, 0)
        amounts = sorted(statement.row_ids.mapped("amount"))
        self.assertEqual(amounts, [-1192.5, 10.0, 1291.5])
        self.assertEqual(
            self._statement(self.provider.in_transit_account_id, date(2026, 4, 15)).row_ids.mapped("count"), [2, 2, 1]
        )
        march = self._statement(self.provider.clearing_account_id, date(2026, 3, 31), date(2026, 3, 1))
        self.assertEqual(march.opening, 37.5)

    def test_the_number_of_statements_does_not_grow(self):
        self._year()
        clearing = self.provider.clearing_account_id
        statement = self._statement(clearing, date(2026, 4, 15))
        with self.assertQueryCount(3):
            statement._moved()
            statement._open_items()

    def test_who_sees_it(self):
        self._year()
        auditor = new_test_user(
            self.env,
            "statement_auditor",
            "account.group_account_readonly",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        statement = self._statement(self.provider.clearing_account_id, date(2026, 4, 15), user=auditor)
        self.assertEqual(statement.item_ids.mapped("amount"), [37.5])
        other = self.setup_other_company(name="Second company")["company"]
        with self.assertRaises(AccessError):
            self.env["paymatch.statement"].with_user(auditor).create({"company_id": other.id})

    def test_screen(self):
        self._year()
        action = self.env["paymatch.statement"].action_open()
        with Form(self.env["paymatch.statement"].browse(action["res_id"])) as form:
            form.account_id = self.provider.in_transit_account_id
            form.date_to = date(2026, 3, 13)
            self.assertEqual((form.closing, form.difference), (1192.5, 0.0))
        self.assertEqual(form.record.item_ids.mapped("amount"), [1192.5])
        self.assertIn("id", form.record.action_open_items()["domain"][0])

    def test_it_begins_with_an_account_and_today(self):
        self._year()
        danish = self.env["paymatch.statement"].with_company(self.company).with_context(lang="da_DK")
        action = danish.action_open()
        self.env.flush_all()
        statement = self.env["paymatch.statement"].browse(action["res_id"])
        self.assertIn("Salg i udbetalinger", statement.row_ids.mapped("name"))
        self.assertIn(statement.account_id, self.provider._control_accounts())
        self.assertEqual(statement.date_to, date(2026, 4, 15))
        self.assertEqual(statement.display_name, statement.account_id.display_name)
