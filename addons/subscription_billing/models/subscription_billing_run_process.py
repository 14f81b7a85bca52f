import logging

from psycopg2 import Error as DatabaseError

from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from .. import statistics
from ..batch import CONTEXT
from ..billing import BATCH_SIZE, Billing
from ..halving import CONCURRENCY_ERRORS, TRIES, halve
from ..periods import PeriodError
from .subscription_billing_run_joint import get_unit, is_lost_race

_logger = logging.getLogger(__name__)

#: Lines of the smallest batch a process leaves to another: a smaller one costs more than waiting for it.
FEWEST = 30


class SubscriptionBillingRun(models.Model):
    """How a run works: lines are the queue, a batch is a transaction, a bad one is found by dividing it."""

    _inherit = "subscription.billing.run"

    def _billing(self):
        self.ensure_one()
        return Billing(
            self.with_company(self.company_id).env, self.company_id, self.date_until, self.invoice_date, self
        )

    # ------------------------------------------------------------------
    # Work
    # ------------------------------------------------------------------

    def _get_work_domain(self):
        self.ensure_one()
        return Domain("run_id", "=", self.id) & self._get_open_domain() & Domain("is_selected", "=", True)

    def _get_open_domain(self):
        """Lines of which something is left to be done: to be billed, or to be posted."""
        return Domain("state", "in", ["ready", "billed"] if self.posting == "post" else ["ready"])

    def _get_lines_to_post(self, lines):
        """Those of these lines whose drafts the run posts."""
        return lines.filtered(lambda line: line.state == "billed") if self.posting == "post" else lines.browse()

    def _get_work(self, among=None, limit=None):
        """The lines still to be billed, or to be posted.

        A run may have a hundred thousand of them: who asks for each batch says ``among`` which lines, or how many.
        """
        domain = self._get_work_domain()
        if among is not None:
            domain &= Domain("id", "in", among.ids)
        return self.env["subscription.billing.run.line"].search(domain, order="id", limit=limit)

    def _take_work(self, limit, is_first=False):
        """The next lines to bill that no other process holds, locked until the end of the transaction.

        Where another process is at the run too, the first batch is half as large, so that they do not come to the
        invoice numbers at the same moment, and of the last lines each takes half, so that they end together.
        """
        self.env["subscription.billing.run.line"].flush_model(["run_id", "state", "is_selected"])
        savepoint = self.env.cr.savepoint(flush=False)
        with savepoint:
            lines = self._lock_work(limit)
            if (is_first or len(lines) < limit) and len(lines) >= 2 * FEWEST and self._is_shared(lines):
                savepoint.rollback()  # lets go of them
                lines = self._lock_work((len(lines) + 1) // 2)
        return lines

    def _is_shared(self, lines):
        """Whether another process holds lines before these."""
        return self._get_work(limit=1) not in lines

    def _lock_work(self, limit):
        lines = self.env["subscription.billing.run.line"]
        query = lines._search(self._get_work_domain(), order="id", limit=limit)
        rows = self.env.execute_query(SQL("%s FOR NO KEY UPDATE SKIP LOCKED", query.select()))
        return lines.browse(line_id for (line_id,) in rows)

    def _in_batch(self):
        """This run as it works: for its own company, and without what core does once per invoice and need not."""
        return self.with_company(self.company_id).with_context(**CONTEXT, allowed_company_ids=self.company_id.ids)

    def _process_batch(self, lines, billing=None):
        """Bill (and post) some lines of this run in the running transaction. Lines and subscriptions that another
        process holds are left for later. Safe to call twice, and again after a crash.

        :param billing: of the batches before, when the caller has several
        """
        self.ensure_one()
        run = self._in_batch()
        billing = billing or run._billing()
        billing.next_batch()
        billing.hold(run.env)
        lines = run._lock_units(lines.with_env(run.env).exists())
        ready = lines.filtered(lambda line: line.state == "ready")

        def bill(some):
            run._bill(some, billing)

        halve(ready, bill, lambda some, error: run._stop(some, error, bill), get_unit)
        halve(
            run._get_lines_to_post(lines),
            lambda some: run._post_lines(some, ready),
            lambda some, error: run._stop_posting(some, error, ready, billing),
            get_unit,
        )

    def _stop(self, lines, error, work):
        """Lines of one invoice that cannot be made: the others of the invoice are billed without the bad one."""
        if len(lines) > 1:
            self._leave_bad_out(lines, error, work)
        elif not is_lost_race(error):
            self._set_failed(lines, error)

    def _stop_posting(self, lines, error, ready, billing):
        """An invoice that cannot be posted. A draft this batch has made goes again, as if it had not been made.

        :param ready: lines whose drafts this batch has made
        """
        if lines <= ready and self._drop_drafts(lines):

            def bill_and_post(some):
                self._bill(some, billing)
                self._post_lines(some.filtered(lambda line: line.state == "billed"), some)

            if len(lines) > 1:
                self._leave_bad_out(lines, error, bill_and_post)
                return
        for line in lines:
            self._set_failed(line, error)

    def _drop_drafts(self, lines):
        """Take back what was made of these lines in this transaction. Where that is refused the drafts stay: False."""
        try:
            with self.env.cr.savepoint():
                periods_sudo = lines.sudo().period_ids.filtered("move_line_id")
                drafts = lines.move_ids.filtered(lambda move: move.state == "draft")
                periods_sudo.usage_ids.period_id = False
                drafts.with_context(force_delete=True).unlink()
                periods_sudo.unlink()
                lines.sudo().state = "ready"
        except Exception:
            _logger.exception("Drafts of billing run lines %s stay", lines.ids)
            return False
        return True

    def _set_failed(self, line, error):
        if isinstance(error, (UserError, ValidationError, PeriodError)):
            message = str(error)
        else:
            _logger.exception("Billing run line %s failed", line.id)
            kind = "database" if isinstance(error, DatabaseError) else type(error).__name__
            message = self.env._("Unexpected fault (%s). The log of the server has the details.", kind)
        line.sudo().write({"state": "failed", "message": message})
        line.subscription_id.sudo().last_fault = message

    # ------------------------------------------------------------------
    # Cron
    # ------------------------------------------------------------------

    @api.model
    def _cron_process_runs(self, batch_size=BATCH_SIZE):
        """Go on with queued and interrupted runs, one batch per transaction, until the time is up.

        Several processes may do this at once: each takes lines that no other holds.
        """
        runs = self.search([("state", "in", ("queued", "running"))], order="id")
        lines = self.env["subscription.billing.run.line"]
        remaining = sum(lines.search_count(run._get_work_domain()) for run in runs)
        cron = self.env["ir.cron"]
        if runs and not cron._commit_progress(remaining=remaining):
            return
        for run in runs:
            billing, in_vain, batches, made = run._in_batch()._billing(), 0, 0, 0
            while in_vain < TRIES:
                done = 0
                try:
                    if run.state == "queued":
                        run.sudo().state = "running"
                        self.env.flush_all()
                        # another process that writes the same would wait for the end of the first batch
                        if not cron._commit_progress(remaining=remaining):
                            return
                    work = run._take_work(batch_size, is_first=not batches)
                    if work:
                        run._process_batch(work, billing)
                        self.env.flush_all()
                        done = len(work) - len(run._get_work(among=work))
                    in_vain = 0 if done else in_vain + 1 if work else TRIES
                except CONCURRENCY_ERRORS:
                    self.env.cr.rollback()  # another process was faster: look again in a new transaction
                    in_vain += 1
                if done:
                    batches, made = batches + 1, made + done
                    statistics.keep(self.env, batches, made)
                remaining = max(remaining - done, 0)
                time_left = cron._commit_progress(done, remaining=remaining)
                self.env.invalidate_all()
                if not time_left:
                    return
            run._finish_alone()
            cron._commit_progress(remaining=remaining)

    def _finish_alone(self):
        """Close the run unless another process is at its last lines or closes it at this moment."""
        try:
            run = self.try_lock_for_update(allow_referencing=True)
            run.invalidate_recordset(["state"])
            if run.state in ("queued", "running"):
                run._finish()
                self.env.flush_all()
        except CONCURRENCY_ERRORS:
            self.env.cr.rollback()
