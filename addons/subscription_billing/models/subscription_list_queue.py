import logging

from psycopg2 import Error as DatabaseError
from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .. import statistics
from ..halving import CONCURRENCY_ERRORS, TRIES, halve

_logger = logging.getLogger(__name__)


class RowFault(Exception):
    """Something of a list that cannot be made, in the user's words."""


class SubscriptionListQueueMixin(models.AbstractModel):
    """A checked list of which things are made in batches, each once, whoever is killed.

    The record has ``state`` (checked, queued, done) and ``line_ids`` of a model with
    ``subscription.list.queue.line.mixin``. It defines ``_read_documents()``, ``_prepare_work()`` (a function of lines),
    ``_get_twice_text()`` and ``_tell_finished(stopped)``.
    """

    _name = "subscription.list.queue.mixin"
    _description = "List Made in Batches"
    _inherit = ["subscription.list.mixin", "mail.thread"]

    #: Lines in one transaction, and the job that goes on with longer lists.
    _list_batch = 100
    _list_cron = ""

    def _queue(self):
        """Make what is ready: a few at once, many in the background."""
        self.ensure_one()
        self.sudo().state = "queued"
        if self.ready_count <= self._list_batch:
            self._process(self._get_work())
            self._finish()
        else:
            self.env.ref(self._list_cron)._trigger()

    def _get_work(self, limit=None):
        return self.line_ids.search([("import_id", "=", self.id), ("state", "=", "ready")], order="id", limit=limit)

    def _process(self, lines):
        """Make some of the lines. Safe to call again after a crash: what is made is no longer ready."""
        self.ensure_one()
        lines = lines.try_lock_for_update(allow_referencing=True)
        lines.invalidate_recordset(["state"])
        lines = lines.filtered(lambda line: line.state == "ready")
        if lines:
            halve(lines, self._prepare_work(), self._stop)

    def _stop(self, line, error):
        line.sudo().write({"state": "fault", "message": self._get_error_text(line, error)})

    def _get_error_text(self, line, error):
        if isinstance(error, UniqueViolation):
            return self._get_twice_text()
        if isinstance(error, UserError | ValidationError | RowFault):
            return str(error)
        _logger.exception("Line %s of %s failed", line.id, self, exc_info=error)
        kind = "database" if isinstance(error, DatabaseError) else type(error).__name__
        return self.env._("Unexpected fault (%s). The log of the server has the details.", kind)

    def _finish(self):
        """Close the list when nothing is left to make; what was stopped comes back as a file."""
        if self.state != "queued" or self._get_work(limit=1):
            return
        reasons = {line.position: line.message for line in self.line_ids if line.state == "fault"}
        documents, header = self._read_documents()
        faults = [
            (row.line, row.cells, reasons[document.line])
            for document in documents
            if document.line in reasons
            for row in document.rows
        ]
        self.sudo().write({"state": "done", **self._prepare_fault_values(self._get_data(), header, faults)})
        self._tell_finished(len(reasons))

    @api.model
    def _cron_process(self, batch_size=None):
        """Go on with lists at work, one batch per transaction, until the time is up."""
        cron = self.env["ir.cron"]
        for record in self.search([("state", "=", "queued")], order="id"):
            in_vain, batches, made = 0, 0, 0
            while in_vain < TRIES and (work := record._get_work(limit=batch_size or self._list_batch)):
                done = 0
                try:
                    record._process(work)
                    self.env.flush_all()
                    done = sum(1 for line in work if line.state != "ready")
                except CONCURRENCY_ERRORS:
                    self.env.cr.rollback()  # another process was faster: look again in a new transaction
                in_vain = 0 if done else in_vain + 1
                if done:
                    batches, made = batches + 1, made + done
                    statistics.keep(self.env, batches, made)
                left = work.search_count([("import_id", "=", record.id), ("state", "=", "ready")])
                time_left = cron._commit_progress(done, remaining=left)
                self.env.invalidate_all()
                if not time_left:
                    return
            record._finish()
            cron._commit_progress(remaining=0)


class SubscriptionListQueueLineMixin(models.AbstractModel):
    """What is made of one part of a list: the preview, then the queue, in the end the history."""

    _name = "subscription.list.queue.line.mixin"
    _description = "Part of a List"
    _inherit = ["subscription.proof.mixin"]

    position = fields.Integer(string="Line", help="Where it begins in the file.")
    number = fields.Char()
    customer = fields.Char(string="Customer in the File")
    partner_id = fields.Many2one("res.partner", string="Customer", ondelete="restrict")
    line_count = fields.Integer(string="Lines")
    state = fields.Selection(
        [
            ("ready", "Ready"),
            ("fault", "Stopped"),
            ("made", "Made"),
            ("known", "Made before"),
            ("undone", "Undone"),
        ],
        required=True,
        index=True,
    )
    message = fields.Text(string="Note")
    currency_id = fields.Many2one("res.currency")

    @api.model
    def _get_proof_fields(self):
        return super()._get_proof_fields() | set(self._fields)
