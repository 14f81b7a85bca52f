"""Mollie settlement (JSON), with its payments, refunds, captures and chargebacks embedded.

The settlement's costs carry VAT and up to four decimals; only their sum is rounded, to the amount paid. Each
cost is therefore rounded so that costs and VAT together make the rounded sum; a difference of a whole cent or
more is shown. The sign of a cost or of a refund comes from its kind: the vendor's example has it both ways.
"""

from decimal import ROUND_FLOOR, Decimal

from odoo.addons.list_reader.formats.dates import day_of
from odoo.addons.list_reader.formats.numbers import exponent, fine, plain

from . import documents
from .clearhaus import _bytes
from .errors import FormatError, _lt
from .records import ZERO
from .stream import Stream, single

code = "mollie"
name = "Mollie settlement (API)"
kind = "payout"

# embedded list -> (our type, sign); captures are the payments of another kind of method
PARTS = {"payments": ("sale", 1), "captures": ("sale", 1), "refunds": ("refund", -1), "chargebacks": ("chargeback", -1)}
CENT = Decimal("0.01")


def detect(data: bytes, filename: str = "") -> bool:
    return documents.mentions(data, "periods", "reference", "amount") and (
        documents.mentions(data, "costs") or documents.mentions(data, "revenue")
    )


class Settlement(Stream):
    code = code

    def read(self):
        settlement = documents.mapping(documents.load(_bytes(self.source)), "settlement")
        number = documents.needed(settlement, "reference")
        paid = documents.mapping(settlement.get("amount"), "amount")
        currency = documents.currency(paid, "currency")
        payout = self.payout(number, currency, number)
        payout.bank_reference = number
        payout.amount = plain(documents.needed(paid, "value"), 0, "amount.value", currency)
        day = next(
            (
                documents.text(settlement, field)
                for field in ("settledAt", "settledDatetime", "createdAt", "createdDatetime")
                if documents.text(settlement, field)
            ),
            "",
        )
        payout.date = day_of(day, 0, "settledAt")
        self.account = number.split(".")[0]
        embedded = settlement.get("_embedded") if isinstance(settlement.get("_embedded"), dict) else {}
        total = ZERO
        for part, (line_type, sign) in PARTS.items():
            for at, row in enumerate(documents.listing(embedded.get(part) or [], part), 1):
                line = self._line(row, at, line_type, sign, payout)
                total += line.net
                yield line
        for line in self._costs(settlement, payout, total):
            yield line

    def _line(self, row, at, line_type, sign, payout):
        amount = row.get("settlementAmount") if isinstance(row.get("settlementAmount"), dict) else row.get("amount")
        amount = documents.mapping(amount, "amount", at)
        currency = documents.currency(amount, "currency", at)
        if currency != payout.currency:
            raise FormatError(
                at,
                "settlementAmount.currency",
                _lt("%(found)s in a settlement in %(expected)s", found=currency, expected=payout.currency),
            )
        value = sign * abs(plain(documents.needed(amount, "value", at), at, "amount.value", currency))
        when = (
            documents.text(row, "paidAt") or documents.text(row, "createdAt") or documents.text(row, "createdDatetime")
        )
        event = day_of(when, at, "createdAt") if when else payout.date
        payout.seen(event)
        self.identities.add(row.get("id"), at)
        order = (
            documents.text(row, "metadata", "order_id")
            or documents.text(row, "orderId")
            or documents.text(row, "description")
        )
        return single(
            line_type,
            value,
            currency=currency,
            line_number=at,
            group=payout.key,
            raw_type=documents.text(row, "resource") or line_type,
            event_date=event,
            order_reference=order,
            provider_reference=documents.needed(row, "id", at),
            related_reference=documents.text(row, "paymentId"),
            fee_type=documents.text(row, "method") or "Mollie",
            text=documents.text(row, "description"),
        )

    def _costs(self, settlement, payout, total):
        exact = []
        for period in _periods(settlement):
            for at, cost in enumerate(documents.listing(period.get("costs") or [], "costs"), 1):
                text = documents.text(cost, "description")
                for field, line_type in (("amountNet", "fee"), ("amountVat", "fee_vat")):
                    value = _money(cost.get(field), at, field, payout.currency)
                    if value:
                        exact.append((line_type, -abs(value), text))
        step = Decimal(1).scaleb(-exponent(payout.currency))
        wanted = payout.amount - total
        rounded = _rounded([value for _type, value, _text in exact], wanted, step)
        for (line_type, value, text), amount in zip(exact, rounded, strict=True):
            if amount:
                yield single(
                    line_type,
                    amount,
                    currency=payout.currency,
                    group=payout.key,
                    raw_type="costs",
                    event_date=payout.date,
                    fee_type=text or "Mollie",
                    text=f"{text} {value}".strip(),
                )


def _periods(settlement):
    years = documents.mapping(settlement.get("periods"), "periods")
    for year in years.values():
        for month in documents.mapping(year, "periods").values():
            yield documents.mapping(month, "periods")


def _money(value, at, field, currency):
    if value is None:
        return ZERO
    value = documents.mapping(value, field, at)
    if documents.currency(value, "currency", at) != currency:
        raise FormatError(
            at,
            f"{field}.currency",
            _lt("%(found)s in a settlement in %(expected)s", found=value["currency"], expected=currency),
        )
    return fine(documents.needed(value, "value", at), at, field)


def _rounded(exact, wanted, step):
    """Whole cents that add up to ``wanted`` when the exact amounts do, within less than a cent; else each by itself."""
    floors = [value.quantize(step, rounding=ROUND_FLOOR) for value in exact]
    if abs(sum(exact, ZERO) - wanted) >= step:
        return [value.quantize(step) for value in exact]
    missing = int((wanted - sum(floors, ZERO)) / step)
    order = sorted(range(len(exact)), key=lambda at: floors[at] - exact[at])
    for at in order[: max(missing, 0)]:
        floors[at] += step
    for at in order[::-1][: max(-missing, 0)]:
        floors[at] -= step
    return floors


stream = Settlement
parse = Settlement.parse
