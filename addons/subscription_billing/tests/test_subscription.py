from datetime import date
from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import format_date

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestSubscription(SubscriptionCommon):
    def _upcoming(self, subscription, count=3):
        return [
            [(str(c.period.start), str(c.period.end)) for c in plan.charges]
            for plan in subscription._get_upcoming_plans(count)
        ]

    def test_made_in_the_form_from_the_customer(self):
        action = self.customer.action_new_subscription()
        with Form(self.env["subscription.subscription"].with_context(**action["context"])) as form:
            form.date_start = "2027-03-01"
            with form.line_ids.new() as line:
                line.product_id = self.service
                line.quantity = 2
            with form.one_off_line_ids.new() as line:
                line.name = "Welcome"
                line.price_unit = 10.0
        subscription = form.save()
        self.assertTrue(subscription.one_off_line_ids.is_one_off)
        self.assertFalse(subscription.line_ids.is_one_off)
        self.assertEqual(subscription.partner_id, self.customer)
        self.assertEqual(subscription.line_ids.price_unit, 100.0)
        self.assertEqual(subscription.monthly_amount, 200.0)
        self.assertTrue(subscription.name.startswith("SUB"))
        self.assertEqual(self.customer.subscription_count, 1)

    def test_start_month_end_never_drifts(self):
        subscription = self._make_subscription(start=date(2027, 1, 31))
        run = self._bill(until=date(2027, 4, 30), subscriptions=subscription)
        starts = sorted(str(line.start_date) for line in run.invoice_ids.invoice_line_ids)
        self.assertEqual(starts, ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"])

    def test_anchor_chosen_after_the_start(self):
        subscription = self._make_subscription(start=date(2027, 1, 31))
        subscription.anchor = "last"
        self.assertEqual(
            self._upcoming(subscription),
            [[("2027-01-31", "2027-02-27")], [("2027-02-28", "2027-03-30")], [("2027-03-31", "2027-04-29")]],
        )
        subscription.anchor = "first"
        plans = subscription._get_upcoming_plans(2)
        self.assertEqual(plans[0].amount_untaxed, round(100 / 31, 2), "one day costs one day")
        self.assertEqual(plans[1].amount_untaxed, 100.0)

    def test_part_of_a_period_is_exact_and_explained(self):
        subscription = self._make_subscription(start=date(2026, 10, 15), date_end=date(2026, 11, 20))
        run = self._bill(subscriptions=subscription)
        moves = run.invoice_ids.sorted(lambda move: move.invoice_line_ids.start_date)
        self.assertEqual(moves.mapped("amount_untaxed"), [100.0, 20.0])
        self.assertRegex(moves[1].invoice_line_ids.name, r"\n6 \w+ 30 ")
        self.assertFalse(subscription.next_invoice_date)

    def test_part_of_many_pieces_is_exact(self):
        subscription = self._make_subscription(start=date(2027, 1, 26), anchor="first", lines=[(None, 3, 33.33)])
        plan = subscription._get_upcoming_plans(1)[0]
        self.assertEqual(plan.amount_untaxed, round(3 * 33.33 * 6 / 31, 2))

    def test_arrears_are_due_on_the_last_day(self):
        subscription = self._make_subscription(start=date(2024, 1, 1), interval_unit="week", timing="arrears")
        self.assertEqual(subscription.next_invoice_date, date(2024, 1, 7))

    def test_lead_days(self):
        subscription = self._make_subscription(start=date(2027, 3, 1), lead_days=14)
        self.assertEqual(subscription.next_invoice_date, date(2027, 2, 15))

    def test_line_with_its_own_interval(self):
        subscription = self._make_subscription(start=date(2027, 1, 1), backlog="together")
        subscription.line_ids = [
            (
                0,
                0,
                {"product_id": self.setup_fee.id, "price_unit": 1200.0, "interval_count": 1, "interval_unit": "year"},
            )
        ]
        self.assertEqual(subscription.monthly_amount, 200.0)
        run = self._bill(subscriptions=subscription)
        self.assertEqual(run.invoice_ids.amount_untaxed, 1500.0)
        yearly = run.invoice_ids.invoice_line_ids.filtered(lambda line: line.product_id == self.setup_fee)
        self.assertEqual((yearly.start_date, yearly.end_date), (date(2027, 1, 1), date(2027, 12, 31)))

    def test_line_limits(self):
        subscription = self._make_subscription()
        subscription.line_ids.write({"date_start": date(2027, 2, 1), "date_end": date(2027, 2, 28)})
        run = self._bill(until=date(2027, 12, 31), subscriptions=subscription)
        self.assertPeriods(run.invoice_ids, [("2027-02-01", "2027-02-28")])

    def test_one_off_from_a_date_and_with_the_next(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        dated = self._add_one_off(subscription, date_start=date(2027, 3, 20))
        waiting = self._add_one_off(subscription, price=7.0)
        run = self._bill(until=date(2027, 3, 10), subscriptions=subscription)
        self.assertEqual(run.invoice_ids.amount_untaxed, 107.0)
        self.assertEqual((waiting.is_charged, dated.is_charged), (True, False))
        self.assertEqual(subscription.next_invoice_date, date(2027, 3, 20))
        run = self._bill(until=date(2027, 3, 20), subscriptions=subscription)
        self.assertEqual(run.invoice_ids.amount_untaxed, 250.0)
        self.assertFalse(run.invoice_ids.invoice_line_ids.start_date)

    def test_one_off_after_the_end_is_still_charged(self):
        subscription = self._make_subscription(date_end=date(2027, 1, 31))
        self._bill(subscriptions=subscription)
        self._add_one_off(subscription)
        self.assertEqual(self._bill(subscriptions=subscription).invoice_ids.amount_untaxed, 250.0)

    def test_quantity_never_changes_the_agreed_price(self):
        subscription = self._make_subscription(lines=[(None, 1, 77.0)])
        with Form(subscription) as form, form.line_ids.edit(0) as line:
            line.quantity = 12
        self.assertEqual(subscription.line_ids.price_unit, 77.0)

    def test_price_of_the_price_list_at_the_period(self):
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "List",
                "currency_id": self.company.currency_id.id,
                "company_id": self.company.id,
                "item_ids": [
                    (0, 0, {"compute_price": "fixed", "fixed_price": 90.0, "date_end": "2027-01-31 12:00:00"}),
                    (0, 0, {"compute_price": "fixed", "fixed_price": 110.0, "date_start": "2027-01-31 12:00:01"}),
                ],
            }
        )
        subscription = self._make_subscription(pricelist_id=pricelist.id)
        subscription.line_ids.is_price_fixed = False
        run = self._bill(subscriptions=subscription)
        amounts = run.invoice_ids.sorted(lambda m: m.invoice_line_ids.start_date).mapped("amount_untaxed")
        self.assertEqual(amounts, [90.0, 110.0, 110.0])

    def test_pause_and_resume(self):
        subscription = self._make_subscription()
        with patch.object(type(self.company), "_subscription_today", return_value=date(2027, 2, 1)):
            subscription.action_pause()
            self.assertEqual(subscription.state, "paused")
        run = self._bill(subscriptions=subscription)
        self.assertPeriods(run.invoice_ids, [("2027-01-01", "2027-01-31")])
        self.assertFalse(subscription.next_invoice_date)
        with patch.object(type(self.company), "_subscription_today", return_value=date(2027, 3, 16)):
            subscription.action_resume()
            self.assertEqual(subscription.state, "active")
        run = self._bill(until=date(2027, 3, 16), subscriptions=subscription)
        self.assertPeriods(run.invoice_ids, [("2027-03-16", "2027-03-31")])
        self.assertEqual(subscription.date_start, date(2027, 1, 1))

    def test_start_in_the_past_is_asked_about(self):
        subscription = self._make_subscription(running=False)
        with patch.object(type(self.company), "_subscription_today", return_value=date(2027, 4, 10)):
            action = subscription.action_start()
            self.assertEqual(action["res_model"], "subscription.start")
            wizard = self.env["subscription.start"].create({"subscription_id": subscription.id, "choice": "skip"})
            self.assertEqual(wizard.missed_count, 3)
            wizard.action_confirm()
        self.assertEqual((subscription.state, subscription.bill_from), ("active", date(2027, 4, 1)))
        run = self._bill(until=date(2027, 4, 10), subscriptions=subscription)
        self.assertPeriods(run.invoice_ids, [("2027-04-01", "2027-04-30")])

    def test_closes_by_itself_when_all_is_billed(self):
        subscription = self._make_subscription(date_end=date(2027, 2, 28))
        with patch.object(type(self.company), "_subscription_today", return_value=date(2027, 3, 10)):
            subscription._update_state()
            self.assertEqual(subscription.state, "active", "two periods are still open")
            self._bill(subscriptions=subscription)
            subscription._update_state()
        self.assertEqual(subscription.state, "closed")

    def test_end_before_what_is_billed_is_allowed(self):
        subscription = self._make_subscription()
        self._bill(subscriptions=subscription)
        subscription.date_end = date(2027, 2, 10)
        self.assertFalse(subscription.next_invoice_date)

    def test_changed_interval_goes_on_after_what_is_billed(self):
        subscription = self._make_subscription()
        self._bill(subscriptions=subscription)
        subscription.write({"interval_unit": "quarter"})
        self.assertEqual(self._upcoming(subscription, 1), [[("2027-04-01", "2027-06-30")]])

    @freeze_time("2027-03-31 22:30:00")
    def test_today_is_where_the_company_is(self):
        self.assertEqual(self.company._subscription_today(), date(2027, 4, 1))
        self.company.partner_id.tz = False
        self.assertEqual(self.company._subscription_today(), date(2027, 4, 1), "by the country")

    def test_text_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("da_DK")
        self.customer.lang = "da_DK"
        self.service.with_context(lang="da_DK").name = "Tjeneste"
        run = self._bill(subscriptions=self._make_subscription(start=date(2027, 3, 1)))
        name = run.invoice_ids.invoice_line_ids.name
        self.assertIn("Tjeneste", name)
        self.assertIn(format_date(self.env, date(2027, 3, 31), lang_code="da_DK"), name)

    def test_next_invoices_are_shown(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        self.assertIn("Service", subscription.upcoming)
        self.assertRegex(subscription.upcoming, r"125[.,]00")
        self.assertNotIn("%", subscription.upcoming)
        subscription.line_ids.discount = 10
        subscription.invalidate_recordset(["upcoming"])
        self.assertRegex(subscription.upcoming, r"100[.,]00 - 10[.,]00 %")
        self.assertRegex(subscription.upcoming, r"112[.,]50")

    def test_customer_or_group(self):
        with self.assertRaises(ValidationError):
            self.env["subscription.subscription"].create({"date_start": "2027-01-01"})

    def test_started_is_not_deleted(self):
        with self.assertRaisesRegex(UserError, "Close it"):
            self._make_subscription().unlink()

    def test_start_needs_a_line(self):
        with self.assertRaisesRegex(UserError, "Add a line"):
            self._make_subscription(lines=[], running=False).action_start()

    def test_the_clock_ends_and_pauses_in_batches(self):
        today = date(2027, 3, 10)
        ended = self._make_subscription(date_end=date(2027, 1, 31))
        self._bill(subscriptions=ended)
        paused = self._make_subscription(partner_id=self.other_customer.id)
        paused.pause_ids = [(0, 0, {"date_from": today})]
        (ended | paused).sudo().state = "active"
        running = self._make_subscription(partner_id=self._make_customer("C").id)
        progress = patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=60)
        with patch.object(type(self.company), "_subscription_today", return_value=today), progress as committed:
            self.env["subscription.subscription"]._cron_daily()
        self.assertEqual((ended | paused | running).mapped("state"), ["closed", "paused", "active"])
        self.assertTrue(committed.called)
