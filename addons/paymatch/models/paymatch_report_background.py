from contextlib import suppress

from odoo import api, fields, models
from odoo.exceptions import UserError

#: Lines that are posted while the person waits, some twenty seconds; more are posted in the background.
APPROVED_AT_ONCE = 1_000


class PaymatchReport(models.Model):
    """The approval of many lines: asked for and checked at once, posted by a job.

    Each report is one transaction still. A job that is stopped or killed leaves nothing of it; the next one begins it
    anew.
    """

    _inherit = "paymatch.report"

    approval_asked_by_id = fields.Many2one(
        "res.users",
        string="Being Approved For",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Who has approved it; it is posted in the background.",
    )

    def action_approve(self):
        # EXTENDS 'paymatch'
        waiting = self.filtered(lambda report: not report.is_approved)
        if sum(waiting.mapped("line_count")) <= APPROVED_AT_ONCE:
            return super().action_approve()
        return waiting._ask_for_approval()

    def action_stop_approval(self):
        """Take reports out of the queue that are not posted yet."""
        self.check_access("write")
        for report in self.filtered("approval_asked_by_id"):
            report._lock()
            report._system_write({"approval_asked_by_id": False})
        return True

    def _ask_for_approval(self):
        """Check each report as its approval would, and leave the posting to the job."""
        problems, asked = [], self.browse()
        for report in self.filtered(lambda report: not report.approval_asked_by_id):
            try:
                report._check_approver()
                report._lock()
                report._check_approvable()
            except UserError as error:
                if len(self) == 1:
                    raise
                problems.append(f"{report.name}: {error}")
            else:
                asked |= report
        asked._system_write({"approval_asked_by_id": self.env.uid})
        self.env.ref("paymatch.ir_cron_paymatch_approve")._trigger()
        text = self.env._(
            "%(count)s reports of %(lines)s lines are posted in the background. You can go on with other work.",
            count=len(asked),
            lines=sum(asked.mapped("line_count")),
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if problems else "info",
                "sticky": bool(problems),
                "title": self.env._("Approved"),
                "message": "\n".join([text, *problems]),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _cron_approve(self):
        """Post what was approved, one report a transaction; what cannot be posted any more is told."""
        cron = self.env["ir.cron"]
        reports = self.search([("approval_asked_by_id", "!=", False)], order="id")
        cron._commit_progress(remaining=len(reports))
        for report in reports:
            with suppress(UserError):  # somebody else is at it right now: it is looked at again
                report._approve_for_person()
            if not cron._commit_progress(1):
                return

    def _approve_for_person(self):
        """Approve with the rights and in the language of the person who has asked for it."""
        self._lock()
        user = self.approval_asked_by_id
        if not user:
            return  # taken out of the queue meanwhile
        self._system_write({"approval_asked_by_id": False})
        if self.is_approved:
            return
        report = self.with_user(user).with_context(lang=user.lang, allowed_company_ids=self.company_id.ids)
        try:
            with self.env.cr.savepoint():
                report._approve()
        except UserError as error:
            self.message_post(body=self.env._("Not approved: %s", error))
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=user.id,
                summary=report.env._("%s was not approved", self.name),
                note=str(error),
            )
