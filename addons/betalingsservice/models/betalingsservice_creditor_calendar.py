from datetime import time

import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_amount

from ..formats import calendar
from .betalingsservice_creditor import TIME_ZONE

#: No month has fewer banking days.
MOST_FINAL_DAY = 15


class BetalingsserviceCreditor(models.Model):
    """When deliveries must have left, and what happens when they have not."""

    _inherit = "betalingsservice.creditor"

    final_banking_day = fields.Integer(
        string="Final After Banking Day",
        default=lambda self: calendar.rules(fields.Date.context_today(self)).final_first,
        required=True,
        help="Until this banking day of the month the payer may reject or take back a payment. A single source says "
        "the 7th; ask Betalingsservice.",
    )

    deadline_hour = fields.Float(
        string="Deliver Before (Hour)",
        required=True,
        default=9.0,
        help="Hour of the last day of delivery, Danish time. The operator's guide of 2025 says 11:00, an older one "
        "09:00: 09:00 is on the safe side.",
    )
    reminder_user_ids = fields.Many2many(
        "res.users",
        "betalingsservice_creditor_reminder_user_rel",
        "creditor_id",
        "user_id",
        string="Told About Deadlines",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        default=lambda self: self.env.user,
        help="Get a mail on the banking day before the deadline when something is missing, and the same morning when "
        "it was missed.",
    )
    deadline_ids = fields.One2many("betalingsservice.deadline", "creditor_id")
    deadline_text = fields.Char(string="Time Left", compute="_compute_what_if")
    deadline_moment_text = fields.Char(
        string="Deliver Before (Danish Time)", compute="_compute_what_if", help="Whatever the time zone of the screen."
    )
    is_deadline_near = fields.Boolean(compute="_compute_what_if")
    what_if_text = fields.Text(string="What If", compute="_compute_what_if")
    not_ready_count = fields.Integer(string="Not Ready", compute="_compute_card")
    to_send_amount = fields.Monetary(string="Amount to Deliver", compute="_compute_card")
    unsent_count = fields.Integer(string="Deliveries Not Sent", compute="_compute_card")
    unknown_count = fields.Integer(string="Unknown Customer Numbers", compute="_compute_card")
    failed_count = fields.Integer(string="Failed Files", compute="_compute_card")
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")

    def _compute_currency_id(self):
        self.currency_id = self.env.ref("base.DKK")

    @api.constrains("deadline_hour")
    def _check_deadline_hour(self):
        for creditor in self:
            if not 0 <= round(creditor.deadline_hour * 60) < 24 * 60:
                raise ValidationError(self.env._("The hour of the deadline must be between 00:00 and 23:59."))

    @api.constrains("final_banking_day")
    def _check_final_banking_day(self):
        for creditor in self:
            if not 1 <= creditor.final_banking_day <= MOST_FINAL_DAY:
                raise ValidationError(
                    self.env._(
                        "The last day of charge-backs must be one of the first %(most)s banking days of the month.",
                        most=MOST_FINAL_DAY,
                    )
                )

    def _compute_card(self):
        """Counts for the card: three queries whatever the number of creditors."""
        Collection = self.env["betalingsservice.collection"]
        waiting = [("creditor_id", "in", self.ids), ("state", "=", "to_send"), ("delivery_id", "=", False)]
        amounts = {
            creditor: amount for creditor, amount in Collection._read_group(waiting, ["creditor_id"], ["amount:sum"])
        }
        stopped = dict(
            Collection._read_group(
                [
                    *waiting,
                    "|",
                    "|",
                    ("error_message", "!=", False),
                    ("is_held", "=", True),
                    ("payment_date", "=", False),
                ],
                ["creditor_id"],
                ["__count"],
            )
        )
        deliveries = self.env["betalingsservice.delivery"]._read_group(
            [("creditor_id", "in", self.ids), ("state", "in", ("ready", "read"))],
            ["creditor_id", "state"],
            ["__count", "unknown_count:sum"],
        )
        counts = {(creditor, state): (count, unknown) for creditor, state, count, unknown in deliveries}
        failed = dict(
            self.env["betalingsservice.delivery"]._read_group(
                self._failed_domain(),
                ["company_id"],
                ["__count"],
            )
        )
        for creditor in self:
            creditor.to_send_amount = amounts.get(creditor, 0.0)
            creditor.not_ready_count = stopped.get(creditor, 0)
            creditor.unsent_count = counts.get((creditor, "ready"), (0, 0))[0]
            creditor.unknown_count = counts.get((creditor, "read"), (0, 0))[1]
            creditor.failed_count = failed.get(creditor.company_id, 0)

    @api.depends("deadline_hour")
    def _compute_what_if(self):
        for creditor in self:
            answer = calendar.what_if(creditor._local_now(), creditor._deadline_time())
            left = answer.deadline - creditor._local_now()
            creditor.is_deadline_near = left.days < 3
            creditor.deadline_text = creditor._left_text(left)
            creditor.deadline_moment_text = creditor._moment_text(answer.deadline)
            creditor.what_if_text = creditor._what_if_text(answer)

    def _left_text(self, left):
        hours = left.seconds // 3600
        if left.days > 1:
            return self.env._("%(days)s days left", days=left.days)
        if left.days == 1:
            return self.env._("1 day and %(hours)s hours left", hours=hours)
        if hours:
            return self.env._("%(hours)s hours left", hours=hours)
        return self.env._("%(minutes)s minutes left", minutes=left.seconds // 60)

    def _what_if_text(self, answer):
        """``calendar.WhatIf`` as two sentences, with the money concerned when there is some."""
        self.ensure_one()
        lines = [
            self.env._("If sent now: drawn on %(day)s.", day=self._date_text(answer.drawn_now)),
            self.env._(
                "After %(deadline)s: drawn on %(day)s, %(days)s days later.",
                deadline=self._moment_text(answer.deadline),
                day=self._date_text(answer.drawn_after),
                days=answer.days_later,
            ),
        ]
        count, amount = self._waiting_until(fields.Date.end_of(answer.drawn_now, "month"))
        if count:
            lines.append(
                self.env._(
                    "That is %(count)s collections, in all %(amount)s.",
                    count=count,
                    amount=format_amount(self.env, amount, self.currency_id),
                )
            )
        return "\n".join(lines)

    def _waiting_until(self, date_to):
        """``(count, amount)`` of what waits to be delivered with a day up to ``date_to``."""
        self.ensure_one()
        [(count, amount)] = self.env["betalingsservice.collection"]._read_group(
            [
                ("creditor_id", "=", self.id),
                ("section", "=", "0112"),
                ("state", "=", "to_send"),
                ("delivery_id", "=", False),
                ("payment_date", "<=", date_to),
            ],
            [],
            ["__count", "amount:sum"],
        )
        return count, amount or 0.0

    def _moment_text(self, moment):
        """Danish date and hour of a local ``datetime``."""
        return moment.strftime("%d.%m.%Y %H:%M")

    def _deadline_users(self):
        """Who is told; the one who set the creditor up when nobody is chosen any more."""
        self.ensure_one()
        return self.reminder_user_ids.filtered("active") or self.create_uid

    def _ask_users(self, record, summary):
        """Something came from the operator that a person has to read: each gets an activity in his language.

        :param record: what it is about
        :param summary: the text, made with the user's environment
        """
        self.ensure_one()
        for user in self._deadline_users():
            text = summary(self.with_context(lang=user.lang).env)
            record.activity_schedule("mail.mail_activity_data_todo", user_id=user.id, summary=text)

    @api.model_create_multi
    def create(self, vals_list):
        creditors = super().create(vals_list)
        self.env["betalingsservice.deadline"]._ensure(creditors)
        return creditors

    def write(self, vals):
        result = super().write(vals)
        if {"deadline_hour", "final_banking_day"} & vals.keys():
            self.env["betalingsservice.deadline"]._ensure(self)
        return result

    def _prepare_deadline_values(self, month):
        """Values of ``betalingsservice.deadline`` for the month that begins on ``month``."""
        self.ensure_one()
        return {
            "creditor_id": self.id,
            "month": month,
            "deadline": self._to_utc(self._delivery_deadline(month)),
            "date_first": calendar.next_banking_day(month),
            "date_late": calendar.late_deadline(month),
            "date_final": calendar.final_day(month, self.final_banking_day),
        }

    def action_open_deadlines(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("betalingsservice.betalingsservice_deadline_action")
        return {**action, "domain": [("creditor_id", "=", self.id)]}

    def action_open_not_ready(self):
        """Look at what waits for the next deadline, and show what cannot go."""
        self.ensure_one()
        self.env["betalingsservice.deadline"]._ensure(self)
        month = self._earliest_payment_date().replace(day=1)
        deadline = self.sudo().deadline_ids.filtered(lambda row: row.month == month).with_env(self.env)
        return deadline.action_check()

    def action_open_waiting(self):
        self.ensure_one()
        domain = [("creditor_id", "=", self.id), ("state", "=", "to_send"), ("delivery_id", "=", False)]
        return self.env["betalingsservice.deadline"]._open_collections(domain)

    def action_open_unsent(self):
        return self._open_deliveries([("creditor_id", "in", self.ids), ("state", "=", "ready")])

    def action_open_failed(self):
        return self._open_deliveries(self._failed_domain())

    def _failed_domain(self):
        """Files with faults that nobody has looked into."""
        return [
            ("company_id", "in", self.company_id.ids),
            ("direction", "=", "in"),
            ("state", "=", "failed"),
            ("is_dealt_with", "=", False),
        ]

    def _open_deliveries(self, domain):
        action = self.env["ir.actions.act_window"]._for_xml_id("betalingsservice.betalingsservice_delivery_action")
        return {**action, "domain": domain, "context": {}}

    def action_open_unknown(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("betalingsservice.betalingsservice_unknown_action")
        return {**action, "domain": [("delivery_id.creditor_id", "=", self.id), ("result", "=", "unknown")]}

    # The hour agreed

    def _deadline_time(self):
        """``time`` before which a delivery must have been handed over."""
        self.ensure_one()
        minutes = round(self.deadline_hour * 60)
        return time(minutes // 60, minutes % 60)

    def _delivery_deadline(self, payment_date):
        """Local ``datetime`` before which what is drawn on ``payment_date`` can be delivered."""
        return calendar.delivery_deadline(payment_date, self._deadline_time())

    def _earliest_payment_date(self):
        """First banking day that a delivery made now reaches."""
        return calendar.earliest_payment_date(self._local_now(), self._deadline_time())

    @api.model
    def _to_utc(self, moment):
        """Danish local time to the naive UTC the database keeps."""
        return TIME_ZONE.localize(moment).astimezone(pytz.utc).replace(tzinfo=None)

    @api.model
    def _to_local(self, moment):
        return pytz.utc.localize(moment).astimezone(TIME_ZONE).replace(tzinfo=None)

    @api.model
    def _local_date_text(self, moment):
        """Danish day of a moment the database keeps in UTC, as it is written in Denmark."""
        return self._date_text(self._to_local(moment).date())
