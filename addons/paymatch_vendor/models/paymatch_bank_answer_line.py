from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..plan import accounts, keys
from .reasons import OUTCOMES, reason_text

#: More payments of one amount are not looked through.
CROWD = 500


class PaymatchBankAnswerLine(models.Model):
    """What the bank says about one payment, or about all of a batch or file."""

    _name = "paymatch.bank.answer.line"
    _inherit = ["system.fields.mixin"]
    _description = "Line of an Answer of the Bank"
    _order = "answer_id desc, sequence, id"
    _rec_name = "end_to_end"

    answer_id = fields.Many2one("paymatch.bank.answer", required=True, readonly=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="answer_id.company_id", store=True, index=True)
    date = fields.Date(related="answer_id.date", store=True)
    sequence = fields.Integer(readonly=True)
    scope = fields.Selection(
        [("payment", "Payment"), ("batch", "All of a batch"), ("file", "All of the file")], readonly=True
    )
    outcome = fields.Selection(OUTCOMES, readonly=True, index=True)
    code = fields.Char(string="Status", readonly=True)
    reason_code = fields.Char(readonly=True)
    information = fields.Char(string="The Bank's Words", readonly=True)
    reason = fields.Char(compute="_compute_reason")
    end_to_end = fields.Char(string="Our Reference", readonly=True)
    batch = fields.Char(readonly=True)
    amount = fields.Monetary(readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    execution_date = fields.Date(string="Due", readonly=True)
    partner_name = fields.Char(string="Paid to", readonly=True)
    account_number = fields.Char(string="Their Account", readonly=True)
    remittance = fields.Char(string="Payment ID or Text", readonly=True)

    payment_id = fields.Many2one(
        "account.payment",
        string="Our Payment",
        copy=False,
        domain="[('payment_type', '=', 'outbound'), ('company_id', '=', company_id), "
        "('state', 'in', ('in_process', 'paid'))]",
        help="The payment this is about. Choose it where it was not found.",
    )
    move_ids = fields.Many2many("account.move", string="Bills", readonly=True, copy=False)
    is_reopened = fields.Boolean(readonly=True, copy=False)
    is_handled = fields.Boolean(readonly=True, copy=False)
    found_text = fields.Char(string="What Was Done", readonly=True, copy=False)
    state = fields.Selection(
        [("todo", "To do"), ("reopened", "Open again"), ("handled", "Settled by hand"), ("noted", "Noted")],
        compute="_compute_state",
        store=True,
        index=True,
    )

    @api.depends("outcome", "is_reopened", "is_handled")
    def _compute_state(self):
        for line in self:
            if line.is_reopened:
                line.state = "reopened"
            elif line.is_handled:
                line.state = "handled"
            else:
                line.state = "noted" if line.outcome in ("settled", "accepted") else "todo"

    @api.depends("reason_code", "information")
    def _compute_reason(self):
        for line in self:
            parts = (reason_text(self.env, line.reason_code), line.information)
            line.reason = ": ".join(part for part in parts if part) or False

    # Found and done

    def _find_and_reopen(self):
        """Find the payment of each line; bills of what was rejected are open again."""
        candidates = self._candidates()
        for line in self:
            payments = line._payments_meant(candidates)
            if line.outcome in ("settled", "accepted"):
                line._note(payments)
            elif line.outcome == "rejected":
                line._reject(payments, candidates)
            else:
                text = self.env._("The status %s is not known here: see the bank's own words", line.code)
                line.sudo().found_text = text

    def _note(self, payments):
        if len(payments) != 1:
            return
        text = self.env._("Nothing to do")
        bills = payments.reconciled_bill_ids
        self.sudo().write({"payment_id": payments.id, "move_ids": [(6, 0, bills.ids)], "found_text": text})

    def _reject(self, payments, candidates):
        self.ensure_one()
        earlier = self._told_before() if self.end_to_end and self.answer_id.original else self.browse()
        if self.scope != "payment":
            self.sudo().found_text = self.env._(
                "The bank has refused all payments of it and names none: find them by the file"
            )
        elif earlier:
            text = self.env._("Told before, by %s", earlier.answer_id.name)
            bills, payment = earlier.move_ids, earlier.payment_id
            values = {"payment_id": payment.id, "move_ids": [(6, 0, bills.ids)], "found_text": text}
            self.sudo().write({**values, "is_reopened": True})
        elif len(payments) == 1:
            self.sudo().payment_id = payments
            self._reopen()
        elif payments:
            self.sudo().found_text = self.env._("Several payments could be meant: choose one")
        else:
            self._reject_unnamed(candidates)

    def _reject_unnamed(self, candidates):
        """No payment of ours is named: nothing is reversed without asking."""
        likely = self._by_account(self._of_amount(candidates)).filtered(lambda made: made.state != "rejected")
        bills = self._bills_meant()
        if likely:
            text = self.env._("Amount and account fit %s: choose it if it is meant", ", ".join(likely.mapped("name")))
            self.sudo().write({"payment_id": likely.id if len(likely) == 1 else False, "found_text": text})
        elif len(bills) == 1:
            bills._vendor_payment_failed(self._failure())
            text = self.env._("No payment was registered: %s was open all the time", bills.ref or bills.name)
            self.sudo().write({"move_ids": [(6, 0, bills.ids)], "is_reopened": True, "found_text": text})
        else:
            self.sudo().found_text = self.env._("No payment on its way has this reference or amount: choose it")

    def _reopen(self):
        """Open the bills of the payment again; where that cannot be, the reason is kept and it stays to be done."""
        payment = self.payment_id
        bills = payment.reconciled_bill_ids
        if payment.state == "rejected":
            done = {"is_reopened": True, "found_text": self.env._("%s was rejected before", payment.name)}
            self.sudo().write({**done, "move_ids": [(6, 0, bills.ids)]})
            return
        try:
            with self.env.cr.savepoint():
                payment.with_company(self.company_id)._paymatch_reject(self._failure())
        except UserError as error:
            self.sudo().found_text = str(error)
            return
        names = ", ".join(bill.ref or bill.name for bill in bills)
        text = self.env._("Open again: %(bills)s (%(payment)s)", bills=names or "-", payment=payment.name)
        self.sudo().write({"move_ids": [(6, 0, bills.ids)], "is_reopened": True, "found_text": text})

    def _failure(self):
        return self.env._("Rejected by the bank: %s", self.reason or self.code)

    # Which payment, which bill

    def _candidates(self):
        """{(amount, currency) or reference: payments}, read for all lines at once, the newest first."""
        base = (
            Domain("company_id", "in", self.company_id.ids)
            & Domain("payment_type", "=", "outbound")
            & Domain("state", "in", ("in_process", "paid", "rejected"))
        )
        found = defaultdict(lambda: self.env["account.payment"])
        amounts = [line.amount for line in self if line.amount]
        for payment in self.env["account.payment"].search(base & Domain("amount", "in", amounts), order="id desc"):
            found[payment.amount, payment.currency_id] |= payment
        references = [line.end_to_end for line in self if line.end_to_end and not line.amount]
        if references:
            names = ("name", "memo", "payment_reference")
            named = Domain.OR([[(name, "in", references)] for name in names])
            for payment in self.env["account.payment"].search(base & named, order="id desc"):
                for name in names:
                    found[payment[name]] |= payment
        return found

    def _payments_meant(self, candidates):
        """Payments to which a key leads, those on their way before those rejected already; one of them is sure."""
        self.ensure_one()
        named_payments = self._by_surest_key(self._of_amount(candidates))
        return named_payments.filtered(lambda payment: payment.state != "rejected") or named_payments

    def _of_amount(self, candidates):
        key = (self.amount, self.currency_id) if self.amount else self.end_to_end
        return candidates[key].filtered(lambda payment: payment.company_id == self.company_id)[:CROWD]

    def _bills_meant(self):
        """Open bills of the amount, where no payment was registered."""
        if not self.amount:
            return self.env["account.move"]
        bills = self.env["account.move"].search(
            Domain("company_id", "=", self.company_id.id)
            & Domain("state", "=", "posted")
            & Domain("move_type", "in", ("in_invoice", "in_receipt"))
            & Domain("payment_state", "in", ("not_paid", "partial"))
            & Domain("currency_id", "=", self.currency_id.id)
            & Domain("amount_residual", "=", self.amount),
            limit=CROWD,
        )
        return self._by_surest_key(bills) or self._by_account(bills)

    def _told_before(self):
        """The same rejection in an earlier answer: banks tell the state of a file more than once."""
        return self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("answer_id.original", "=", self.answer_id.original),
                ("end_to_end", "=", self.end_to_end),
                ("batch", "=", self.batch),
                ("amount", "=", self.amount),
                ("is_reopened", "=", True),
                ("answer_id", "!=", self.answer_id.id),
            ],
            limit=1,
        )

    def _by_surest_key(self, candidates):
        """Those to which the surest key leads that leads anywhere; none where none does."""
        told = " ".join(filter(None, [self.end_to_end, self.remittance]))
        found = defaultdict(candidates.browse)
        for record in candidates:
            key, _number = keys.key_to(record._vendor_numbers(), told, self.end_to_end or "", self.remittance or "")
            found[key] |= record
        return next((found[key] for key in ("order", "payment_id", "text") if found[key]), candidates.browse())

    def _by_account(self, candidates):
        """Those whose vendor has the account: likely, and nothing is reversed by it without asking."""
        return candidates.filtered(
            lambda record: any(
                accounts.same(self.account_number, bank)
                for bank in record.partner_id.commercial_partner_id.bank_ids.mapped("acc_number")
            )
        )

    # Buttons

    def action_reopen(self):
        """Button: the chosen payment was rejected, its bills are open again."""
        self.check_access("write")
        for line in self:
            if line.outcome != "rejected" or line.state != "todo":
                raise UserError(self.env._("Only a rejected payment that waits can be opened again."))
            if not line.payment_id:
                raise UserError(self.env._("Choose our payment first."))
            line.payment_id.check_access("write")
            line._reopen()
            if not line.is_reopened:
                raise UserError(line.found_text)
        return True

    def action_handled(self):
        """Button: somebody has settled it elsewhere."""
        for line in self.filtered(lambda found: found.state == "todo"):
            line._system_write({"is_handled": True, "found_text": self.env._("Settled by %s", self.env.user.name)})
        return True

    def action_not_handled(self):
        """Button: take “settled by hand” back."""
        self.filtered("is_handled")._system_write({"is_handled": False, "found_text": False})
        return True

    def action_open_bills(self):
        """Button: the bills this line is about."""
        self.ensure_one()
        return (self.move_ids or self.payment_id.reconciled_bill_ids)._vendor_open()
