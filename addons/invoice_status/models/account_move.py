import logging
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from .. import announcements
from ..const import INVOICE_STATES, PAID_STATES

_logger = logging.getLogger(__name__)

LOGGED_FIELDS = ("invoice_status_state", "invoice_is_sent")
CLOCK_BATCH = 10_000
# The reconciliation under way on a cursor. Not in the transaction's data, which a savepoint within would empty.
_changes = WeakKeyDictionary()


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
        change = _changes.get(self.env.cr)
        if change is not None:
            # Within one reconciliation only the state at its end counts.
            for move_id, old_value in changes.items():
                change.old_values.setdefault((move_id, field.name), old_value)
        elif changes:
            self.browse(changes)._write_status_log(field.name, changes)
        return result

    def _write_status_log(self, fname, old_values):
        causes = announcements.use(self.env.cr, self.ids)
        vals_list = []
        for move in self:
            old, new = old_values[move.id], move[fname]
            cause, source = causes.get(move.id) or move._default_status_cause(old, new)
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
        announcements.announce(self.env.cr, dict.fromkeys(self.ids, (cause, source)))

    def _without_status_cause(self):
        """Those of these invoices whose next change nobody has explained yet."""
        return self.browse(set(self.ids) - announcements.announced(self.env.cr, self.ids).keys())

    # One event: a payment changed

    def _on_payment_changed(self):
        """Called once after every reconcile or unreconcile with the customer invoices it concerned.

        Residual, payment state and ``invoice_status_state`` are up to date. The user may be anybody who can
        reconcile: extensions that touch other models use ``sudo()``. To be extended with ``super()``.
        """

    @contextmanager
    def _collect_payment_change(self):
        """Around an operation on payments; the outermost one calls ``_on_payment_changed`` at its end."""
        cr = self.env.cr
        if cr in _changes:
            yield _changes[cr]
            return
        change = _changes[cr] = PaymentChange()
        try:
            yield change
            moves = self.env["account.move"].browse(change.move_ids).exists()
            for fname in LOGGED_FIELDS:
                moves.sudo().mapped(fname)  # recompute now, so that the log tells one change
        finally:
            del _changes[cr]
        self._log_payment_change(change)
        if moves:
            moves.invalidate_recordset(["payment_history_ids"])
            # A new line moves those after it, and their balances.
            self.env["invoice.payment.history"].invalidate_model()
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
        # What was announced for this operation does not explain the next one.
        announcements.use(self.env.cr, change.move_ids)

    # Written by the addon alone

    @api.model
    def _get_invoice_status_system_fields(self):
        """Fields that state what is so: written by their computation, by nobody over RPC. To be extended."""
        return set(LOGGED_FIELDS)

    def _check_invoice_status_system_fields(self, vals_list):
        if self.env.su:
            return
        names = self._get_invoice_status_system_fields()
        for name in sorted(names.intersection(set().union(*vals_list))):
            raise AccessError(
                self.env._(
                    '"%s" follows the invoice by itself and is not written by hand.',
                    self._fields[name]._description_string(self.env),
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        self._check_invoice_status_system_fields(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        # EXTENDS 'account'
        self._check_invoice_status_system_fields([vals])
        return super().write(vals)

    # The clock

    @api.model
    def _cron_update_overdue(self, batch_size=CLOCK_BATCH):
        """Every hour, so that each company's invoices turn overdue in its own first hour of the day."""
        self.env.flush_all()
        for company in self.env["res.company"].search([("active", "=", True)]):
            more = True
            while more:
                moves = self._mark_overdue(company, batch_size)
                more = len(moves) == batch_size
                if moves:
                    _logger.info("Invoice status: %d invoices of company %d are overdue", len(moves), company.id)
                    if not self.env["ir.cron"]._commit_progress(len(moves), remaining=batch_size if more else 0):
                        return

    @api.model
    def _mark_overdue(self, company, limit):
        """Mark a company's invoices past their due date as overdue, and log it.

        The same rule as ``_get_invoice_status_state``, set-based. An invoice somebody is working on is skipped: its
        own recomputation, or the next hour, marks it.

        :return: the invoices marked, at most ``limit``
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH due AS (
                    SELECT move.id, move.invoice_status_state AS state
                      FROM account_move move
                     WHERE move.company_id = %(company)s
                       AND move.state = 'posted'
                       AND move.move_type IN ('out_invoice', 'out_receipt')
                       AND move.invoice_status_state IN ('awaiting', 'partial')
                       AND EXISTS (
                           SELECT 1
                             FROM account_move_line line
                             JOIN account_account account ON account.id = line.account_id
                            WHERE line.move_id = move.id
                              AND account.account_type = 'asset_receivable'
                              AND NOT COALESCE(line.reconciled, FALSE)
                              AND line.date_maturity < %(today)s
                       )
                     LIMIT %(limit)s
                       FOR UPDATE OF move SKIP LOCKED
                ), marked AS (
                    UPDATE account_move move
                       SET invoice_status_state = 'overdue'
                      FROM due
                     WHERE move.id = due.id
                 RETURNING move.id, due.state
                )
                INSERT INTO invoice_status_log (move_id, company_id, state_from, state_to, date, cause, source, user_id,
                                                create_uid, create_date, write_uid, write_date)
                SELECT marked.id, %(company)s, marked.state, 'overdue', %(now)s, 'clock', %(source)s, %(user)s,
                       %(user)s, %(now)s, %(user)s, %(now)s
                  FROM marked
             RETURNING move_id
                """,
                company=company.id,
                today=company._invoice_status_today(),
                limit=limit,
                now=fields.Datetime.now(),
                source=self.with_context(lang=company.partner_id.lang).env._("Due date passed"),
                user=self.env.uid,
            )
        )
        moves = self.browse([row[0] for row in rows])
        moves.invalidate_recordset(["invoice_status_state", "invoice_status_log_ids"], flush=False)
        moves.modified(["invoice_status_state"])  # for fields of other addons that follow it
        return moves
