from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.nordic_payment_reference.formats import recognise

from ..plan import accounts, named
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
            payments, how = line._payments_meant(candidates)
            if len(payments) == 1:
                line.sudo().payment_id = payments
            if line.outcome in ("settled", "accepted"):
                line._note(payments)
            elif line.outcome == "rejected":
                line._reject(payments, how)
            else:
                text = self.env._("The status %s is not known here: see the bank's own words", line.code)
                line.sudo().found_text = text

    def _note(self, payments):
        if len(payments) != 1:
            return
        bills = payments.reconciled_bill_ids
        self.sudo().write({"move_ids": [(6, 0, bills.ids)], "found_text": self.env._("Nothing to do")})

    def _reject(self, payments, how):
        self.ensure_one()
        if self.scope != "payment":
            text = self.env._("The bank has refused all payments of it and names none: find them by the file")
            self.sudo().found_text = text
            return
        if len(payments) == 1:
            self._reopen()
            return
        bills = self._bills_meant()
        if not payments and len(bills) == 1:
            bills._vendor_payment_failed(self._failure())
            text = self.env._("No payment was registered: %s was open all the time", bills.ref or bills.name)
            self.sudo().write({"move_ids": [(6, 0, bills.ids)], "is_reopened": True, "found_text": text})
            return
        if payments:
            text = self.env._("Several payments could be meant (%(how)s): choose one", how=how)
        else:
            text = self.env._("No payment on its way has this reference or amount: choose it")
        self.sudo().found_text = text

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
        """``(payments, how)``: those the surest key leads to; one is sure, several must be told apart by a person."""
        self.ensure_one()
        key = (self.amount, self.currency_id) if self.amount else self.end_to_end
        payments = candidates[key].filtered(lambda payment: payment.company_id == self.company_id)
        live = payments.filtered(lambda payment: payment.state != "rejected")
        return self._by_surest_key(live[:CROWD], self._numbers_of_payment) or (
            self._by_surest_key((payments - live)[:CROWD], self._numbers_of_payment) or (payments.browse(), "")
        )

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
        found = self._by_surest_key(bills, self._numbers_of_bill)
        return found[0] if found else bills.browse()

    @staticmethod
    def _numbers_of_bill(bill):
        return [number for number in (bill.name, bill.ref, bill.payment_reference) if number]

    def _numbers_of_payment(self, payment):
        bills = payment.reconciled_bill_ids
        own = [number for number in (payment.name, payment.memo, payment.payment_reference) if number]
        return own + [number for bill in bills for number in self._numbers_of_bill(bill)]

    def _by_surest_key(self, candidates, numbers_of):
        """``(records, how)`` of the first key that leads anywhere; None where none does."""
        own = named.squeezed(self.end_to_end)
        told = " ".join(filter(None, [self.end_to_end, self.remittance]))
        ids = {found.number for found in recognise(told)} | ({named.squeezed(self.remittance)} - {""})
        ways = (
            (self.env._("our reference"), lambda number: own and named.squeezed(number) == own),
            (self.env._("payment ID"), lambda number: ids & {found.number for found in recognise(number)}),
            (self.env._("number in the text"), lambda number: named.stands_in(number, told)),
        )
        for how, is_it in ways:
            found = candidates.filtered(lambda record, is_it=is_it: any(is_it(number) for number in numbers_of(record)))
            if found:
                return found, how
        found = candidates.filtered(
            lambda record: any(
                accounts.same(self.account_number, bank)
                for bank in record.partner_id.commercial_partner_id.bank_ids.mapped("acc_number")
            )
        )
        return (found, self.env._("amount and account")) if found else None

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
        bills = self.move_ids or self.payment_id.reconciled_bill_ids
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Bills"),
            "res_model": "account.move",
            "view_mode": "list,form",
            "views": [(self.env.ref("account.view_in_invoice_bill_tree").id, "list"), (False, "form")],
            "domain": [("id", "in", bills.ids)],
            "context": {"create": False},
        }
        if len(bills) == 1:
            action.update(view_mode="form", views=[(False, "form")], res_id=bills.id)
        return action
