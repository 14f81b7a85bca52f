from odoo import api, fields, models
from odoo.exceptions import UserError

from ..const import KINDS, REPORT_STATES, SHOWN_REASONS, UNDECIDED


class PaymatchReport(models.Model):
    """One payout of an acquirer, or one bank advice: from the file to the bank line."""

    _name = "paymatch.report"
    _description = "Payment Report"
    _inherit = ["system.fields.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(required=True, readonly=True, string="Number")
    provider_id = fields.Many2one(
        "paymatch.provider", check_company=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    format = fields.Char(readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    date = fields.Date(readonly=True, index=True)
    period_from = fields.Date(readonly=True)
    period_to = fields.Date(readonly=True)
    bank_reference = fields.Char(readonly=True, help="The text expected on the bank statement.")
    file_account = fields.Char(string="Merchant Number in the File", readonly=True)

    file = fields.Binary(attachment=True, readonly=True, copy=False)
    filename = fields.Char(readonly=True)
    file_sha256 = fields.Char(string="SHA-256 of the File", readonly=True, copy=False)
    file_part = fields.Char(
        readonly=True, copy=False, required=True, default="-", help="The payout, where a file holds several."
    )
    payout_key = fields.Char(readonly=True, copy=False, help="What makes a payout the same in another file.")

    state = fields.Selection(
        REPORT_STATES, compute="_compute_state", store=True, index=True, tracking=True, default="read"
    )
    is_matched = fields.Boolean(readonly=True, copy=False)
    is_approved = fields.Boolean(readonly=True, copy=False)
    is_discarded = fields.Boolean(readonly=True, copy=False)
    error_message = fields.Text(string="What Is Wrong", readonly=True, copy=False)
    note = fields.Text(string="Notes in the File", readonly=True)
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    approved_date = fields.Datetime(readonly=True, copy=False)

    line_ids = fields.One2many("paymatch.report.line", "report_id")
    movement_ids = fields.One2many("paymatch.report.movement", "report_id", string="Bank Movements")
    move_ids = fields.One2many("account.move", "paymatch_report_id", string="Journal Entries")
    move_id = fields.Many2one(
        "account.move", string="Journal Entry", compute="_compute_move_id", store=True, copy=False
    )

    declared_amount = fields.Monetary(readonly=True, help="The payout the file itself tells.")
    has_declared_amount = fields.Boolean(readonly=True)
    opening_amount = fields.Monetary(string="Carried From Before", readonly=True)
    closing_amount = fields.Monetary(string="Carried Forward", readonly=True)
    sale_amount = fields.Monetary(string="Gross Sales", compute="_compute_amounts", store=True)
    refund_amount = fields.Monetary(string="Refunds", compute="_compute_amounts", store=True)
    chargeback_amount = fields.Monetary(string="Chargebacks", compute="_compute_amounts", store=True)
    fee_amount = fields.Monetary(string="Fees", compute="_compute_amounts", store=True)
    fee_vat_amount = fields.Monetary(string="VAT on Fees", compute="_compute_amounts", store=True)
    reserve_amount = fields.Monetary(string="Reserve", compute="_compute_amounts", store=True)
    other_amount = fields.Monetary(string="Adjustments", compute="_compute_amounts", store=True)
    net_amount = fields.Monetary(string="Payout", compute="_compute_amounts", store=True)
    difference = fields.Monetary(compute="_compute_amounts", store=True)
    banked_amount = fields.Monetary(string="Seen in the Bank", compute="_compute_banked_amount")
    in_transit_amount = fields.Monetary(string="Still in Transit", compute="_compute_banked_amount")
    suspense_amount = fields.Monetary(string="To Be Explained", compute="_compute_banked_amount")
    fee_vat_open_amount = fields.Monetary(string="VAT Waiting for the Bill", compute="_compute_banked_amount")

    line_count = fields.Integer(compute="_compute_counts", store=True)
    undecided_count = fields.Integer(string="Undecided", compute="_compute_counts", store=True)
    undecided_text = fields.Text(string="Why They Are Undecided", compute="_compute_undecided_text")
    invoice_count = fields.Integer(compute="_compute_invoice_count")
    entry_count = fields.Integer(compute="_compute_entry_count")
    is_fee_booked = fields.Boolean(string="Fee Booked", compute="_compute_ticks")
    is_payout_booked = fields.Boolean(string="Payout Booked", compute="_compute_ticks")
    is_payout_settled = fields.Boolean(string="Payout in the Bank", compute="_compute_ticks")
    fee_treatment = fields.Char(string="VAT Treatment of Fees", compute="_compute_fee_treatment")

    _company_file_uniq = models.Constraint(
        "UNIQUE (company_id, file_sha256, file_part)", "This file has been imported already."
    )
    _provider_payout_uniq = models.UniqueIndex(
        "(provider_id, payout_key) WHERE payout_key IS NOT NULL",
        "This payout has been imported already, in another file.",
    )

    # Computes

    @api.depends(
        "error_message",
        "is_discarded",
        "is_loading",
        "is_matched",
        "is_approved",
        "undecided_count",
        "provider_id.park_undecided",
        "movement_ids.is_banked",
    )
    def _compute_state(self):
        for report in self:
            if report.is_approved:
                banked = all(movement.is_banked for movement in report.movement_ids)
                report.state = "banked" if banked else "approved"
            elif report.is_discarded:
                report.state = "discarded"
            elif report.error_message:
                report.state = "failed"
            elif report.is_loading:
                report.state = "loading"
            elif not report.is_matched:
                report.state = "read"
            elif report.undecided_count and not report.provider_id.park_undecided:
                report.state = "matched"
            else:
                report.state = "to_approve"

    @api.depends("movement_ids.move_id")
    def _compute_move_id(self):
        for report in self:
            report.move_id = report.movement_ids.move_id[:1]

    @api.depends(
        "line_ids.line_type",
        "line_ids.gross_amount",
        "line_ids.fee_amount",
        "line_ids.fee_vat_amount",
        "line_ids.net_amount",
        "line_ids.movement_id",
        "declared_amount",
        "has_declared_amount",
        "opening_amount",
        "closing_amount",
        "is_loading",
    )
    def _compute_amounts(self):
        kinds = {
            "sale": "sale",
            "refund": "refund",
            "chargeback": "chargeback",
            "chargeback_reversal": "chargeback",
            "reserve_held": "reserve",
            "reserve_released": "reserve",
        }
        for report in self:
            sums = dict.fromkeys(("sale", "refund", "chargeback", "reserve", "other", "fee", "fee_vat"), 0.0)
            for line in report._read_lines():
                if not line.movement_id or line.line_type == "payout":
                    continue
                if line.line_type in ("fee", "fee_vat"):
                    sums[line.line_type] += line.gross_amount
                else:
                    sums[kinds.get(line.line_type, "other")] += line.gross_amount
                sums["fee"] += line.fee_amount
                sums["fee_vat"] += line.fee_vat_amount
            for key, value in sums.items():
                report[f"{key}_amount"] = report.currency_id.round(value)
            net = sum(sums.values()) + report.opening_amount - report.closing_amount
            if report.is_loading:
                net = report.declared_amount  # the sums of the file were checked before
            report.net_amount = report.currency_id.round(net)
            declared = report.declared_amount if report.has_declared_amount else net
            report.difference = report.currency_id.round(net - declared)

    @api.depends(
        "is_approved",
        "movement_ids.amount",
        "movement_ids.is_banked",
        "movement_ids.fee_vat_open_amount",
        "line_ids.match_state",
        "line_ids.item_id.reconciled",
    )
    def _compute_banked_amount(self):
        """Where the payout is: in the bank, on its way, or put aside; zero and zero is a closed payout."""
        for report in self:
            movements = report.movement_ids if report.is_approved else report.movement_ids.browse()
            banked = movements.filtered("is_banked")
            open_lines = report.line_ids.filtered(lambda line: line._is_parked() and not line.item_id.reconciled)
            report.banked_amount = sum(banked.mapped("amount"))
            report.in_transit_amount = sum((movements - banked).mapped("amount"))
            report.suspense_amount = sum(open_lines.mapped("gross_amount"))
            report.fee_vat_open_amount = sum(movements.mapped("fee_vat_open_amount"))

    def _read_lines(self):
        """The lines to add up; none while they come in batches: each batch would read all of them again."""
        self.ensure_one()
        return self.line_ids.browse() if self.is_loading else self.line_ids

    @api.depends("line_ids.match_state", "is_loading", "loading_count")
    def _compute_counts(self):
        for report in self:
            lines = report._read_lines()
            report.line_count = report.loading_count if report.is_loading else len(lines)
            report.undecided_count = len(lines.filtered(lambda line: line.match_state in UNDECIDED))

    @api.depends("line_ids.match_state", "line_ids.match_reason", "line_ids.net_amount")
    def _compute_undecided_text(self):
        """The first undecided lines with their reasons, since the column of a list cuts them short."""
        for report in self:
            lines = report._read_lines().filtered(lambda line: line.match_state in UNDECIDED)[:SHOWN_REASONS]
            report.undecided_text = "\n".join(
                f"{line.order_reference or line.payment_id or line.provider_reference or ''} "
                f"{report.currency_id.format(line.net_amount)}: {line.match_reason or ''}".strip()
                for line in lines
            )

    @api.depends("line_ids.match_move_id")
    def _compute_invoice_count(self):
        for report in self:
            report.invoice_count = len(report.line_ids.match_move_id)

    @api.depends("move_ids")
    def _compute_entry_count(self):
        for report in self:
            report.entry_count = len(report.move_ids)

    @api.depends("state", "move_id", "fee_amount", "fee_vat_amount", "movement_ids.fee_vat_open_amount")
    def _compute_ticks(self):
        for report in self:
            report.is_payout_booked = report.is_approved
            report.is_payout_settled = report.state == "banked"
            # VAT told by the file waits for the provider's bill: until then the fee is not fully booked.
            waiting = sum(report.movement_ids.mapped("fee_vat_open_amount"))
            report.is_fee_booked = report.is_approved and report.currency_id.is_zero(waiting)

    @api.depends("provider_id.fee_tax_id", "fee_vat_amount", "movement_ids.share_ids")
    def _compute_fee_treatment(self):
        for report in self:
            tax = report.provider_id.fee_tax_id
            bills = report.movement_ids.share_ids.bill_id
            if bills:
                report.fee_treatment = self.env._("VAT by the bill %s", ", ".join(bills.mapped("name")))
            elif report.fee_vat_amount:
                report.fee_treatment = self.env._("VAT in the file, waits for the provider's bill")
            else:
                report.fee_treatment = tax.name if tax else self.env._("No VAT")

    # CRUD

    @api.ondelete(at_uninstall=False)
    def _unlink_except_posted(self):
        for report in self:
            if report.is_approved or report.move_ids:
                raise UserError(
                    self.env._(
                        "%s has been approved. It cannot be deleted; undo the approval to correct it.", report.name
                    )
                )
            if not self.env.su:
                raise UserError(
                    self.env._("%s is kept with its file. Discard it if it is not to be used.", report.name)
                )

    # Actions

    def action_discard(self):
        """Put reports aside that are not to be used: the file is kept, the payout may come in another file."""
        for report in self:
            report._check_discardable()
            report.line_ids._forget_match()
            report._system_write({"is_discarded": True, "is_matched": False, "payout_key": False})
        return True

    def _check_discardable(self):
        """Extended by addons that keep what a report says, with ``super()``."""
        self.ensure_one()
        self._lock()
        self._check_loaded()
        if self.is_approved or self.move_ids:
            raise UserError(self.env._("%s has been approved and stays. Undo the approval to correct it.", self.name))

    def action_open_entries(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_journal_line")
        action.update(domain=[("id", "in", self.move_ids.ids)], context={"create": False})
        if len(self.move_ids) == 1:
            action.update(view_mode="form", views=[(False, "form")], res_id=self.move_ids.id)
        return action

    def action_open_invoices(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Invoices of %s", self.name),
            "res_model": "account.move",
            "view_mode": "list,form",
            "views": [(self.env.ref("account.view_out_invoice_tree").id, "list"), (False, "form")],
            "domain": [("id", "in", self.line_ids.match_move_id.ids)],
            "context": {"create": False},
        }

    def action_open_bank_lines(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Bank lines of %s", self.name),
            "res_model": "account.bank.statement.line",
            "view_mode": "list,form",
            "domain": [("id", "in", self.movement_ids.statement_line_id.ids)],
            "context": {"create": False},
        }

    def action_open_lines(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("paymatch.paymatch_report_line_action")
        return {**action, "domain": [("report_id", "=", self.id)], "context": {}}
