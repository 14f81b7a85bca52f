"""Shopify Payments: export of transactions (``payment_transactions_export_*.csv``).

Amount has a sign, Fee is positive and lowers the net. Rows without a payout id have the payout's date: with one
payout a day that names it. Rows that are pending belong to no payout yet. VAT, where the column is there, is a
part of the fee and told of only: the payout adds up without it.
"""

from odoo.addons.list_reader.formats import tables
from odoo.addons.list_reader.formats.dates import date_reader
from odoo.addons.list_reader.formats.numbers import Notation

from .errors import FormatError, _lt
from .records import ZERO, Line, presented
from .stream import Stream

code = "shopify"
name = "Shopify Payments transactions (CSV)"
kind = "payout"

LAYOUT = tables.Layout(
    required=("Transaction Date", "Type", "Order", "Payout Date", "Amount", "Fee", "Net", "Currency"),
    optional=(
        "Payout ID",
        "Payout Status",
        "Available On",
        "Card Brand",
        "Checkout",
        "Payment Method Name",
        "VAT",
        "Business Entity ID",
        "Presentment Amount",
        "Presentment Currency",
    ),
    signature=("Transaction Date", "Payout Status", "Payout Date", "Card Brand", "Available On", "Checkout"),
    least=4,
)
TYPES = {
    "charge": "sale",
    "refund": "refund",
    "chargeback": "chargeback",
    "dispute": "chargeback",
    "chargeback won": "chargeback_reversal",
    "dispute reversal": "chargeback_reversal",
    "adjustment": "adjustment",
    "fee": "fee",
    "payout": "payout",
}


def detect(data: bytes, filename: str = "") -> bool:
    return tables.has_layout(data, LAYOUT)


class Transactions(Stream):
    code = code

    def read(self):
        table, _layout = tables.open_table(self.source, LAYOUT)
        notation, place, day = Notation(), table.place, date_reader([], "Transaction Date")
        pending = 0
        for at, cells in tables.filled(table):
            row = [*cells, ""]

            def cell(column, row=row):
                return str(row[place(column)]).strip()

            currency = cell("Currency").upper()
            gross, fee, net = (
                notation.amount(row[place(name)], at, name, currency) for name in ("Amount", "Fee", "Net")
            )
            word, when = cell("Type"), day(cell("Transaction Date")[:10], at)
            line_type = TYPES.get(word.casefold().replace("_", " ")) or self.adjustment(word, at)
            payout_date = cell("Payout Date")
            key = ""
            if payout_date and cell("Payout Status").casefold() != "pending":
                paid = day(payout_date[:10], at)
                number = cell("Payout ID") or paid.isoformat()
                key = f"{number}/{currency}"
                payout = self.payout(key, currency, number)
                payout.date = paid
                payout.seen(when)
                if line_type == "payout":
                    payout.pay(abs(net) if net < 0 else -net)
            else:
                pending += 1
            self.merchant(cell("Business Entity ID"), at, key)
            self.identities.add((cell("Checkout"), cell("Order"), word, net, cell("Transaction Date")), at)
            paid_in = cell("Presentment Currency").upper()
            paid = (
                notation.amount(row[place("Presentment Amount")], at, "Presentment Amount", paid_in)
                if paid_in
                else ZERO
            )
            if line_type == "fee" and fee:
                gross, fee = gross - fee, ZERO
            yield Line(
                line_type=line_type,
                gross=gross,
                fee=-fee,
                net=net,
                currency=currency,
                line_number=at,
                group=key,
                raw_type=word,
                event_date=when,
                order_reference=cell("Order"),
                provider_reference=cell("Checkout"),
                fee_type=cell("Card Brand") or cell("Payment Method Name") or "Shopify Payments",
                text="" if not cell("VAT") else f"VAT {cell('VAT')}",
                outcome="" if key else "cancelled",
                **presented(paid, paid_in, gross, currency),
            )
        if pending:
            self.notes.append(_lt("%(count)s rows are not paid out yet and belong to no payout", count=pending))
        if not self.payouts:
            raise FormatError(0, "Payout Date", _lt("nothing in this file is paid out yet; fetch it again later"))


stream = Transactions
parse = Transactions.parse
