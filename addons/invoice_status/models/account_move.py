import logging
from contextlib import contextmanager

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain

from ..const import INVOICE_STATES, PAID_STATES

_logger = logging.getLogger(__name__)

# Keys in the transaction's own data: emptied by commit and rollback.
CAUSES_KEY = "invoice_status.causes"
CHANGE_KEY = "invoice_status.payment_change"
LOGGED_FIELDS = ("invoice_status_state", "invoice_is_sent")
CLOCK_BATCH = 500


class PaymentChange:
    """What one reconcile or unreconcile has touched so far."""

    def __init__(self):
        self.move_ids = {}  # ordered set
        self.old_values = {}  # (move id, field name) -> value before the operation


class AccountMove(models.Model):
    _inherit = "account.move"

    invoice_status_state = fields.Selection(
        selection=INVOICE_STATES,
        string="Invoice status",
        compute="_compute_invoice_status_state",
        store=True,
        index="btree_not_null",
        copy=False,
        help="Where the customer invoice stands. Kept up to date by payments and, every hour, by the clock.",
    )
    invoice_is_sent = fields.Boolean(
        string="Sent to customer",
        compute="_compute_invoice_is_sent",
        store=True,
        copy=False,
    )
    invoice_status_log_ids = fields.One2many("invoice.status.log", "move_id", string="Status log")
    payment_history_ids = fields.One2many("invoice.payment.history", "move_id", string="Payment history")

    _invoice_status_open_idx = models.Index(
        "(company_id, invoice_status_state) WHERE invoice_status_state IN ('awaiting', 'partial')"
    )

    @api.depends(
        "state",
        "move_type",
        "payment_state",
        "line_ids.reconciled",
        "line_ids.date_maturity",
    )
    def _compute_invoice_status_state(self):
        today = {company: company._invoice_status_today() for company in self.company_id}
        for move in self:
            move.invoice_status_state = move._get_invoice_status_state(today.get(move.company_id))

    @api.depends("is_move_sent", "move_type")
    def _compute_invoice_is_sent(self):
        for move in self:
            move.invoice_is_sent = move.is_sale_document(include_receipts=True) and move.is_move_sent

    def _get_invoice_status_state(self, today):
        """The one readable state; ``False`` for anything that is not a customer document.

        A part-paid invoice past its due date is overdue: that is what the bookkeeper must act on. A credit note
        is never overdue, since it is we who owe the money.
        """
        self.ensure_one()
        if not self.is_sale_document(include_receipts=True):
            return False
        if self.state != "posted":
            return "draft" if self.state == "draft" else "cancelled"
        if self.payment_state == "reversed":
            return "paid" if self.move_type == "out_refund" else "credited"
        if self.payment_state in PAID_STATES:
            return "paid"
        if self.move_type != "out_refund" and self._has_matured_line(today):
            return "overdue"
        return "partial" if self.payment_state == "partial" else "awaiting"

    def _has_matured_line(self, today):
        """Whether an instalment past its due date is still open."""
        return any(
            line.date_maturity and line.date_maturity < today
            for line in self.line_ids
            if line.account_id.account_type == "asset_receivable" and not line.reconciled
        )

    # The log: what changed, and why

    def _compute_field_value(self, field):
        # EXTENDS 'mail'
        if field.name not in LOGGED_FIELDS or field.model_name != "account.move":
            return super()._compute_field_value(field)
        moves = self.filtered("id")
        before = {move.id: move[field.name] for move in moves}
        result = super()._compute_field_value(field)
        changes = {
            move.id: before[move.id]
            for move in moves
            if move[field.name] != before[move.id] and move.is_sale_document(include_receipts=True)
        }
        change = self.env.cr.precommit.data.get(CHANGE_KEY)
        if change is not None:
            # Within one reconciliation only the state at its end counts.
            for move_id, old_value in changes.items():
                change.old_values.setdefault((move_id, field.name), old_value)
        elif changes:
            self.browse(changes)._write_status_log(field.name, changes)
        return result

    def _write_status_log(self, fname, old_values):
        causes = self.env.cr.precommit.data.get(CAUSES_KEY, {})
        vals_list = []
        for move in self:
            old, new = old_values[move.id], move[fname]
            cause, source = causes.pop(move.id, None) or move._default_status_cause(old, new)
            if fname == "invoice_is_sent":
                old, new = ("sent" if value else "not_sent" for value in (old, new))
            vals_list.append(
                {
                    "move_id": move.id,
                    "company_id": move.company_id.id,
                    "state_from": old,
                    "state_to": new,
                    "cause": cause,
                    "source": source,
                    "user_id": self.env.uid,
                }
            )
        self.env["invoice.status.log"].sudo().create(vals_list)

    def _default_status_cause(self, old, new):
        """Cause of a change nobody announced."""
        if new == "overdue" and old in ("awaiting", "partial"):
            return "clock", self.env._("Due date passed")
        if self.env.uid == SUPERUSER_ID:
            return "clock", self.env._("Automatic")
        return "user", self.env.user.name

    def _log_status_cause(self, cause, source=""):
        """Tell the log why the next change of state of these invoices happens.

        :param cause: ``payment``, ``bank_line``, ``user``, ``clock`` or ``channel``
        :param source: what it was, in the reader's words (name of a payment, a bank line, a file)
        """
        causes = self.env.cr.precommit.data.setdefault(CAUSES_KEY, {})
        causes.update(dict.fromkeys(self.ids, (cause, source)))

    # One event: a payment changed

    def _on_payment_changed(self):
        """Called once after every reconcile or unreconcile with the customer invoices it concerned.

        Residual, payment state and ``invoice_status_state`` are up to date. The user may be anybody who can
        reconcile: extensions that touch other models use ``sudo()``. To be extended with ``super()``.
        """

    @contextmanager
    def _collect_payment_change(self):
        """Around an operation on payments; the outermost one calls ``_on_payment_changed`` at its end."""
        data = self.env.cr.precommit.data
        if CHANGE_KEY in data:
            yield data[CHANGE_KEY]
            return
        change = data[CHANGE_KEY] = PaymentChange()
        try:
            yield change
            moves = self.env["account.move"].browse(change.move_ids).exists()
            for fname in LOGGED_FIELDS:
                moves.sudo().mapped(fname)  # recompute now, so that the log tells one change
        finally:
            data.pop(CHANGE_KEY, None)
        self._log_payment_change(change)
        if moves:
            moves.invalidate_recordset(["payment_history_ids"])
            moves._on_payment_changed()

    def _log_payment_change(self, change):
        moves = self.env["account.move"].sudo().browse({move_id for move_id, _fname in change.old_values}).exists()
        for fname in LOGGED_FIELDS:
            old_values = {
                move.id: change.old_values[move.id, fname]
                for move in moves
                if (move.id, fname) in change.old_values and move[fname] != change.old_values[move.id, fname]
            }
            if old_values:
                moves.browse(old_values)._write_status_log(fname, old_values)
        causes = self.env.cr.precommit.data.get(CAUSES_KEY, {})
        for move_id in change.move_ids:
            causes.pop(move_id, None)

    @api.model
    def _get_overdue_candidates_domain(self, company):
        return Domain(
            [
                ("company_id", "=", company.id),
                ("state", "=", "posted"),
                ("move_type", "in", ("out_invoice", "out_receipt")),
                ("invoice_status_state", "in", ("awaiting", "partial")),
            ]
        ) & Domain(
            "line_ids",
            "any",
            [
                ("account_type", "=", "asset_receivable"),
                ("reconciled", "=", False),
                ("date_maturity", "<", company._invoice_status_today()),
            ],
        )

    @api.model
    def _cron_update_overdue(self, batch_size=CLOCK_BATCH):
        """Every hour, so that each company's invoices turn overdue in its own first hour of the day."""
        cron = self.env["ir.cron"]
        for company in self.env["res.company"].search([("active", "=", True)]):
            domain = self._get_overdue_candidates_domain(company)
            last_id = 0
            while moves := self.search(domain & Domain("id", ">", last_id), limit=batch_size, order="id"):
                last_id = moves[-1].id
                moves = moves.try_lock_for_update()
                moves._log_status_cause("clock", self.env._("Due date passed"))
                self.env.add_to_compute(self._fields["invoice_status_state"], moves)
                moves.flush_recordset(["invoice_status_state"])
                _logger.info("Invoice status: %d invoices of company %d are overdue", len(moves), company.id)
                remaining = self.search_count(domain & Domain("id", ">", last_id))
                if not cron._commit_progress(len(moves), remaining=remaining):
                    return
