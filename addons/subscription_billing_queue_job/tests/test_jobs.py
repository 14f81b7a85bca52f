from datetime import date
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.tests.common import trap_jobs
from odoo.addons.subscription_billing.tests.common import SubscriptionCommon

BATCH_SIZE = "odoo.addons.subscription_billing_queue_job.models.subscription_billing_run.BATCH_SIZE"


@tagged("post_install", "-at_install")
class TestJobs(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.subscriptions = cls.env["subscription.subscription"]
        for number in range(5):
            customer = cls._make_customer(f"Customer {number}")
            cls.subscriptions |= cls._make_subscription(start=date(2027, 3, 1), partner_id=customer.id)

    def _queued(self, trap):
        with patch(BATCH_SIZE, 2):
            run = self._bill(subscriptions=self.subscriptions, posting="post")
        self.assertEqual((run.state, run.invoice_count), ("queued", 0))
        trap.assert_jobs_count(3, only=run._job_process_batch)
        return run

    def test_large_run_becomes_jobs_that_bill_each_once(self):
        with trap_jobs() as trap:
            run = self._queued(trap)
            trap.perform_enqueued_jobs()
        self.assertEqual((run.state, run.invoice_count, run.done_count), ("done", 5, 5))
        self.assertEqual(set(run.invoice_ids.mapped("state")), {"posted"})

    def test_job_that_runs_twice_bills_once(self):
        with trap_jobs() as trap:
            run = self._queued(trap)
        ids = run.line_ids.ids
        run._job_process_batch(ids)
        run._job_process_batch(ids)
        self.assertEqual(run.invoice_count, 5)

    def test_busy_lines_are_retried(self):
        with trap_jobs() as trap:
            run = self._queued(trap)
        run_class = type(run)
        with (
            patch.object(run_class, "_process_batch", lambda _self, _lines: None),
            self.assertRaises(RetryableJobError),
        ):
            run._job_process_batch(run.line_ids.ids)

    def test_small_run_needs_no_job(self):
        with trap_jobs() as trap:
            run = self._bill(subscriptions=self.subscriptions)
            trap.assert_jobs_count(0)
        self.assertEqual(run.state, "done")
