from decimal import Decimal

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.ledger_bridge.records import ZERO


class AccountMove(models.Model):
    _inherit = "account.move"

    def _ledger_prepare_voucher(self, connection):
        """This posted entry as the neutral voucher: debit positive, in company currency, balanced to 0.00."""
        self.ensure_one()
        if self.state != "posted":
            raise UserError(self.env._("%(name)s is not posted.", name=self.name))
        lines, missing = [], set()
        for line in self.line_ids.filtered(lambda line: line.balance):
            mapping = (
                self.env["ledger.account.mapping"].sudo()._find(connection, line.account_id, self.env["account.tax"])
            )
            if not mapping or mapping.account_id != line.account_id:
                # never the general line: it is meant for invoices
                missing.add(line.account_id.display_name)
                continue
            amount = self.company_id.currency_id.round(line.balance)
            lines.append(
                {
                    "account": mapping.remote_account,
                    "amount": self._ledger_company_amount(amount),
                    "text": line.name or self.ref or self.name,
                }
            )
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

    def _ledger_company_amount(self, value):
        currency = self.company_id.currency_id
        return Decimal(str(currency.round(value))).quantize(ZERO)
