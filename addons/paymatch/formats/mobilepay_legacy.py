"""MobilePay before the merger with Vipps: list of transferred transactions, CSV with decimal comma.

Fees are rows of their own. One payout per transfer reference, which is also the text on the bank statement and
unique for one year only; therefore the day of the transfer is part of the key.
"""

from odoo.addons.list_reader.formats import tables
from odoo.addons.list_reader.formats.dates import date_reader
from odoo.addons.list_reader.formats.numbers import Notation

from .errors import FormatError, _lt
from .records import Line
from .stream import Stream

code = "mobilepay_legacy"
name = "MobilePay transfers, before Vipps MobilePay (CSV)"
kind = "payout"

LAYOUT = tables.Layout(
    required=(
        "Company Reg No",
        "Type",
        "Amount",
        "Currency",
        "Date",
        "Payment Transaction ID",
        "Transfer Reference Date",
        "Transfer Reference",
    ),
    optional=(
        "Message",
        "Merchant Reference",
        "Merchant Payment Label",
        "Agreement ID",
        "Payment Point Name",
        "Receiver Account",
    ),
    signature=("Company Reg No", "Payment Transaction ID", "Transfer Reference Date", "Transfer Reference"),
    least=3,
)
TYPES = {
    "Payment": "sale",
    "Refund": "refund",
    "TransactionFee": "fee",
    "ServiceFee": "fee",
    "Transfer": "payout",
    "ReturnedTransaction": "adjustment",
    "Adjustment": "adjustment",
}


def detect(data: bytes, filename: str = "") -> bool:
    return tables.has_layout(data, LAYOUT)


class Transfers(Stream):
    code = code

    def read(self):
        table, _layout = tables.open_table(self.source, LAYOUT)
        notation = Notation("," if table.delimiter == ";" else "")
        place = table.place
        day = date_reader([], "Date")
        for at, cells in tables.filled(table):
            row = [*cells, ""]

            def cell(column, row=row):
                return str(row[place(column)]).strip()

            number, currency = cell("Transfer Reference"), cell("Currency").upper()
            if not number:
                raise FormatError(
                    at, "Transfer Reference", _lt("the row has no transfer reference; it is not paid out yet")
                )
            paid = day(cell("Transfer Reference Date"), at)
            key = f"{number}/{paid.isoformat()}/{currency}"
            payout = self.payout(key, currency, number, cell("Receiver Account"))
            payout.date, payout.bank_reference = paid, number
            self.merchant(cell("Company Reg No"), at, key)
            amount = notation.amount(row[place("Amount")], at, "Amount", currency)
            word, when = cell("Type"), day(cell("Date"), at)
            line_type = TYPES.get(word) or self.adjustment(word, at)
            if line_type == "payout":
                payout.pay(abs(amount))
                amount = -abs(amount)
            payout.seen(when)
            self.identities.add((cell("Payment Transaction ID"), word, amount, key), at)
            yield Line(
                line_type=line_type,
                gross=amount,
                net=amount,
                currency=currency,
                line_number=at,
                group=key,
                raw_type=word,
                event_date=when,
                order_reference=cell("Merchant Reference") or cell("Merchant Payment Label"),
                provider_reference=cell("Payment Transaction ID"),
                agreement_number=cell("Agreement ID"),
                fee_type=word if line_type == "fee" else "MobilePay",
                text=cell("Message"),
            )


stream = Transfers
parse = Transfers.parse
