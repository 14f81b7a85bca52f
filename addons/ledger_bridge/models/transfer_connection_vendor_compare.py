from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from odoo import models
from odoo.fields import Domain

from ..records import ZERO
from .account_move_vendor_bills import REMOTE_TYPES
from .transfer_connection_compare import REMEMBERED_DAYS


class TransferConnectionVendorCompare(models.Model):
    """The difference check of vendor bills, both ways."""

    _inherit = "transfer.connection"

    def _ledger_compare(self):
        # EXTENDS 'ledger_bridge'
        found = super()._ledger_compare()
        if self.ledger_bills == "none" and not self._ledger_bill_links():
            return found
        connection = self.sudo().with_company(self.company_id)
        values, count = connection._ledger_compare_bills()
        now = connection.ledger_compare_date
        self.env["ledger.difference"].sudo().create([one | {"check_date": now} for one in values])
        connection.ledger_compare_count += count
        return found | {
            "bills_here": count,
            "differences": found["differences"] + [one["message"] for one in values],
        }

    def _ledger_compare_bills(self):
        """:return: ``(values of ledger.difference, how many bills were compared)``"""
        links = {link.res_id: link for link in self._ledger_bill_links()}
        moves = self._ledger_bills_to_compare(list(links))
        first = min((move.date for move in moves), default=self.ledger_compare_from or self._company_today())
        first = min(first, self.ledger_compare_from or first)
        listed = self._ledger_list_bills(first, self._company_today() + timedelta(days=366))
        there = {row["remote_id"]: row for row in listed}
        values = []
        for move in moves:
            link = links.get(move.id)
            values += self._ledger_compare_bill(move, link, there.pop(link.remote_id, None) if link else None)
        start = str(self.ledger_compare_from or first)
        values += [self._ledger_bill_missing_here(row) for row in there.values() if row["date"] >= start]
        return values, len(moves)

    def _ledger_bills_to_compare(self, linked_ids):
        """Bills that belong there and those that are there, posted."""
        domain = Domain("company_id", "=", self.company_id.id) & Domain("move_type", "in", list(REMOTE_TYPES))
        domain &= Domain("state", "=", "posted")
        belongs = Domain("id", "in", linked_ids)
        if self.ledger_bills != "none":
            belongs |= Domain("date", ">=", self.ledger_compare_from or self._company_today())
        return self.env["account.move"].sudo().search(domain & belongs, order="id")

    def _ledger_compare_bill(self, move, link, row):
        """Differences of one bill.

        :param row: of ``_ledger_list_bills``, or ``None`` where the list does not tell of it
        """
        total = self._ledger_bill_amount(move, move.amount_total)
        common = {"move_id": move.id, "currency": move.currency_id.name}
        if not link:
            text = self.env._("%(name)s is not there.", name=move.name)
            return [self._ledger_difference_values("missing_there", total, ZERO, text, **common)]
        if self._ledger_bill_agrees(move, link, row):
            return []
        remote = self._ledger_read_bill(link.remote_id, link.remote_type)
        if remote is None:
            text = self.env._("%(name)s was pushed, but is no longer there.", name=move.name)
            return [self._ledger_difference_values("missing_there", total, ZERO, text, **common)]
        if remote["state"] == "unknown":
            return []
        if remote["number"] and remote["number"] != link.remote_number:
            link.remote_number = remote["number"]  # a draft had none
        return self._ledger_compare_read_bill(move, link, remote, common | {"remote_id": link.remote_id})

    def _ledger_compare_read_bill(self, move, link, remote, common):
        """Differences of a bill that was read; its open amount is remembered."""
        total = self._ledger_bill_amount(move, move.amount_total)
        residual = self._ledger_bill_amount(move, move.amount_residual)
        common |= {"remote_number": remote["number"]}
        found = []
        if remote["state"] == "draft" and self.ledger_bills == "book":
            text = self.env._("%(name)s is still a draft there.", name=move.name)
            found.append(self._ledger_difference_values("not_booked", total, remote["total"], text, **common))
        if remote["total"] != total:
            text = self.env._("%(name)s does not have the same total.", name=move.name)
            found.append(self._ledger_difference_values("amount", total, remote["total"], text, **common))
        parts = []
        if remote["currency"] != move.currency_id.name:
            parts.append(self.env._("currency %(value)s", value=remote["currency"]))
        if remote["date"] and remote["date"] != str(move.date):
            parts.append(self.env._("date %(value)s", value=remote["date"]))
        if parts:
            text = self.env._("%(name)s was changed there: %(what)s.", name=move.name, what=", ".join(parts))
            found.append(self._ledger_difference_values("changed", total, remote["total"], text, **common))
        if remote["state"] == "booked":
            link.write({"remote_stamp": str(residual), "remote_open": str(remote["remaining"])})
            if self.ledger_payment_master != "none" and remote["remaining"] != residual:
                text = self.env._("%(name)s is not equally paid.", name=move.name)
                found.append(
                    self._ledger_difference_values("open_amount", residual, remote["remaining"], text, **common)
                )
        return found

    def _ledger_bill_agrees(self, move, link, row):
        """Whether the list tells enough: booked that day, with our total on an account (that of the vendors), and paid
        as when it was last read. Once a week each is read all the same."""
        if not row or row["date"] != str(move.date) or move.currency_id != self.company_id.currency_id:
            return False
        if link.id % REMEMBERED_DAYS == self._company_today().toordinal() % REMEMBERED_DAYS:
            return False
        residual = str(self._ledger_bill_amount(move, move.amount_residual))
        if link.remote_stamp != residual or link.remote_open != residual:
            return False
        sign = 1 if move.move_type == "in_refund" else -1
        return sign * self._ledger_bill_amount(move, move.amount_total) in row["amounts"].values()

    def _ledger_bill_missing_here(self, row):
        number = row["number"] or "-"
        if row["reference"]:
            text = self.env._(
                "Number %(number)s was made by this connection, but is not known here. Was a backup restored?",
                number=number,
            )
        else:
            text = self.env._("Number %(number)s is there, but was not made in Odoo.", number=number)
        # which of its accounts is that of the vendors is not told: the largest amount of a bill is what is owed
        total = max((abs(amount) for amount in row["amounts"].values()), default=ZERO)
        return self._ledger_difference_values(
            "missing_here",
            ZERO,
            -total if row["is_credit_note"] else total,
            text,
            currency=row["currency"],
            remote_id=row["remote_id"],
            remote_number=row["number"],
        )

    def _ledger_bill_amount(self, move, value):
        """Positive for bills and credit notes alike, exact."""
        digits = Decimal(1).scaleb(-move.currency_id.decimal_places)
        return Decimal(str(value)).quantize(digits, ROUND_HALF_UP)
