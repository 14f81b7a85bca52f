from odoo import models

from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.subscription_billing.billing import BATCH_SIZE


class SubscriptionBillingRun(models.Model):
    _inherit = "subscription.billing.run"

    def _launch(self):
        # EXTENDS 'subscription_billing': large runs become one job per batch; the cron stays as safety net
        work = self._get_work()
        if len(work) <= BATCH_SIZE:
            return super()._launch()
        self.sudo().state = "queued"
        for start in range(0, len(work), BATCH_SIZE):
            lines = work[start : start + BATCH_SIZE]
            self.with_delay(
                description=self.env._(
                    "%(run)s: batch of %(count)s, from %(first)s",
                    run=self.name,
                    count=len(lines),
                    first=lines[0].display_name,
                ),
                identity_key=f"subscription_billing-{self.id}-{self.posting}-{lines[0].id}-{len(lines)}",
            )._job_process_batch(lines.ids)
        return None

    def _job_process_batch(self, line_ids):
        """One batch as a job: the same method as in the cron. Safe to run again."""
        self.ensure_one()
        lines = self._get_work(among=self.env["subscription.billing.run.line"].browse(line_ids))
        self._process_batch(lines)
        if self._get_work(among=lines):
            raise RetryableJobError(
                self.env._("Another process is billing some of these subscriptions."), ignore_retry=True, seconds=60
            )
        self._finish()
