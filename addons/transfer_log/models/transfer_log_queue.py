import logging
import random
from datetime import timedelta

from psycopg2 import errors

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..exceptions import AuthorisationError, RejectedError, TemporaryError, TransferError, UncertainError
from ..masking import mask
from .transfer_log import OPEN_STATES

_logger = logging.getLogger(__name__)

BACKOFF_BASE = 60  # seconds before the second attempt, doubled each time
BACKOFF_MAX = 6 * 3600
JITTER = 0.25  # so that many failed at once do not come back at once
CLAIMED = 0x74726C67  # first key of the advisory locks of claims, "trlg"; the second is the record's id


class TransferLog(models.Model):
    """How the queue is worked through: the claim is committed before the call, the outcome after it."""

    _inherit = "transfer.log"

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
        self._release_abandoned(connections, commit)
        tried = set()
        while log := self._claim_next(connections, commit, tried):
            health = log._process_claimed()
            if log.state in OPEN_STATES:
                tried.add(log.id)  # not twice in one run
            count += 1
            has_time = not commit or self.env["ir.cron"]._commit_progress(1)
            log._apply_health(health, commit)
            if not has_time:
                break
        self._trigger_next()
        return count

    @api.model
    def _trigger_next(self):
        """Wake the cron when the next attempt is due, instead of at its own interval."""
        domain = Domain("state", "in", OPEN_STATES) & Domain("next_attempt", ">", fields.Datetime.now())
        waiting = self.search(domain, order="next_attempt, id", limit=1)
        if waiting:
            waiting.connection_id._trigger_queue(at=waiting.next_attempt)

    @api.model
    def _release_abandoned(self, connections, commit):
        """A record being sent that nobody holds was left by a worker that died: its outcome is unknown, and is shown
        so, also where the connection is paused."""
        domain = Domain("state", "=", "sending")
        if connections is not None:
            domain &= Domain("connection_id", "in", connections.ids)
        try:
            with self.env.cr.savepoint():
                domain &= Domain("id", "not in", self._find_just_claimed())
                for log in self.search(domain).try_lock_for_update():
                    log.write({"state": "uncertain", "is_outcome_unknown": True})
                    log._note_event("uncertain")
        except errors.SerializationFailure:
            if not commit:
                raise
            # somebody finished one of them after our snapshot was taken: left to the next run
            self.env.cr.rollback()
            self.env.invalidate_all()
        if commit:
            self.env["ir.cron"]._commit_progress()

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
            passed_over = [*tried, *self._find_just_claimed()]
            domain = self._due_domain(connections) & Domain("id", "not in", passed_over)
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

        Between the two nobody holds the row: an advisory lock of the session tells the other workers that we live.
        The database drops it when we die.

        :return: whether the record is ours
        """
        self.ensure_one()
        attempts = self.attempts
        key = SQL("%s, %s", CLAIMED, self.id)
        self.env.execute_query(SQL("SELECT pg_advisory_lock(%s)", key))
        try:
            self.env["ir.cron"]._commit_progress()
            query = SQL(
                "SELECT id FROM transfer_log WHERE id = %s AND state = 'sending' AND attempts = %s FOR UPDATE",
                self.id,
                attempts,
            )
            try:
                with self.env.cr.savepoint():
                    return bool(self.env.execute_query(query))
            except errors.SerializationFailure:
                self.env.cr.rollback()
                return False
        finally:
            self.env.execute_query(SQL("SELECT pg_advisory_unlock(%s)", key))

    @api.model
    def _find_just_claimed(self):
        """Records whose worker is between his commit and the lock of the row (``_commit_claim``).

        :rtype: list of ids
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT objid FROM pg_locks
                 WHERE locktype = 'advisory' AND classid = %s AND objsubid = 2
                   AND database = (SELECT oid FROM pg_database WHERE datname = CURRENT_DATABASE())
                """,
                CLAIMED,
            )
        )
        return [row[0] for row in rows]

    def _process_claimed(self):
        """Carry out one claimed transfer and write down how it ended. Never raises for a bad record.

        :return: what it tells about the connection, for ``_apply_health``
        """
        self.ensure_one()
        lang = self.user_id.lang or self.env.lang
        log = self.with_company(self.company_id).with_context(lang=lang, transfer_in_queue=True)
        connection = log.connection_id
        is_looking_up = log.is_outcome_unknown
        try:
            with self.env.cr.savepoint():
                result = connection._transfer_lookup(log) if is_looking_up else None
                if result is not None:
                    log._note_decision(
                        log.env._("The other side was asked"), log.env._("it is there, nothing was sent")
                    )
                else:
                    is_looking_up = False
                    log._keep_source()
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

    def _keep_source(self):
        """Keep the document in our own form beside what is sent. What cannot be shown is told by the sending."""
        self.ensure_one()
        try:
            source = self.connection_id._transfer_source(self)
        except (UserError, TransferError):
            source = None
        if source:
            self.source_body = mask(source)

    def _write_outcome(self, result):
        self.ensure_one()
        self.write(
            {
                "state": "done",
                "is_outcome_unknown": False,
                "remote_id": result.get("remote_id") or self.remote_id,
                "request_body": mask(result.get("request")) or self.request_body,
                "source_body": mask(result.get("source")) or self.source_body,
                "response_body": mask(result.get("response")) or self.response_body,
                "error_message": False,
                "advice": False,
                "next_attempt": False,
                "done_date": fields.Datetime.now(),
            }
        )
        self._note_event("done")

    def _write_error(self, error, state, next_attempt=False):
        """Store why it did not work. After the last attempt it is left to a person."""
        self.ensure_one()
        self.invalidate_recordset()
        is_unknown = state == "uncertain"
        is_new = is_unknown and not self.is_outcome_unknown
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
        if state == "failed" or is_new:
            self._note_event(state)

    def _note_event(self, event):
        """Tell it to those who asked for reports: ``done``, ``failed`` or ``uncertain``."""
        for log in self:
            log.env["transfer.notification"]._note(log.connection_id, event, log)
