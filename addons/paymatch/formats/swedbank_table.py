"""Swedbank Pay (PayEx) transaction list as a workbook, versions 1 and 2: the rows of the XML, without fees.

As with the XML, fees stand in the balance report (PDF) only: the list declares no amount paid.
"""

from decimal import Decimal

from odoo.addons.list_reader.formats import tables
from odoo.addons.list_reader.formats.dates import day_of
from odoo.addons.list_reader.formats.numbers import Notation

from .errors import FormatError, _lt
from .records import ZERO, Control, Line
from .stream import Stream

code = "swedbank_pay_table"
name = "Swedbank Pay transaction list (XLSX)"
kind = "payout"

LAYOUT = tables.Layout(
    required=(
        "OrderIdentity",
        "Amount",
        "Currency",
        "DateCreated",
        "DateModified",
        "ServiceName",
        "PayexTransactionNo",
    ),
    optional=("ReferencedTransaction", "Description", "PayexBatchNo"),
    other_names={
        "OrderIdentity": ("Order Id",),
        "DateCreated": ("Date Created",),
        "DateModified": ("Date Modified",),
        "ServiceName": ("Type",),
        "PayexTransactionNo": ("Transaction Number",),
        "PayexBatchNo": ("PayEx Batch Number",),
        "ReferencedTransaction": ("Referenced Transaction Number",),
    },
    signature=(
        "OrderIdentity",
        "DateCreated",
        "DateModified",
        "PayexTransactionNo",
        "PayexBatchNo",
        "ReferencedTransaction",
    ),
    least=5,
)
SERVICES = ("NoOfDebit", "NoOfDebet")


def detect(data: bytes, filename: str = "") -> bool:
    return tables.has_layout(data, LAYOUT)


class TransactionList(Stream):
    code = code

    def read(self):
        table, _layout = tables.open_table(self.source, LAYOUT)
        number, count, services = self._before(table.before)
        notation, place = Notation(), table.place
        for at, cells in tables.filled(table):
            row = [*cells, ""]

            def cell(column, row=row):
                return str(row[place(column)]).strip()

            currency = cell("Currency").upper()
            gross = notation.amount(row[place("Amount")], at, "Amount", currency)
            payout = self.payout(f"{number}/{currency}", currency, number)
            payout.bank_reference = number
            created, settled = (
                day_of(cell("DateCreated"), at, "DateCreated"),
                day_of(cell("DateModified"), at, "DateModified"),
            )
            payout.seen(created)
            payout.date = self.created or max(payout.date or settled, settled)
            self.identities.add((cell("PayexTransactionNo"), gross), at)
            yield Line(
                line_type="refund" if gross < 0 else "sale",
                raw_type="credit" if gross < 0 else "debit",
                gross=gross,
                net=gross,
                currency=currency,
                line_number=at,
                group=payout.key,
                event_date=created,
                booking_date=settled,
                order_reference=cell("OrderIdentity"),
                provider_reference=cell("PayexTransactionNo"),
                related_reference=cell("ReferencedTransaction"),
                fee_type=cell("ServiceName"),
                text=cell("Description"),
            )
        self._check(count, services)

    def _before(self, rows):
        """Number and count of the list, and the totals per service, from the blocks above the transactions."""
        number, count, names, services = "", None, [], []
        for at, cells in rows:
            folded = [tables.fold(cell) for cell in cells]
            if any(tables.fold(word) in folded for word in (*SERVICES, "AccountingNo")):
                names = folded
            elif any(cell != "" for cell in cells):
                if not number:
                    row = dict(
                        zip(names or ["contractingparty", "accountingno", "totalnooftransactions"], cells, strict=False)
                    )
                    number, count = str(row.get("accountingno", "")).strip(), row.get("totalnooftransactions")
                    self.account = str(row.get("contractingparty", "")).strip()
                    if row.get("accountingdate"):
                        self.created = day_of(row["accountingdate"], at, "AccountingDate")
                else:
                    services.append((at, dict(zip(names, cells, strict=False))))
        if not number:
            raise FormatError(1, "AccountingNo", _lt("the number of the settlement is missing above the transactions"))
        self.reference = number
        return number, count, services

    def _check(self, count, services):
        if isinstance(count, Decimal):
            self.controls.append(Control("TotalNoOfTransactions", count, Decimal(self.count)))
        declared: dict[str, Decimal] = {}
        for at, row in services:
            currency = str(row.get("currency", "")).strip().upper()
            amount = Notation().amount(row.get("amount", ""), at, "Amount", currency)
            declared[currency] = declared.get(currency, ZERO) + amount
        for payout in self.payouts.values():
            if payout.currency in declared:
                control = Control(_lt("Amount of the services"), declared[payout.currency], payout.total, payout.key)
                self.controls.append(control)


stream = TransactionList
parse = TransactionList.parse
