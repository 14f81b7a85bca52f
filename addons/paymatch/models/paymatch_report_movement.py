from datetime import timedelta

from odoo import api, fields, models

from ..const import BANK_WINDOW


class PaymatchReportMovement(models.Model):
    """What a report moves on the bank account: one payout, or one booking date and direction of an advice."""

    _name = "paymatch.report.movement"
    _inherit = ["system.fields.mixin"]
    _description = "Bank Movement of a Payment Report"
    _order = "date, id"
    _check_company_auto = True
    _rec_name = "reference"

    report_id = fields.Many2one(
        "paymatch.report", required=True, readonly=True, ondelete="cascade", index=True, check_company=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    provider_id = fields.Many2one(related="report_id.provider_id", store=True, index=True)
    currency_id = fields.Many2one(related="report_id.currency_id")
    date = fields.Date(required=True, readonly=True)
    direction = fields.Selection([("in", "In"), ("out", "Out")], required=True, readonly=True)
    reference = fields.Char(readonly=True)
    bank_reference = fields.Char(readonly=True)
    declared_amount = fields.Monetary(readonly=True)
    has_declared_amount = fields.Boolean(readonly=True)
    opening_amount = fields.Monetary(readonly=True)
    closing_amount = fields.Monetary(readonly=True)
    amount = fields.Monetary(
        compute="_compute_amount", store=True, help="Into the bank account; negative when it is drawn from it."
    )
    line_ids = fields.One2many("paymatch.report.line", "movement_id")
    attempt = fields.Integer(default=1, readonly=True, help="Counts approvals after an undo.")
    move_id = fields.Many2one(
        "account.move", string="Journal Entry", readonly=True, copy=False, check_company=True, index="btree_not_null"
    )
    in_transit_line_id = fields.Many2one(
        "account.move.line", readonly=True, copy=False, check_company=True, index="btree_not_null"
    )
    fee_vat_line_id = fields.Many2one(
        "account.move.line",
        string="VAT That Waits",
        readonly=True,
        copy=False,
        check_company=True,
        index="btree_not_null",
        help="VAT on fees, until the provider's bill arrives.",
    )
    share_ids = fields.One2many("paymatch.fee.share", "movement_id", string="Bills for the Fees")
    fee_open_amount = fields.Monetary(
        string="Fees Without Bill", compute="_compute_fee_open", store=True, help="Kept back, and on no bill yet."
    )
    fee_vat_open_amount = fields.Monetary(
        string="VAT Without Bill", compute="_compute_fee_open", store=True, help="Waits for the provider's bill."
    )
    statement_line_id = fields.Many2one(
        "account.bank.statement.line",
        string="Bank Line",
        compute="_compute_banked",
        store=True,
        index="btree_not_null",
    )
    is_banked = fields.Boolean(string="In the Bank", compute="_compute_banked", store=True)

    @api.depends(
        "has_declared_amount", "declared_amount", "line_ids.net_amount", "line_ids.line_type", "report_id.is_loading"
    )
    def _compute_amount(self):
        for movement in self:
            if movement.has_declared_amount or movement.report_id.is_loading:
                movement.amount = movement.declared_amount
            else:
                lines = movement.line_ids.filtered(lambda line: line.line_type != "payout")
                total = sum(lines.mapped("net_amount")) + movement.opening_amount - movement.closing_amount
                movement.amount = movement.currency_id.round(total)

    @api.depends(
        "fee_vat_line_id",
        "line_ids.line_type",
        "line_ids.gross_amount",
        "line_ids.fee_amount",
        "share_ids.fee_amount",
        "share_ids.vat_amount",
        "report_id.is_loading",
    )
    def _compute_fee_open(self):
        for movement in self:
            fee = sum(
                line.fee_amount + (line.gross_amount if line.line_type == "fee" else 0)
                for line in (() if movement.report_id.is_loading else movement.line_ids)
            )
            billed = sum(movement.share_ids.mapped("fee_amount"))
            waiting = movement.fee_vat_line_id.amount_currency - sum(movement.share_ids.mapped("vat_amount"))
            movement.fee_open_amount = movement.currency_id.round(-fee - billed)
            movement.fee_vat_open_amount = movement.currency_id.round(waiting)

    @api.depends(
        "move_id",
        "in_transit_line_id.reconciled",
        "in_transit_line_id.matched_debit_ids",
        "in_transit_line_id.matched_credit_ids",
    )
    def _compute_banked(self):
        for movement in self:
            item = movement.in_transit_line_id
            counterparts = item.matched_debit_ids.debit_move_id | item.matched_credit_ids.credit_move_id
            movement.statement_line_id = counterparts.move_id.statement_line_id[:1]
            # a movement of 0.00 has nothing in transit
            movement.is_banked = item.reconciled if item else bool(movement.move_id)

    def _posting_key(self):
        self.ensure_one()
        return f"movement/{self.id}/{self.attempt}"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_of_report(self):
        if not self.env.su:
            self._refuse_by_hand()

    # Bank lines

    def _bank_line_domain(self):
        """Bank lines this movement may be: amount and currency equal, in the window, not yet explained."""
        self.ensure_one()
        start, end = (self.date + timedelta(days=days) for days in BANK_WINDOW)
        domain = [
            ("company_id", "=", self.company_id.id),
            ("is_reconciled", "=", False),
            ("amount", "=", self.amount),
            ("currency_id", "=", self.currency_id.id),
            ("date", ">=", start),
            ("date", "<=", end),
        ]
        journal = self.provider_id.bank_journal_id
        return [*domain, ("journal_id", "=", journal.id)] if journal else domain

    def _is_named_in(self, text):
        """Whether a bank text carries our reference."""
        text = "".join((text or "").split()).casefold()
        references = (
            {self.bank_reference or "", self.report_id.name or ""}
            if self.report_id.kind == "payout"
            else {self.bank_reference or ""}
        )
        return any(len(ref) > 3 and "".join(ref.split()).casefold() in text for ref in references)

    def _close_with_bank_lines(self):
        """Close in-transit items with the bank lines that are already there."""
        for movement in self:
            if movement.is_banked or not movement.in_transit_line_id:
                continue
            lines = self.env["account.bank.statement.line"].search(movement._bank_line_domain())
            lines.sudo()._paymatch_close()
