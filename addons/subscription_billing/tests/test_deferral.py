from datetime import date
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import SQL

from .common import SubscriptionCommon

JANUARY = date(2027, 1, 1)


@tagged("post_install", "-at_install")
class TestDeferral(SubscriptionCommon):
    """Prepaid periods are earned month by month; the list equals the account on any day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = cls.env["account.account"].create(
            {"name": "Forudfaktureret", "code": "6399", "account_type": "liability_current"}
        )
        cls.journal = cls.company_data["default_journal_misc"]
        cls.company.write(
            {
                "deferral_start": JANUARY,
                "deferral_account_id": cls.account.id,
                "deferral_journal_id": cls.journal.id,
            }
        )

    def _year(self, price=1200.0, start=JANUARY, **values):
        subscription = self._make_subscription(start=start, interval_unit="year", lines=[(None, 1, price)], **values)
        return self._bill(until=start, subscriptions=subscription, posting="post").invoice_ids

    def _cron(self, day):
        with (
            freeze_time(f"{day} 12:00:00"),
            patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=60),
        ):
            self.env["subscription.deferral"]._cron_defer()

    def _balance(self, day):
        report = self.env["subscription.deferral.balance"].create({"date": day})
        self.assertEqual(report.difference, 0.0, "the list is the account")
        self.assertAlmostEqual(sum(report.line_ids.mapped("amount")), report.amount)
        return report.amount

    def test_a_year_is_earned_by_the_day(self):
        move = self._year()
        self._cron("2027-04-30")
        self.assertEqual(len(move.deferral_ids), 1)
        income = self._income(move)
        self.assertAlmostEqual(income, 1200.0 * 120 / 365, places=2)
        expected = {"2027-01-01": 1200 - 101.92, "2027-01-31": 1200 - 101.92, "2027-02-28": 1200 - 101.92 - 92.05}
        for day, amount in expected.items():
            self.assertAlmostEqual(self._balance(day), amount, places=2)
        self._cron("2028-01-02")
        self.assertEqual(self._balance("2027-12-31"), 0.0)
        self.assertAlmostEqual(self._income(move), 1200.0)
        self.assertEqual(move.deferral_ids.amount_open, 0.0)

    def _income(self, moves):
        entries = moves.deferral_ids.month_ids.entry_id
        account = moves.invoice_line_ids.account_id
        items = (moves | entries).line_ids.filtered(lambda line: line.account_id in account)
        return -sum(items.mapped("balance"))

    def test_exactly_once_however_often_it_runs(self):
        move = self._year()
        for _time in range(3):
            self._cron("2027-03-31")
        months = move.deferral_ids.month_ids
        self.assertEqual(len(months.filtered("entry_id")), 3)
        self.assertEqual(len(months.entry_id), 3)
        self.assertEqual(set(months.entry_id.mapped("state")), {"posted"})

    def test_stopped_after_any_batch_it_goes_on(self):
        moves = self._year() | self._year(600.0)
        stops = []

        def commit_progress(_cron, *_arguments, **_options):
            stops.append(1)
            return 0

        while len(stops) < 12:
            before = len(stops)
            with (
                freeze_time("2027-03-31 12:00:00"),
                patch.object(type(self.env["ir.cron"]), "_commit_progress", commit_progress),
            ):
                self.env["subscription.deferral"]._cron_defer(batch_size=1)
            if len(stops) == before:
                break
        self.assertEqual(len(moves.deferral_ids), 2)
        self.assertEqual(len(moves.deferral_ids.month_ids.filtered("entry_id")), 6)
        self._balance("2027-03-31")

    def test_finding_lines_reads_no_other_lines(self):
        """With a million items in the books, only those that may be deferred are looked at."""
        self._year()
        statements = []
        execute = type(self.env.cr).execute

        def noted(cursor, query, *arguments, **options):
            if "FROM account_move_line item" in str(getattr(query, "code", query)):
                statements.append((query, arguments))
            return execute(cursor, query, *arguments, **options)

        with patch.object(type(self.env.cr), "execute", noted):
            self.assertEqual(len(self.env["subscription.deferral"]._find_lines(self.company, 10)), 1)
        ((query, arguments),) = statements
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        self.env.cr.execute("SET LOCAL enable_bitmapscan = off")
        self.env.cr.execute(SQL("EXPLAIN %s", query), *arguments)
        plan = "\n".join(row for (row,) in self.env.cr.fetchall())
        self.assertIn("account_move_line_subscription_deferral_idx", plan)

    def test_statements_are_for_a_batch_not_for_each_line(self):
        counts = []
        for customers in (3, 30):
            subscriptions = self.env["subscription.subscription"]
            for number in range(customers):
                partner = self._make_customer(f"Customer {customers} {number}")
                subscriptions |= self._make_subscription(
                    interval_unit="year", lines=[(None, 1, 1200.0)], partner_id=partner.id
                )
            self._bill(until=JANUARY, subscriptions=subscriptions, posting="post")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._cron("2027-01-31")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(self.env["subscription.deferral"].search_count([("company_id", "=", self.company.id)]), 33)
        self._balance("2027-01-31")
        # what core does for each of 27 more lines of an entry, twice booked; one statement each would be 54
        self.assertLess(counts[1] - counts[0], 27, counts)

    def test_what_was_before_the_switch_and_one_month_are_left_alone(self):
        self.company.deferral_start = date(2027, 2, 1)
        old = self._year()
        month = self._bill(
            until=date(2027, 3, 1), subscriptions=self._make_subscription(start=date(2027, 3, 1)), posting="post"
        ).invoice_ids
        new = self._year(start=date(2027, 2, 1))
        self._cron("2027-03-31")
        self.assertFalse((old | month).deferral_ids)
        self.assertEqual(len(new.deferral_ids), 1)

    def test_credit_note_takes_back_what_is_left(self):
        move = self._year()
        self._cron("2027-06-30")
        wizard = self.env["account.move.reversal"].with_context(active_model="account.move", active_ids=move.ids)
        wizard = wizard.create({"journal_id": move.journal_id.id, "date": "2027-06-15"})
        with freeze_time("2027-06-15 12:00:00"):
            refund = self.env["account.move"].browse(wizard.reverse_moves()["res_id"])
            if refund.state == "draft":
                refund.action_post()
        self.assertEqual(refund.invoice_line_ids.start_date, JANUARY)
        self._cron("2027-06-30")
        self.assertAlmostEqual(self._balance("2027-06-30"), 0.0)
        self._cron("2028-01-31")
        self.assertAlmostEqual(self._balance("2027-09-30"), 0.0)
        self.assertAlmostEqual(self._income(move | refund), 0.0)

    def test_foreign_currency_is_deferred_as_booked(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create(
            {"name": "2026-01-01", "rate": 0.134, "currency_id": euro.id, "company_id": self.company.id}
        )
        move = self._year(currency_id=euro.id)
        self._cron("2028-01-02")
        self.assertAlmostEqual(self._income(move), -sum(move.invoice_line_ids.mapped("balance")))
        self.assertEqual(self._balance("2028-01-02"), 0.0)
        self.assertEqual(move.deferral_ids.month_ids.entry_id.line_ids.currency_id, self.company.currency_id)

    def test_locked_months_are_booked_on_the_next_open_day(self):
        move = self._year()
        self.company.fiscalyear_lock_date = date(2027, 2, 28)
        self._cron("2027-03-31")
        dates = move.deferral_ids.month_ids.filtered("entry_id").mapped("entry_date")
        self.assertEqual(dates, [date(2027, 3, 1), date(2027, 3, 1), date(2027, 3, 31)])
        self.assertEqual(self._balance("2027-02-28"), 0.0)
        self._balance("2027-03-31")

    def test_category_has_its_own_account(self):
        other = self.account.copy({"code": "6398"})
        self.service.categ_id = self.env["product.category"].create({"name": "Service"})
        self.service.categ_id.deferral_account_id = other
        self.service.property_account_income_id = self.company_data["default_account_revenue"]
        move = self._year()
        self._cron("2027-01-31")
        self.assertEqual(move.deferral_ids.deferral_account_id, other)
        self._balance("2027-01-31")

    def test_undo_is_an_entry_and_stays_undone(self):
        move = self._year()
        self._cron("2027-03-31")
        with freeze_time("2027-04-10 12:00:00"):
            move.deferral_ids.action_undo()
        self.assertEqual(self._balance("2027-04-10"), 0.0)
        self.assertAlmostEqual(self._income(move), 1200.0)
        self._cron("2027-12-31")
        self.assertEqual(self._balance("2027-12-31"), 0.0)
        self.assertEqual(move.deferral_ids.mapped("state"), ["undone"])
        with self.assertRaises(UserError):
            move.deferral_ids.action_undo()

    def test_posted_is_posted(self):
        move = self._year()
        self._cron("2027-01-31")
        with self.assertRaises(UserError):
            move.button_draft()
        entry = move.deferral_ids.month_ids.entry_id[0]
        with self.assertRaises(UserError):
            entry.button_draft()

    def test_switched_on_without_an_account_is_refused(self):
        with self.assertRaises(UserError):
            self.company.deferral_account_id = False

    def test_roles_and_companies(self):
        move = self._year()
        self._cron("2027-01-31")
        options = {"company_id": self.company.id, "company_ids": [Command.set(self.company.ids)]}
        clerk = new_test_user(self.env, "defer_clerk", groups="account.group_account_invoice", **options)
        auditor = new_test_user(self.env, "defer_auditor", groups="account.group_account_readonly", **options)
        record = move.deferral_ids
        for user in (clerk, auditor):
            self.assertTrue(record.with_user(user).month_ids.mapped("amount"))
            with self.assertRaises(AccessError):
                record.with_user(user).action_undo()
            with self.assertRaises(AccessError):
                record.month_ids.with_user(user).write({"amount": 0.0})
            report = self.env["subscription.deferral.balance"].with_user(user).create({"date": "2027-01-31"})
            self.assertEqual(report.difference, 0.0)
        other = self.setup_other_company()["company"]
        foreign = new_test_user(
            self.env, "defer_foreign", groups="account.group_account_invoice",
            company_id=other.id, company_ids=[Command.set(other.ids)],
        )  # fmt: skip
        for records in (record, record.month_ids):
            self.assertFalse(records.with_user(foreign).search([("id", "in", records.ids)]))
