from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..exceptions import RejectedError, UncertainError


class TransferConnection(models.Model):
    _name = "transfer.connection"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Connection to an Outside Party"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="cascade"
    )
    kind = fields.Selection(
        selection=[("manual", "Files by hand")],
        required=True,
        default="manual",
        help="What the connection leads to. Each connector adds its own kind.",
    )
    responsible_id = fields.Many2one(
        "res.users",
        default=lambda self: self.env.user,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Gets an activity when the other side no longer lets us in.",
    )
    is_paused = fields.Boolean(
        string="Paused", tracking=True, help="Nothing is sent or fetched. The queue is kept and goes on when resumed."
    )
    state = fields.Selection(
        selection=[("ok", "In order"), ("authorisation", "Authorisation needed"), ("error", "Errors")],
        required=True,
        default="ok",
        copy=False,
        tracking=True,
    )
    state_message = fields.Text(string="Latest Problem", readonly=True, copy=False)
    last_run = fields.Datetime(readonly=True, copy=False)
    last_success = fields.Datetime(readonly=True, copy=False)
    blocked_until = fields.Datetime(
        readonly=True, copy=False, help="The other side asked us to wait until then (limit of calls per minute)."
    )
    max_attempts = fields.Integer(
        default=8, required=True, help="So many times a transfer is tried before it is left to a person."
    )
    retention_days = fields.Integer(
        string="Keep Bodies (days)",
        default=400,
        required=True,
        help="Sent and received bodies of completed transfers are emptied after so many days; the record itself "
        "stays. 0: keep them.",
    )
    log_ids = fields.One2many("transfer.log", "connection_id", string="Transfers")

    _name_company_uniq = models.Constraint(
        "UNIQUE (company_id, kind, name)", "There is already a connection of this kind with this name."
    )
    _max_attempts_check = models.Constraint("CHECK (max_attempts > 0)", "At least one attempt is needed.")

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if self.env["transfer.log"].sudo().search_count([("connection_id", "in", self.ids)], limit=1):
            raise UserError(
                self.env._(
                    "A connection with transfers cannot be deleted: the log would go with it. Archive it instead."
                )
            )

    # ---------------------------------------------------------------- actions

    def action_pause(self):
        self.is_paused = True

    def action_resume(self):
        self.is_paused = False
        self._trigger_queue()

    def action_clear_error(self):
        """The user has put the cause right: let the queue go on."""
        self.check_access("write")
        self._transfer_reconnected()

    def action_process_now(self):
        self._trigger_queue()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("The queue is being worked through in the background."),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    # --------------------------------------------------------------- business

    def _transfer_enqueue(self, operation, record, key, direction="out"):
        """Put one exchange into the queue and wake the cron.

        :param str operation: technical name, e.g. ``invoice_create``
        :param record: the document concerned (one record)
        :param str key: names the effect, unique per connection. A key that is already there gives the
            existing record back, whatever its state: never a second one.
        :return: transfer.log
        """
        self.ensure_one()
        log = self._transfer_get(key)
        if not log:
            log = self._transfer_create_log(operation, record, key, direction, "queued")
        if log.state == "queued":
            self._trigger_queue()
        return log

    def _transfer_record(self, operation, record, key, direction="in", *, request=None, response=None, remote_id=False):
        """Note an exchange that has already taken place (a file uploaded or downloaded by hand)."""
        self.ensure_one()
        log = self._transfer_get(key)
        if not log:
            log = self._transfer_create_log(operation, record, key, direction, "done")
            log._write_outcome({"request": request, "response": response, "remote_id": remote_id})
        return log

    def _transfer_get(self, key):
        return self.env["transfer.log"].sudo().search([("connection_id", "=", self.id), ("key", "=", key)])

    def _transfer_create_log(self, operation, record, key, direction, state):
        self.ensure_one()
        record.ensure_one()
        values = {
            "connection_id": self.id,
            "direction": direction,
            "operation": operation,
            "res_model": record._name,
            "res_id": record.id,
            "document_name": record.sudo().display_name,
            "key": key,
            "state": state,
            "user_id": self.env.uid,
        }
        # INSERT ... ON CONFLICT is not needed: a concurrent click fails on the unique key and says so
        return self.env["transfer.log"].sudo().with_context(tracking_disable=True).create(values)

    def _trigger_queue(self, at=None):
        """Wake the cron now, or at a time (datetime in UTC)."""
        cron = self.env.ref("transfer_log.ir_cron_process_queue", raise_if_not_found=False)
        if cron:
            cron.sudo()._trigger(at)

    def _transfer_note_health(self, state, message="", block=0):
        """What the latest exchange told about the connection.

        :param str state: ``ok``, ``error`` or ``authorisation`` (stops the queue and tells the responsible, once)
        :param int block: nothing is sent for so many seconds, because the other side asked for it
        """
        self.ensure_one()
        connection = self.sudo()
        now = fields.Datetime.now()
        values = {"state_message": message or False}
        if state == "ok":
            values["last_success"] = now
        if connection.state != state:
            values["state"] = state
        if block:
            values["blocked_until"] = now + timedelta(seconds=block)
        must_tell = state == "authorisation" and connection.state != state
        connection.write(values)
        if must_tell:
            self.env["transfer.notification"].sudo()._note(connection, "stopped")
            connection.activity_schedule(
                "transfer_log.mail_activity_type_connect",
                user_id=(connection.responsible_id or connection.env.user).id,
                summary=self.env._("Connect again: %(name)s", name=connection.name),
                note=message,
            )

    def _transfer_reconnected(self):
        """We are let in again: the queue goes on, and whoever was told of it has nothing left to do."""
        connections = self.sudo()
        connections.write({"state": "ok", "state_message": False, "blocked_until": False})
        connections.activity_feedback(["transfer_log.mail_activity_type_connect"])
        connections._trigger_queue()

    @api.model
    def _transfer_ready_domain(self):
        """Connections the queue may use now."""
        return (
            Domain("is_paused", "=", False)
            & Domain("state", "!=", "authorisation")
            & (Domain("blocked_until", "=", False) | Domain("blocked_until", "<=", fields.Datetime.now()))
        )

    def _transfer_mark_run(self):
        """Touch ``last_run`` without waiting for a worker that holds the row."""
        if self:
            self.env.execute_query(
                SQL(
                    """UPDATE transfer_connection SET last_run = %s WHERE id IN (
                        SELECT id FROM transfer_connection WHERE id IN %s FOR NO KEY UPDATE SKIP LOCKED
                    ) RETURNING id""",
                    fields.Datetime.now(),
                    tuple(self.ids),
                )
            )
            self.invalidate_recordset(["last_run"])

    def _company_today(self):
        """Today where the company is: a job of the clock has no user whose time zone it could take."""
        self.ensure_one()
        zone = self.company_id.partner_id.tz or self.env.user.tz
        return fields.Date.context_today(self.with_context(tz=zone))

    def _transfer_retire(self):
        """For ``ondelete`` of a kind, whose addon is being uninstalled: what was exchanged stays, and so does the
        connection it belongs to, archived."""
        for connection in self:
            name = f"{connection.name} ({connection.kind} {connection.id})"
            connection.write({"kind": "manual", "active": False, "name": name})

    # ------------------------------------- hooks, implemented per kind of connection

    @api.model
    def _transfer_operation_names(self):
        """``{operation: what a user calls it}``; each addon adds the operations it queues."""
        return {}

    def _transfer_execute(self, log):
        """Do the call.

        Guard by kind and by operation, else return super. Building the payload may raise UserError
        (stored on the record as its error); the call raises a subclass of TransferError.

        :return: ``{"remote_id": str, "request": body, "response": body}``
        """
        self.ensure_one()
        raise RejectedError(
            self.env._("This connection cannot carry out the operation “%(operation)s”.", operation=log.operation)
        )

    def _transfer_lookup(self, log):
        """Ask the other side by key whether an exchange of unknown outcome was carried out.

        Reads only. :return: as ``_transfer_execute``, or ``None`` when nothing (or not all) was carried
        out over there, so that executing is safe.
        """
        self.ensure_one()
        raise UncertainError(
            self.env._("Nobody can tell whether the other side carried this out."),
            advice=self.env._("Look it up over there, then choose Ignore or Retry."),
        )

    def _transfer_done(self, log, result):
        """Store what the exchange gave (links, numbers) on our side. Called after ``_transfer_execute``
        as well as after a successful ``_transfer_lookup``, in the same transaction as the state."""

    def _transfer_source(self, log):
        """The document in our own form (anything JSON can carry), shown beside what is sent. ``None``: nothing to show.
        Reads only; a UserError is that of the sending, and told there."""
        self.ensure_one()

    def _transfer_can_resend(self, log):
        """Whether a completed transfer may be sent again: the other side is asked by key first, and what it has is not
        sent. Only for operations whose ``_transfer_lookup`` gives an answer."""
        self.ensure_one()
        return False

    @api.model
    def _transfer_crons(self):
        """``{kind: [XML ids of crons that put exchanges into the queue]}``, shown on the connection as its schedule."""
        return {}
