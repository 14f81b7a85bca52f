from datetime import date
from unittest.mock import patch

from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import SubscriptionCommon

DAY = date(2027, 3, 10)


@tagged("post_install", "-at_install")
class TestChange(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.big = cls._make_product("Big", 200.0)

    def setUp(self):
        super().setUp()
        self.startPatcher(patch.object(type(self.company), "_subscription_today", return_value=DAY))

    def _change(self, subscription, day=date(2027, 3, 15), confirm=True, lines=None, **values):
        """One line changed (or as given as dicts of values)."""
        lines = lines or [{"price_unit": 200.0}]
        change = self.env["subscription.change"].create(
            {
                "subscription_id": subscription.id,
                "date": day,
                "line_ids": [
                    Command.create({"line_id": subscription.line_ids[:1].id, **line})
                    if line.get("action") != "add"
                    else Command.create(line)
                    for line in lines
                ],
                **values,
            }
        )
        if confirm:
            change.action_confirm()
        return change

    def _invoices(self, until, subscription):
        run = self._bill(until, subscription, posting="post")
        self.assertFalse(run.fault_count, run.line_ids.mapped("message"))
        return run.invoice_ids

    def _lines(self, moves):
        lines = moves.invoice_line_ids.sorted(lambda line: (line.start_date, line.id))
        return [(str(line.start_date), str(line.end_date), line.price_subtotal) for line in lines]

    def test_not_charged_yet_is_on_one_invoice(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        self._change(subscription)
        moves = self._invoices(DAY, subscription)
        self.assertEqual(len(moves), 1)
        self.assertEqual(
            self._lines(moves), [("2027-03-01", "2027-03-14", 45.16), ("2027-03-15", "2027-03-31", 109.68)]
        )
        moves = self._invoices(date(2027, 4, 1), subscription)
        self.assertEqual(self._lines(moves), [("2027-04-01", "2027-04-30", 200.0)])

    def test_charged_in_advance_is_settled_with_the_next_invoice(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        first = self._invoices(DAY, subscription)
        self._change(subscription)
        self.assertEqual(subscription.next_invoice_date, date(2027, 4, 1))
        self.assertFalse(self._bill(date(2027, 3, 31), subscription).invoice_count)
        moves = self._invoices(date(2027, 4, 1), subscription)
        self.assertEqual(len(moves), 1)
        self.assertEqual(
            self._lines(moves),
            [
                ("2027-03-15", "2027-03-31", -54.84),
                ("2027-03-15", "2027-03-31", 109.68),
                ("2027-04-01", "2027-04-30", 200.0),
            ],
        )
        names = moves.invoice_line_ids.sorted(lambda line: (line.start_date, line.id)).mapped("name")
        self.assertIn("17/31", names[0])
        self.assertIn(first.name, names[0])
        self.assertRegex(names[1], r"17/31 .*200")
        self.assertNotIn("/31", names[2])
        self.assertFalse(self._bill(date(2027, 4, 30), subscription).invoice_count, "once")

    def test_settled_at_once_by_choice(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        self._invoices(DAY, subscription)
        self._change(subscription, settlement="now")
        self.assertEqual(subscription.next_invoice_date, date(2027, 3, 15))
        moves = self._invoices(date(2027, 3, 15), subscription)
        self.assertEqual(moves.amount_untaxed, 54.84)

    def test_months_of_30_days(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        self._invoices(DAY, subscription)
        self._change(subscription, proration="30_360")
        moves = self._invoices(date(2027, 4, 1), subscription)
        self.assertEqual([row[2] for row in self._lines(moves)], [-53.33, 106.67, 200.0])
        self.assertIn("16/30", "".join(moves.invoice_line_ids.mapped("name")))

    def test_only_from_the_next_period(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        self._invoices(DAY, subscription)
        change = self._change(subscription, proration="none")
        self.assertEqual(change.line_ids.date_effective, date(2027, 4, 1))
        moves = self._invoices(date(2027, 4, 1), subscription)
        self.assertEqual(self._lines(moves), [("2027-04-01", "2027-04-30", 200.0)])

    def test_in_arrears(self):
        subscription = self._make_subscription(start=date(2027, 3, 1), timing="arrears")
        self._change(subscription)
        self.assertEqual(subscription.next_invoice_date, date(2027, 3, 31))
        moves = self._invoices(date(2027, 3, 31), subscription)
        self.assertEqual((len(moves), moves.amount_untaxed), (1, 154.84))

    def test_product_quantity_discount_and_text_of_another(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        self._change(subscription, lines=[{"product_id": self.big.id, "quantity": 3, "discount": 10}])
        new = subscription.line_ids.filtered("change_id")
        self.assertEqual((new.product_id, new.price_unit, new.change_kind), (self.big, 200.0, "upgrade"))
        moves = self._invoices(date(2027, 4, 1), subscription)
        april = moves.invoice_line_ids.filtered(lambda line: line.start_date == date(2027, 4, 1))
        self.assertEqual(april.price_subtotal, 540.0)

    def test_line_added_and_line_ended(self):
        subscription = self._make_subscription(start=date(2027, 3, 1), lines=[(None, 1, 100.0), (self.big, 1, 50.0)])
        self._invoices(DAY, subscription)
        ended = subscription.line_ids[1]
        self._change(
            subscription,
            lines=[
                {"action": "add", "product_id": self.setup_fee.id, "price_unit": 31.0},
                {"action": "end", "line_id": ended.id},
            ],
        )
        moves = self._invoices(date(2027, 4, 1), subscription)
        self.assertEqual([row[2] for row in self._lines(moves)], [-27.42, 17.0, 100.0, 31.0])

    def test_below_zero_is_a_credit_note(self):
        subscription = self._make_subscription(start=date(2027, 1, 1), interval_unit="year", lines=[(None, 1, 3650.0)])
        self._invoices(DAY, subscription)
        self._change(subscription, day=date(2027, 7, 1), lines=[{"price_unit": 365.0}], settlement="now")
        run = self._bill(date(2027, 7, 1), subscription, posting="post")
        self.assertEqual((run.fault_count, run.amount_untaxed), (0, -1656.0))
        move = run.invoice_ids
        self.assertEqual((move.move_type, move.amount_untaxed, move.state), ("out_refund", 1656.0, "posted"))
        rows = subscription.period_ids.filtered(lambda p: p.move_id == move)
        self.assertEqual(sorted(rows.mapped("amount")), [-1840.0, 184.0])
        self.assertFalse(self._bill(date(2027, 12, 31), subscription).invoice_count, "once")

    def test_below_zero_with_another_subscription_is_a_deduction(self):
        """On one invoice with others of the customer, what is taken back is only less to pay."""
        yearly = self._make_subscription(start=date(2027, 1, 1), interval_unit="year", lines=[(None, 1, 3650.0)])
        monthly = self._make_subscription(start=date(2027, 7, 1), lines=[(None, 1, 2000.0)])
        (yearly | monthly).write({"joint_invoice": "joint"})
        self._invoices(DAY, yearly)
        self._change(yearly, day=date(2027, 7, 1), lines=[{"price_unit": 365.0}], settlement="now")
        run = self._bill(date(2027, 7, 1), yearly | monthly, posting="post")
        self.assertEqual((run.invoice_ids.move_type, run.invoice_ids.amount_untaxed), ("out_invoice", 344.0))
        self.assertEqual(sorted(run.line_ids.mapped("amount_untaxed")), [-1656.0, 2000.0])

    def test_difference_to_last_month_adds_up(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        self._invoices(date(2027, 3, 1), subscription)
        self._change(subscription)
        run = self._make_run(date(2027, 4, 1), subscription)
        run.action_preview()
        run.action_compare()
        self.assertEqual((run.compared_before, run.compared_now), (100.0, 254.84))
        planned = sorted((row.cause, row.amount) for row in run.difference_ids)
        self.assertEqual(planned, [("price", 154.84)], "17/31 of what it is dearer, and the whole of April")
        run.action_run()
        run.action_compare()
        self.assertEqual(sorted((row.cause, row.amount) for row in run.difference_ids), planned, "after it too")
        may = self._make_run(date(2027, 5, 1), subscription)
        may.action_preview()
        may.action_compare()
        self.assertEqual(may.difference_ids.mapped(lambda row: (row.cause, row.amount)), [("part", -54.84)])
        self.assertEqual(may.difference_ids.line_id, subscription.change_ids.line_ids.new_line_id)

    def test_difference_of_a_change_in_a_period_not_charged_yet(self):
        subscription = self._make_subscription(start=date(2027, 2, 1), timing="arrears")
        self._invoices(date(2027, 2, 28), subscription)
        self._change(subscription, lines=[{"price_unit": 200.0, "quantity": 2}])
        run = self._make_run(date(2027, 3, 31), subscription)
        run.action_preview()
        run.action_compare()
        planned = {row.cause: row.amount for row in run.difference_ids}
        # 17 of 31 days: 100.00 dearer by the piece, and one piece more at 200.00; both rounded up, their sum is not
        self.assertEqual(planned, {"price": 54.84, "quantity": 109.68, "rounding": -0.01})
        self.assertAlmostEqual(sum(planned.values()), run.compared_difference, 2)

    def test_difference_of_a_line_that_ends_and_one_that_begins(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        self._invoices(date(2027, 3, 1), subscription)
        self._change(
            subscription,
            lines=[{"action": "end"}, {"action": "add", "product_id": self.big.id, "quantity": 1}],
        )
        run = self._make_run(date(2027, 4, 1), subscription)
        run.action_preview()
        run.action_compare()
        found = {row.cause: row.amount for row in run.difference_ids}
        self.assertEqual(found, {"stopped": -100.0 - 54.84, "new": 200.0 + 109.68})
        self.assertAlmostEqual(sum(found.values()), run.compared_difference, 2)

    def test_preview_changes_nothing_and_is_what_is_billed(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        self._invoices(DAY, subscription)
        change = self._change(subscription, confirm=False)
        change.action_check()
        self.assertEqual((change.state, change.monthly_before, change.monthly_after), ("checked", 100.0, 200.0))
        self.assertEqual(len(subscription.line_ids), 1)
        self.assertFalse(subscription.line_ids.date_end)
        self.assertRegex(change.preview, r"318[.,]55")
        change.action_confirm()
        self.assertEqual(self._invoices(date(2027, 4, 1), subscription).amount_total, 318.55)

    def test_edited_after_the_check_is_checked_again(self):
        change = self._change(self._make_subscription(start=date(2027, 3, 1)), confirm=False)
        change.action_check()
        change.line_ids.price_unit = 150.0
        self.assertEqual(change.state, "draft")

    def test_undo_until_invoiced(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        self._invoices(DAY, subscription)
        change = self._change(subscription)
        change.action_undo()
        self.assertEqual(
            (change.state, len(subscription.line_ids), subscription.line_ids.date_end), ("undone", 1, False)
        )
        self.assertEqual(self._lines(self._invoices(date(2027, 4, 1), subscription))[0][2], 100.0)

    def test_undo_after_its_draft_was_deleted(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        self._invoices(DAY, subscription)
        change = self._change(subscription)
        run = self._bill(date(2027, 4, 1), subscription)
        with self.assertRaisesRegex(UserError, r"\w"):
            change.action_undo()
        run.action_undo_drafts()
        self.assertEqual(subscription.next_invoice_date, date(2027, 4, 1))
        again = self._bill(date(2027, 4, 1), subscription)
        self.assertEqual(again.invoice_ids.amount_untaxed, 254.84, "credit and charge come again")
        again.action_undo_drafts()
        change.action_undo()
        moves = self._invoices(date(2027, 4, 1), subscription)
        self.assertEqual(self._lines(moves), [("2027-04-01", "2027-04-30", 100.0)])

    def test_second_change_of_the_line_that_follows(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        self._invoices(DAY, subscription)
        first = self._change(subscription)
        follower = subscription.line_ids.filtered("change_id")
        second = self._change(
            subscription, day=date(2027, 3, 25), lines=[{"line_id": follower.id, "price_unit": 310.0}]
        )
        with self.assertRaisesRegex(UserError, r"\w"):
            first.action_undo()
        moves = self._invoices(date(2027, 4, 1), subscription)
        self.assertEqual([row[2] for row in self._lines(moves)], [-54.84, 64.52, 70.0, 310.0])
        self.assertTrue(second.is_invoiced)

    @mute_logger("odoo.sql_db")
    def test_database_refuses_to_take_back_twice(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        self._invoices(DAY, subscription)
        self._change(subscription)
        self._invoices(date(2027, 4, 1), subscription)
        credit = subscription.period_ids.filtered("is_credit")
        self.assertEqual(len(credit), 1)
        with self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            credit.sudo().copy({"move_line_id": False, "date_start": "2027-03-20"}).flush_recordset()

    def test_charged_invoice_stays_while_its_rest_is_taken_back(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        first = self._invoices(DAY, subscription)
        self._change(subscription)
        second = self._invoices(date(2027, 4, 1), subscription)
        first.button_draft()
        with self.assertRaises(UserError):
            first.button_cancel()
        second.button_draft()
        second.button_cancel()
        first.button_cancel()
        moves = self._invoices(date(2027, 4, 1), subscription)
        self.assertEqual([row[2] for row in self._lines(moves)], [45.16, 109.68, 200.0])
        with self.assertRaises(UserError):
            second.button_draft()

    def test_refused_in_clear_words(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        draft = self._make_subscription(start=date(2027, 3, 1), running=False)
        ended = self._make_subscription(start=date(2027, 3, 1), date_end=date(2027, 3, 31))
        drafted = self._make_subscription(start=date(2027, 3, 1))
        self._bill(DAY, drafted)
        planned = self._make_subscription(start=date(2027, 3, 1))
        self._change(planned)
        for subject, values in (
            (draft, {}),
            (ended, {"day": date(2027, 4, 1)}),
            (drafted, {}),
            (planned, {"day": date(2027, 3, 12)}),
            (subscription, {"day": date(2027, 3, 1)}),
            (subscription, {"lines": [{"price_unit": 100.0}]}),
        ):
            change = self._change(subject, confirm=False, **values)
            with self.subTest(subject=subject.name, values=values), self.assertRaisesRegex(UserError, r"\w{4}"):
                change.action_confirm()
            self.assertEqual(change.state, "draft")

    def test_regulated_price_is_not_lost(self):
        rule = self.env["subscription.index.rule"].create(
            {"name": "4 %", "percent": 4.0, "date_first": date(2027, 4, 1), "has_notice": False}
        )
        subscription = self._make_subscription(start=date(2027, 3, 1), index_rule_id=rule.id)
        indexation = self.env["subscription.indexation"].create({"date_until": "2027-12-31"})
        indexation.subscription_ids = subscription
        indexation.action_apply()
        with self.assertRaisesRegex(UserError, r"\w"):
            self._change(subscription)

    def test_days_of_a_changed_line_are_not_moved_by_hand(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        self._change(subscription)
        clerk = new_test_user(
            self.env,
            "change_clerk",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        old = subscription.line_ids.filtered("ended_change_id").with_user(clerk)
        new = subscription.line_ids.filtered("change_id").with_user(clerk)
        with self.assertRaisesRegex(UserError, r"\w"):
            old.date_end = False
        with self.assertRaisesRegex(UserError, r"\w"):
            new.unlink()
        with self.assertRaises(AccessError):
            old.credit_from = False

    def test_monthly_value_follows_the_day(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        self._change(subscription)
        self.assertEqual(subscription.monthly_amount, 100.0)
        movements = self.env["subscription.mrr.movement"]
        movements._record(self.company)
        today = date(2027, 3, 15)
        with (
            patch.object(type(self.company), "_subscription_today", return_value=today),
            patch("odoo.fields.Date.context_today", return_value=today),
        ):
            self.env["subscription.subscription"]._refresh_new_prices()
            self.assertEqual(subscription.monthly_amount, 200.0)
            movements._record(self.company)
        found = movements.search([("subscription_id", "=", subscription.id)], order="number")
        self.assertEqual([(m.kind, m.amount) for m in found], [("new", 100.0), ("expansion", 100.0)])

    def test_forecast_is_what_is_billed(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        self._invoices(DAY, subscription)
        self._change(subscription)
        forecast = self.env["subscription.forecast"]._compute_company(self.company)
        lines = forecast.line_ids.filtered(lambda line: line.subscription_id == subscription and line.kind == "planned")
        self.assertEqual(lines.sorted("invoice_date")[0].amount_untaxed, 254.84)

    def test_each_member_of_a_group_is_settled(self):
        group = self.env["subscription.group"].create(
            {
                "name": "Two",
                "member_ids": [
                    Command.create({"partner_id": self.customer.id}),
                    Command.create({"partner_id": self.other_customer.id, "has_discount": True, "discount": 50.0}),
                ],
            }
        )
        subscription = self._make_subscription(start=date(2027, 3, 1), partner_id=False, group_id=group.id)
        self._invoices(DAY, subscription)
        self._change(subscription)
        moves = self._invoices(date(2027, 4, 1), subscription)
        amounts = {move.partner_id: move.amount_untaxed for move in moves}
        self.assertEqual(amounts, {self.customer: 254.84, self.other_customer: 127.42})

    def test_line_with_its_own_interval_keeps_its_periods(self):
        subscription = self._make_subscription(start=date(2027, 1, 1), timing="advance")
        yearly = {"product_id": self.big.id, "price_unit": 365.0, "interval_count": 1, "interval_unit": "year"}
        subscription.line_ids = [Command.create({**yearly, "date_start": date(2027, 2, 1)})]
        self._invoices(DAY, subscription)
        line = subscription.line_ids.filtered("interval_unit")
        self._change(subscription, day=date(2027, 8, 1), lines=[{"line_id": line.id, "price_unit": 730.0}])
        moves = self._invoices(date(2028, 2, 1), subscription).filtered(
            lambda move: self.big in move.invoice_line_ids.product_id
        )
        lines = moves.invoice_line_ids.filtered(lambda each: each.product_id == self.big)
        self.assertEqual(
            sorted((str(each.start_date), str(each.end_date), each.price_subtotal) for each in lines),
            [
                ("2027-08-01", "2028-01-31", -184.0),
                ("2027-08-01", "2028-01-31", 368.0),
                ("2028-02-01", "2029-01-31", 730.0),
            ],
        )

    def test_made_in_the_form(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        action = subscription.action_new_change()
        with Form(self.env["subscription.change"].with_context(**action["context"])) as form:
            form.date = date(2027, 3, 20)
            with form.line_ids.new() as line:
                line.line_id = subscription.line_ids
                self.assertEqual((line.product_id, line.price_unit), (self.service, 100.0))
                line.product_id = self.big
                self.assertEqual(line.price_unit, 200.0)
        change = form.save()
        change.action_check()
        change.action_confirm()
        self.assertEqual(subscription.change_count, 1)

    def test_rights(self):
        options = {"company_id": self.company.id, "company_ids": [Command.set(self.company.ids)]}
        clerk = new_test_user(self.env, "c_clerk", groups="account.group_account_invoice", **options)
        auditor = new_test_user(self.env, "c_auditor", groups="account.group_account_readonly", **options)
        subscription = self._make_subscription(start=date(2027, 3, 1))
        change = self._change(subscription, confirm=False)
        with self.assertRaises(AccessError):
            change.with_user(auditor).action_confirm()
        self.assertTrue(change.with_user(auditor).display_name)
        with self.assertRaises(AccessError):
            change.with_user(clerk).state = "confirmed"
        change.with_user(clerk).action_confirm()
        with self.assertRaisesRegex(UserError, r"\w"):
            change.with_user(clerk).line_ids.price_unit = 1.0
        with self.assertRaisesRegex(UserError, r"\w"):
            change.with_user(clerk).unlink()
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env,
            "c_stranger",
            groups="account.group_account_invoice",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertFalse(self.env["subscription.change"].with_user(stranger).search([]))
        change.with_user(clerk).action_undo()
