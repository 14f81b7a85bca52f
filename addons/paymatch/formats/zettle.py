"""Zettle finance API, transactions of the liquid account (JSON).

Minor units with a sign. A row names no payout: the rows between two payouts belong to the later one, and a
balance can stay behind. Payment and fee share their id; a refund is a payment with the other sign and brings
its fee back. The rows name no currency: the file is an object with ``currency`` and ``transactions``.
"""

from odoo.addons.list_reader.formats.dates import day_of
from odoo.addons.list_reader.formats.numbers import exponent, minor

from . import documents
from .clearhaus import _bytes
from .errors import _lt
from .records import Line
from .stream import Balance, Stream

code = "zettle"
name = "Zettle transactions (API)"
kind = "payout"

TYPES = {
    "PAYMENT": "sale",
    "INVOICE_PAYMENT": "sale",
    "PAYMENT_FEE": "fee",
    "INVOICE_PAYMENT_FEE": "fee",
    "PAYOUT": "payout",
    "FROZEN_FUNDS": "reserve_held",
}
TO_DECIDE = (
    "PAYMENT_PAYOUT",
    "FAILED_PAYOUT",
    "ADJUSTMENT",
    "CASHBACK",
    "ADVANCE",
    "ADVANCE_DOWNPAYMENT",
    "ADVANCE_FEE_DOWNPAYMENT",
)


def detect(data: bytes, filename: str = "") -> bool:
    return documents.mentions(data, "originatorTransactionType")


class Transactions(Stream):
    code = code

    def read(self):
        document = documents.mapping(documents.load(_bytes(self.source)), "currency and transactions")
        currency = documents.currency(document, "currency")
        self.account = documents.text(document, "organization")
        rows = documents.listing(document.get("transactions"), "transactions")
        lines = [self._line(row, at, currency) for at, row in enumerate(rows, 1)]
        lines.sort(key=lambda found: (found[0], found[1].line_type == "payout"))
        balance = Balance(self)
        for _when, line in lines:
            yield from balance.add(self.account, line)
        yield from balance.rest(self.account)
        self.notes.append(_lt("the rows name no payout: each payout ends a period, the rest is carried forward"))

    def _line(self, row, at, currency):
        word = documents.needed(row, "originatorTransactionType", at)
        amount = minor(row.get("amount"), at, "amount", exponent(currency))
        line_type = TYPES.get(word) or ("adjustment" if word in TO_DECIDE else self.adjustment(word, at))
        if line_type == "sale" and amount < 0:
            line_type = "refund"
        elif line_type == "payout" and amount > 0:
            line_type = "adjustment"  # a payout that was pulled back
        elif line_type == "reserve_held" and amount > 0:
            line_type = "reserve_released"
        number = documents.text(row, "originatingTransactionUuid") or documents.text(row, "originatorTransactionUuid")
        when = documents.needed(row, "timestamp", at)
        self.identities.add((number, word, amount, when), at)
        return when, Line(
            line_type=line_type,
            gross=amount,
            net=amount,
            currency=currency,
            line_number=at,
            raw_type=word,
            event_date=day_of(when, at, "timestamp"),
            provider_reference=number,
            fee_type="Zettle",
        )


stream = Transactions
parse = Transactions.parse
