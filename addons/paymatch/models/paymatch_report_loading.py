import base64

from odoo import api, fields, models
from odoo.tools import SQL

from .. import formats
from ..const import LARGE

#: Lines of one commit; a process that is killed loses no more.
READ_AT_ONCE = 5_000
MATCHED_AT_ONCE = 10_000


class PaymatchReport(models.Model):
    """Large payouts: the file is checked at once, its lines are read and matched in the background.

    Each batch is a commit with the count of what is done, so that a process that was stopped or killed goes on there.
    Nobody can match, decide or approve before the last line is in.
    """

    _inherit = "paymatch.report"

    is_loading = fields.Boolean(string="Being Read", readonly=True, copy=False)
    loading_count = fields.Integer(string="Lines in the File", readonly=True, copy=False)
    loaded_count = fields.Integer(string="Lines Read", readonly=True, copy=False)
    weighed_count = fields.Integer(string="Lines Matched", readonly=True, copy=False)
    loading_progress = fields.Float(string="Progress", compute="_compute_loading_progress")

    @api.depends("loading_count", "loaded_count", "weighed_count")
    def _compute_loading_progress(self):
        for report in self:
            done = report.loaded_count + report.weighed_count
            report.loading_progress = 50.0 * done / report.loading_count if report.loading_count else 0.0

    @api.model
    def _is_large(self, parsed, lines):
        """Only payouts: what an advice says is taken up by other addons as soon as it is read."""
        return parsed.kind == "payout" and len(lines) > LARGE

    @api.model
    def _cron_load(self, read_at_once=READ_AT_ONCE, matched_at_once=MATCHED_AT_ONCE):
        """Read and match what waits, batch by batch, until it is done or the time of the job is up."""
        cron = self.env["ir.cron"]
        reports = self.search([("is_loading", "=", True), ("is_discarded", "=", False)], order="id")
        cron._commit_progress(remaining=len(reports))
        for report in reports:
            report = report.with_company(report.company_id).with_context(lang=report.create_uid.lang)
            while report.is_loading:
                if report.loaded_count < report.loading_count:
                    steps = report._load_batches(read_at_once)
                else:
                    steps = report._weigh_batches(matched_at_once)
                for _step in steps:
                    if not cron._commit_progress():
                        return
                    self.env.invalidate_all()
            if not cron._commit_progress(1):
                return

    def _load_batches(self, size):
        """Add the lines that are missing; yields after each batch, which is to be committed then.

        The first step reads the file into parts of ``size`` lines. What comes after a stop takes the next part, so that
        the file is read once, however often the job is stopped.
        """
        while True:
            self._lock()  # read anew what another process may have added
            start = self.loaded_count
            if not self.is_loading or start >= self.loading_count:
                return
            part_sudo = (
                self.env["paymatch.report.part"]
                .sudo()
                .search([("report_id", "=", self.id), ("start", "=", start)], limit=1)
            )
            if part_sudo:
                values = part_sudo._values()
                self.env["paymatch.report.line"]._system_create(values)
                self._system_write({"loaded_count": start + len(values)})
                part_sudo.unlink()
            else:
                self._keep_parts(start, size)
            yield

    def _keep_parts(self, start, size):
        """Read the file and keep its lines after the first ``start`` for :meth:`_load_batches`."""
        with formats.also(*self.env["paymatch.profile"]._formats(self.company_id)):
            parsed = formats.parse(base64.b64decode(self.file), self.filename, self.format)
        groups, lines = next(rest for part, *rest in self._split(parsed) if part == self.file_part)
        movements = dict(zip((group.key for group in groups), self.movement_ids, strict=True))
        parts_sudo = self.env["paymatch.report.part"].sudo()
        parts_sudo.search([("report_id", "=", self.id)]).unlink()
        for at in range(start, len(lines), size):
            parts_sudo._keep(self, at, self._prepare_lines(lines[at : at + size], movements, at))

    def _weigh_batches(self, size):
        """Match the lines, sales before refunds; yields after each batch. What does not add up is not matched."""
        while True:
            self._lock()
            start = self.weighed_count
            if not self.is_loading:
                return
            if self.error_message or start >= self.loading_count:
                self._system_write({"is_loading": False, "is_matched": not self.error_message})
                yield
                return
            rows = self.env.execute_query(
                SQL(
                    "SELECT id FROM paymatch_report_line WHERE report_id = %s "
                    "ORDER BY gross_amount < 0, sequence, id OFFSET %s LIMIT %s",
                    self.id,
                    start,
                    size,
                )
            )
            self._match_lines(self.env["paymatch.report.line"].browse([row[0] for row in rows]))
            self._system_write({"weighed_count": min(start + size, self.loading_count)})
            yield

    def _trigger_loading(self):
        if self.filtered("is_loading"):
            self.env.ref("paymatch.ir_cron_paymatch_load")._trigger()
