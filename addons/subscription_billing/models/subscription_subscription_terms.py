from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ..periods import ONE_DAY, PeriodError, Range, Schedule
from ..terms import binding_until, earliest_end, trial_end
from .subscription_terms_mixin import MOST_BINDING_MONTHS, MOST_TRIAL_DAYS


# one subject per file: trial, binding and notice
class SubscriptionSubscription(models.Model):
    """Free days at the start, and how early a subscription may end."""

    _name = "subscription.subscription"
    _inherit = ["subscription.subscription", "subscription.terms.mixin"]

    trial_end = fields.Date(
        string="Trial Until", compute="_compute_trial_end", store=True, precompute=True, help="The last free day."
    )
    binding_until = fields.Date(
        string="Bound Until",
        compute="_compute_binding_until",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        tracking=True,
        help="The customer cannot end it before this day.",
    )
    earliest_end = fields.Date(string="Can End On", compute="_compute_earliest_end", help="If notice is given today.")
    earliest_end_reason = fields.Char(compute="_compute_earliest_end")
    termination_ids = fields.One2many(
        "subscription.termination", "subscription_id", string="Ends Given", readonly=True, copy=False
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("date_start", "trial_days")
    def _compute_trial_end(self):
        for subscription in self:
            days = min(max(subscription.trial_days, 0), MOST_TRIAL_DAYS)
            subscription.trial_end = subscription.date_start and trial_end(subscription.date_start, days)

    @api.depends("date_start", "binding_months")
    def _compute_binding_until(self):
        for subscription in self:
            months = min(max(subscription.binding_months, 0), MOST_BINDING_MONTHS)
            subscription.binding_until = subscription.date_start and binding_until(subscription.date_start, months)

    @api.depends(
        "date_start", "binding_until", "notice_count", "notice_unit", "notice_end", "interval_unit", "interval_count",
        "anchor", "anchor_day", "anchor_month", "trial_end", "trial_anchor",
    )  # fmt: skip
    def _compute_earliest_end(self):
        for subscription in self:
            found = subscription._get_earliest_end()
            subscription.earliest_end = found and found.day
            subscription.earliest_end_reason = found and subscription._get_end_reason(found)

    # ------------------------------------------------------------------
    # Constraints
    # ------------------------------------------------------------------

    @api.constrains("trial_days", "trial_anchor")
    def _check_trial_before_billing(self):
        for subscription in self:
            if subscription.sudo().period_ids.filtered(lambda p: p.state != "released" and not p.is_one_off):
                raise ValidationError(
                    self.env._(
                        "%s was already invoiced; its trial is over. A pause makes days free afterwards.",
                        subscription.display_name,
                    )
                )

    def write(self, vals):
        if not self.env.su:
            if "date_end" in vals:
                self._check_end_is_given(fields.Date.to_date(vals["date_end"]))
            if {"binding_until", *self._get_terms_fields()} & set(vals):
                self._check_may_change_terms()
        result = super().write(vals)
        if vals.get("date_end"):
            self._note_usage_after_end()
        return result

    def _check_end_is_given(self, day):
        """A running subscription is not ended past its notice by typing a date."""
        for subscription in self.filtered(lambda s: day and s.state in ("active", "paused")):
            found = subscription._get_earliest_end()
            if found and day < found.day and (not subscription.date_end or day < subscription.date_end):
                raise UserError(subscription._get_end_refusal(day, found))

    def _check_may_change_terms(self):
        if self._may_override_end():
            return
        for subscription in self.filtered(lambda s: s.state in ("active", "paused")):
            raise UserError(
                self.env._(
                    "%s is running. Only an accounting manager changes its trial, binding or notice.",
                    subscription.display_name,
                )
            )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_open_end(self):
        """Button: propose the earliest day it may end, and say why."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("End %s", self.display_name),
            "res_model": "subscription.end",
            "view_mode": "form",
            "target": "new",
            "context": {"default_subscription_id": self.id},
        }

    def action_close(self, date_end=None, override_reason=None):
        """End on a day. What is open until then is still billed, afterwards the subscription closes itself.

        :param date_end: the last day that is charged. Without: today, or a proposal where the terms do not allow today
        :param str override_reason: why the terms do not count this time; accounting managers only
        :raise UserError: the terms do not allow the day
        """
        self.check_access("write")
        running = self.filtered(lambda s: s.state in ("active", "paused"))
        if len(running) == len(self) == 1 and not date_end:
            found = running._get_earliest_end()
            if found and found.day > running.company_id._subscription_today():
                return running.action_open_end()
        self._close(date_end, override_reason)
        return None

    def _close(self, date_end=None, override_reason=None, given=None):
        """The same without a question.

        :param date given: the day notice was given (today)
        """
        self.check_access("write")
        running = self.filtered(lambda s: s.state in ("active", "paused"))
        for subscription in self:
            day = fields.Date.to_date(date_end) or subscription.company_id._subscription_today()
            if subscription in running:
                subscription._note_end(day, override_reason, given)
            if subscription.state == "draft" or day < subscription.date_start:
                subscription.sudo().state = "closed"
            elif not subscription.date_end or subscription.date_end > day:
                subscription.sudo().date_end = day
        self._update_state()

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    @api.model
    def _may_override_end(self):
        return self.env.su or self.env.user.has_group("account.group_account_manager")

    def _get_earliest_end(self, given=None):
        """The earliest day it may end when notice is given on a day (today); None when the dates make no sense."""
        self.ensure_one()
        if not self.date_start or not self.interval_unit:
            return None
        given = given or (self.company_id or self.env.company)._subscription_today()
        try:
            schedule = self._get_schedule(self.env["subscription.line"])
            return earliest_end(given, self._get_notice(), self.binding_until or None, schedule)
        except (PeriodError, OverflowError, ValueError):
            return None

    def _get_end_reason(self, found):
        """Why it cannot end before that day, for a bookkeeper and for the customer."""
        self.ensure_one()
        parts = []
        if self.notice_count:
            parts.append(
                self.env._(
                    "A notice of %(length)s given today runs until %(day)s.",
                    length=self._get_notice_text(),
                    day=format_date(self.env, found.notice_day),
                )
            )
        if found.is_bound:
            parts.append(self.env._("Bound until %s.", format_date(self.env, self.binding_until)))
        if found.is_rounded:
            parts.append(
                self.env._("It ends with a month.")
                if self.notice_end == "month"
                else self.env._("It ends with a charged period.")
            )
        return " ".join(parts) or self.env._("No notice and no binding are agreed.")

    def _get_notice_text(self):
        """How long the notice is, e.g. "3 months"."""
        self.ensure_one()
        count = self.notice_count
        if self.notice_unit == "month":
            return self.env._("1 month") if count == 1 else self.env._("%s months", count)
        return self.env._("1 day") if count == 1 else self.env._("%s days", count)

    def _get_end_refusal(self, day, found):
        return self.env._(
            "%(subscription)s cannot end on %(day)s. The earliest day is %(earliest)s: %(reason)s "
            "An accounting manager can end it earlier with a reason, by the button End Subscription.",
            subscription=self.display_name,
            day=format_date(self.env, day),
            earliest=format_date(self.env, found.day),
            reason=self._get_end_reason(found),
        )

    def _check_end(self, day, override_reason=None, given=None):
        """Refuse an end the terms do not allow, unless a manager says why. Returns the earliest end, or None."""
        self.ensure_one()
        found = self._get_earliest_end(given)
        if found and day < found.day:
            if not (override_reason or "").strip():
                raise UserError(self._get_end_refusal(day, found))
            if not self._may_override_end():
                raise UserError(self.env._("Only an accounting manager ends a subscription before its notice."))
        return found

    def _note_end(self, day, override_reason=None, given=None):
        """Check an end against the terms and write down who gave it, and why when the terms did not allow it."""
        self.ensure_one()
        found = self._check_end(day, override_reason, given)
        earliest = found.day if found else day
        reason = (override_reason or "").strip()
        self.env["subscription.termination"].sudo().create(
            {
                "subscription_id": self.id,
                "date": given or self.company_id._subscription_today(),
                "date_end": day,
                "date_earliest": earliest,
                "explanation": self._get_end_reason(found) if found else False,
                "is_override": day < earliest,
                "override_reason": reason if day < earliest else False,
                "user_id": self.env.uid,
            }
        )
        if day < earliest:
            self.message_post(
                body=self.env._(
                    "Ended on %(day)s, before %(earliest)s: %(reason)s",
                    day=format_date(self.env, day),
                    earliest=format_date(self.env, earliest),
                    reason=reason,
                )
            )

    def _get_charged_start(self):
        """The first day that is charged, after the trial."""
        self.ensure_one()
        return self.trial_end + ONE_DAY if self.trial_end else self.date_start

    def _get_schedule(self, line):
        """After a trial, periods that begin on the day of the start count from the first charged day, if so chosen."""
        schedule = super()._get_schedule(line)
        first = self._get_charged_start()
        if self.trial_end and self.anchor == "start" and self.trial_anchor == "after" and schedule.start < first:
            return Schedule(first, schedule.interval, schedule.anchor, schedule.anchor_day, schedule.anchor_month)
        return schedule

    def _get_limits(self, line, membership):
        """The days of the trial are never charged."""
        within = super()._get_limits(line, membership)
        if not within or not self.trial_end or within.start > self.trial_end:
            return within
        start = self._get_charged_start()
        return Range(start, within.end) if within.end is None or start <= within.end else None
