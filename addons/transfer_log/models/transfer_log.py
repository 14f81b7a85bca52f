import logging
import random
from datetime import timedelta

from psycopg2 import errors

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..exceptions import AuthorisationError, RejectedError, TemporaryError, TransferError, UncertainError
from ..masking import mask

_logger = logging.getLogger(__name__)

BACKOFF_BASE = 60  # seconds before the second attempt, doubled each time
BACKOFF_MAX = 6 * 3600
JITTER = 0.25  # so that many failed at once do not come back at once
OPEN_STATES = ("queued", "sending", "uncertain")


class TransferLog(models.Model):
    _name = "transfer.log"
    _description = "Transfer"
    _order = "id desc"
    _rec_name = "document_name"
    _check_company_auto = True

    connection_id = fields.Many2one("transfer.connection", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    kind = fields.Selection(related="connection_id.kind", store=True)
    direction = fields.Selection([("out", "Sent"), ("in", "Received")], required=True, default="out")
    operation = fields.Char(string="Technical Operation", required=True, index=True)
    operation_name = fields.Char(string="Operation", compute="_compute_operation_name")
    res_model = fields.Char(string="Document Model")
    res_id = fields.Many2oneReference(string="Document ID", model_field="res_model")
    document_name = fields.Char(string="Document")
    key = fields.Char(required=True, help="Names the effect. One per connection, so it cannot happen twice.")
    state = fields.Selection(
        selection=[
            ("queued", "In queue"),
            ("sending", "Sending"),
            ("uncertain", "Outcome unknown"),
            ("done", "Done"),
            ("failed", "Failed"),
            ("ignored", "Ignored"),
        ],
        required=True,
        default="queued",
        index=True,
    )
    attempts = fields.Integer(readonly=True)
    next_attempt = fields.Datetime(default=fields.Datetime.now, help="Not tried before then. Empty: left to a person.")
    is_outcome_unknown = fields.Boolean(
        readonly=True, help="A call left us without an answer: the other side is asked before anything is sent again."
    )
    sent_date = fields.Datetime(string="Sent On", readonly=True)
    done_date = fields.Datetime(string="Completed On", readonly=True)
    remote_id = fields.Char(string="Remote ID", index="btree_not_null")
    request_body = fields.Text(string="Sent Body", readonly=True)
    response_body = fields.Text(string="Received Body", readonly=True)
    error_message = fields.Text(string="Error", readonly=True)
    advice = fields.Text(readonly=True)
    decision_reason = fields.Char(string="Reason", readonly=True, help="Why a person retried, postponed or ignored it.")
    user_id = fields.Many2one("res.users", string="Queued By", default=lambda self: self.env.user, readonly=True)

    _connection_key_uniq = models.Constraint(
        "UNIQUE (connection_id, key)", "This transfer is already in the queue or done."
    )
    _due_idx = models.Index("(next_attempt, id) WHERE state IN ('queued', 'sending', 'uncertain')")
    _document_idx = models.Index("(res_model, res_id)")

    def write(self, vals):
        if not self.env.su:
            raise AccessError(
                self.env._("The log of transfers is written by the program. Use Retry, Postpone or Ignore.")
            )
        return super().write(vals)

    @api.depends("operation")
    def _compute_operation_name(self):
        names = self.env["transfer.connection"]._transfer_operation_names()
        for log in self:
            log.operation_name = names.get(log.operation, log.operation)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        raise UserError(
            self.env._("The log of transfers is kept. Choose Ignore for a transfer that should not happen.")
        )

    # ---------------------------------------------------------------- actions

    def action_retry(self):
        """Try again now (a button in lists, without a reason)."""
        return self._decide("retry")

    def action_open_decision(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Decide"),
            "res_model": "transfer.log.decision",
            "view_mode": "form",
            "target": "new",
            "context": {"default_log_ids": self.ids, "default_decision": self.env.context.get("decision", "retry")},
        }

    def action_open_document(self):
        self.ensure_one()
        if not self.res_model or not self.res_id or self.res_model not in self.env:
            raise UserError(self.env._("This transfer has no document."))
        if not self.env[self.res_model].browse(self.res_id).exists():
            raise UserError(self.env._("The document no longer exists."))
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }

    def _decide(self, decision, reason="", postpone_until=None):
        """What a person decides on transfers: ``retry``, ``postpone`` or ``ignore``."""
        self.check_access("write")
        logs = self.filtered(lambda log: log.state not in ("done", "ignored") or decision == "retry")
        for log in logs.sudo():
            if log.state == "done":
                raise UserError(
                    self.env._("“%(name)s” is done. Sending it again could make a second one.", name=log.document_name)
                )
            if log.state == "sending" or not log.try_lock_for_update():
                raise UserError(
                    self.env._("“%(name)s” is being sent just now. Look again in a minute.", name=log.document_name)
                )
        values = {"decision_reason": reason or False}
        if decision == "ignore":
            logs.sudo().write(values | {"state": "ignored", "next_attempt": False})
        else:
            moment = postpone_until if decision == "postpone" else fields.Datetime.now()
            for log in logs.sudo():
                state = "uncertain" if log.is_outcome_unknown else "queued"
                log.write(values | {"state": state, "next_attempt": moment, "attempts": 0, "error_message": False})
            logs.sudo().connection_id._trigger_queue()
        return True

    def _decide_outcome(self, was_taken, reason):
        """What a person found who looked up at the other side what became of a transfer whose answer was lost.

        :param bool was_taken: it is there, and the transfer is done; otherwise it is sent again
        :param str reason: who found it
        """
        values = {"is_outcome_unknown": False, "error_message": False, "decision_reason": reason}
        now = fields.Datetime.now()
        if was_taken:
            self.write(values | {"state": "done", "next_attempt": False, "advice": False, "done_date": now})
        else:
            self.write(values | {"state": "queued", "next_attempt": now, "attempts": 0})
            self.connection_id._trigger_queue()

    # ------------------------------------------------------------------ queue

    @api.model
    def _cron_process_queue(self):
        """Work through the queue of all connections; claims are committed before the call."""
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(self._due_domain()))
        self._process_queue(commit=True)

    @api.model
    def _process_queue(self, connections=None, commit=False):
        """Process what is due, oldest first.

        :param connections: only these
        :param bool commit: commit the claim before each call and the outcome after it. The cron's way; a
            caller that leaves it out gets everything in his own transaction (tests, scripts).
        :return: how many were tried
        """
        self = self.sudo()
        count = 0
        self._due_connections(connections)._transfer_mark_run()
        if commit:
            self.env["ir.cron"]._commit_progress()
        tried = set()
        while log := self._claim_next(connections, commit, tried):
            tried.add(log.id)
            health = log._process_claimed()
            count += 1
            has_time = not commit or self.env["ir.cron"]._commit_progress(1)
            log._apply_health(health, commit)
            if not has_time:
                break
        return count

    @api.model
    def _due_domain(self, connections=None):
        domain = Domain("state", "in", OPEN_STATES) & Domain("next_attempt", "<=", fields.Datetime.now())
        domain &= Domain("connection_id", "any", self.env["transfer.connection"]._transfer_ready_domain())
        if connections is not None:
            domain &= Domain("connection_id", "in", connections.ids)
        return domain

    @api.model
    def _due_connections(self, connections=None):
        ready = self.env["transfer.connection"]._transfer_ready_domain()
        if connections is not None:
            ready &= Domain("id", "in", connections.ids)
        return self.env["transfer.connection"].search(ready)

    @api.model
    def _claim_next(self, connections, commit, tried):
        """Take one due record and mark it as being sent; empty when nothing is due.

        A record in state ``sending`` whose row is not locked belongs to a worker that died after its
        claim: its outcome is unknown.
        """
        for _attempt in range(5):
            domain = self._due_domain(connections) & Domain("id", "not in", list(tried))
            query = self._search(domain, order="next_attempt, id", limit=1)
            try:
                with self.env.cr.savepoint():
                    rows = self.env.execute_query(SQL("%s FOR UPDATE OF transfer_log SKIP LOCKED", query.select()))
            except errors.SerializationFailure:
                if not commit:
                    raise
                # somebody finished this record after our snapshot was taken: look again with a new one
                self.env.cr.rollback()
                continue
            if not rows:
                return self.browse()
            log = self.browse(rows[0][0])
            log.invalidate_recordset()
            log._mark_claimed()
            if not commit or log._commit_claim():
                return log
        return self.browse()

    def _mark_claimed(self):
        self.ensure_one()
        self.write(
            {
                "state": "sending",
                "is_outcome_unknown": self.is_outcome_unknown or self.state in ("sending", "uncertain"),
                "attempts": self.attempts + 1,
                "sent_date": fields.Datetime.now(),
            }
        )
        self.flush_recordset()

    def _commit_claim(self):
        """Commit the claim, then hold the row for as long as the call takes.

        Between the two another worker may believe that we died and take the record: then it is his, and
        we leave it, having sent nothing.
        """
        self.ensure_one()
        attempts = self.attempts
        self.env["ir.cron"]._commit_progress()
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM transfer_log WHERE id = %s AND state = 'sending' AND attempts = %s"
                " FOR UPDATE SKIP LOCKED",
                self.id,
                attempts,
            )
        )
        return bool(rows)

    def _process_claimed(self):
        """Carry out one claimed transfer and write down how it ended. Never raises for a bad record.

        :return: what it tells about the connection, for ``_apply_health``
        """
        self.ensure_one()
        lang = self.user_id.lang or self.env.lang
        log = self.with_company(self.company_id).with_context(lang=lang)
        connection = log.connection_id
        is_looking_up = log.is_outcome_unknown
        try:
            with self.env.cr.savepoint():
                result = connection._transfer_lookup(log) if is_looking_up else None
                if result is None:
                    is_looking_up = False
                    result = connection._transfer_execute(log)
                connection._transfer_done(log, result)
                log._write_outcome(result)
            return {"state": "ok"}
        except AuthorisationError as error:
            log._write_error(error, "uncertain" if is_looking_up else "queued", next_attempt=fields.Datetime.now())
            return {"state": "authorisation", "message": str(error)}
        except TemporaryError as error:
            log._write_error(error, "uncertain" if is_looking_up else "queued", next_attempt=log._next_try(error))
            block = (error.retry_after or BACKOFF_BASE) if error.whole_connection else 0
            return {"state": "error", "message": str(error), "block": block}
        except UncertainError as error:
            log._write_error(error, "uncertain", next_attempt=log._next_try(error))
            return {"state": "error", "message": str(error)}
        except (RejectedError, UserError) as error:
            # a fault of this document, found by us or by them; the connection works
            log._write_error(error if isinstance(error, TransferError) else TransferError(str(error)), "failed")
            return {"state": "ok"}
        except Exception as error:
            _logger.exception("Transfer %s (%s) of connection %s broke off", log.id, log.operation, connection.id)
            text = log.env._(
                "Something unexpected happened (%(kind)s): %(text)s", kind=type(error).__name__, text=error
            )
            log._write_error(TransferError(text), "uncertain", next_attempt=log._next_try())
            return {"state": "error", "message": text}

    def _apply_health(self, health, commit):
        """Write on the connection what the exchange told about it.

        Apart from the outcome itself and after its commit: with several workers on one connection the row
        of the connection changes during every call, and must not take the outcome down with it.
        """
        self.ensure_one()
        for _attempt in range(3):
            try:
                with self.env.cr.savepoint():
                    self.connection_id._transfer_note_health(**health)
            except errors.SerializationFailure:
                if not commit:
                    raise
                self.env.cr.rollback()
                continue
            if commit:
                self.env["ir.cron"]._commit_progress()
            return

    def _next_try(self, error=None):
        """When to try again: doubled each time, with jitter, or as the other side asked."""
        self.ensure_one()
        asked = getattr(error, "retry_after", None)
        seconds = min(BACKOFF_BASE * 2 ** max(self.attempts - 1, 0), BACKOFF_MAX)
        seconds = max(asked or 0, seconds * (1 + random.uniform(0, JITTER)))  # noqa: S311
        return fields.Datetime.now() + timedelta(seconds=seconds)

    def _write_outcome(self, result):
        self.ensure_one()
        self.write(
            {
                "state": "done",
                "is_outcome_unknown": False,
                "remote_id": result.get("remote_id") or self.remote_id,
                "request_body": mask(result.get("request")) or self.request_body,
                "response_body": mask(result.get("response")),
                "error_message": False,
                "advice": False,
                "next_attempt": False,
                "done_date": fields.Datetime.now(),
            }
        )

    def _write_error(self, error, state, next_attempt=False):
        """Store why it did not work. After the last attempt it is left to a person."""
        self.ensure_one()
        self.invalidate_recordset()
        is_unknown = state == "uncertain"
        has_given_up = self.attempts >= self.connection_id.max_attempts and not isinstance(error, AuthorisationError)
        if state in ("queued", "uncertain") and has_given_up:
            state, next_attempt = "failed", False
        advice = getattr(error, "advice", "")
        if not advice and state == "failed":
            advice = self.env._("Put the cause right and choose Retry, or choose Ignore.")
        elif not advice and next_attempt:
            advice = self.env._("It is tried again automatically.")
        self.write(
            {
                "state": state,
                "is_outcome_unknown": is_unknown,
                "error_message": mask(str(error)),
                "advice": advice,
                "next_attempt": next_attempt,
                "request_body": mask(error.request) or self.request_body,
                "response_body": mask(error.response) or self.response_body,
            }
        )

    @api.autovacuum
    def _gc_bodies(self):
        """Empty the bodies of completed transfers after the connection's retention time."""
        limit = 1000
        connections = self.env["transfer.connection"].with_context(active_test=False)
        for connection in connections.search([("retention_days", ">", 0)]):
            oldest = fields.Datetime.now() - timedelta(days=connection.retention_days)
            old = self.search(
                [
                    ("connection_id", "=", connection.id),
                    ("state", "in", ("done", "ignored")),
                    ("create_date", "<", oldest),
                    "|",
                    ("request_body", "!=", False),
                    ("response_body", "!=", False),
                ],
                limit=limit,
            )
            old.write({"request_body": False, "response_body": False})
