"""Days begin where the company is, also in the nights its clocks change; the server counts in UTC."""

from datetime import date, datetime, timedelta
from unittest.mock import patch

from odoo.tests import freeze_time, tagged

from .common import SubscriptionCommon

#: Time zone, a day that is billed, the last minute before it and its first one in UTC.
MIDNIGHTS = [
    ("Europe/Copenhagen", date(2027, 4, 1), datetime(2027, 3, 31, 21, 59)),  # summer time
    ("Europe/Copenhagen", date(2027, 3, 28), datetime(2027, 3, 27, 22, 59)),  # the night it begins
    ("Europe/Copenhagen", date(2027, 3, 29), datetime(2027, 3, 28, 21, 59)),  # the day after has 23 hours
    ("Europe/Copenhagen", date(2027, 11, 1), datetime(2027, 10, 31, 22, 59)),  # the day before had 25
    ("America/New_York", date(2027, 4, 1), datetime(2027, 4, 1, 3, 59)),
    ("America/New_York", date(2027, 11, 8), datetime(2027, 11, 8, 4, 59)),  # the day before had 25
    ("Asia/Tokyo", date(2027, 4, 1), datetime(2027, 3, 31, 14, 59)),
    ("Pacific/Kiritimati", date(2027, 4, 1), datetime(2027, 3, 31, 9, 59)),  # fourteen hours before UTC
]


@tagged("post_install", "-at_install")
class TestMidnight(SubscriptionCommon):
    def setUp(self):
        super().setUp()
        self.enterContext(patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=60))

    def _clock(self, moment):
        """What the daily job bills at a moment (UTC), with the work it leaves to its workers."""
        with freeze_time(moment):
            runs = self.env["subscription.billing.run"]._make_automatic_runs()
            self.env["subscription.billing.run"]._cron_process_runs()
        return runs.invoice_ids

    def test_billed_on_its_day_and_once(self):
        self.env["res.company"].search([]).subscription_auto_run = "no"
        self.company.subscription_auto_run = "draft"
        for zone, day, before in MIDNIGHTS:
            with self.subTest(zone=zone, day=str(day)):
                self.company.partner_id.tz = zone
                with freeze_time(before):
                    subscription = self._make_subscription(start=day)
                    self.assertEqual(self.company._subscription_today(), day - timedelta(days=1))
                self.assertFalse(self._clock(before), "a minute too early")
                invoice = self._clock(before + timedelta(minutes=1))
                self.assertEqual(invoice.invoice_date, day)
                self.assertEqual(invoice.invoice_line_ids.start_date, day)
                self.assertFalse(self._clock(before + timedelta(hours=1)), "twice in one night")
                self.assertFalse(self._clock(before + timedelta(hours=24)), "twice")
                subscription.sudo().state = "closed"

    def test_ends_and_pauses_with_their_day(self):
        for zone, day, before in MIDNIGHTS:
            with self.subTest(zone=zone, day=str(day)):
                self.company.partner_id.tz = zone
                with freeze_time(before):
                    paused = self._make_subscription(start=date(2027, 1, 1))
                    paused.action_pause(date_from=day)
                    paused._update_state()
                    self.assertEqual(paused.state, "active")
                with freeze_time(before + timedelta(minutes=1)):
                    self.env["subscription.subscription"]._cron_daily()
                    self.assertEqual(paused.state, "paused")
                paused.sudo().state = "closed"
