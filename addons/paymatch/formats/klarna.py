"""Klarna settlement report, CSV: a section with totals of the payout and a section with its transactions.

How the sections are set apart is not documented: they are found by the names of their columns, the totals beside
or below each other. Signs come from the type. VAT on Klarna's fees is a total only and becomes a line of its own.
Debt that was opened or paid back stands between the lines and the payout.
"""

from decimal import Decimal

from odoo.addons.list_reader.formats import tables
from odoo.addons.list_reader.formats.dates import day_of
from odoo.addons.list_reader.formats.numbers import plain

from .errors import FormatError, _lt
from .records import ZERO, Control, Line
from .stream import Stream, optional, single

code = "klarna"
name = "Klarna settlement report (CSV)"
kind = "payout"

TRANSACTIONS = tables.Layout(
    required=("type", "order_id", "merchant_reference1", "amount"),
    optional=(
        "sale_date",
        "capture_date",
        "capture_id",
        "refund_id",
        "short_order_id",
        "merchant_reference2",
        "posting_currency",
        "detailed_type",
        "purchase_country",
    ),
    signature=("capture_date", "order_id", "merchant_reference1", "short_order_id", "capture_id", "sale_date"),
    least=3,
)
SUMMARY = tables.Layout(
    required=("total_settlement_amount", "payment_reference", "settlement_currency", "payout_date"),
    optional=(
        "total_sale_amount",
        "total_fee_amount",
        "total_fee_correction_amount",
        "total_tax_amount",
        "total_return_amount",
        "total_reversal_amount",
        "total_commission_amount",
        "total_credit_amount",
        "total_charge_amount",
        "total_holdback_amount",
        "total_release_amount",
        "opening_debt_balance",
        "total_deposit_amount",
        "total_repay_amount",
        "closing_debt_balance",
        "total_fee_refund_amount",
        "merchant_id",
        "merchant_settlement_type",
        "submerchant_id",
    ),
    signature=("total_settlement_amount", "payment_reference", "total_sale_amount", "total_fee_amount", "payout_date"),
    least=3,
)
# type -> (our type, sign; None: as written)
TYPES = {
    "SALE": ("sale", 1),
    "FEE": ("fee", -1),
    "RETURN": ("refund", -1),
    "REVERSAL": ("chargeback", -1),
    "REVERSAL_MERCHANT_PROTECTION": ("chargeback_reversal", 1),
    "COMMISSION": ("adjustment", 1),
    "CORRECTION": ("adjustment", None),
    "HOLDBACK": ("reserve_held", -1),
    "RELEASE": ("reserve_released", 1),
    "CREDIT": ("adjustment", 1),
    "CHARGE": ("adjustment", -1),
    "FEE_REFUND": ("fee", 1),
}
# total of the summary -> type of the lines that make it
TOTALS = {
    "total_sale_amount": "SALE",
    "total_fee_amount": "FEE",
    "total_return_amount": "RETURN",
    "total_commission_amount": "COMMISSION",
    "total_credit_amount": "CREDIT",
    "total_charge_amount": "CHARGE",
    "total_holdback_amount": "HOLDBACK",
    "total_release_amount": "RELEASE",
    "total_fee_refund_amount": "FEE_REFUND",
}


def detect(data: bytes, filename: str = "") -> bool:
    return tables.has_layout(data, TRANSACTIONS) or tables.has_layout(data, SUMMARY)


class Settlement(Stream):
    code = code

    def __init__(self, source, filename=""):
        super().__init__(source, filename)
        self._summary = {}
        self._summary_line = 0
        self._by_type = {}

    def read(self):
        table, _layout = tables.open_table(self.source, TRANSACTIONS)
        self._read_summary(table.before)
        payout = self._payout()
        place = table.place
        for at, cells in tables.filled(table):
            row = [*cells, ""]

            def cell(column, row=row):
                return str(row[place(column)]).strip()

            if not cell("type"):
                continue
            yield self._transaction(row, cell, place, payout, at)
        tax = self._total("total_tax_amount")
        if tax:
            values = {"event_date": payout.date, "line_number": self._summary_line, "group": payout.key}
            yield single(
                "fee_vat", -abs(tax), currency=payout.currency, raw_type="total_tax_amount", fee_type="Klarna", **values
            )
        self._check_totals(payout)

    def _read_summary(self, before):
        """The totals: a header row with the values below it, or name and value beside each other."""
        header = None
        for line, cells in before:
            if header is not None and any(cell != "" for cell in cells):
                self._summary.update(zip(header, cells, strict=False))
                header = None
            elif SUMMARY.find(cells):
                header, self._summary_line = [tables.fold(cell) for cell in cells], line
            elif len(cells) > 1 and tables.fold(cells[0]) in {
                tables.fold(n) for n in (*SUMMARY.required, *SUMMARY.optional)
            }:
                self._summary[tables.fold(cells[0])] = cells[1]
                self._summary_line = line
        for column in SUMMARY.required:
            if str(self._summary.get(tables.fold(column), "")).strip() == "":
                raise FormatError(
                    self._summary_line,
                    column,
                    _lt("'%(column)s' is missing in the totals above the transactions", column=column),
                )

    def _text(self, column):
        return str(self._summary.get(tables.fold(column), "")).strip()

    def _total(self, column) -> Decimal:
        value = self._summary.get(tables.fold(column), "")
        return optional(value.strip() if isinstance(value, str) else value, self._summary_line, column)

    def _payout(self):
        number, currency = self._text("payment_reference"), self._text("settlement_currency").upper()
        self.account = self._text("merchant_id")
        payout = self.payout(f"{self.account}/{number}" if self.account else number, currency, number, self.account)
        payout.date = day_of(self._text("payout_date"), self._summary_line, "payout_date")
        payout.bank_reference = number
        payout.amount = self._total("total_settlement_amount")
        payout.opening = -self._total("opening_debt_balance")
        payout.closing = -self._total("closing_debt_balance")
        return payout

    def _transaction(self, row, cell, place, payout, at):
        word = cell("type").upper()
        value = plain(row[place("amount")], at, "amount", payout.currency)
        line_type, sign = TYPES.get(word) or (self.adjustment(word, at), None)
        amount = value if sign is None else sign * abs(value)
        self._by_type[word] = self._by_type.get(word, ZERO) + amount
        when = cell("capture_date") or cell("sale_date")
        currency = cell("posting_currency").upper() or payout.currency
        if currency != payout.currency:
            raise FormatError(
                at,
                "posting_currency",
                _lt("%(found)s in a payout in %(expected)s", found=currency, expected=payout.currency),
            )
        event = day_of(when, at, "capture_date") if when else payout.date
        payout.seen(event)
        if word in ("SALE", "RETURN"):
            self.identities.add((cell("order_id"), word, cell("capture_id"), cell("refund_id"), amount), at)
        return Line(
            line_type=line_type,
            gross=amount,
            net=amount,
            currency=currency,
            line_number=at,
            group=payout.key,
            raw_type=word,
            event_date=event,
            order_reference=cell("merchant_reference1") or cell("merchant_reference2"),
            provider_reference=cell("order_id"),
            related_reference=cell("refund_id") or cell("capture_id"),
            fee_type="Klarna",
            text=cell("detailed_type"),
        )

    def _check_totals(self, payout):
        for column, word in TOTALS.items():
            if self._text(column):
                declared, computed = abs(self._total(column)), abs(self._by_type.get(word, ZERO))
                self.controls.append(Control(column, declared, computed, payout.key))


stream = Settlement
parse = Settlement.parse
