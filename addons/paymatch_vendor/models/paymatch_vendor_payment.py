from odoo import api, fields, models

from .reasons import reason_text


class PaymatchVendorPayment(models.Model):
    """A payment in a bank line: a bank books many payments of a file as one line, and tells each of them."""

    _name = "paymatch.vendor.payment"
    _inherit = ["system.fields.mixin"]
    _description = "Payment to a Vendor in the Bank"
    _order = "date desc, statement_line_id desc, sequence, id"
    _rec_name = "text"

    statement_line_id = fields.Many2one(
        "account.bank.statement.line", string="Bank Line", required=True, readonly=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(readonly=True)
    company_id = fields.Many2one(related="statement_line_id.company_id", store=True, index=True)
    journal_id = fields.Many2one(related="statement_line_id.journal_id", store=True)
    currency_id = fields.Many2one(related="statement_line_id.currency_id", store=True)
    date = fields.Date(related="statement_line_id.date", store=True, index=True)
    amount = fields.Monetary(readonly=True, help="As the bank has booked it: below zero is out of the account.")
    charge_amount = fields.Monetary(
        string="Charge Contained", readonly=True, help="What the bank has kept of the amount for itself."
    )
    is_charge = fields.Boolean(readonly=True, help="By the bank's own code.")
    return_reason = fields.Char(string="Code of the Return", readonly=True)
    return_text = fields.Char(string="Why It Came Back", compute="_compute_return_text")
    end_to_end = fields.Char(
        string="Our Reference", readonly=True, help="The end-to-end reference of the payment file."
    )
    payment_number = fields.Char(string="Payment ID", readonly=True)
    partner_name = fields.Char(string="Paid to", readonly=True)
    account_number = fields.Char(string="Their Account", readonly=True)
    text = fields.Char(string="Text of the Bank", readonly=True)

    kind = fields.Selection(
        [("payment", "Payment"), ("charge", "Bank charge"), ("return", "Returned by the bank"), ("in", "Received")],
        compute="_compute_kind",
        store=True,
    )
    state = fields.Selection(
        [("open", "Not found"), ("found", "Found"), ("booked", "Booked"), ("returned", "Came back")],
        compute="_compute_state",
        store=True,
        index=True,
    )
    item_ids = fields.Many2many("account.move.line", string="Items It Closes", readonly=True, copy=False)
    paid_item_ids = fields.Many2many(
        "account.move.line",
        "paymatch_vendor_payment_paid_rel",
        string="Items That Paid",
        readonly=True,
        copy=False,
        help="The items on the vendor's account with which the bills were settled.",
    )
    move_ids = fields.Many2many("account.move", string="Bills", compute="_compute_move_ids")
    match_weight = fields.Integer(string="Weight", readonly=True, aggregator=None)
    match_reason = fields.Char(string="Reason", readonly=True)
    returned_by_id = fields.Many2one(
        "paymatch.vendor.payment", string="Came Back With", readonly=True, copy=False, index="btree_not_null"
    )
    returns_id = fields.Many2one(
        "paymatch.vendor.payment", string="Gives Back", readonly=True, copy=False, index="btree_not_null"
    )

    @api.depends("return_reason")
    def _compute_return_text(self):
        for payment in self:
            payment.return_text = reason_text(self.env, payment.return_reason) if payment.return_reason else False

    @api.depends("amount", "is_charge", "return_reason", "item_ids")
    def _compute_kind(self):
        for payment in self:
            if payment.amount > 0:
                payment.kind = "return" if payment.return_reason else "in"
            else:
                payment.kind = "charge" if payment._is_charge() and not payment.item_ids else "payment"

    @api.depends("statement_line_id.is_reconciled", "item_ids", "returned_by_id", "returns_id")
    def _compute_state(self):
        for payment in self:
            if payment.returned_by_id:
                payment.state = "returned"
            elif payment.statement_line_id.is_reconciled:
                payment.state = "booked"
            else:
                payment.state = "found" if payment.item_ids or payment.returns_id else "open"

    @api.depends("item_ids.move_id", "returns_id.item_ids.move_id")
    def _compute_move_ids(self):
        for payment in self:
            items = payment.item_ids | payment.returns_id.item_ids
            payments = items.payment_id
            bills = items.move_id.filtered(lambda move: move.is_invoice(include_receipts=True))
            payment.move_ids = bills | payments.reconciled_bill_ids

    def _is_charge(self):
        self.ensure_one()
        text = self.text or self.statement_line_id.payment_ref
        return self.amount < 0 and (self.is_charge or self.journal_id._paymatch_is_charge_text(text))

    def action_find(self):
        """Button: look once more for what the bank lines of these payments pay."""
        self.env["paymatch.report"].check_access("write")
        self.statement_line_id.sudo()._paymatch_close()
        return True

    def action_match_by_hand(self):
        """Button: choose by hand what the bank line pays."""
        self.ensure_one()
        return self.statement_line_id.action_paymatch_match()

    def action_open_bills(self):
        """Button: the bills this payment is for."""
        self.ensure_one()
        return self.move_ids._vendor_open()
