from collections import defaultdict
from contextlib import contextmanager
from itertools import islice

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from ..billing import Charge, Membership
from ..periods import (
    MAX_OPEN_PERIODS,
    ONE_DAY,
    Period,
    PeriodError,
    Range,
    Schedule,
    TooManyPeriods,
    due_periods,
    merge,
    open_periods,
)
from ..usage import due_usage_periods, usage_due_date


# one subject per file: what is due, what the invoice says
class SubscriptionSubscription(models.Model):
    """What is due: periods of the schedule minus what the ledger, the pauses and the limits take away."""

    _inherit = "subscription.subscription"

    @api.depends(
        "state", "date_start", "date_end", "bill_from", "interval_count", "interval_unit", "anchor", "anchor_day",
        "anchor_month", "timing", "lead_days", "partner_id", "group_id", "trial_end", "trial_anchor",
        "all_line_ids.active", "all_line_ids.is_one_off", "all_line_ids.is_usage", "all_line_ids.date_start",
        "all_line_ids.date_end", "all_line_ids.settle_date", "all_line_ids.credit_from", "all_line_ids.credit_date",
        "all_line_ids.interval_count", "all_line_ids.interval_unit",
        "pause_ids.date_from", "pause_ids.date_to", "period_ids.state",
        "group_id.member_ids.partner_id", "group_id.member_ids.date_from", "group_id.member_ids.date_to",
        "group_id.member_ids.interval_ids.date_from", "group_id.member_ids.interval_ids.interval_count",
        "group_id.member_ids.interval_ids.interval_unit",
    )  # fmt: skip
    def _compute_next_invoice(self):
        ledger = self._read_ledger()
        for subscription in self:
            due, period = subscription._get_next_due(ledger) if subscription.state != "closed" else (False, None)
            subscription.next_invoice_date = due
            subscription.next_period_start = period and period.start
            subscription.next_period_end = period and period.end

    def _get_next_due(self, ledger):
        """Due date and period of the next invoice, or `(False, None)`."""
        self.ensure_one()
        found = []
        try:
            for line, _membership, schedule, within, taken in self._openings(ledger):
                for period in islice(open_periods(schedule, within, taken), 1):
                    found.append((self._get_due_date(line, schedule, within, period), period))
        except (PeriodError, OverflowError):
            return False, None
        has_more = bool(found)
        for _line, _membership, due in self._open_one_offs(ledger, has_more):
            if due:
                found.append((due, Period(due, due, due, due)))
        return min(found, key=lambda item: (item[0], item[1].start)) if found else (False, None)

    def _collect_charges(self, until):
        """All charges due on or before `until`, by subscription: every missed period, each with its own dates."""
        ledger = self._read_ledger()
        return {subscription: subscription._get_charges(until, ledger) for subscription in self}

    def _get_charges(self, until, ledger):
        self.ensure_one()
        charges, has_more = [], False
        for line, membership, schedule, within, taken in self._openings(ledger):
            with self._told():
                periods = self._get_due_periods(line, schedule, within, taken, until)
            has_more = has_more or bool(periods) or any(True for _p in islice(open_periods(schedule, within, taken), 1))
            for period, due in periods:
                charges.append(self._make_charge(line, membership, period, due, schedule))
        first_due = {}
        for charge in charges:
            first_due[charge.partner] = min(charge.due_date, first_due.get(charge.partner, charge.due_date))
        for line, membership, due in self._open_one_offs(ledger, has_more):
            due = due or first_due.get(membership.partner)
            if due and due <= until:
                charges.append(self._make_charge(line, membership, Period(due, due, due, due), due))
        return charges

    @contextmanager
    def _told(self):
        """What cannot be computed is told in the user's language."""
        try:
            yield
        except TooManyPeriods as error:
            raise UserError(
                self.env._(
                    "%(subscription)s: more than %(count)s periods are open from %(day)s on. Look at its start.",
                    subscription=self.display_name,
                    count=MAX_OPEN_PERIODS,
                    day=format_date(self.env, error.start),
                )
            ) from error

    def _get_due_periods(self, line, schedule, within, taken, until):
        """The periods of a line that are due on or before `until`, each with its due date."""
        options = {"until": until, "timing": self.timing, "lead_days": self.lead_days}
        if line.is_usage:
            return due_usage_periods(schedule, within, taken, **options)
        periods = due_periods(schedule, within, taken, **options)
        return [(period, period.due_date(self.timing, self.lead_days)) for period in periods]

    def _get_due_date(self, line, schedule, within, period):
        if line.is_usage:
            return usage_due_date(schedule, period, self.timing, self.lead_days, within.end)
        return period.due_date(self.timing, self.lead_days)

    def _make_charge(self, line, membership, period, due, schedule=None):
        """:param schedule: that of the period; a one-off has none"""
        return Charge(self, line, membership.partner, membership.member, period, due)

    def _openings(self, ledger):
        """For each standing line and customer: schedule, limits, and the days that are taken."""
        self.ensure_one()
        if not self.date_start or not self.interval_unit:
            return
        pauses = [Range(p.date_from, p.date_to or None) for p in self.pause_ids if p.date_from]
        memberships = self._get_memberships()
        for line in self.all_line_ids.filtered(lambda line: line.active and not line.is_one_off):
            whole, earlier = self._get_schedule(line), defaultdict(list)
            for membership in memberships:
                for schedule, within in self._get_spans(line, membership, whole, ledger):
                    partner_id = membership.partner._origin.id
                    billed = ledger["ranges"].get((line._origin.id, partner_id), [])
                    free = self._get_free_ranges(line, schedule, within, pauses) if pauses else pauses
                    # a customer who is named twice is charged once
                    yield line, membership, schedule, within, billed + free + earlier[partner_id]
                    earlier[partner_id].append(within)

    def _get_free_ranges(self, line, schedule, within, pauses):
        """The days of the pauses. Where a part costs the full price, the part before a pause has paid for the rest of
        its period, which then is free: two parts would cost the price twice."""
        if self.proration != "none":
            return pauses
        free = []
        for pause in merge(pauses):
            if pause.end and pause.start > within.start:
                before = pause.start - ONE_DAY
                whole = schedule.period(schedule.index_of(before))
                part = Period(before, before, whole.start, whole.end)
                if pause.end < whole.end and not line._get_seam_rule(part):
                    pause = Range(pause.start, whole.end)
            free.append(pause)
        return free

    def _get_paid_until(self, charge, factor):
        """The last day of the period a part at the full price has paid for, whatever becomes of the pause; or False."""
        period = charge.period
        is_part = self.proration == "none" and factor == 1 and period.end < period.full_end
        if not is_part or charge.is_one_off or charge.is_usage or charge.credit_of:
            return False
        return False if charge.line._get_seam_rule(period) else period.full_end

    def _open_one_offs(self, ledger, has_more):
        """One-offs not charged yet, with their due date; without: with the next invoice."""
        open_pause = any(not pause.date_to for pause in self.pause_ids)
        for line in self.all_line_ids.filtered(lambda line: line.active and line.is_one_off):
            due = line.date_start
            if not due and not has_more and not open_pause:
                due = self.date_end or self.date_start  # no further invoice is to come
            seen = set()
            for membership in self._get_memberships():
                key = (line._origin.id, membership.partner._origin.id)
                if key in ledger["one_offs"] or key in seen or (due and membership.end and membership.end < due):
                    continue
                seen.add(key)
                # who joins later pays when he joins
                yield line, membership, max(due, membership.start) if due and membership.start else due

    def _get_memberships(self):
        if self.group_id:
            return self.group_id._get_memberships(self.company_id._subscription_today())
        if self.partner_id:
            return [Membership(self.partner_id, self.env["subscription.group.member"])]
        return []

    def _get_schedule(self, line):
        """A line with an interval of its own counts from its own start, if it has one."""
        interval = (line if line.interval_unit else self)._get_interval()
        start = line.date_start if line.interval_unit and line.date_start else self.date_start
        return Schedule(start, interval, self.anchor, self.anchor_day, int(self.anchor_month or 0))

    def _get_spans(self, line, membership, schedule, ledger):
        """The days the line is charged to this customer, with the schedule they are divided by; one after the other."""
        within = self._get_limits(line, membership)
        return [(schedule, within)] if within else []

    def _get_limits(self, line, membership):
        """The days the line is charged to this customer, or None."""
        start = max(d for d in (self.date_start, self.bill_from, line.date_start, membership.start) if d)
        end = min((d for d in (self.date_end, line.date_end, membership.end) if d), default=None)
        return Range(start, end) if end is None or start <= end else None

    def _read_ledger(self):
        """The claims of these subscriptions: days per line and customer, and charged one-offs."""
        ledger = {"ranges": defaultdict(list), "one_offs": set()}
        ids = tuple(self._origin.ids)
        if not ids:
            return ledger
        self.env["subscription.period"].flush_model(
            [
                "subscription_id",
                "line_id",
                "partner_id",
                "is_one_off",
                "date_start",
                "date_end",
                "paid_until",
                "state",
                "is_credit",
            ]
        )
        rows = self.env.execute_query(
            SQL(
                "SELECT line_id, partner_id, is_one_off, date_start, COALESCE(paid_until, date_end)"
                " FROM subscription_period"
                " WHERE subscription_id IN %s AND state != 'released' AND is_credit IS NOT TRUE",
                ids,
            )
        )
        for line_id, partner_id, is_one_off, start, end in rows:
            if is_one_off:
                ledger["one_offs"].add((line_id, partner_id))
            else:
                ledger["ranges"][line_id, partner_id].append(Range(start, end))
        return ledger

    def _get_next_due_dates(self, count):
        """The next `count` different due dates."""
        self.ensure_one()
        ledger, dates = self._read_ledger(), set()
        for line, _membership, schedule, within, taken in self._openings(ledger):
            for period in islice(open_periods(schedule, within, taken), count):
                dates.add(self._get_due_date(line, schedule, within, period))
        dates.update(due for _line, _membership, due in self._open_one_offs(ledger, bool(dates)) if due)
        return sorted(dates)[:count]

    def _count_missed_periods(self):
        """How many periods ended before today without an invoice."""
        self.ensure_one()
        yesterday = self.company_id._subscription_today() - ONE_DAY
        missed = set()
        for _line, _membership, schedule, within, taken in self._openings(self._read_ledger()):
            with self._told():
                found = due_periods(schedule, within, taken, until=yesterday, timing="arrears")
            missed.update(period.start for period in found)
        return len(missed)

    def _get_running_period_start(self):
        """First day of the period today lies in."""
        self.ensure_one()
        today = max(self.company_id._subscription_today(), self.date_start)
        schedule = self._get_schedule(self.env["subscription.line"])
        return max(schedule.boundary(schedule.index_of(today)), fields.Date.to_date(self.date_start))
