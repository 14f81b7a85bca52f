from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_datetime

SHOWN_PROBLEMS = 10
STATES = ("queued", "sending", "uncertain", "failed", "done")


class TransferConnection(models.Model):
    """What a connection tells about itself: when it ran and runs, what waits, what went wrong."""

    _inherit = "transfer.connection"

    next_run = fields.Datetime(compute="_compute_next_run")
    schedule = fields.Html(compute="_compute_schedule", sanitize=False, help="What runs for it by itself, and when.")
    queued_count = fields.Integer(string="In Queue", compute="_compute_log_counts")
    uncertain_count = fields.Integer(string="Outcome Unknown", compute="_compute_log_counts")
    failed_count = fields.Integer(string="Failed", compute="_compute_log_counts")
    done_count = fields.Integer(string="Done", compute="_compute_done_count")
    color = fields.Integer(compute="_compute_color")
    problem_log_ids = fields.Many2many("transfer.log", string="Errors", compute="_compute_problem_log_ids")

    def _compute_log_counts(self):
        groups = self.env["transfer.log"]._read_group(
            [("connection_id", "in", self.ids), ("state", "in", STATES[:4])], ["connection_id", "state"], ["__count"]
        )
        counts = {(connection.id, state): count for connection, state, count in groups}
        for connection in self:
            connection.queued_count = sum(counts.get((connection.id, state), 0) for state in ("queued", "sending"))
            connection.uncertain_count = counts.get((connection.id, "uncertain"), 0)
            connection.failed_count = counts.get((connection.id, "failed"), 0)

    def _compute_done_count(self):
        groups = self.env["transfer.log"]._read_group(
            [("connection_id", "in", self.ids), ("state", "=", "done")], ["connection_id"], ["__count"]
        )
        counts = {connection.id: count for connection, count in groups}
        for connection in self:
            connection.done_count = counts.get(connection.id, 0)

    @api.depends("is_paused", "state")
    def _compute_color(self):
        colours = {"ok": 10, "error": 3, "authorisation": 1}
        for connection in self:
            connection.color = 0 if connection.is_paused else colours[connection.state]

    def _compute_problem_log_ids(self):
        for connection in self:
            connection.problem_log_ids = self.env["transfer.log"].search(
                [("connection_id", "=", connection.id), ("state", "in", ("failed", "uncertain"))], limit=SHOWN_PROBLEMS
            )

    @api.depends("is_paused", "active", "state", "blocked_until")
    def _compute_next_run(self):
        next_call = self._transfer_cron_time("transfer_log.ir_cron_process_queue")
        for connection in self:
            if connection._transfer_is_stopped() or not next_call:
                connection.next_run = False
            else:
                connection.next_run = max(next_call, connection.blocked_until or next_call)

    @api.depends("is_paused", "active", "state", "kind")
    def _compute_schedule(self):
        crons = self._transfer_crons()
        for connection in self:
            names = [*crons.get(connection.kind, ()), "transfer_log.ir_cron_process_queue"]
            rows = [connection._transfer_schedule_row(name) for name in names]
            body = Markup("").join(rows)
            connection.schedule = Markup('<table class="table table-sm"><tbody>%s</tbody></table>') % body

    def _transfer_schedule_row(self, name):
        """One line of the schedule: the job, how often, and when next."""
        cron = self.env.ref(name, raise_if_not_found=False)
        if not cron:
            return Markup("")
        cron = cron.sudo()
        every = self._transfer_interval_text(cron.interval_number, cron.interval_type)
        moment = self._transfer_cron_time(name)
        if self._transfer_is_stopped():
            when = self.env._("stopped")
        elif moment:
            when = format_datetime(self.env, moment, dt_format="short")
        else:
            when = self.env._("switched off")
        return Markup("<tr><td>%s</td><td>%s</td><td>%s</td></tr>") % (cron.name, every, when)

    def _transfer_interval_text(self, number, unit):
        """How often, as one says it: "every day", "every 10 minutes"."""
        if number == 1:
            return {
                "minutes": self.env._("every minute"),
                "hours": self.env._("every hour"),
                "days": self.env._("every day"),
                "weeks": self.env._("every week"),
                "months": self.env._("every month"),
            }[unit]
        return {
            "minutes": self.env._("every %s minutes", number),
            "hours": self.env._("every %s hours", number),
            "days": self.env._("every %s days", number),
            "weeks": self.env._("every %s weeks", number),
            "months": self.env._("every %s months", number),
        }[unit]

    def _transfer_cron_time(self, name):
        """When a cron runs next, woken or by itself; ``False`` when it is switched off."""
        cron = self.env.ref(name, raise_if_not_found=False)
        if not cron or not cron.sudo().active:
            return False
        woken = self.env["ir.cron.trigger"].sudo().search([("cron_id", "=", cron.id)], order="call_at", limit=1)
        return min(filter(None, (cron.sudo().nextcall, woken.call_at)))

    def _transfer_is_stopped(self):
        self.ensure_one()
        return self.is_paused or not self.active or self.state == "authorisation"

    def action_view_logs(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("transfer_log.transfer_log_action")
        action["domain"] = [("connection_id", "=", self.id)]
        state = self.env.context.get("transfer_log_state")
        action["context"] = {f"search_default_{state}": 1} if state else {}
        return action
