from datetime import date

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import TODAY, SubscriptionCommon


@tagged("post_install", "-at_install")
class TestFaults(SubscriptionCommon):
    def _faults(self, subscription, **values):
        run = self._make_run(subscriptions=subscription, **values)
        run.action_preview()
        self.assertEqual(len(run.line_ids), 1)
        return run.line_ids.state, run.line_ids.message or ""

    def test_faults_are_listed_together_before_booking(self):
        subscription = self._make_subscription(lines=[(None, 1, 100.0), (self.setup_fee, 1, 10.0)])
        self.service.active = False
        self.setup_fee.property_account_income_id = self.company_data["default_account_revenue"]
        self.customer.write({"street": False, "country_id": False})
        self.customer.active = False
        self.company.sale_lock_date = date(2027, 3, 31)
        self.tax.active = False
        state, message = self._faults(subscription)
        self.assertEqual(state, "fault")
        for words in (
            "product Service is archived",
            "street, country",
            "customer Aage A/S is archived",
            "locked period",
            "tax of",
        ):
            self.assertIn(words, message)

    def test_missing_account(self):
        subscription = self._make_subscription()
        self.env["account.journal"].search([("type", "=", "sale")]).default_account_id = False
        self.service.property_account_income_id = False
        self.service.categ_id.property_account_income_categ_id = False
        if "income_account_id" in self.company:
            self.company.income_account_id = False
        state, message = self._faults(subscription)
        self.assertEqual(state, "fault")
        self.assertIn("No income account", message)

    def test_incomplete_address_warns_and_is_billed(self):
        self.customer.city = False
        run = self._make_run(subscriptions=self._make_subscription())
        run.action_preview()
        self.assertTrue(run.line_ids.has_warning)
        self.assertIn("city", run.fault_line_ids.message)
        run.action_run()
        self.assertEqual(run.invoice_count, 3)

    def test_no_rate_for_the_currency(self):
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", "ISK")])
        currency.active = True
        currency.rate_ids.unlink()
        state, message = self._faults(self._make_subscription(currency_id=currency.id))
        self.assertEqual(state, "fault")
        self.assertIn("No exchange rate for ISK", message)

    def test_negative_invoice(self):
        state, message = self._faults(self._make_subscription(lines=[(None, 1, -5.0)]))
        self.assertEqual((state, message), ("fault", "The invoice would be negative."))

    def test_fault_stops_only_its_customer_and_can_be_mended(self):
        bad = self._make_subscription(partner_id=self.other_customer.id)
        self.other_customer.active = False
        run = self._bill(subscriptions=self._make_subscription() | bad)
        self.assertEqual((run.state, run.done_count, run.fault_count), ("done", 1, 1))
        self.other_customer.active = True
        run.action_retry()
        self.assertEqual((run.done_count, run.fault_count, run.invoice_count), (2, 0, 6))

    def test_fault_that_came_after_the_preview(self):
        subscription = self._make_subscription()
        run = self._make_run(subscriptions=subscription)
        run.action_preview()
        self.service.active = False
        run.action_run()
        self.assertEqual((run.line_ids.state, run.invoice_count), ("fault", 0))
        self.assertIn("archived", subscription.last_fault)

    def test_too_many_open_periods(self):
        subscription = self._make_subscription(start=date(1900, 1, 1), interval_unit="day")
        state, message = self._faults(subscription, until=TODAY)
        self.assertEqual(state, "fault")
        self.assertIn("periods are open", message)
        with self.assertRaisesRegex(UserError, "1200"):
            subscription.copy().action_start()

    def test_slips_of_the_finger_are_told_and_not_a_crash(self):
        for values in (
            {"date_start": date(9999, 12, 1)},
            {"date_start": date(1, 1, 1)},
            {"lead_days": 10**6},
            {"lead_days": -(10**6)},
            {"trial_days": 10**7},
            {"binding_months": 10**7},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError), self.env.cr.savepoint():
                self._make_subscription(
                    running=False, **{"start": values.pop("date_start", date(2027, 3, 1)), **values}
                )
        subscription = self._make_subscription()
        subscription.date_end = date(9999, 12, 31)
        self.assertTrue(subscription.upcoming)

    def test_run_cannot_start_twice(self):
        run = self._make_run(subscriptions=self._make_subscription())
        run.sudo().state = "running"
        with self.assertRaisesRegex(UserError, "already at work"):
            run.action_run()
