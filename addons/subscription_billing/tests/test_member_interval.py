from datetime import date
from unittest.mock import patch

from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .common import SubscriptionCommon

JANUARY, APRIL = date(2027, 1, 1), date(2027, 4, 1)
Q1 = ("2027-01-01", "2027-03-31")


@tagged("post_install", "-at_install")
class TestMemberInterval(SubscriptionCommon):
    """A member billed at another interval than its group (S4.12, S4.21, S4.22): same price a month, other periods."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2027-01-01 12:00:00"))
        cls.third = cls._make_customer("Carl I/S")
        cls.group = cls.env["subscription.group"].create(
            {
                "name": "Club",
                "member_ids": [
                    Command.create({"partner_id": partner.id})
                    for partner in (cls.customer, cls.other_customer, cls.third)
                ],
            }
        )
        cls.monthly, cls.quarterly, cls.yearly = cls.group.member_ids
        cls._own(cls.quarterly, "quarter")
        cls._own(cls.yearly, "year")
        cls.subscription = cls._make_subscription(group_id=cls.group.id)

    @classmethod
    def _own(cls, member, unit, day=False, count=1):
        values = {"member_id": member.id, "interval_unit": unit, "interval_count": count, "date_from": day}
        return cls.env["subscription.group.member.interval"].create(values)

    def _bill_on(self, day, subscription=None):
        with patch.object(type(self.company), "_subscription_today", return_value=day):
            return self._bill(until=day, subscriptions=subscription or self.subscription)

    def _of(self, moves, member):
        return moves.filtered(lambda move: move.partner_id == member.partner_id)

    def test_each_member_at_its_own_interval_and_the_same_price_a_month(self):
        run = self._make_run(JANUARY, self.subscription)
        run.action_preview()
        planned = {line.partner_id: line.amount_untaxed for line in run.line_ids}
        moves = self._bill_on(JANUARY).invoice_ids
        for member, amount, end, text in (
            (self.monthly, 100.0, "2027-01-31", ""),
            (self.quarterly, 300.0, "2027-03-31", "3 x "),
            (self.yearly, 1200.0, "2027-12-31", "12 x "),
        ):
            move = self._of(moves, member)
            self.assertPeriods(move, [("2027-01-01", end)])
            self.assertEqual((planned[member.partner_id], move.amount_untaxed), (amount, amount))
            self.assertIn(text, move.invoice_line_ids.name)
        self.assertNotIn(" x ", self._of(moves, self.monthly).invoice_line_ids.name)
        self.assertEqual(self._bill_on(date(2027, 2, 1)).invoice_ids.partner_id, self.customer)
        self.assertEqual(self._bill_on(APRIL).invoice_ids.partner_id, self.customer | self.other_customer)

    def test_monthly_value_and_forecast(self):
        self.assertEqual(self.subscription.monthly_amount, 300.0, "how often is not how much")
        forecast = self.env["subscription.forecast"]._compute_company(self.company)
        lines = forecast.line_ids.filtered(lambda line: line.subscription_id == self.subscription)
        sums = {}
        for line in lines:
            sums.setdefault(line.partner_id, []).append(line.amount_untaxed)
        self.assertEqual(sums[self.customer], [100.0] * 12)
        self.assertEqual(sums[self.other_customer], [300.0] * 4)
        self.assertEqual(sums[self.third], [1200.0])

    def test_joining_and_leaving_cost_their_days_of_the_members_period(self):
        self.quarterly.write({"date_from": date(2027, 1, 16), "date_to": date(2027, 5, 15)})
        moves = self._of(self._bill_on(APRIL).invoice_ids, self.quarterly).sorted("invoice_date")
        self.assertPeriods(moves, [("2027-01-16", "2027-03-31"), ("2027-04-01", "2027-05-15")])
        amounts = sorted(moves.mapped("amount_untaxed"))
        self.assertEqual(amounts, [round(300 * 45 / 91, 2), 250.0])

    def test_a_change_from_a_day_begins_with_the_next_period_without_gap_or_overlap(self):
        self._bill_on(JANUARY)
        self._own(self.monthly, "quarter", date(2027, 2, 10))
        self._own(self.monthly, False, date(2027, 6, 15))
        self._bill_on(date(2027, 8, 1))
        rows = self.subscription.period_ids.filtered(lambda row: row.member_id == self.monthly).sorted("date_start")
        self.assertEqual(
            [(str(row.date_start), str(row.date_end), row.amount) for row in rows],
            [
                ("2027-01-01", "2027-01-31", 100.0),
                ("2027-02-01", "2027-02-28", 100.0),
                ("2027-03-01", "2027-05-31", 300.0),
                ("2027-06-01", "2027-08-31", 300.0),
            ],
        )
        self.assertEqual(rows[2].times, 3)
        self._bill_on(date(2027, 9, 1))
        last = self.subscription.period_ids.filtered(lambda row: row.member_id == self.monthly).sorted("date_start")[-1]
        self.assertEqual((last.date_start, last.date_end, last.amount), (date(2027, 9, 1), date(2027, 9, 30), 100.0))

    def test_what_was_invoiced_is_not_divided_anew(self):
        self._bill_on(JANUARY)
        for make in (
            lambda: self._own(self.quarterly, "month", date(2027, 3, 31)),
            lambda: self._own(self.monthly, "quarter"),
            lambda: self.quarterly.interval_ids.unlink(),
            lambda: self.quarterly.interval_ids.write({"interval_count": 2}),
        ):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                make()
        with self.assertRaisesRegex(ValidationError, r"2027"), self.env.cr.savepoint():
            self._own(self.quarterly, "month", date(2027, 3, 1))
        self._own(self.quarterly, "month", APRIL)
        self.assertPeriods(self._of(self._bill_on(APRIL).invoice_ids, self.quarterly), [("2027-04-01", "2027-04-30")])

    def test_own_price_and_discount_are_of_the_groups_interval(self):
        self.quarterly.write(
            {
                "price_ids": [Command.create({"product_id": self.service.id, "price_unit": 80.0})],
                "has_discount": True,
                "discount": 50.0,
            }
        )
        move = self._of(self._bill_on(JANUARY).invoice_ids, self.quarterly)
        self.assertEqual(move.amount_untaxed, 120.0)
        self.assertEqual(move.invoice_line_ids.price_unit, 240.0)

    def test_lines_with_an_interval_of_their_own_and_usage_stay(self):
        line = {"subscription_id": self.subscription.id, "product_id": self.setup_fee.id, "price_unit": 250.0}
        self.env["subscription.line"].create({**line, "interval_unit": "year", "interval_count": 1})
        meter = self.env["subscription.line"].create({**line, "is_usage": True, "usage_included": 1000.0})
        moves = self._bill_on(date(2027, 3, 31)).invoice_ids
        mine = self._of(moves, self.quarterly)
        self.assertPeriods(
            mine.filtered(lambda move: self.setup_fee in move.invoice_line_ids.product_id),
            [
                ("2027-01-01", "2027-03-31"),
                ("2027-01-01", "2027-12-31"),
                ("2027-01-01", "2027-01-31"),
                ("2027-02-01", "2027-02-28"),
            ],
        )
        self.assertEqual(set(meter.period_ids.mapped("times")), {1.0})

    def test_an_upgrade_takes_back_and_charges_the_members_period(self):
        moves = self._bill_on(JANUARY).invoice_ids
        moves.action_post()
        line = self.subscription.line_ids
        change = self.env["subscription.change"].create(
            {
                "subscription_id": self.subscription.id,
                "date": date(2027, 3, 1),
                "line_ids": [Command.create({"line_id": line.id, "action": "change", "price_unit": 190.0})],
            }
        )
        change.action_confirm()
        moves = self._bill_on(APRIL).invoice_ids - moves
        rows = self.subscription.period_ids.filtered(
            lambda row: row.member_id == self.quarterly and row.date_end == date(2027, 3, 31)
        )
        # 31 of 90 days of 300.00 back, 31 of 90 days of 570.00
        found = sorted((row.is_credit, row.amount, row.times) for row in rows)
        self.assertEqual(found, [(False, 196.33, 3.0), (False, 300.0, 3.0), (True, -103.33, 3.0)])
        # who pays by the month was not charged for March: it is no difference, and comes on its own day
        monthly = moves.filtered(lambda move: move.partner_id == self.customer)
        self.assertPeriods(
            monthly,
            [("2027-02-01", "2027-02-28"), ("2027-03-01", "2027-03-31"), ("2027-04-01", "2027-04-30")],
        )
        self.assertEqual(sum(monthly.mapped("amount_untaxed")), 100.0 + 190.0 + 190.0)
        # the yearly one is settled when his next year is due
        self.assertNotIn(self.third, moves.partner_id)
        settled = self._bill_on(date(2028, 1, 1)).invoice_ids.filtered(lambda move: move.partner_id == self.third)
        rows = settled.invoice_line_ids.subscription_period_ids.sorted("amount")
        back, rest = round(-1200 * 306 / 365, 2), round(2280 * 306 / 365, 2)
        self.assertEqual(rows.mapped("amount"), [back, rest, 2280.0])

    def test_more_periods_are_no_dearer_price(self):
        self._bill_on(JANUARY)
        self._bill_on(date(2027, 2, 1))
        self._own(self.monthly, "quarter", date(2027, 3, 1))
        run = self._make_run(date(2027, 3, 1), self.subscription)
        with patch.object(type(self.company), "_subscription_today", return_value=date(2027, 3, 1)):
            run.action_preview()
            action = run.action_compare()
        rows = self.env["subscription.billing.run.difference"].search(action["domain"])
        rows = rows.filtered(lambda row: row.partner_id == self.customer)
        self.assertEqual([(row.cause, row.amount) for row in rows], [("periods", 200.0)])

    def test_next_invoice_follows(self):
        self._bill_on(JANUARY)
        self.assertEqual(self.subscription.next_invoice_date, date(2027, 2, 1))
        self.monthly.date_to = date(2027, 1, 31)
        self.assertEqual(self.subscription.next_invoice_date, APRIL)

    def test_found_through_a_category_takes_its_interval_along(self):
        category = self.env["res.partner.category"].create({"name": "Members"})
        group = self.env["subscription.group"].create(
            {"name": "Members", "member_ids": [Command.create({"kind": "category", "category_id": category.id})]}
        )
        self._own(group.member_ids, "quarter")
        partner = self._make_customer("Found", category_id=[Command.link(category.id)])
        subscription = self._make_subscription(group_id=group.id, running=False)
        subscription.sudo().state = "active"
        run = self._make_run(JANUARY, subscription)
        run.action_preview()
        self.assertEqual(run.amount_untaxed, 300.0, "planned before he is written down")
        self.assertEqual(self._bill_on(JANUARY, subscription).invoice_ids.amount_untaxed, 300.0)
        self.assertEqual(group.member_ids.filtered("partner_id").partner_id, partner)

    def test_days_are_not_counted_in_months(self):
        with self.assertRaisesRegex(ValidationError, "Club"):
            self._own(self.monthly, "week")
        with self.assertRaises(ValidationError):
            self._make_subscription(group_id=self.group.id, interval_unit="day")

    def test_one_interval_from_each_day(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            self._own(self.quarterly, "month")

    def test_roles_and_companies(self):
        row = self.quarterly.interval_ids
        auditor = new_test_user(self.env, "interval.auditor", groups="account.group_account_readonly")
        self.assertEqual(row.with_user(auditor).interval_unit, "quarter")
        with self.assertRaises(AccessError):
            row.with_user(auditor).interval_count = 2
        clerk = new_test_user(self.env, "interval.clerk", groups="account.group_account_invoice")
        row.with_user(clerk).interval_count = 2
        other = self.env["res.company"].create({"name": "Other"})
        foreign = new_test_user(
            self.env,
            "interval.foreign",
            groups="account.group_account_invoice",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        with self.assertRaises(AccessError):
            row.with_user(foreign).read(["interval_unit"])

    def test_members_with_intervals_cost_no_query_each(self):
        members = self.env["subscription.group.member"].create(
            [
                {"group_id": self.group.id, "partner_id": self._make_customer(f"Member {number}").id}
                for number in range(20)
            ]
        )
        self.subscription._collect_charges(APRIL)
        counts = []
        for rows in (members[:2], members[2:]):
            for member in rows:
                self._own(member, "quarter")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.subscription._collect_charges(APRIL)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0], "20 members with intervals cost what 2 do")
