"""Vipps MobilePay payout of the Report API (JSON): the entries of a ledger from the payout before it.

Minor units, signed as they move the balance. The first entry tells the balance before it: that is the opening, and what
is left after the payout the closing balance; each entry must go on where the one before it ended. With net settlement
fees are entries of their own; with gross settlement they come on a bill and are not here.
"""

import re

from odoo.addons.list_reader.formats.dates import day_of
from odoo.addons.list_reader.formats.numbers import exponent, minor

from . import documents
from .clearhaus import _bytes
from .errors import FormatError, _lt
from .records import Line
from .stream import Stream, single

code = "vipps_api"
name = "Vipps MobilePay payout (API)"
kind = "payout"

TYPES = {
    "capture": "sale",
    "refund": "refund",
    "fees-retained": "fee",
    "retained-disputed-capture": "chargeback",
    "returned-disputed-capture": "chargeback_reversal",
    "payout-scheduled": "payout",
    "scheduled-for-payout": "payout",
}
# What is known, and decided by a person.
ASKED = ("correction", "top-up", "credit-note", "payout-aborted")


def detect(data: bytes, filename: str = "") -> bool:
    return documents.mentions(data, "vippsReport", "ledger", "items")


class Payout(Stream):
    code = code

    def read(self):
        document = documents.mapping(documents.load(_bytes(self.source)), "payout")
        head, ledger = (documents.mapping(document.get(field), field) for field in ("vippsReport", "ledger"))
        items = documents.listing(document.get("items"), "items")
        number = documents.needed(head, "payout")
        if not items or TYPES.get(documents.text(items[-1], "entryType")) != "payout":
            raise FormatError(
                len(items), "entryType", _lt("the last entry is no payout; the file is cut off or damaged")
            )
        last = items[-1]
        currency = documents.currency(ledger, "currency")
        unit, told = self._unit(ledger, last)
        payout = self.payout(f"{unit}/{number}", currency, number, documents.text(ledger, "payoutBankAccount"))
        payout.bank_reference = told or f"Utbet. {number} Vippsnr {unit}"
        payout.date = day_of(documents.needed(last, "ledgerDate", len(items)), len(items), "ledgerDate")
        self.account = unit
        decimals, balance = exponent(currency), None
        for at, item in enumerate(items, 1):
            line = self._line(item, at, payout, decimals)
            balance = self._balance(item, at, line, payout, balance, decimals)
            if line.line_type == "payout":
                payout.pay(-line.net)
            payout.seen(line.event_date)
            yield line
        payout.closing = balance

    def _unit(self, ledger, last):
        """Number of the sales unit and the text on the bank account."""
        told = documents.text(last, "reference")
        found = re.search(r"Vippsnr\s*(\d+)", told)
        if found:
            return found[1], told
        handles = ledger.get("recipientHandles")
        handles = handles if isinstance(handles, list) else []
        handle = str(handles[0]) if len(handles) == 1 else documents.text(last, "recipientHandle")
        return handle.rpartition(":")[2] or documents.needed(ledger, "ledgerId"), told

    def _line(self, item, at, payout, decimals):
        word = documents.needed(item, "entryType", at)
        line_type = TYPES.get(word) or ("adjustment" if word in ASKED else self.adjustment(word, at))
        currency = documents.text(item, "currency").upper() or payout.currency
        if currency != payout.currency:
            raise FormatError(
                at,
                "currency",
                _lt("%(found)s in a payout in %(expected)s", found=currency, expected=payout.currency),
            )
        amount = minor(item.get("amount"), at, "amount", decimals)
        values = {
            "currency": currency,
            "line_number": at,
            "group": payout.key,
            "raw_type": word,
            "event_date": day_of(documents.needed(item, "ledgerDate", at), at, "ledgerDate"),
            "provider_reference": documents.text(item, "pspReference"),
        }
        self.identities.add((values["provider_reference"], word, documents.text(item, "time"), amount), at)
        if line_type in ("fee", "payout"):
            return single(
                line_type, amount, fee_type="Vipps MobilePay", text=documents.text(item, "reference"), **values
            )
        reference = documents.text(item, "reference")
        return Line(
            line_type, gross=amount, net=amount, order_reference=reference, fee_type="Vipps MobilePay", **values
        )

    def _balance(self, item, at, line, payout, balance, decimals):
        """The balance after the entry; it must start where the one before it ended."""
        before = minor(item.get("balanceBefore"), at, "balanceBefore", decimals)
        after = minor(item.get("balanceAfter"), at, "balanceAfter", decimals)
        if balance is None:
            payout.opening = before
        elif before != balance:
            message = _lt(
                "the balance before is %(found)s, after the entry before it %(expected)s: entries are missing",
                found=before,
                expected=balance,
            )
            self.problem(at, "balanceBefore", message, payout.key, before - balance)
        if before + line.net != after:
            message = _lt("the entry of %(amount)s does not make the balance %(after)s", amount=line.net, after=after)
            self.problem(at, "balanceAfter", message, payout.key, before + line.net - after)
        return after


stream = Payout
parse = Payout.parse
