from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.ledger_bridge.records import ZERO


class AccountMove(models.Model):
    _inherit = "account.move"

    ledger_paid_there = fields.Json(
        copy=False,
        readonly=True,
        help="What of this entry is registered as payments of invoices in each outside ledger, by receivable account. "
        "Kept when the entry goes into the queue: undoing takes the matches away that tell it.",
    )

    def _ledger_prepare_voucher(self, connection):
        """This posted entry as the neutral voucher: debit positive, in company currency, balanced to 0.00."""
        self.ensure_one()
        if self.state != "posted":
            raise UserError(self.env._("%(name)s is not posted.", name=self.name))
        lines, missing = [], set()
        paid = self._ledger_paid_there(connection)
        for line in self.line_ids.filtered(lambda line: line.balance):
            text = line.name or self.ref or self.name
            balance = self._ledger_company_amount(line.balance)
            # what pays pushed invoices is registered on them there: here it is on the account of those payments
            part = paid.get(line.account_id, ZERO)
            if part and (part > 0) == (balance > 0):
                part = min(part, balance, key=abs)
                paid[line.account_id] -= part
                account = (connection.ledger_deposit_account or "").strip()
                lines.append({"account": account, "amount": part, "text": text})
                balance -= part
            if not balance:
                continue
            mapping = (
                self.env["ledger.account.mapping"].sudo()._find(connection, line.account_id, self.env["account.tax"])
            )
            if not mapping or mapping.account_id != line.account_id:
                # never the general line: it is meant for invoices
                missing.add(line.account_id.display_name)
                continue
            lines.append({"account": mapping.remote_account, "amount": balance, "text": text})
        if missing:
            raise UserError(
                self.env._(
                    "%(name)s cannot be pushed, these accounts are not mapped (without tax): %(accounts)s.",
                    name=self.name,
                    accounts=", ".join(sorted(missing)),
                )
            )
        if sum((line["amount"] for line in lines), ZERO) != ZERO:
            raise UserError(self.env._("%(name)s does not balance.", name=self.name))
        return {
            "id": connection._ledger_uuid(self),
            "reference": connection._ledger_reference(self),
            "date": self.date,
            "text": self.ref or self.name,
            "lines": lines,
        }

    def _ledger_paid_there(self, connection):
        """``{receivable account: amount}`` of this entry that is registered there as payments of invoices, debit
        positive; of a reversing entry: what the reversed one had, turned round."""
        self.ensure_one()
        kept, ledger = self.ledger_paid_there or {}, str(connection.id)
        if ledger not in kept:
            found = self._ledger_find_paid_there(connection)
            kept = kept | {ledger: {str(account.id): str(paid) for account, paid in found.items()}}
            self.sudo().ledger_paid_there = kept
        accounts = self.env["account.account"]
        return {accounts.browse(int(key)): Decimal(paid) for key, paid in kept[ledger].items()}

    def _ledger_find_paid_there(self, connection):
        if self.reversed_entry_id:
            origin = self.reversed_entry_id._ledger_paid_there(connection)
            return {account: -paid for account, paid in origin.items()}
        payments, sign = self._ledger_payments_of(connection, self.line_ids), 1
        if not payments:
            # charged back: settled with the entry that had brought it, whose payments are taken back there too
            payments, sign = self._ledger_payments_of(connection, self._ledger_charged_back_lines()), -1
        found = {}
        for payment in payments:
            item = payment.line_id
            amount = abs(self._ledger_company_amount(payment.company_amount))
            found.setdefault(item.account_id, ZERO)
            found[item.account_id] += sign * (amount if item.balance > 0 else -amount)
        return found

    def _ledger_payments_of(self, connection, lines):
        """Payments registered there for what these journal items brought; of those paid again the later ones only."""
        domain = [("connection_id", "=", connection.id), ("line_id", "in", lines.ids)]
        payments = self.env["ledger.payment"].sudo().search(domain)
        paid_again = payments.filtered(lambda one: one.state != "undone")
        by_item = {(one.line_id, one.move_id) for one in paid_again}
        return paid_again | payments.filtered(lambda one: (one.line_id, one.move_id) not in by_item)

    def _ledger_charged_back_lines(self):
        """The items of money received that this entry takes back from the customer."""
        items = self.line_ids.filtered(lambda item: item.account_type == "asset_receivable" and item.balance > 0)
        return items.matched_credit_ids.credit_move_id.filtered(lambda item: item.move_id.move_type == "entry")

    def _ledger_company_amount(self, value):
        currency = self.company_id.currency_id
        return Decimal(str(currency.round(value))).quantize(ZERO)
