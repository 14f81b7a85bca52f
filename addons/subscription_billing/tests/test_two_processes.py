from datetime import date

from odoo.tests import tagged

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestTwoProcesses(SubscriptionCommon):
    """Two runs at once, seen from the slower one. Two real processes: tests/subscription_billing."""

    def test_claimed_by_another_run_is_left_and_done_later(self):
        """The claim of the other process is in the database, but this process has not seen it yet."""
        subscription = self._make_subscription(start=date(2027, 3, 1))
        run = self._make_run(subscriptions=subscription)
        run.action_preview()
        plan_class = type(self.env["subscription.subscription"])
        stale = plan_class._read_ledger(self.env["subscription.subscription"])
        self._bill(subscriptions=subscription)
        self.patch(plan_class, "_read_ledger", lambda _self: stale)
        run._process_batch(run.line_ids)
        self.assertEqual(run.line_ids.state, "ready")
        self.assertFalse(run.invoice_ids)
        self.assertEqual(len(subscription.period_ids), 1)
