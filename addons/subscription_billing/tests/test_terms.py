from datetime import date
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .common import SubscriptionCommon

DAY = date(2027, 3, 10)


@tagged("post_install", "-at_install")
class TestTerms(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        options = {"company_id": cls.company.id, "company_ids": [Command.set(cls.company.ids)]}
        cls.clerk = new_test_user(cls.env, "terms_clerk", groups="account.group_account_invoice", **options)
        cls.manager = new_test_user(
            cls.env, "terms_manager", groups="account.group_account_manager,account.group_account_invoice", **options
        )

    def setUp(self):
        super().setUp()
        self.startPatcher(patch.object(type(self.company), "_subscription_today", return_value=DAY))

    def _bound(self, **values):
        options = {"binding_months": 6, "notice_count": 1, "notice_end": "month"}
        return self._make_subscription(**{**options, **values})

    def _end(self, subscription, **values):
        return self.env["subscription.end"].create({"subscription_id": subscription.id, **values})

    # Trial

    def test_trial_days_are_free_and_nothing_is_left_out(self):
        subscription = self._make_subscription(start=date(2027, 1, 10), trial_days=14)
        self.assertEqual(subscription.trial_end, date(2027, 1, 23))
        run = self._bill(date(2027, 3, 31), subscription)
        self.assertPeriods(
            run.invoice_ids,
            [("2027-01-24", "2027-02-23"), ("2027-02-24", "2027-03-23"), ("2027-03-24", "2027-04-23")],
        )
        self.assertEqual(set(run.invoice_ids.mapped("amount_untaxed")), {100.0})

    def test_trial_with_periods_that_count_from_the_start(self):
        subscription = self._make_subscription(start=date(2027, 1, 10), trial_days=14, trial_anchor="start")
        run = self._bill(date(2027, 2, 10), subscription)
        self.assertPeriods(run.invoice_ids, [("2027-01-24", "2027-02-09"), ("2027-02-10", "2027-03-09")])
        self.assertEqual(min(run.invoice_ids.mapped("amount_untaxed")), round(100 * 17 / 31, 2))

    def test_trial_with_calendar_months(self):
        subscription = self._make_subscription(start=date(2027, 1, 10), trial_days=14, anchor="first")
        run = self._bill(date(2027, 2, 10), subscription)
        self.assertPeriods(run.invoice_ids, [("2027-01-24", "2027-01-31"), ("2027-02-01", "2027-02-28")])

    def test_usage_of_the_trial_is_free(self):
        subscription = self._make_subscription(start=date(2027, 1, 1), trial_days=10, running=False)
        line = self.env["subscription.line"].create(
            {"subscription_id": subscription.id, "product_id": self.service.id, "price_unit": 2.0, "is_usage": True}
        )
        subscription._start()
        usage = {"line_id": line.id, "partner_id": self.customer.id}
        self.env["subscription.usage"].create(
            [{**usage, "date": "2027-01-05", "quantity": 7}, {**usage, "date": "2027-01-20", "quantity": 3}]
        )
        run = self._bill(DAY, subscription)
        used = run.invoice_ids.invoice_line_ids.filtered(lambda each: each.subscription_period_ids.line_id == line)
        self.assertEqual(sum(used.mapped("quantity")), 3)

    def test_trial_does_not_count_as_monthly_value(self):
        subscription = self._make_subscription(start=DAY, trial_days=14)
        movements = self.env["subscription.mrr.movement"]
        movements._record(self.company)
        domain = [("subscription_id", "=", subscription.id)]
        self.assertFalse(movements.search(domain))
        today = date(2027, 3, 24)
        with patch.object(type(self.company), "_subscription_today", return_value=today):
            movements._record(self.company)
            forecast = self.env["subscription.forecast"]._compute_company(self.company)
        self.assertEqual(movements.search(domain).amount, 100.0)
        days = forecast.line_ids.filtered(lambda each: each.subscription_id == subscription).mapped("invoice_date")
        self.assertEqual((min(days), len(days)), (today, 12))

    def test_trial_is_over_when_something_was_charged(self):
        subscription = self._make_subscription(start=date(2027, 1, 1))
        self._bill(DAY, subscription)
        with self.assertRaisesRegex(ValidationError, r"\w"):
            subscription.trial_days = 30

    # Binding and notice

    def test_end_is_proposed_with_its_reason(self):
        subscription = self._bound()
        self.assertEqual((subscription.binding_until, subscription.earliest_end), (date(2027, 6, 30),) * 2)
        action = subscription.action_close()
        self.assertEqual(action["res_model"], "subscription.end")
        with Form(self.env["subscription.end"].with_context(**action["context"])) as form:
            self.assertEqual(form.date_end, date(2027, 6, 30))
            self.assertTrue(form.explanation)
        form.save().action_confirm()
        self.assertEqual((subscription.date_end, subscription.state), (date(2027, 6, 30), "active"))
        self.assertEqual(subscription.termination_ids.date, DAY)
        self.assertFalse(subscription.termination_ids.is_override)

    def test_notice_to_the_end_of_the_month_and_of_the_period(self):
        subscription = self._bound(binding_months=0)
        self.assertEqual(subscription.earliest_end, date(2027, 4, 30))
        subscription.notice_end = "day"
        self.assertEqual(subscription.earliest_end, date(2027, 4, 10))
        subscription.write({"notice_end": "period", "interval_unit": "quarter"})
        self.assertEqual(subscription.earliest_end, date(2027, 6, 30))
        subscription.write({"notice_count": 14, "notice_unit": "day", "notice_end": "day"})
        self.assertEqual(subscription.earliest_end, date(2027, 3, 24))

    def test_binding_is_edited(self):
        subscription = self._bound()
        subscription.binding_until = date(2027, 12, 15)
        self.assertEqual(subscription.earliest_end, date(2027, 12, 31))

    def test_without_terms_it_ends_today_as_before(self):
        subscription = self._make_subscription()
        self.assertFalse(subscription.action_close())
        self.assertEqual(subscription.date_end, DAY)

    def test_too_early_is_refused_whatever_the_way(self):
        subscription = self._bound().with_user(self.clerk)
        for attempt in (
            lambda: subscription.action_close("2027-04-30"),
            lambda: subscription.write({"date_end": "2027-04-30"}),
            lambda: subscription.action_close("2027-04-30", "Please"),
            lambda: subscription.write({"binding_until": False}),
            lambda: subscription.write({"notice_count": 0}),
        ):
            with self.assertRaisesRegex(UserError, r"\w"):
                attempt()
        self.assertFalse(subscription.date_end)
        subscription.write({"date_end": "2027-07-31"})
        subscription.write({"date_end": False})

    def test_manager_ends_earlier_with_a_reason_that_is_kept(self):
        subscription = self._bound().with_user(self.manager)
        with self.assertRaisesRegex(UserError, "30"):
            subscription.action_close("2027-04-30")
        subscription.action_close("2027-04-30", "Wound up")
        self.assertEqual(subscription.date_end, date(2027, 4, 30))
        proof = subscription.termination_ids
        self.assertEqual(
            (proof.is_override, proof.override_reason, proof.user_id, proof.date_earliest),
            (True, "Wound up", self.manager, date(2027, 6, 30)),
        )
        self.assertIn("Wound up", "".join(subscription.message_ids.mapped("body")))
        with self.assertRaises(AccessError):
            proof.override_reason = "x"
        with self.assertRaises(AccessError):
            self.env["subscription.termination"].with_user(self.manager).create({"subscription_id": subscription.id})

    def test_end_in_a_charged_period_takes_the_rest_back(self):
        subscription = self._make_subscription(start=date(2027, 3, 1))
        run = self._bill(DAY, subscription, posting="post")
        self.assertEqual(run.invoice_ids.amount_untaxed, 100.0)
        wizard = self._end(subscription, date_end=date(2027, 3, 15), is_taken_back=True)
        self.assertTrue(wizard.has_charged_after)
        wizard.action_confirm()
        self.assertEqual(
            (subscription.date_end, subscription.next_invoice_date), (date(2027, 3, 15), date(2027, 3, 16))
        )
        run = self._bill(date(2027, 3, 16), subscription, posting="post")
        self.assertEqual((run.invoice_ids.move_type, run.invoice_ids.amount_untaxed), ("out_refund", 51.61))
        with patch.object(type(self.company), "_subscription_today", return_value=date(2027, 3, 17)):
            subscription._update_state()
        self.assertEqual(subscription.state, "closed")

    def test_nothing_is_taken_back_when_the_end_is_refused(self):
        subscription = self._bound(start=date(2027, 3, 1), binding_months=1, interval_unit="year")
        self._bill(DAY, subscription, posting="post")
        wizard = self._end(subscription, date_end=date(2027, 3, 31), is_taken_back=True)
        with self.assertRaises(UserError):
            wizard.action_confirm()
        self.assertFalse(subscription.change_ids)

    def test_draft_has_no_notice(self):
        subscription = self._bound(running=False).with_user(self.clerk)
        subscription.date_end = "2027-01-31"
        subscription.action_close()
        self.assertEqual(subscription.state, "closed")
        self.assertFalse(subscription.termination_ids)

    def test_other_companies_see_nothing(self):
        subscription = self._make_subscription()
        subscription.action_close()
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env,
            "terms_stranger",
            groups="account.group_account_invoice",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertFalse(self.env["subscription.termination"].with_user(stranger).search([]))
