"""Shopify Payments payout of the Admin interface (JSON): the payout with its balance transactions.

Major units as text. Amount has a sign, fee is positive and lowers the net, as in the list of the shop's own pages
(:mod:`.shopify`); the payout's own row, where there is one, takes the net out again.
"""

from odoo.addons.list_reader.formats.dates import day_of
from odoo.addons.list_reader.formats.numbers import plain

from . import documents
from .clearhaus import _bytes
from .errors import FormatError, _lt
from .records import Line
from .stream import Stream

code = "shopify_api"
name = "Shopify Payments payout (API)"
kind = "payout"

TYPES = {
    "CHARGE": "sale",
    "REFUND": "refund",
    "DISPUTE": "chargeback",
    "ADJUSTMENT": "adjustment",
    "ADJUSTMENT_REVERSAL": "adjustment",
    "SYSTEM_ADJUSTMENT": "adjustment",
    "TRANSFER": "payout",
}


def detect(data: bytes, filename: str = "") -> bool:
    return documents.mentions(data, "shopifyPayout", "balanceTransactions")


class Payout(Stream):
    code = code

    def read(self):
        document = documents.mapping(documents.load(_bytes(self.source)), "payout")
        head = documents.mapping(document.get("shopifyPayout"), "shopifyPayout")
        rows = documents.listing(document.get("balanceTransactions"), "balanceTransactions")
        number = documents.text(head, "legacyResourceId") or documents.needed(head, "id").rpartition("/")[2]
        net = documents.mapping(head.get("net"), "net")
        currency = documents.currency(net, "currencyCode")
        payout = self.payout(f"{number}/{currency}", currency, number, "")
        payout.date = day_of(documents.needed(head, "issuedAt"), 0, "issuedAt")
        payout.bank_reference = documents.text(head, "externalTraceId")
        paid = _amount(net, 0, "net")
        payout.pay(-paid if documents.text(head, "transactionType") == "WITHDRAWAL" and paid > 0 else paid)
        if not rows:
            raise FormatError(0, "balanceTransactions", _lt("the payout names no transactions"))
        for at, row in enumerate(rows, 1):
            line = self._line(row, at, payout)
            payout.seen(line.event_date)
            yield line

    def _line(self, row, at, payout):
        word = documents.text(row, "sourceType").upper() or documents.needed(row, "type", at).upper()
        amounts = [documents.mapping(row.get(name), name, at) for name in ("amount", "fee", "net")]
        gross, fee, net = (_amount(value, at, "amount") for value in amounts)
        for value in amounts:
            found = documents.currency(value, "currencyCode", at)
            if found != payout.currency:
                raise FormatError(
                    at,
                    "currencyCode",
                    _lt("%(found)s in a payout in %(expected)s", found=found, expected=payout.currency),
                )
        line_type = TYPES.get(word) or self.adjustment(word, at)
        if line_type == "chargeback" and gross > 0:
            line_type = "chargeback_reversal"
        number = documents.text(row, "id").rpartition("/")[2]
        self.identities.add((number,), at)
        order = row.get("associatedOrder") if isinstance(row.get("associatedOrder"), dict) else {}
        return Line(
            line_type=line_type,
            gross=gross,
            fee=-fee,
            net=net,
            currency=payout.currency,
            line_number=at,
            group=payout.key,
            raw_type=documents.text(row, "type") or word,
            event_date=day_of(documents.needed(row, "transactionDate", at), at, "transactionDate"),
            order_reference=documents.text(order, "name"),
            provider_reference=documents.text(row, "sourceOrderTransactionId") or number,
            fee_type="Shopify Payments",
        )


def _amount(value, at, field):
    return plain(documents.needed(value, "amount", at), at, field, documents.currency(value, "currencyCode", at))


stream = Payout
parse = Payout.parse
