"""A watched folder: an access point's agent puts files into it, each becomes a document once."""

import functools
import logging
import os
import time
from pathlib import Path

import psycopg2.errors

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..formats import official

_logger = logging.getLogger(__name__)

DONE = "done"
SETTLED = 5  # seconds since the last change: younger files may still be being written
MAX_FILE = 128 * 1024 * 1024
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")


class TransferConnection(models.Model):
    _inherit = "transfer.connection"

    kind = fields.Selection(
        selection_add=[("einvoice_inbox", "E-invoice inbox (folder)")],
        ondelete={"einvoice_inbox": lambda connections: connections._transfer_retire()},
    )
    einvoice_inbox_folder = fields.Char(
        string="Folder to Watch",
        groups="base.group_system",
        help="Folder on the server that an access point or its agent puts received documents into. A file that is "
        "taken moves to its folder “done”.",
    )

    @api.constrains("einvoice_inbox_folder")
    def _check_einvoice_inbox_folder(self):
        for connection in self.sudo():
            folder = connection.einvoice_inbox_folder
            if folder and not Path(folder).is_absolute():
                raise ValidationError(self.env._("Give the folder to watch with its full path."))

    def action_einvoice_fetch(self):
        """Read the folder now."""
        for connection in self:
            if connection.kind != "einvoice_inbox":
                raise UserError(self.env._("This connection has no folder to watch."))
            connection.check_access("write")
        self._trigger_einvoice_inbox()
        return True

    @api.model
    def _trigger_einvoice_inbox(self):
        self.env.ref("nordic_einvoice.ir_cron_einvoice_inbox").sudo()._trigger()

    @api.model
    def _transfer_crons(self):
        # EXTENDS 'transfer_log'
        return super()._transfer_crons() | {"einvoice_inbox": ["nordic_einvoice.ir_cron_einvoice_inbox"]}

    @api.model
    def _cron_einvoice_inbox(self):
        """Take the files of all watched folders, one transaction each."""
        connections = self.search([("kind", "=", "einvoice_inbox"), ("is_paused", "=", False)])
        folders = [each for each in connections if each.sudo().einvoice_inbox_folder]
        with official.RuleRunner() as runner:
            for connection in folders:
                connection._einvoice_take_folder(runner, commit=True)

    def _einvoice_take_folder(self, runner=None, commit=False):
        """The files of this connection's folder become documents; each moves to “done” once that is committed."""
        self.ensure_one()
        folder = Path(self.sudo().einvoice_inbox_folder)
        try:
            paths = self._einvoice_waiting_files(folder)
        except OSError as error:
            self._transfer_note_health(
                "error", self.env._("The folder %(folder)s cannot be read: %(why)s", folder=folder, why=error.strerror)
            )
            return
        self._transfer_note_health("ok")
        for number, path in enumerate(paths, 1):
            taken = self._einvoice_take_file(path, runner)
            if not commit:
                if taken:
                    self.env.cr.postcommit.add(functools.partial(self._einvoice_file_done, path))
                continue
            has_time = self.env["ir.cron"]._commit_progress(1, remaining=len(paths) - number)
            if taken:
                self._einvoice_file_done(path)
            if not has_time:
                break

    @api.model
    def _einvoice_waiting_files(self, folder):
        """Whole files, the oldest first."""
        now, found = time.time(), []
        for entry in os.scandir(folder):
            if not entry.is_file(follow_symlinks=False) or entry.name.startswith("."):
                continue
            info = entry.stat()
            if not entry.name.endswith(UNFINISHED) and now - info.st_mtime >= SETTLED and info.st_size <= MAX_FILE:
                found.append((info.st_mtime, entry.path))
        return [Path(path) for _time, path in sorted(found)]

    def _einvoice_take_file(self, path, runner):
        """Whether the file's document is made or was there before: then it may be moved when this is committed."""
        try:
            content = path.read_bytes()
        except OSError:
            return False  # another process moved it
        Document = self.env["nordic.einvoice.document"].with_company(self.company_id)
        try:
            with self.env.cr.savepoint():
                files = Document._unpacked(path.name, content)
                for name, each in files:
                    Document._einvoice_receive(each, name, "folder", company=self.company_id, runner=runner)
        except psycopg2.errors.UniqueViolation:
            return False  # another process takes it at this moment; the next run finds its document
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            # one file never stops the others; it stays where it is
            _logger.exception("The file %s of a watched folder could not be received", path.name)
            self._transfer_note_health(
                "error", self.env._("%(file)s could not be received: %(why)s", file=path.name, why=error)
            )
            return False
        return True

    def _einvoice_file_done(self, path):
        """Only after the commit: a process killed before leaves the file, and the next run knows its document."""
        done = path.parent / DONE
        try:
            done.mkdir(exist_ok=True)
            target = done / path.name
            if target.exists():
                target = done / f"{path.stem}_{time.time_ns()}{path.suffix}"
            path.replace(target)
        except OSError as error:
            _logger.warning("The file %s of a watched folder could not be moved: %s", path.name, error.strerror)
