from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command


class AccountMove(models.Model):
    """Foreign currency: deposit and final invoice at different rates."""

    _inherit = "account.move"

    def _close_deposits_in_company_currency(self):
        """Book what remains in the company's currency when the order's deposits are deducted.

        Deposit and deduction are the same amount in the order's currency, each at the rate of its own day. VAT follows
        the documents; the rest is an exchange difference.
        """
        for move in self.sudo().filtered(
            lambda move: (
                move.prepayment_invoice_type in ("final", "prepayment") and move.currency_id != move.company_currency_id
            )
        ):
            for order in move.line_ids.prepayment_order_id:
                move._close_deposits_of_order(order)
            move._close_receivable_of_nothing()

    def _close_deposits_of_order(self, order):
        """The accounts of deposits, which may hold an amount in the company's currency and none in the order's."""
        items = self.env["account.move.line"].search(
            [("prepayment_order_id", "=", order.id), ("parent_state", "=", "posted")]
        )
        self._book_exchange_difference(items, self.env._("Exchange difference of deposits, order %s", order.name))

    def _close_receivable_of_nothing(self):
        """A final invoice of 0.00 may owe an øre in the company's currency, which nobody will ever pay."""
        items = self.line_ids.filtered(
            lambda item: (
                item.display_type == "payment_term"
                and item.currency_id.is_zero(item.amount_currency)
                and not item.company_currency_id.is_zero(item.amount_residual)
            )
        )
        entry = self._book_exchange_difference(items, self.env._("Exchange difference of %s", self.name))
        # reconcile() closes the items of one account, in exchange entries without amounts of their own currency
        for account, open_items in items.grouped("account_id").items():
            booked = entry.line_ids.filtered(lambda item: item.account_id == account)  # noqa: B023
            (open_items | booked).with_context(no_exchange_difference=True, no_cash_basis=True).reconcile()

    def _book_exchange_difference(self, items, text):
        """Post the entry that brings these items to 0 in the company's currency, by account.

        :param items: `account.move.line` in the invoice's currency
        :return: the entry; empty when no account is 0 in the invoice's currency and something else in the company's
        :raises UserError: the accounts of exchange differences are not chosen
        """
        self.ensure_one()
        company = self.company_id
        commands, difference = [], 0.0
        for account, of_account in items.grouped("account_id").items():
            balance = company.currency_id.round(sum(of_account.mapped("balance")))
            in_currency = sum(of_account.mapped("amount_currency"))
            if company.currency_id.is_zero(balance) or not self.currency_id.is_zero(in_currency):
                continue
            commands.append(self._prepare_closing_line(account, -balance, text, of_account.prepayment_order_id))
            difference += balance
        if not commands:
            return self.browse()
        counterpart = {
            "account_id": self._get_exchange_account(difference).id,
            "name": text,
            "currency_id": company.currency_id.id,
            "balance": difference,
        }
        values = {
            "move_type": "entry",
            "journal_id": company.currency_exchange_journal_id.id,
            "date": self.date,
            "ref": self.name,
            "prepayment_final_id": self.id,
            "line_ids": [*commands, Command.create(counterpart)],
        }
        return self.sudo().with_company(company).create(values)._post(soft=False)

    def _get_exchange_account(self, difference):
        company = self.company_id
        account = company.expense_currency_exchange_account_id
        if difference < 0:
            account = company.income_currency_exchange_account_id
        if not account or not company.currency_exchange_journal_id:
            raise UserError(
                self.env._(
                    "The deposits of order %(order)s leave an exchange difference. Choose the journal and the accounts "
                    "of exchange differences in the settings of Invoicing, and post the invoice again.",
                    order=", ".join(self._get_prepayment_orders().mapped("name")),
                )
            )
        return account

    def _prepare_closing_line(self, account, balance, text, order):
        return Command.create(
            {
                "account_id": account.id,
                "partner_id": self.commercial_partner_id.id,
                "name": text,
                "currency_id": self.currency_id.id,
                "amount_currency": 0.0,
                "balance": balance,
                "prepayment_order_id": order.id,
            }
        )

    def _undo_closing_entries(self):
        """A final invoice that becomes a draft takes its exchange differences back, by reversal."""
        entries = self.sudo().search([("prepayment_final_id", "in", self.ids), ("state", "=", "posted")])
        for entry in entries.filtered(lambda entry: not entry.reversal_move_ids):
            entry.line_ids.remove_move_reconcile()
            reversal = entry._reverse_moves([{"date": entry.date, "ref": entry.ref}], cancel=False)
            for line, original in zip(reversal.line_ids, entry.line_ids, strict=True):
                line.prepayment_order_id = original.prepayment_order_id
            # core matches the reversal with what it reverses
            reversal.with_context(no_exchange_difference=True)._post(soft=False)
