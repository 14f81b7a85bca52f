from dataclasses import dataclass, replace
from datetime import date

from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

from ..periods import ONE_DAY, Range, Schedule, change_intervals


class SubscriptionGroupMemberInterval(models.Model):
    """How often one member of a group is charged, from a day on (docs/decisions/0038).

    The price stays the one of the subscription's interval: who pays by the quarter pays three months at a time.
    """

    _name = "subscription.group.member.interval"
    _description = "Own Interval of a Group Member"
    _inherit = ["subscription.interval", "subscription.part.mixin"]
    _order = "member_id, date_from nulls first, id"

    member_id = fields.Many2one("subscription.group.member", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="member_id.company_id", store=True, precompute=True, index=True)
    date_from = fields.Date(
        string="From",
        help="It begins with the first period that begins on this day or later. Empty: from the beginning.",
    )
    interval_count = fields.Integer(required=True)
    interval_unit = fields.Selection(help="Empty: the subscription's interval again.")

    _date_uniq = models.UniqueIndex(
        "(member_id, (COALESCE(date_from, DATE '0001-01-01')))", "A member has one interval from each day."
    )

    @api.depends("interval_count", "interval_unit", "date_from")
    def _compute_display_name(self):
        for row in self:
            row.display_name = row._get_text()

    @api.constrains("member_id", "interval_unit")
    def _check_unit(self):
        self.member_id.group_id.subscription_ids._check_member_units()

    @api.constrains("member_id", "date_from", "interval_count", "interval_unit")
    def _check_not_billed(self):
        """What was invoiced by one interval is not divided by another."""
        last_days = self.member_id._get_last_billed()
        for row in self:
            last = last_days.get(row.member_id)
            if last and (not row.date_from or row.date_from <= last):
                raise ValidationError(
                    self.env._(
                        "%(member)s is invoiced until %(last)s. Intervals from days until then stay; another one "
                        "begins on %(first)s or later.",
                        member=row.member_id.display_name,
                        last=format_date(self.env, last),
                        first=format_date(self.env, last + ONE_DAY),
                    )
                )

    def write(self, vals):
        if {"member_id", "date_from", "interval_count", "interval_unit"} & set(vals):
            self._check_not_billed()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_billed(self):
        self._check_not_billed()

    def _get_text(self):
        """E.g. "every quarter from 01.07.2027"."""
        self.ensure_one()
        text = self._get_interval_text() if self.interval_unit else self.env._("as the subscription")
        if not self.date_from:
            return text
        return self.env._("%(interval)s from %(day)s", interval=text, day=format_date(self.env, self.date_from))


class SubscriptionGroupMember(models.Model):
    _inherit = "subscription.group.member"

    interval_ids = fields.One2many("subscription.group.member.interval", "member_id", string="Own Intervals")
    interval_text = fields.Char(string="Own Interval", compute="_compute_interval_text")

    @api.depends("interval_ids.interval_count", "interval_ids.interval_unit", "interval_ids.date_from")
    def _compute_interval_text(self):
        for member in self:
            member.interval_text = "; ".join(row._get_text() for row in member._get_intervals())

    def _get_intervals(self):
        return self.interval_ids.sorted(lambda row: row.date_from or date.min)

    def _get_last_billed(self):
        """{member: last day that is invoiced or being invoiced} of what goes by the member's interval."""
        groups = (
            self.env["subscription.period"]
            .sudo()
            ._read_group(
                [
                    ("member_id", "in", self.ids),
                    ("state", "!=", "released"),
                    ("is_one_off", "=", False),
                    ("is_credit", "=", False),
                    ("line_id.interval_unit", "=", False),
                    ("line_id.is_usage", "=", False),
                ],
                ["member_id"],
                ["date_end:max", "paid_until:max"],
            )
        )
        return {member.with_env(self.env): max(filter(None, (end, paid_until))) for member, end, paid_until in groups}

    def _prepare_copied_intervals(self):
        """The rows of a category or group for a customer that is found through it."""
        return [
            Command.create(
                {
                    "date_from": row.date_from,
                    "interval_count": row.interval_count,
                    "interval_unit": row.interval_unit,
                }
            )
            for row in self.interval_ids
        ]


# one subject per file: what an own interval of a member does to what is due and what it costs
class SubscriptionSubscription(models.Model):
    """Lines without an interval of their own follow the member's; usage and what is included stay as agreed."""

    _inherit = "subscription.subscription"

    @api.constrains("group_id", "interval_unit", "state")
    def _check_member_units(self):
        for subscription in self.filtered(lambda each: each.group_id and each.state != "closed"):
            own = subscription._get_interval().unit
            rows = subscription.group_id.member_ids.interval_ids.filtered("interval_unit")
            for row in rows.filtered(lambda row, own=own: row._get_interval().unit != own):
                raise ValidationError(
                    self.env._(
                        "%(subscription)s is charged %(theirs)s, %(member)s %(ours)s. Days and weeks cannot be "
                        "counted in months: give the member a subscription of its own.",
                        subscription=subscription.display_name,
                        theirs=subscription._get_interval_text(),
                        member=row.member_id.display_name,
                        ours=row._get_interval_text(),
                    )
                )

    def _has_member_interval(self, line, membership):
        # asked for each line and customer of a run: the cheap questions first
        if not membership.member or line.interval_unit or line.is_usage:
            return False
        return bool(membership.member.interval_ids)

    def _get_member_schedules(self, member, schedule):
        """Schedules of a member with their first days."""
        own = self._get_interval()
        changes = [
            (row.date_from or date.min, row._get_interval() if row.interval_unit else own)
            for row in member._get_intervals()
        ]
        return change_intervals(schedule, changes)

    def _get_spans(self, line, membership, schedule, ledger):
        spans = super()._get_spans(line, membership, schedule, ledger)
        if spans and self._has_member_interval(line, membership):
            schedules = self._get_member_schedules(membership.member, schedule)
            spans = [(each, part) for _whole, within in spans for each, part in _cut(schedules, within)]
        if spans and self._settles_by_member(line):
            until = self._get_charged_until(line, membership, ledger)
            spans = [(_SettledSchedule(**vars(each), charged_until=until), within) for each, within in spans]
        return spans

    def _make_charge(self, line, membership, period, due, schedule=None):
        charge = super()._make_charge(line, membership, period, due, schedule)
        if schedule is None or not self._has_member_interval(line, membership):
            return charge
        return replace(charge, times=schedule.interval.times(self._get_interval()))

    def _get_charge_price(self, charge):
        price, factor = super()._get_charge_price(charge)
        return self._get_part_price(price, charge.times, charge.line.quantity), factor

    # ------------------------------------------------------------------
    # Changes of a line whose members are charged until different days
    # ------------------------------------------------------------------

    def _settles_by_member(self, line):
        """Whether a change of the line is settled with each member on a day of its own."""
        if not (line.settle_until or line.credit_from) or line.interval_unit or line.is_usage:
            return False
        return bool(self.group_id.member_ids.interval_ids)

    def _get_charged_until(self, line, membership, ledger):
        """The last day the member was charged before the change: of the line it changed, or of all for a new one."""
        before = self.env["subscription.line"]
        while line.continues_id and line not in before:
            before |= line
            line = line.continues_id
        before = (before | line)[1:] or self.all_line_ids.filtered(lambda each: not each.interval_unit) - line
        partner_id = membership.partner._origin.id
        ends = [days.end for each in before for days in ledger["ranges"].get((each._origin.id, partner_id), [])]
        return max(ends, default=None)

    def _get_due_date(self, line, schedule, within, period):
        if not isinstance(schedule, _SettledSchedule) or not line.settle_until:
            return super()._get_due_date(line, schedule, within, period)
        charged = schedule.charged_until
        if not charged or period.start > min(charged, line.settle_until):
            return line._get_seam_due_date(period, self.timing, self.lead_days, is_settled=False)
        return self._get_settle_date(line.change_id, line.date_start, schedule, charged, within.end)

    def _get_credit_date(self, line, row):
        if not self._settles_by_member(line):
            return super()._get_credit_date(line, row)
        schedules = self._get_member_schedules(row.member_id, self._get_schedule(line))
        following = row.date_end + ONE_DAY
        schedule = [each for first, each in schedules if first <= following][-1]
        ends = (self.date_end, row.member_id.date_to)
        end = min((day for day in ends if day), default=None)
        return self._get_settle_date(line.ended_change_id, line.credit_from, schedule, row.date_end, end)


@dataclass(frozen=True)
class _SettledSchedule(Schedule):
    """The schedule of a member for a changed line, with the last day that was charged before the change."""

    charged_until: date | None = None


def _cut(schedules, within):
    """The days of `within` by the schedule they are divided by."""
    ends = [first - ONE_DAY for first, _schedule in schedules[1:]] + [None]
    for (first, schedule), last in zip(schedules, ends, strict=True):
        start = max(within.start, first)
        end = min((day for day in (within.end, last) if day), default=None)
        if end is None or start <= end:
            yield schedule, Range(start, end)
