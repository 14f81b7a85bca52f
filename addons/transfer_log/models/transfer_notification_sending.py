from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime

LISTED = 50  # transfers named one by one; all are counted
TOLD_AT_ONCE = 10_000


class TransferNotification(models.Model):
    """When a notification is due, what it says, and how it leaves.

    The mail is put into the outbox, and the events are marked as told, in one transaction: a worker that dies has
    done both or neither.
    """

    _inherit = "transfer.notification"

    @api.model
    def _cron_send(self):
        """Send what is due, one notification per transaction."""
        due = self.search(self._due_domain())
        self.env["ir.cron"]._commit_progress(remaining=len(due))
        for notification in due:
            locked = notification.try_lock_for_update()
            if locked.filtered_domain(self._due_domain()):
                locked._send(fields.Datetime.now())
            if not self.env["ir.cron"]._commit_progress(1):
                return

    @api.model
    def _due_domain(self):
        at_once = Domain("frequency", "=", "at_once") & Domain("line_ids.sent_date", "=", False)
        at_once &= Domain("line_ids", "!=", False)
        return at_once | (Domain("frequency", "!=", "at_once") & Domain("next_date", "<=", fields.Datetime.now()))

    def _plan(self):
        """The next time of each."""
        for one in self:
            one.sudo().next_date = one._time_after(fields.Datetime.now())

    def _time_after(self, moment):
        """The first time after ``moment`` (UTC) at which it is due, ``False`` when it is sent at once. Hours and days
        are those of the company, also when its clocks are put forward or back."""
        self.ensure_one()
        if self.frequency == "at_once":
            return False
        zone = self._zone()
        local = moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).replace(tzinfo=None)
        if self.frequency == "hourly":
            candidate, step = local.replace(minute=0, second=0, microsecond=0), timedelta(hours=1)
        else:
            candidate = datetime.combine(local.date(), datetime.min.time()) + timedelta(hours=self.hour)
            step = timedelta(days=1)
            if self.frequency == "weekly":
                candidate += timedelta(days=(int(self.weekday) - candidate.weekday()) % 7)
                step = timedelta(days=7)
        while (found := _to_utc(candidate, zone)) <= moment:
            candidate += step
        return found

    def _zone(self):
        self.ensure_one()
        name = self.company_id.partner_id.tz or self.user_id.tz or "UTC"
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo("UTC")

    def _send(self, now):
        """Tell what has happened since the last time, and plan the next."""
        self.ensure_one()
        if not self._may_read():
            problem = self.env._("The person may no longer read these transfers.")
            self.write({"active": False, "problem": problem})
            return
        lines = self.env["transfer.notification.line"].search(
            [("notification_id", "=", self.id), ("sent_date", "=", False)], order="id", limit=TOLD_AT_ONCE
        )
        values = {"next_date": self._time_after(now), "problem": False}
        if lines or (self.is_sent_empty and self.frequency != "at_once"):
            if self.channel == "mail" and not self.user_id.partner_id.email:
                values["problem"] = self.env._("%s has no e-mail address.", self.user_id.name)
                lines = lines.browse()
            else:
                self.with_context(lang=self.user_id.lang, tz=self._zone().key)._tell(lines, now)
                values["last_date"] = now
        lines.write({"sent_date": now})
        self.write(values)

    def _tell(self, lines, now):
        if self.channel == "mail":
            self._tell_by_mail(lines, now)
        else:
            self._tell_by_activity(lines, now)

    def _tell_by_mail(self, lines, now):
        body = self.env["ir.qweb"]._render("transfer_log.notification_mail", self._report(lines, now))
        self.env["mail.mail"].sudo().create(
            {
                "subject": self._subject(lines),
                "body_html": body,
                "recipient_ids": [(4, self.user_id.partner_id.id)],
                "email_from": self.company_id.email_formatted or self.env.user.email_formatted,
                "auto_delete": True,
            }
        )
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    def _tell_by_activity(self, lines, now):
        """One activity per connection that something happened on."""
        # core would send a mail about the activity
        for connection in lines.connection_id.with_context(mail_activity_quick_update=True):
            own = lines.filtered(lambda line, connection=connection: line.connection_id.id == connection.id)
            connection.activity_schedule(
                "transfer_log.mail_activity_type_report",
                user_id=self.user_id.id,
                summary=self._subject(own),
                note=self.env["ir.qweb"]._render("transfer_log.notification_report", self._report(own, now)),
            )

    def _subject(self, lines):
        """What happened, counted as the log counts."""
        counts = self._counts(lines)
        company = self.company_id.name
        if self.event == "transfers":
            return self.env._("%(company)s: %(count)s transfers done", company=company, count=counts["done"])
        if self.event == "errors":
            return self.env._(
                "%(company)s: %(failed)s transfers failed, %(uncertain)s with unknown outcome",
                company=company,
                failed=counts["failed"],
                uncertain=counts["uncertain"],
            )
        return self.env._("%(company)s: %(count)s connections have stopped", company=company, count=counts["stopped"])

    def _counts(self, lines):
        """{event: number of transfers (or connections)}; one that failed twice is one."""
        counts = dict.fromkeys(("done", "failed", "uncertain", "stopped"), 0)
        for event in counts:
            own = lines.filtered(lambda line, event=event: line.event == event)
            counts[event] = len(own.connection_id if event == "stopped" else own.log_id)
        return counts

    def _report(self, lines, now):
        """What the report shows: a table of counts, and the transfers with a link."""
        groups = {}
        for line in lines:
            operation = line.log_id.operation_name if line.log_id else self.env._("Connection has stopped")
            key = (line.connection_id, operation, line.event)
            groups.setdefault(key, set()).add(line.log_id.id or line.connection_id.id)
        events = dict(lines._fields["event"]._description_selection(self.env))
        rows = [
            {"connection": connection.name, "operation": operation, "event": events[event], "count": len(ids)}
            for (connection, operation, event), ids in sorted(
                groups.items(), key=lambda group: (group[0][0].name, group[0][1], group[0][2])
            )
        ]
        logs = lines.log_id if self.event == "errors" else lines.log_id.browse()
        base = self.get_base_url()
        return {
            "notification": self,
            "title": self._subject(lines),
            "since": format_datetime(self.env, self.last_date or self.create_date, dt_format="short"),
            "until": format_datetime(self.env, now, dt_format="short"),
            "rows": rows,
            "logs": logs[:LISTED],
            "more": max(len(logs) - LISTED, 0),
            "stopped": lines.filtered(lambda line: line.event == "stopped").connection_id,
            "log_url": f"{base}/odoo/transfers",
            "connection_url": f"{base}/odoo/connections",
        }


def _to_utc(local, zone):
    """A local time without zone as UTC without zone. An hour that the clocks leave out is the one after it."""
    return local.replace(tzinfo=zone).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
