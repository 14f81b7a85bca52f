from datetime import date

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestForecast(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2027-03-10 12:00:00"))

    def _forecast(self):
        return self.env["subscription.forecast"]._compute_company(self.company)

    def _months(self, forecast, subscription):
        lines = forecast.line_ids.filtered(lambda line: line.subscription_id == subscription)
        return [(str(line.invoice_date)[:7], line.amount_untaxed) for line in lines.sorted("invoice_date")]

    def test_twelve_months_by_the_code_that_bills(self):
        subscription = self._make_subscription(start=date(2027, 3, 1), date_end=date(2027, 12, 15))
        forecast = self._forecast()
        months = [(f"2027-{month:02}", 100.0) for month in range(3, 12)]
        self.assertEqual(self._months(forecast, subscription), [*months, ("2027-12", 48.39)])
        self.assertEqual((forecast.date_from, forecast.date_until), (date(2027, 3, 10), date(2028, 3, 9)))

    def test_next_month_is_what_is_then_billed(self):
        rule = self.env["subscription.index.rule"].create(
            {"name": "4 %", "percent": 4.0, "date_first": date(2027, 4, 1), "has_notice": False}
        )
        subscriptions = self._make_subscription(start=date(2027, 3, 15), index_rule_id=rule.id, backlog="together")
        subscriptions |= self._make_subscription(partner_id=self.other_customer.id, anchor="first", lead_days=5)
        indexation = self.env["subscription.indexation"].create({"date_until": "2027-12-31"})
        indexation.subscription_ids = subscriptions
        indexation.action_apply()
        forecast = self._forecast()
        lines = forecast.line_ids.filtered(lambda line: line.subscription_id in subscriptions)
        due = lines.filtered(lambda line: line.invoice_date <= date(2027, 4, 30))
        planned = sum(due.mapped("amount_total"))
        billed = sum(self._bill(date(2027, 4, 30), subscriptions).invoice_ids.mapped("amount_total"))
        self.assertAlmostEqual(planned, billed, 2)

    def test_what_is_overdue_comes_together_and_the_rest_apart(self):
        subscription = self._make_subscription(backlog="together")
        months = self._months(self._forecast(), subscription)
        self.assertEqual(months[:2], [("2027-03", 300.0), ("2027-04", 100.0)])

    def test_expected_when_the_terms_say_and_by_way_of_payment(self):
        term = self.env["account.payment.term"].create(
            {"name": "8", "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 8})]}
        )
        subscription = self._make_subscription(start=date(2027, 4, 1), payment_term_id=term.id)
        lines = self._forecast().line_ids.filtered(lambda line: line.subscription_id == subscription)
        self.assertEqual(lines[0].date_expected, date(2027, 4, 9))
        self.assertEqual(set(lines.mapped("payment_way")), {subscription.payment_way})

    def test_drafts_and_unpaid_invoices_are_there_once(self):
        subscription = self._make_subscription(start=date(2027, 2, 1))
        run = self._bill(date(2027, 3, 10), subscription)
        lines = self._forecast().line_ids.filtered(lambda line: line.subscription_id == subscription)
        self.assertEqual(sorted(set(lines.mapped("kind"))), ["draft", "planned"])
        self.assertEqual(lines.move_id, run.invoice_ids)
        run.action_post_invoices()
        invoice = run.invoice_ids[0]
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids).create(
            {"amount": 25.0}
        )._create_payments()
        lines = self._forecast().line_ids.filtered(lambda line: line.subscription_id == subscription)
        self.assertEqual(lines.filtered(lambda line: line.move_id == invoice).amount_total, 100.0)
        self.assertEqual(sum(lines.mapped("amount_total")), 125.0 * 14 - 25.0)

    def test_one_that_cannot_be_planned_never_stops_the_others(self):
        bad = self._make_subscription(start=date(1900, 1, 1), interval_unit="day")
        good = self._make_subscription(partner_id=self.other_customer.id, start=date(2027, 3, 1))
        forecast = self._forecast()
        self.assertEqual(len(self._months(forecast, good)), 13)
        self.assertFalse(self._months(forecast, bad))
        self.assertEqual(forecast.stopped_count, 1)

    def test_an_invoice_for_several_subscriptions_is_shared_by_them(self):
        self.customer.subscription_joint_invoice = "joint"
        march = date(2027, 3, 1)
        small = self._make_subscription(start=march)
        large = self._make_subscription(start=march, interval_count=3, lines=[(None, 1, 200.0)])
        move = self._bill(subscriptions=small | large, posting="post").invoice_ids
        self.assertEqual(move.amount_total, 375.0)
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=move.ids).create(
            {"amount": 275.0, "payment_date": "2027-03-10"}
        ).action_create_payments()
        lines = self._forecast().line_ids.filtered(lambda line: line.move_id == move).sorted("amount_total")
        found = [(line.subscription_id, line.amount_untaxed, line.amount_total) for line in lines]
        self.assertEqual(found, [(small, 26.67, 33.33), (large, 53.33, 66.67)])

    def test_computed_again_replaces_and_the_menu_opens_it(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        first = self._forecast()
        self.assertEqual(len(self._months(first, subscription)), 13)
        subscription.date_end = date(2027, 3, 31)
        action = self.env["subscription.forecast"].action_open()
        self.assertEqual(action["res_model"], "subscription.forecast.line")
        self.assertEqual(len(self._months(first, subscription)), 13, "of today: not computed again")
        self.env["subscription.forecast.line"].action_recompute()
        self.assertEqual(len(self._months(first, subscription)), 1)
        with freeze_time("2027-04-10 12:00:00"):
            self.env["subscription.forecast"].action_open()
        self.assertEqual(first.date_from, date(2027, 4, 10))


@tagged("post_install", "-at_install")
class TestMonthlyValue(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2027-03-10 12:00:00"))
        cls.movements = cls.env["subscription.mrr.movement"]
        cls.movements._record(cls.company)

    def _record(self, day="2027-03-10", subscription=None):
        with freeze_time(f"{day} 12:00:00"):
            found = self.movements._record(self.company)
        if subscription:
            found = found.filtered(lambda movement: movement.subscription_id == subscription)
        return [(movement.kind, movement.amount) for movement in found]

    def _month(self, month):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["subscription.mrr.report"].search([("company_id", "=", self.company.id), ("month", "=", month)])

    def test_the_life_of_a_subscription(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        self.assertEqual(self._record(subscription=subscription), [("new", 100.0)])
        self.assertEqual(self._record(subscription=subscription), [], "twice is once")
        subscription.line_ids.price_unit = 130.0
        self.assertEqual(self._record("2027-04-02", subscription), [("expansion", 30.0)])
        subscription.line_ids.quantity = 0.5
        self.assertEqual(self._record("2027-04-03", subscription), [("contraction", -65.0)])
        subscription.sudo().state = "paused"
        self.assertEqual(self._record("2027-04-04", subscription), [("churn", -65.0)])
        subscription.sudo().state = "active"
        self.assertEqual(self._record("2027-05-01", subscription), [("reactivation", 65.0)])
        subscription.date_end = date(2027, 5, 31)
        self.assertEqual(self._record("2027-06-01", subscription), [("churn", -65.0)])

    def test_start_and_movements_are_the_end_and_each_opens_its_list(self):
        first = self._make_subscription(start=date(2027, 3, 1))
        second = self._make_subscription(partner_id=self.other_customer.id, start=date(2027, 3, 1))
        self._record("2027-03-11")
        first.line_ids.price_unit = 150.0
        second.sudo().state = "closed"
        self._record("2027-04-05")
        third = self._make_subscription(partner_id=self._make_customer("C").id, start=date(2027, 5, 1))
        self._record("2027-05-02")
        for month in (date(2027, 3, 1), date(2027, 4, 1), date(2027, 5, 1)):
            row = self._month(month)
            moved = (
                row.amount_new
                + row.amount_expansion
                + row.amount_contraction
                + row.amount_churn
                + row.amount_reactivation
            )
            self.assertAlmostEqual(row.amount_start + moved, row.amount_end, 2)
            for action, amount in (
                (row.action_open_start(), row.amount_start),
                (row.with_context(movement_kind="churn").action_open_movements(), row.amount_churn),
                (row.action_open_movements(), moved),
                (row.action_open_end(), row.amount_end),
            ):
                found = self.env[action["res_model"]].search(action["domain"])
                self.assertAlmostEqual(sum(found.mapped("amount")), amount, 2)
        april = self._month(date(2027, 4, 1))
        self.assertEqual((april.amount_expansion, april.amount_churn), (50.0, -100.0))
        self.assertEqual(april.amount_year, april.amount_end * 12)
        may = self._month(date(2027, 5, 1))
        self.assertEqual(may.amount_start, april.amount_end)
        self.assertEqual(may.amount_end - april.amount_end, third.monthly_amount)

    def test_the_last_month_is_that_of_the_company_s_own_day(self):
        """Half past midnight on the first of July in Copenhagen; on the server it is June yet."""
        self._make_subscription(start=date(2027, 3, 1))
        self._record("2027-03-11")
        with freeze_time("2027-06-30 22:30:00"):
            july, august = self._month(date(2027, 7, 1)), self._month(date(2027, 8, 1))
            self.assertTrue(july.amount_end)
            self.assertEqual((july.amount_start, bool(august)), (july.amount_end, False))

    def test_the_end_is_what_runs(self):
        self._make_subscription(start=date(2027, 3, 1))
        self._make_subscription(partner_id=self.other_customer.id, start=date(2027, 3, 1), interval_unit="quarter")
        self._record()
        running = self.env["subscription.subscription"].search(
            [("company_id", "=", self.company.id), ("state", "=", "active"), ("date_start", "<=", "2027-03-10")]
        )
        self.assertAlmostEqual(self._month(date(2027, 3, 1)).amount_end, sum(running.mapped("monthly_amount")), 2)

    def test_the_value_is_untaxed_where_the_price_has_the_tax_in_it(self):
        included = self.tax.copy({"name": "25 % incl.", "price_include_override": "tax_included"})
        product = self._make_product("Private", 100.0, taxes_id=[(6, 0, included.ids)])
        subscription = self._make_subscription(start=date(2027, 3, 1), lines=[(product, 3, 100.0)])
        line = subscription.line_ids
        self.assertEqual((subscription.monthly_amount, line._get_year_factor()), (240.0, 28.8))
        self.assertEqual(self._bill(until=date(2027, 3, 1), subscriptions=subscription).invoice_ids.amount_untaxed, 240)
        line.tax_ids = self.tax
        self.assertEqual(subscription.monthly_amount, 300.0)

    def test_another_currency_leaves_nothing_when_it_ends(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        rate = self.env["res.currency.rate"].create(
            {"currency_id": euro.id, "name": "2027-01-01", "rate": 0.125, "company_id": self.company.id}
        )
        subscription = self._make_subscription(start=date(2027, 3, 1), currency_id=euro.id)
        self.assertEqual(self._record(subscription=subscription), [("new", 800.0)])
        rate.rate = 0.1
        self.assertEqual(self._record("2027-03-11", subscription), [], "a rate is no movement")
        subscription.sudo().state = "closed"
        self.assertEqual(self._record("2027-03-12", subscription), [("churn", -800.0)])

    def test_not_started_does_not_count(self):
        subscription = self._make_subscription(start=date(2027, 4, 1))
        self.assertEqual(self._record(subscription=subscription), [])
        self.assertEqual(self._record("2027-04-01", subscription), [("new", 100.0)])

    def test_few_queries_whatever_the_number(self):
        for number in range(5):
            self._make_subscription(partner_id=self._make_customer(f"C{number}").id, start=date(2027, 3, 1))
        self._record()
        self.env.flush_all()
        with self.assertQueryCount(1):
            self.movements._record(self.company)

    def test_recorded_by_another_process_meanwhile(self):
        """Its movement is there, but this process looked before: the index refuses the second one."""
        subscription = self._make_subscription(start=date(2027, 3, 1))
        self._record()
        self.env.flush_all()
        seen = [[(subscription.id, 100.0, self.company.currency_id.id, 0.0, 0.0, 0)]]
        execute_query = type(self.env).execute_query
        self.patch(
            type(self.env), "execute_query", lambda env, query: seen.pop() if seen else execute_query(env, query)
        )
        with mute_logger("odoo.sql_db"):
            self.assertFalse(self.movements._record(self.company))
        self.assertEqual(len(self.movements.search([("subscription_id", "=", subscription.id)])), 1)

    def test_written_by_the_program_and_read_by_company(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        self._record()
        movement = self.movements.search([("subscription_id", "=", subscription.id)])
        options = {"company_id": self.company.id, "company_ids": [Command.set(self.company.ids)]}
        manager = new_test_user(self.env, "mrr_manager", groups="account.group_account_manager", **options)
        auditor = new_test_user(self.env, "mrr_auditor", groups="account.group_account_readonly", **options)
        with self.assertRaises(AccessError):
            movement.with_user(manager).amount = 1.0
        with self.assertRaises(AccessError):
            movement.with_user(manager).unlink()
        self.assertTrue(movement.with_user(auditor).amount)
        self.assertTrue(self.env["subscription.mrr.report"].with_user(auditor).action_open())
        self.assertTrue(self.env["subscription.forecast"].with_user(auditor).action_open())
        self.assertTrue(self.env["subscription.forecast.line"].with_user(auditor).search([]))
        other = self.setup_other_company()["company"]
        foreign = new_test_user(
            self.env, "mrr_foreign", groups="account.group_account_manager",
            company_id=other.id, company_ids=[Command.set(other.ids)],
        )  # fmt: skip
        self.assertFalse(self.movements.with_user(foreign).search([("company_id", "=", self.company.id)]))
        reports = self.env["subscription.mrr.report"].with_user(foreign)
        self.assertFalse(reports.search([("company_id", "=", self.company.id)]))
        lines = self.env["subscription.forecast.line"].with_user(foreign)
        self.assertFalse(lines.search([("company_id", "=", self.company.id)]))
