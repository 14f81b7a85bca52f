from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_amount, format_date

from .. import allocation
from ..const import FORFEIT_VAT, OUTCOMES
from .prepayment_milestone import decimal, unit


class PrepaymentSettlement(models.Model):
    _name = "prepayment.settlement"
    _description = "Deposit Refunded, Transferred or Forfeited"
    _order = "id desc"
    _check_company_auto = True

    order_id = fields.Many2one("sale.order", required=True, readonly=True, ondelete="restrict", index=True)
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="order_id.currency_id", store=True)
    date = fields.Date(required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="By", required=True, readonly=True)
    outcome = fields.Selection(OUTCOMES, required=True, readonly=True)
    forfeit_vat = fields.Selection(FORFEIT_VAT, string="VAT of the forfeited deposit", readonly=True)
    amount = fields.Monetary(string="Amount incl. VAT", readonly=True)
    target_order_id = fields.Many2one("sale.order", string="To order", readonly=True, check_company=True, index=True)
    reason = fields.Char(required=True, readonly=True)
    move_ids = fields.Many2many("account.move", string="Documents", readonly=True)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    prepayment_settlement_ids = fields.One2many("prepayment.settlement", "order_id", string="Settled deposits")

    def _get_prepaid_open_amount(self):
        """With taxes, what the customer has paid of deposits that are neither deducted nor credited."""
        self.ensure_one()
        paid = Decimal(0)
        for move in self._get_prepayment_invoices().filtered(lambda move: move.state == "posted"):
            if move.move_type == "out_refund":
                paid -= decimal(move._get_deposit_amount(), self.currency_id)
            else:
                part = move._get_part_of_deposit(move.amount_total - move.amount_residual)
                paid += decimal(part, self.currency_id)
        return max(min(paid, self._get_open_deposit_total()), Decimal(0))

    def _credit_deposits(self, amount, date, reason, paid_first=False):
        """Credit notes for ``amount`` of the open deposits, posted.

        :param paid_first: take deposits that are paid before those that are not (transfer, forfeit); else the other way
        :return: the credit notes
        """
        self.ensure_one()
        order = self.sudo()
        open_deposits = order._get_open_deposits()
        by_move = {}
        for line in open_deposits:
            deposit = line.invoice_lines.move_id.filtered(
                lambda move: move.prepayment_invoice_type == "prepayment" and move.move_type == "out_invoice"
            )[:1]
            by_move.setdefault(deposit, []).append(line)
        credits = self.env["account.move"].sudo()
        for deposit in sorted(by_move, key=lambda move: self._get_credit_order(move, paid_first)):
            cells = {line: open_deposits[line][0] for line in by_move[deposit]}
            part = min(amount, allocation.total(cells))
            if part <= 0:
                continue
            amount -= part
            taken = allocation.allocate(cells, part, unit(self.currency_id))
            # Of a transfer or a forfeit the new document takes the credit, not what the customer still owes.
            credits |= deposit._credit_part(taken, open_deposits, date, reason, match=not paid_first)
        if amount:
            raise UserError(
                self.env._(
                    "Order %(order)s has no open deposit for the last %(amount)s.",
                    order=self.name,
                    amount=format_amount(self.env, float(amount), self.currency_id),
                )
            )
        return credits

    def _get_credit_order(self, deposit, paid_first):
        """Sorts deposits in the order they are credited in."""
        if paid_first:
            return deposit.payment_state == "not_paid", deposit.amount_residual, -deposit.id
        return False, -deposit.amount_residual, -deposit.id


class AccountMove(models.Model):
    _inherit = "account.move"

    def _credit_part(self, taken, open_deposits, date, reason, match=True):
        """A posted credit note of this deposit invoice for the cells ``taken`` of its deposit lines.

        :param match: with what the customer still owes of this deposit
        """
        self.ensure_one()
        self._check_settlement_date(date)
        credit = self._reverse_moves([{"invoice_date": date, "date": date, "ref": reason}])
        commands = []
        for line in credit.invoice_line_ids.filtered(lambda line: line.display_type == "product"):
            sale_line = line.sale_line_ids[:1]
            cell = taken.get(sale_line)
            if not cell or not (cell.net or any(cell.taxes.values())):
                commands.append(Command.delete(line.id))
                continue
            whole, quantity = open_deposits[sale_line]
            values = sale_line._prepare_deduction_values(cell, whole, quantity, credit=True)
            commands.append(Command.update(line.id, values))
        credit.write({"invoice_line_ids": commands})
        credit.action_post()
        if match:
            self._match_receivables(credit)
        else:  # core matches a credit note with its invoice when it is posted
            credit.line_ids.filtered(lambda line: line.account_type == "asset_receivable").remove_move_reconcile()
        return credit

    def _check_settlement_date(self, date):
        if date < self.date:
            raise UserError(
                self.env._(
                    "Deposit invoice %(deposit)s is of %(date)s. Choose that day or a later one.",
                    deposit=self.name,
                    date=format_date(self.env, self.date),
                )
            )
        self._check_open_period(date)

    def _check_open_period(self, date):
        locks = self._get_violated_lock_dates(date, bool(self.line_ids.tax_ids))
        if locks:
            raise UserError(
                self.env._(
                    "The period of %(date)s is closed until %(lock)s. Choose a date in an open period.",
                    date=format_date(self.env, date),
                    lock=format_date(self.env, max(lock[0] for lock in locks)),
                )
            )

    def _match_receivables(self, others):
        """Match what is open on these documents and on ``others``."""
        lines = (self | others)._get_open_receivables()
        if len(lines.move_id) > 1:
            lines.reconcile()

    def _settle_with_credits(self, credits):
        """Pay this document with what the credit notes owe, by an entry between them.

        Matched with the credit notes themselves, core would call the document reversed.
        """
        self.ensure_one()
        journal = self.env["account.journal"].search(
            [("type", "=", "general"), *self.env["account.journal"]._check_company_domain(self.company_id)], limit=1
        )
        if not journal:
            raise UserError(self.env._("%s has no journal for miscellaneous entries.", self.company_id.name))
        items = self._get_open_receivables() | credits._get_open_receivables()
        # Of a foreign currency each document is rounded by itself; matching books the difference on the last of them.
        last = self._get_open_receivables()[-1:]
        difference = self.company_currency_id.round(sum(items.mapped("amount_residual")))
        entry = self.create(
            {
                "move_type": "entry",
                "journal_id": journal.id,
                "date": self.date,
                "ref": ", ".join([self.name, *credits.mapped("name")]),
                "line_ids": [
                    Command.create(
                        {
                            "name": self.name,
                            "account_id": line.account_id.id,
                            "partner_id": line.partner_id.id,
                            "currency_id": line.currency_id.id,
                            "amount_currency": -line.amount_residual_currency,
                            "balance": (difference if line == last else 0.0) - line.amount_residual,
                        }
                    )
                    for line in items
                ],
            }
        )
        entry.action_post()
        for item, line in zip(entry.line_ids, items, strict=True):
            (item | line).reconcile()
        return entry

    def _get_open_receivables(self):
        return self.line_ids.filtered(lambda line: line.account_type == "asset_receivable" and not line.reconciled)
