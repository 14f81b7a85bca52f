import logging

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_amount, format_date

from ..const import PRODUCTION
from ..formats import calendar

_logger = logging.getLogger(__name__)

MONTHS_AHEAD = 13
ALARM_DAYS = 7  # a server that stood still for longer tells nobody of what is long known


class BetalingsserviceDeadline(models.Model):
    """One collection month of one creditor: until when its delivery must have left, and what is missing."""

    _name = "betalingsservice.deadline"
    _description = "Betalingsservice Deadline"
    _order = "deadline, id"
    _check_company_auto = True

    creditor_id = fields.Many2one(
        "betalingsservice.creditor", required=True, readonly=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="creditor_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="creditor_id.currency_id")
    month = fields.Date(required=True, readonly=True, help="First day of the month in which is drawn.")
    deadline = fields.Datetime(string="Deliver Before", required=True, readonly=True, index=True)
    moment_text = fields.Char(string="Deliver Before (Danish Time)", compute="_compute_moment_text")
    date_first = fields.Date(string="First Day Drawn", readonly=True)
    date_late = fields.Date(
        string="Late Delivery Until",
        readonly=True,
        help="A late delivery cost an extra fee per collection. Ask Betalingsservice whether it is still offered.",
    )
    date_final = fields.Date(string="Payments Are Final After", readonly=True)
    collection_count = fields.Integer(string="To Deliver", compute="_compute_counts")
    collection_amount = fields.Monetary(string="Amount to Deliver", compute="_compute_counts")
    not_ready_count = fields.Integer(string="Not Ready", compute="_compute_counts")
    delivered_count = fields.Integer(string="Delivered", compute="_compute_counts")
    state = fields.Selection(
        [("open", "Open"), ("soon", "Next"), ("passed", "Passed"), ("missed", "Missed")], compute="_compute_state"
    )
    missing_html = fields.Html(string="Missing", compute="_compute_missing_html", sanitize=False)
    what_if_text = fields.Text(string="What If", compute="_compute_what_if_text")
    reminder_date = fields.Datetime(string="Reminder Sent", readonly=True)
    alarm_date = fields.Datetime(string="Alarm Sent", readonly=True)
    late_count = fields.Integer(string="Late at the Deadline", readonly=True)

    _month_uniq = models.Constraint("UNIQUE (creditor_id, month)", "This month is in the calendar already.")

    @api.depends("month", "creditor_id")
    def _compute_display_name(self):
        for deadline in self:
            month = format_date(self.env, deadline.month, date_format="MMMM y") if deadline.month else ""
            deadline.display_name = f"{deadline.creditor_id.name or ''} {month}".strip()

    @api.depends("deadline")
    def _compute_moment_text(self):
        for deadline in self:
            deadline.moment_text = deadline.deadline and deadline._deadline_text()

    def _compute_counts(self):
        """One query for all of them."""
        months = self.filtered("month").mapped("month") or [fields.Date.today()]
        rows = self.env["betalingsservice.collection"]._read_group(
            [
                ("creditor_id", "in", self.creditor_id.ids),
                ("state", "!=", "cancelled"),
                ("section", "=", "0112"),
                ("payment_date", ">=", min(months)),
                ("payment_date", "<=", fields.Date.end_of(max(months), "month")),
            ],
            ["creditor_id", "payment_date:month", "state", "delivery_id"],
            ["__count", "amount:sum"],
        )
        for deadline in self:
            deadline.update({"collection_count": 0, "collection_amount": 0, "delivered_count": 0, "not_ready_count": 0})
            for creditor, month, state, delivery, count, amount in rows:
                if creditor != deadline.creditor_id or month != deadline.month:
                    continue
                if state != "to_send":
                    deadline.delivered_count += count
                elif not delivery:
                    deadline.collection_count += count
                    deadline.collection_amount += amount
            if deadline.collection_count or deadline.state == "soon":
                deadline.not_ready_count = self.env["betalingsservice.collection"].search_count(
                    deadline._not_ready_domain()
                )

    def _compute_state(self):
        now = fields.Datetime.now()
        following = dict(
            self._read_group(
                [("creditor_id", "in", self.creditor_id.ids), ("deadline", ">", now)],
                ["creditor_id"],
                ["deadline:min"],
            )
        )
        for deadline in self:
            if deadline.deadline <= now:
                deadline.state = "missed" if deadline.late_count else "passed"
            else:
                is_next = deadline.deadline == following.get(deadline.creditor_id)
                deadline.state = "soon" if is_next else "open"

    def _compute_missing_html(self):
        for deadline in self:
            items = deadline._missing()
            deadline.missing_html = (
                Markup("<ul class='mb-0'>%s</ul>")
                % Markup().join(Markup("<li>%s</li>") % item["text"] for item in items)
                if items
                else False
            )

    def _compute_what_if_text(self):
        for deadline in self:
            creditor = deadline.creditor_id
            local = creditor._to_local(deadline.deadline)
            after = calendar.next_banking_day(calendar.month_after(deadline.month))
            deadline.what_if_text = creditor._what_if_text(calendar.WhatIf(local, deadline.date_first, after))

    # The calendar

    @api.model
    def _ensure(self, creditors):
        """Rows for this month's deadline and those of the year ahead; those still open follow what was agreed."""
        for creditor in creditors:
            known = {deadline.month: deadline for deadline in creditor.sudo().deadline_ids}
            month = creditor._local_now().date().replace(day=1)
            new = []
            for _number in range(MONTHS_AHEAD):
                values = creditor._prepare_deadline_values(month)
                if month not in known:
                    new.append(values)
                elif known[month].deadline > fields.Datetime.now() and any(
                    known[month][name] != values[name] for name in ("deadline", "date_final")
                ):
                    known[month].sudo().write(values)
                month = calendar.month_after(month)
            self.sudo().create(new)

    # What is missing

    def _month_domain(self):
        """Collections of the month that are in no delivery; one without a day counts where it is due.

        Slips (section 0117) leave on any banking day: the deadline is not theirs.
        """
        self.ensure_one()
        end = fields.Date.end_of(self.month, "month")
        return [
            ("creditor_id", "=", self.creditor_id.id),
            ("section", "=", "0112"),
            ("state", "=", "to_send"),
            ("delivery_id", "=", False),
            "|",
            "&",
            ("payment_date", ">=", self.month),
            ("payment_date", "<=", end),
            "&",
            ("payment_date", "=", False),
            ("due_date", "<=", end),
        ]

    def _not_ready_domain(self):
        return [
            *self._month_domain(),
            "|",
            "|",
            ("error_message", "!=", False),
            ("is_held", "=", True),
            ("payment_date", "=", False),
        ]

    def _draft_domain(self):
        """Invoices that would be drawn in the month, had they been posted."""
        self.ensure_one()
        end = fields.Date.end_of(self.month, "month")
        return [
            ("company_id", "=", self.company_id.id),
            ("state", "=", "draft"),
            ("move_type", "=", "out_invoice"),
            ("betalingsservice_agreement_id.creditor_id", "=", self.creditor_id.id),
            "|",
            "|",
            "&",
            ("invoice_date_due", ">=", self.month),
            ("invoice_date_due", "<=", end),
            # an instalment of it
            ("line_ids", "any", [("date_maturity", ">=", self.month), ("date_maturity", "<=", end)]),
            "&",
            ("invoice_date_due", "=", False),
            ("invoice_date", "<=", end),
        ]

    def _unsent_domain(self):
        """Deliveries with something of the month that have been written and not handed over."""
        self.ensure_one()
        return [
            ("creditor_id", "=", self.creditor_id.id),
            ("direction", "=", "out"),
            ("state", "=", "ready"),
            ("date_from", "<=", fields.Date.end_of(self.month, "month")),
            ("date_to", ">=", self.month),
        ]

    def _missing(self):
        """What is not ready: ``[{"text", "model", "domain", "count"}]``. Addons that make what is drawn extend it."""
        self.ensure_one()
        Collection = self.env["betalingsservice.collection"]
        missing = []
        stopped = Collection.search_count(self._not_ready_domain())
        if stopped:
            missing.append(
                {
                    "text": self.env._("%(count)s collections cannot go as they are.", count=stopped),
                    "model": "betalingsservice.collection",
                    "domain": self._not_ready_domain(),
                    "count": stopped,
                }
            )
        [(waiting, amount)] = Collection._read_group(self._month_domain(), [], ["__count", "amount:sum"])
        if waiting > stopped:
            missing.append(
                {
                    "text": self.env._(
                        "%(count)s collections are in no delivery yet (%(amount)s with those that cannot go).",
                        count=waiting - stopped,
                        amount=format_amount(self.env, amount, self.currency_id),
                    ),
                    "model": "betalingsservice.collection",
                    "domain": self._month_domain(),
                    "count": waiting - stopped,
                }
            )
        drafts = self.env["account.move"].search_count(self._draft_domain())
        if drafts:
            missing.append(
                {
                    "text": self.env._("%(count)s invoices to be drawn have not been posted.", count=drafts),
                    "model": "account.move",
                    "domain": self._draft_domain(),
                    "count": drafts,
                }
            )
        deliveries = self.env["betalingsservice.delivery"].search(self._unsent_domain())
        if deliveries:
            missing.append(
                {
                    "text": self.env._(
                        "Not handed over yet: %(names)s, with %(count)s collections.",
                        names=", ".join(deliveries.mapped("name")),
                        count=sum(deliveries.mapped("payment_count")),
                    ),
                    "model": "betalingsservice.delivery",
                    "domain": self._unsent_domain(),
                    "count": sum(deliveries.mapped("payment_count")),
                }
            )
        return missing

    def action_check(self):
        """Look at every collection of the month now, and show those that cannot go; an auditor sees what was found."""
        self.ensure_one()
        if self.env["betalingsservice.collection"].has_access("write"):
            self._refresh_faults()
        return self._open_collections(self._not_ready_domain())

    def action_open_collections(self):
        self.ensure_one()
        return self._open_collections(self._month_domain())

    def action_open_drafts(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        return {**action, "domain": self._draft_domain(), "context": {}}

    def action_move_late(self):
        """What missed the deadline gets the first day that can still be reached, with its reason; its customers are
        told by the invoice, which is printed with the new day."""
        self.ensure_one()
        collections = self.env["betalingsservice.collection"].search(
            [*self._month_domain(), ("payment_date", "<", self.creditor_id._earliest_payment_date())]
        )
        for agreement, own in collections.grouped("agreement_id").items():
            taken = set(
                (agreement.collection_ids - own).filtered(lambda c: c.state != "cancelled").mapped("payment_date")
            )
            for collection in own:
                day, reason = self.creditor_id._payment_date(collection.payment_date, taken)
                if day:
                    taken.add(day)
                    collection.write({"payment_date": day})
                    collection._system_write({"date_reason": reason})
        return self._open_collections([("id", "in", collections.ids)])

    def _open_collections(self, domain):
        action = self.env["ir.actions.act_window"]._for_xml_id("betalingsservice.betalingsservice_collection_action")
        return {**action, "domain": domain, "context": {}}

    def _refresh_faults(self):
        """Write on each waiting collection what stops it, so that lists and counts tell the truth of today."""
        for deadline in self:
            for collection in self.env["betalingsservice.collection"].search(
                [*deadline._month_domain(), ("payment_date", "!=", False)]
            ):
                text = " ".join(collection._faults()) or False
                if text != collection.error_message:
                    collection._system_write({"error_message": text})

    # Reminder and alarm

    @api.model
    def _cron_watch(self):
        """Each hour: the calendar a year ahead; a mail the banking day before, and one when a deadline was missed.

        A mail is claimed on the row before the next one is looked at, so a crash repeats one mail at most and a second
        run sends none.
        """
        creditors = self.env["betalingsservice.creditor"].search([("active", "=", True)])
        self._ensure(creditors)
        due = self.search([("creditor_id", "in", creditors.ids), *self._watched_domain()])
        self.env["ir.cron"]._commit_progress(remaining=len(due))
        for deadline in due:
            if not deadline.try_lock_for_update():
                continue
            try:
                deadline.with_company(deadline.company_id)._watch()
            except Exception:
                self.env.cr.rollback()
                _logger.exception("The deadline %s of Betalingsservice could not be looked at", deadline.id)
            if not self.env["ir.cron"]._commit_progress(1):
                break

    @api.model
    def _watched_domain(self):
        now = fields.Datetime.now()
        return [
            ("deadline", ">", fields.Datetime.subtract(now, days=ALARM_DAYS)),
            ("deadline", "<", fields.Datetime.add(now, days=ALARM_DAYS)),
            ("alarm_date", "=", False),
        ]

    def _watch(self):
        self.ensure_one()
        now = self.creditor_id._local_now()
        deadline = self.creditor_id._to_local(self.deadline)
        if now > deadline:
            self._alarm()
        elif not self.reminder_date and now.date() >= calendar.banking_day_before(deadline.date()):
            self._remind()

    def _remind(self):
        """The banking day before: what is missing, by mail. Nothing missing: no mail, and the next hour looks again."""
        self.ensure_one()
        self._refresh_faults()
        if not self._missing():
            return
        self.reminder_date = fields.Datetime.now()
        self._mail(
            lambda deadline: deadline.env._(
                "Betalingsservice: deliver before %(moment)s", moment=deadline._deadline_text()
            )
        )

    def _alarm(self):
        """The deadline has passed: tell the same morning what did not go, and how much later it is drawn."""
        self.ensure_one()
        count = sum(item["count"] for item in self._missing())
        self.write({"alarm_date": fields.Datetime.now(), "late_count": count})
        if not count:
            return
        self._mail(
            lambda deadline: deadline.env._(
                "Betalingsservice: the deadline %(moment)s was missed for %(count)s",
                moment=deadline._deadline_text(),
                count=deadline.late_count,
            )
        )
        for user in self.creditor_id._deadline_users():
            self.creditor_id.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=user.id,
                summary=self.with_context(lang=user.lang).env._("The deadline of Betalingsservice was missed"),
            )

    def _deadline_text(self):
        return self.creditor_id._moment_text(self.creditor_id._to_local(self.deadline))

    def _mail(self, subject):
        """One mail per user in his language; a note on the creditor says that it went, and to whom."""
        self.ensure_one()
        users = self.creditor_id._deadline_users().filtered("email")
        for user in users:
            deadline = self.with_context(lang=user.lang)
            test = f"[{self.creditor_id.subsystem}] " if self.creditor_id.subsystem != PRODUCTION else ""
            self.env["mail.mail"].sudo().create(
                {
                    "subject": test + subject(deadline),
                    "email_to": user.email_formatted,
                    "email_from": self.company_id.email_formatted or user.email_formatted,
                    "body_html": deadline._mail_body(),
                    "auto_delete": False,
                }
            )
        noted = self.with_context(lang=users[:1].lang or self.env.lang)
        self.creditor_id.message_post(
            body=Markup("<p>%s</p>%s") % (", ".join(users.mapped("name")) or "-", noted._mail_body())
        )
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    def _mail_body(self):
        self.ensure_one()
        missing = Markup().join(Markup("<li>%s</li>") % item["text"] for item in self._missing())
        what_if = self._late_text() if self.alarm_date else self.what_if_text
        lines = Markup("<br/>").join(what_if.split("\n"))
        return Markup("<p>%s</p><ul>%s</ul><p>%s</p>") % (self.display_name, missing, lines)

    def _late_text(self):
        """After the deadline: the first day that is left."""
        self.ensure_one()
        day = self.creditor_id._earliest_payment_date()
        return self.env._(
            "Sent now it is drawn on %(day)s instead of %(wanted)s: %(days)s days later.",
            day=self.creditor_id._date_text(day),
            wanted=self.creditor_id._date_text(self.date_first),
            days=(day - self.date_first).days,
        )
