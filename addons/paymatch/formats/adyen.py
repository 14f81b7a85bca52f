"""Adyen settlement details report, CSV and XLSX.

Columns are found by name: the report comes with 30, 32 or 49 of them, in several orders. Amounts have no sign,
the debit or credit column tells it. A complete batch adds up to nothing when its payout line is counted; here
the payout line is the amount the other lines must make. One payout per merchant account and batch.

Where the gross is in another currency than the payout, the line's gross is what net and fees make of it, and
the exchange rate of the file must agree within rounding.
"""

from decimal import Decimal
from operator import itemgetter

from odoo.addons.list_reader.formats import tables
from odoo.addons.list_reader.formats.dates import day_of
from odoo.addons.list_reader.formats.numbers import NOT_EXACT, exact_row, fine, plain

from . import cards
from .errors import FormatError, _lt
from .records import ZERO, Line, presented
from .stream import Stream

code = "adyen"
name = "Adyen settlement details"
kind = "payout"

FEES = ("Commission (NC)", "Markup (NC)", "Scheme Fees (NC)", "Interchange (NC)")
TEXTS = (
    "Merchant Account",
    "Psp Reference",
    "Merchant Reference",
    "Creation Date",
    "Type",
    "Modification Reference",
    "Gross Currency",
    "Exchange Rate",
    "Net Currency",
    "Batch Number",
)
AMOUNTS = ("Net Debit (NC)", "Net Credit (NC)", "Gross Debit (GC)", "Gross Credit (GC)", *FEES)
LAYOUT = tables.Layout(
    required=(*TEXTS, *AMOUNTS),
    optional=(
        "Payment Method",
        "Payment Method Variant",
        "Modification Merchant Reference",
        "Booking Date",
        "Authorisation Code",
        "ARN",
    ),
    signature=("Psp Reference", "Merchant Reference", "Modification Reference", "Net Debit (NC)", "Net Credit (NC)"),
    least=3,
)
# Adyen's word -> (our type, for a debit; our type for a credit)
TYPES = {
    "Settled": ("sale", "sale"),
    "SettledBulk": ("sale", "sale"),
    "Refunded": ("refund", "refund"),
    "RefundedBulk": ("refund", "refund"),
    "Chargeback": ("chargeback", "chargeback"),
    "SecondChargeback": ("chargeback", "chargeback"),
    "ChargebackReversed": ("chargeback_reversal", "chargeback_reversal"),
    "Fee": ("fee", "fee"),
    "InvoiceDeduction": ("fee", "fee"),
    "MiscCosts": ("fee", "fee"),
    "AuthorisationSchemeFee": ("fee", "fee"),
    "DepositCorrection": ("reserve_held", "reserve_released"),
    "MerchantPayout": ("payout", "adjustment"),
    "Balancetransfer": ("carry_over", "carry_over"),
}
TO_DECIDE = (
    "RefundedReversed",
    "ManualCorrected",
    "MatchedStatement",
    "BankInstructionReturned",
    "InternalCompanyPayout",
)
PARTS = ("sale", "refund", "chargeback", "chargeback_reversal")
CENT = Decimal("0.01")


def detect(data: bytes, filename: str = "") -> bool:
    return tables.has_layout(data, LAYOUT)


class Settlement(Stream):
    code = code

    def read(self):
        table, _layout = tables.open_table(self.source, LAYOUT)
        pick = itemgetter(*(table.place(column) for column in TEXTS))
        money = itemgetter(*(table.place(column) for column in AMOUNTS))
        booked, method = table.place("Booking Date"), table.place("Payment Method")
        variant, changed = table.place("Payment Method Variant"), table.place("Modification Merchant Reference")
        code_at, arn_at = table.place("Authorisation Code"), table.place("ARN")
        add_identity, quick, group_of = self.identities.add, Line.quick, {}
        for at, cells in tables.filled(table):
            merchant, psp, order, created, word, modification, gross_currency, rate, currency, batch = pick(cells)
            payout = group_of.get((merchant, batch, currency)) or self._payout(group_of, merchant, batch, currency, at)
            key = payout.key
            try:
                debit, credit, gross_debit, gross_credit, *costs = exact_row(money(cells))
            except NOT_EXACT:
                debit, credit, gross_debit, gross_credit, *costs = _amounts(money(cells), currency, gross_currency, at)
            net = credit - debit
            if not net:
                self._check_amounts(money(cells), at)
            line_type = self._type(word, net, at)
            day = day_of(cells[booked] if booked >= 0 and cells[booked] else created, at, "Creation Date")
            add_identity((batch, psp, modification, word, net) if psp else (batch, at), at)
            if line_type in PARTS:
                fee = -sum(costs)
                gross, text, more = gross_credit - gross_debit, "", {}
                if code_at >= 0 or arn_at >= 0:
                    more = cards.keys(*(cells[place] if place >= 0 else "" for place in (code_at, arn_at)))
                if gross_currency != currency:
                    more |= presented(gross, gross_currency, gross, currency)
                    gross, text = self._converted(gross, net - fee, gross_currency, rate, at, key)
                line = quick(
                    line_type=line_type, gross=gross, fee=fee, net=net, currency=currency, line_number=at, group=key,
                    raw_type=word, event_date=day, order_reference=order, provider_reference=psp,
                    related_reference=modification, fee_type=cells[variant] or cells[method], text=text, **more,
                )  # fmt: skip
            elif line_type == "carry_over":
                self._carry(payout, net, day)
                continue
            else:
                if line_type == "payout":
                    self._paid(payout, net, day, modification)
                text = modification if changed < 0 else f"{modification} {cells[changed]}".strip()
                line = quick(
                    line_type=line_type, gross=net, net=net, currency=currency, line_number=at, group=key,
                    raw_type=word, event_date=day, order_reference=order, provider_reference=psp,
                    related_reference=modification if psp else "", fee_type=word, text=text,
                )  # fmt: skip
            if payout.last != day:
                payout.seen(day)
            yield line

    def _payout(self, group_of, merchant, batch, currency, at):
        batch, merchant = str(batch).strip(), str(merchant).strip()
        if not batch:
            raise FormatError(at, "Batch Number", _lt("the row has no batch number; the file is cut off or damaged"))
        if len(currency) != 3 or not (currency.isascii() and currency.isalpha()):
            raise FormatError(at, "Net Currency", _lt("'%(text)s' is not a currency code", text=str(currency)[:20]))
        key = f"{merchant}/{batch}"
        payout = self.payout(key, currency, batch, merchant)
        if payout.currency != currency:
            message = _lt("%(found)s in a batch in %(expected)s", found=currency, expected=payout.currency)
            raise FormatError(at, "Net Currency", message)
        self.merchant(merchant, at, key)
        group_of[merchant, batch, currency] = payout
        return payout

    def _type(self, word, net, at):
        kinds = TYPES.get(word)
        if kinds is not None:
            return kinds[net > 0]
        return "adjustment" if word in TO_DECIDE else self.adjustment(word, at)

    def _check_amounts(self, cells, at):
        if all(cell == "" for cell in cells[:4]):
            raise FormatError(at, "Net Credit (NC)", _lt("the row has no amount; the file is cut off or damaged"))

    def _converted(self, gross, settled, currency, rate, at, key):
        """The gross in the currency of the payout; the file's own rate must lead to it within rounding."""
        if rate:
            factor = fine(rate, at, "Exchange Rate")
            # a rate is rounded to its last digit, and so is the amount
            slack = CENT + abs(gross) * Decimal(1).scaleb(factor.as_tuple().exponent)
            difference = gross * factor - settled
            if abs(difference) > slack:
                message = _lt(
                    "%(gross)s %(currency)s at %(rate)s is not %(settled)s: difference %(difference)s",
                    gross=gross,
                    currency=currency,
                    rate=factor,
                    settled=settled,
                    difference=f"{difference:.4f}",
                )
                self.problem(at, "Exchange Rate", message, key, difference)
        return settled, f"{gross} {currency} at {rate or '?'}"

    def _carry(self, payout, net, day):
        payout.seen(day)
        if net > 0:
            payout.opening += net
        else:
            payout.closing -= net

    def _paid(self, payout, net, day, text):
        payout.pay(-net)
        payout.date = day
        payout.bank_reference = payout.bank_reference or text.split(",")[0].strip()

    def finish(self):
        for payout in self.payouts.values():
            if payout.amount is None:
                payout.amount = ZERO  # no payout in this batch: everything must have been carried forward


def _amounts(cells, currency, gross_currency, at):
    """The amounts of a row one by one, so that a wrong one is named with its column."""
    found = []
    for cell, column in zip(cells, AMOUNTS, strict=True):
        of_column = gross_currency if column.endswith("(GC)") else currency
        found.append(plain(cell, at, column, of_column) if cell != "" else ZERO)
    return found


stream = Settlement
parse = Settlement.parse
