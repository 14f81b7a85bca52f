import base64
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..formats import journal, sie4

EXTENSIONS = {"csv": "csv", "sie": "si", "json": "json"}
MIMETYPES = {"csv": "text/csv", "sie": "application/octet-stream", "json": "application/json"}


class LedgerExport(models.Model):
    """Posted entries of a period as a file for a finance system without a connection. Each entry leaves once."""

    _name = "ledger.export"
    _description = "Export to a Finance System"
    _inherit = ["system.fields.mixin", "mail.thread"]
    _order = "id desc"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="cascade"
    )
    date_from = fields.Date(required=True, string="From")
    date_to = fields.Date(required=True, string="To")
    journal_ids = fields.Many2many(
        "account.journal", string="Journals", check_company=True, help="Empty: entries of all journals."
    )
    format = fields.Selection(
        [("csv", "CSV (semicolons, UTF-8)"), ("sie", "SIE 4"), ("json", "JSON")], required=True, default="csv"
    )
    state = fields.Selection(
        [("draft", "Draft"), ("done", "Exported"), ("undone", "Undone")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
    )
    move_ids = fields.One2many("account.move", "ledger_export_id", string="Entries", readonly=True)
    entry_count = fields.Integer(string="Number of Entries", readonly=True, copy=False)
    currency_id = fields.Many2one(related="company_id.currency_id")
    debit_total = fields.Monetary(string="Debit", readonly=True, copy=False)
    waiting_count = fields.Integer(string="Waiting Entries", compute="_compute_waiting_count")
    file = fields.Binary(attachment=True, readonly=True, copy=False)
    filename = fields.Char(readonly=True, copy=False)
    undo_reason = fields.Char(string="Reason of the Undo", copy=False, tracking=True)

    @api.depends("company_id", "date_from", "date_to", "format")
    def _compute_display_name(self):
        formats = dict(self._fields["format"]._description_selection(self.env))
        for export in self:
            export.display_name = f"{formats.get(export.format, '')} {export.date_from or ''} – {export.date_to or ''}"

    @api.depends("company_id", "date_from", "date_to", "journal_ids", "state")
    def _compute_waiting_count(self):
        for export in self:
            is_open = export.state == "draft" and export.date_from and export.date_to
            export.waiting_count = self.env["account.move"].search_count(export._entries_domain()) if is_open else 0

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for export in self:
            if export.date_from > export.date_to:
                raise ValidationError(self.env._("The period ends before it begins."))

    @api.model
    def _can_create_by_hand(self):
        return True

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_system_fields(vals)
        return super().create(vals_list)

    def write(self, vals):
        if {"date_from", "date_to", "journal_ids", "format", "company_id"} & vals.keys():
            self._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_exported(self):
        self._check_draft()

    def _check_draft(self):
        if any(export.state != "draft" for export in self):
            raise UserError(self.env._("What was exported is kept as it was. Undo it, or make a new export."))

    # ---------------------------------------------------------------- actions

    def action_export(self):
        """Make the file and mark its entries: they are in no other export until this one is undone."""
        self.ensure_one()
        self.check_access("write")
        self._check_draft()
        moves = self._lock_entries()
        if not moves:
            raise UserError(self.env._("There is no posted entry of this period that was not exported yet."))
        export = self._prepare_export(moves)
        data = self._encode(export)
        total = sum((row.amount for entry in export.entries for row in entry.rows if row.amount > 0), Decimal(0))
        name = f"{self.company_id.name} {self.date_from} {self.date_to}.{EXTENSIONS[self.format]}"
        self._system_write(
            {
                "state": "done",
                "file": base64.b64encode(data),
                "filename": name.replace("/", "-"),
                "entry_count": len(moves),
                "debit_total": float(total),
            }
        )
        self._mark(moves, self.id)
        return True

    def action_undo(self):
        """The receiver did not take the file: its entries may be exported again. The file stays as proof."""
        self.ensure_one()
        self.check_access("write")
        if self.state != "done":
            raise UserError(self.env._("Only an export that was made can be undone."))
        if not (self.undo_reason or "").strip():
            raise UserError(self.env._("Enter the reason first: why may these entries be exported again?"))
        self._mark(self.move_ids, None)
        self._system_write({"state": "undone"})
        return True

    def action_view_entries(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_journal_line")
        domain = [("ledger_export_id", "=", self.id)] if self.state != "draft" else self._entries_domain()
        return action | {"domain": domain, "context": {}}

    # --------------------------------------------------------------- business

    def _entries_domain(self):
        self.ensure_one()
        domain = [
            ("company_id", "=", self.company_id.id),
            ("state", "=", "posted"),
            ("date", ">=", self.date_from),
            ("date", "<=", self.date_to),
            ("ledger_export_id", "=", False),
        ]
        if self.journal_ids:
            domain.append(("journal_id", "in", self.journal_ids.ids))
        return domain

    def _lock_entries(self):
        """The entries, locked: of two exports at once the second waits, and then finds them taken."""
        moves = self.env["account.move"].search(self._entries_domain(), order="date, id")
        moves.lock_for_update()
        moves.invalidate_recordset(["ledger_export_id"])
        return moves.filtered(lambda move: not move.ledger_export_id)

    def _mark(self, moves, export_id):
        # by SQL: a mark changes nothing of the entry, and is allowed in a closed period
        self.env["account.move"].flush_model()
        if moves:
            self.env.execute_query(
                SQL(
                    "UPDATE account_move SET ledger_export_id = %s WHERE id IN %s RETURNING id",
                    export_id,
                    tuple(moves.ids),
                )
            )
        self.env["account.move"].invalidate_model(["ledger_export_id"])
        self.invalidate_recordset(["move_ids"])

    def _prepare_export(self, moves):
        company = self.company_id
        year = company.compute_fiscalyear_dates(self.date_from)
        return journal.Export(
            company=company.name,
            organisation_number=company.company_registry or company.vat or "",
            currency=company.currency_id.name,
            year_start=year["date_from"],
            year_end=year["date_to"],
            made_on=fields.Date.context_today(self),
            entries=tuple(self._prepare_entry(move) for move in moves),
        )

    def _prepare_entry(self, move):
        lines = move.line_ids.filtered("account_id").sorted("id")
        return journal.Entry(
            number=move.name,
            date=move.date,
            journal=move.journal_id.code,
            text=" ".join(filter(None, (move.partner_id.name, move.ref))) or move.name,
            reference=move.payment_reference or move.ref or "",
            rows=tuple(self._prepare_row(line) for line in lines),
        )

    def _prepare_row(self, line):
        currency = line.company_currency_id
        return journal.Row(
            account=line.account_id.with_company(self.company_id).code or "",
            account_name=line.account_id.name,
            amount=Decimal(str(currency.round(line.balance))).quantize(Decimal("0.01")),
            text=" ".join((line.name or "").split())[:200],
            partner=line.partner_id.name or "",
            partner_vat=line.partner_id.vat or "",
            currency=line.currency_id.name,
            amount_currency=Decimal(str(line.currency_id.round(line.amount_currency))),
            tax=", ".join(line.tax_ids.mapped("name")),
        )

    def _encode(self, export):
        if self.format == "csv":
            return journal.to_csv(export)
        if self.format == "json":
            return journal.to_json(export)
        try:
            return sie4.to_sie(export)
        except sie4.SieError as error:
            texts = {
                "balance": self.env._("%(entry)s does not balance (%(value)s).", entry=error.entry, value=error.value),
                "year": self.env._(
                    "%(entry)s of %(value)s lies in another financial year: make one export for each year.",
                    entry=error.entry,
                    value=error.value,
                ),
                "account": self.env._(
                    "%(entry)s uses the account “%(value)s”: SIE takes account numbers of digits only.",
                    entry=error.entry,
                    value=error.value,
                ),
            }
            raise UserError(texts[error.reason]) from error
