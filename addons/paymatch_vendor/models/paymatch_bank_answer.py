import base64
import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from odoo.addons.paymatch.formats.errors import FormatError

from ..formats import pain002


class PaymatchBankAnswer(models.Model):
    """A file in which the bank tells what it does with payments (pain.002)."""

    _name = "paymatch.bank.answer"
    _inherit = ["system.fields.mixin", "mail.thread"]
    _description = "Answer of the Bank"
    _order = "date desc, id desc"

    name = fields.Char(string="Number of the Answer", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    date = fields.Date(readonly=True)
    original = fields.Char(string="File of Payments", readonly=True, help="The number of the file it answers.")
    code = fields.Char(string="Status of the File", readonly=True)
    file = fields.Binary(attachment=True, readonly=True, copy=False)
    filename = fields.Char(readonly=True)
    file_sha256 = fields.Char(string="SHA-256 of the File", readonly=True, copy=False)
    line_ids = fields.One2many("paymatch.bank.answer.line", "answer_id", string="Payments")
    settled_count = fields.Integer(string="Made", compute="_compute_counts", store=True)
    accepted_count = fields.Integer(string="Accepted", compute="_compute_counts", store=True)
    rejected_count = fields.Integer(string="Rejected", compute="_compute_counts", store=True)
    todo_count = fields.Integer(string="To Do", compute="_compute_counts", store=True)
    state = fields.Selection([("todo", "To do"), ("done", "Done")], compute="_compute_counts", store=True, index=True)

    _company_file_uniq = models.Constraint(
        "UNIQUE (company_id, file_sha256)", "This answer of the bank has been imported already."
    )

    @api.depends("line_ids.outcome", "line_ids.state")
    def _compute_counts(self):
        for answer in self:
            outcomes = answer.line_ids.mapped("outcome")
            answer.settled_count = outcomes.count("settled")
            answer.accepted_count = outcomes.count("accepted")
            answer.rejected_count = outcomes.count("rejected")
            answer.todo_count = answer.line_ids.mapped("state").count("todo")
            answer.state = "todo" if answer.todo_count else "done"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_of_program(self):
        if not self.env.su:
            raise UserError(self.env._("Answers of the bank are kept with their file."))

    @api.model
    def _import_file(self, content, filename):
        """Take up an answer of the bank: bills whose payment was rejected are open again.

        :param bytes content: the file
        :return: ``paymatch.bank.answer``
        :raises UserError: what cannot be read, and a file that is here already
        """
        reports = self.env["paymatch.report"]
        reports._refuse_unreadable(content, filename)
        digest = hashlib.sha256(content).hexdigest()
        company = self.env.company
        known = self.search([("company_id", "=", company.id), ("file_sha256", "=", digest)])
        if known:
            raise UserError(
                self.env._(
                    "%(file)s was imported already on %(date)s as %(answer)s.",
                    file=filename,
                    date=format_date(self.env, fields.Datetime.context_timestamp(self, known.create_date)),
                    answer=known.name,
                )
            )
        try:
            parsed = pain002.parse(content, filename)
        except FormatError as error:
            reason = reports._format_error_text(error)
            raise UserError(self.env._("%(file)s cannot be read: %(reason)s", file=filename, reason=reason)) from error
        answer = self._system_create(
            {
                "name": parsed.reference or filename,
                "company_id": company.id,
                "date": parsed.created or fields.Date.context_today(self),
                "original": parsed.original,
                "code": parsed.code,
                "file": base64.b64encode(content),
                "filename": filename,
                "file_sha256": digest,
            }
        )
        self.env["paymatch.bank.answer.line"]._system_create(
            [answer._prepare_line_values(status, at) for at, status in enumerate(parsed.statuses, 1)]
        )
        answer.line_ids._find_and_reopen()
        return answer

    def _prepare_line_values(self, status, sequence):
        currency = self.env["paymatch.report"]._currency_of_code(status.currency)
        return {
            "answer_id": self.id,
            "sequence": sequence,
            "scope": status.scope,
            "outcome": status.outcome,
            "code": status.code,
            "reason_code": status.reason or False,
            "information": status.information or False,
            "end_to_end": status.end_to_end or status.instruction or False,
            "batch": status.batch or False,
            "amount": float(status.amount or 0),
            "currency_id": currency or self.company_id.currency_id.id,
            "execution_date": status.execution_date,
            "partner_name": status.creditor or False,
            "account_number": status.creditor_account or False,
            "remittance": status.remittance or False,
        }

    def action_find(self):
        """Button: look once more for the payments that were not found."""
        self.check_access("write")
        self.line_ids.filtered(lambda line: line.state == "todo")._find_and_reopen()
        return True
