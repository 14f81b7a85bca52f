"""Clearhaus settlement of the merchant API (JSON), with its transactions embedded.

Whole øre; deductions are negative. Reserve lies between net and payout and is paid later by itself. Fees that
stand on no transaction (service, wire transfer ...) become one line, and so do chargebacks and other postings.
The layout of the dashboard's CSV is not known: use a profile for it.
"""

from odoo.addons.list_reader.formats.dates import day_of
from odoo.addons.list_reader.formats.numbers import exponent, minor

from . import cards, documents
from .errors import FormatError, _lt
from .records import ZERO, Control, Line
from .stream import Stream, single

code = "clearhaus"
name = "Clearhaus settlement (API)"
kind = "payout"

TRANSACTIONS = "ch:transactions"
SETTLEMENTS = "ch:settlements"


def detect(data: bytes, filename: str = "") -> bool:
    return documents.mentions(data, "settled", "payout", "summary", "reserve")


class Settlement(Stream):
    code = code

    def read(self):
        document = documents.load(_bytes(self.source))
        found = documents.mapping(document, "settlement")
        many = found.get("_embedded", {}).get(SETTLEMENTS) if isinstance(found.get("_embedded"), dict) else None
        for settlement in documents.listing(many, SETTLEMENTS) if many is not None else [found]:
            yield from self._settlement(settlement)

    def _settlement(self, settlement):
        number, currency = documents.needed(settlement, "id"), documents.currency(settlement, "currency")
        period = documents.mapping(settlement.get("period"), "period")
        paid = documents.mapping(settlement.get("payout"), "payout")
        payout = self.payout(number, currency, documents.text(paid, "reference_number") or number)
        payout.bank_reference = documents.text(paid, "descriptor")
        day = documents.text(paid, "date") or documents.needed(period, "end_date")
        payout.date = day_of(day, 0, "payout.date")
        payout.first, payout.last = (
            day_of(documents.needed(period, name), 0, f"period.{name}") for name in ("start_date", "end_date")
        )
        decimals = exponent(currency)
        payout.amount = minor(paid.get("amount"), 0, "payout.amount", decimals)
        if documents.text(paid, "cancelled_date"):
            self.problem(
                0,
                "payout.cancelled_date",
                _lt("the payout %(reference)s was cancelled", reference=payout.reference),
                payout.key,
            )
        if payout.bank_reference.startswith("CH"):
            self.account = self.account or payout.bank_reference[2:].split(" ")[0]
        summary = documents.mapping(settlement.get("summary"), "summary")
        totals = {field: minor(value, 0, f"summary.{field}", decimals) for field, value in summary.items()}
        for needed in ("sales", "refunds", "chargebacks", "fees", "net"):
            if needed not in totals:
                raise FormatError(0, f"summary.{needed}", _lt("%(needed)s is missing in the summary", needed=needed))
        embedded = settlement.get("_embedded") if isinstance(settlement.get("_embedded"), dict) else {}
        rows = documents.listing(embedded.get(TRANSACTIONS, []), TRANSACTIONS)
        sums = {"sales": ZERO, "refunds": ZERO, "fees": ZERO}
        for at, row in enumerate(rows, 1):
            line = self._transaction(row, at, payout, decimals)
            sums["sales" if line.gross >= 0 else "refunds"] += line.gross
            sums["fees"] += line.fee
            yield line
        yield from self._beside(settlement, payout, totals, sums, decimals)
        self._check(payout, settlement, totals, sums, decimals)

    def _transaction(self, row, at, payout, decimals):
        part = documents.mapping(row.get("settlement"), "settlement", at)
        currency = documents.text(part, "currency").upper() or payout.currency
        if currency != payout.currency:
            raise FormatError(
                at,
                "settlement.currency",
                _lt("%(found)s in a settlement in %(expected)s", found=currency, expected=payout.currency),
            )
        gross = minor(part.get("amount_gross"), at, "settlement.amount_gross", decimals)
        net = minor(part.get("amount_net"), at, "settlement.amount_net", decimals)
        fee = -abs(minor(part.get("fees"), at, "settlement.fees", decimals))
        if net - gross == -fee:
            fee = -fee  # a fee given back
        when = day_of(documents.needed(row, "processed_at", at), at, "processed_at")
        self.identities.add(row.get("id"), at)
        return Line(
            line_type="refund" if gross < 0 else "sale",
            gross=gross,
            fee=fee,
            net=net,
            currency=payout.currency,
            line_number=at,
            group=payout.key,
            raw_type=documents.text(row, "type"),
            event_date=when,
            order_reference=documents.text(row, "reference"),
            provider_reference=documents.needed(row, "id", at),
            fee_type=documents.text(row, "card", "scheme") or documents.text(row, "payment_method"),
            text=documents.text(row, "text_on_statement"),
            card_digits=cards.last_four(documents.text(row, "card", "last4")),
        )

    def _beside(self, settlement, payout, totals, sums, decimals):
        """What the summary tells and no transaction does."""
        values = {"currency": payout.currency, "group": payout.key, "event_date": payout.date}
        rest = totals["fees"] - sums["fees"]
        if rest:
            yield single(
                "fee", rest, raw_type="fees", fee_type="Clearhaus", text="fees that stand on no transaction", **values
            )
        if totals["chargebacks"]:
            yield single("chargeback", totals["chargebacks"], raw_type="chargebacks", **values)
        if totals.get("credits"):
            yield single("adjustment", totals["credits"], raw_type="credits", **values)
        for at, posting in enumerate(documents.listing(settlement.get("other_postings") or [], "other_postings"), 1):
            amount = minor(posting.get("amount"), at, "other_postings.amount", decimals)
            text = documents.text(posting, "text")
            yield single("adjustment", amount, raw_type="other_postings", text=text, **values)
        reserve = settlement.get("reserve")
        if isinstance(reserve, dict) and reserve.get("amount"):
            held = minor(reserve["amount"], 0, "reserve.amount", decimals)
            text = " ".join(filter(None, [documents.text(reserve, "descriptor"), documents.text(reserve, "date")]))
            yield single("reserve_held", -held, raw_type="reserve", text=text, **values)

    def _check(self, payout, settlement, totals, sums, decimals):
        for field in ("sales", "refunds"):
            self.controls.append(Control(f"{field} of {payout.reference}", totals[field], sums[field], payout.key))
        net = sum((amount for field, amount in totals.items() if field != "net"), ZERO)
        self.controls.append(Control(_lt("net of %(key)s", key=payout.reference), totals["net"], net, payout.key))
        postings = documents.listing(settlement.get("other_postings") or [], "other_postings")
        other = sum((minor(posting.get("amount"), 0, "other_postings.amount", decimals) for posting in postings), ZERO)
        declared = totals.get("other_postings", ZERO)
        self.controls.append(
            Control(_lt("other postings of %(key)s", key=payout.reference), declared, other, payout.key)
        )


def _bytes(source) -> bytes:
    if isinstance(source, bytes):
        return source
    source.seek(0)
    return source.read()


stream = Settlement
parse = Settlement.parse
