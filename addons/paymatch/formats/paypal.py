"""PayPal: settlement report (STL), transaction detail report (TRR), and the two downloads of the dashboard.

PayPal pays any part of a balance and numbers no payout: each withdrawal ends a period per currency, and what is
left is carried forward. STL and TRR count in hundredths, of yen too, and write the direction as CR and DR;
record kinds that are not known are skipped. The order of the fee totals in the footers is not known: they are
not used. Downloads are in the language of the account; the order of day and month is taken from the file.
"""

import re

from odoo.addons.list_reader.formats import tables
from odoo.addons.list_reader.formats.dates import date_reader, day_of
from odoo.addons.list_reader.formats.numbers import Notation, minor

from .errors import FormatError, _lt
from .records import ZERO, Line
from .stream import Balance, Stream, single

code = "paypal"
name = "PayPal settlement report and downloads"
kind = "payout"

REPORT = tables.Layout(
    required=(
        "Transaction ID",
        "Transaction Event Code",
        "Transaction Completion Date",
        "Transaction Debit or Credit",
        "Gross Transaction Amount",
        "Gross Transaction Currency",
        "Fee Debit or Credit",
        "Fee Amount",
        "Fee Currency",
    ),
    optional=(
        "Invoice ID",
        "PayPal Reference ID",
        "Custom Field",
        "Bank Reference ID",
        "Transactional Status",
        "Consumer ID",
        "Transaction Initiation Date",
    ),
    signature=("Transaction Event Code", "Gross Transaction Amount", "Fee Debit or Credit", "PayPal Reference ID"),
    least=3,
)
DOWNLOAD = tables.Layout(
    required=("Date", "Currency", "Gross", "Fee", "Net", "Transaction ID"),
    optional=(
        "Time",
        "Description",
        "Type",
        "Status",
        "Balance",
        "Invoice ID",
        "Invoice Number",
        "Name",
        "Reference Txn ID",
        "Subject",
        "From Email Address",
    ),
    other_names={
        "Date": ("Dato", "Fecha", "Datum"),
        "Time": ("Tid", "Tidspunkt", "Hora"),
        "Currency": ("Valuta", "Divisa"),
        "Gross": ("Brutto", "Bruto"),
        "Fee": ("Gebyr", "Comisión", "Avgift"),
        "Net": ("Netto", "Neto"),
        "Balance": ("Saldo",),
        "Description": ("Beskrivelse", "Descripción", "Beskrivning"),
        "Type": ("Tipo", "Typ"),
        "Name": ("Navn", "Nombre", "Namn"),
        "Status": ("Estado",),
        "Transaction ID": ("Transaktions-id", "Transaktions-ID", "Id. de transacción", "Transaktionskode"),
        "Reference Txn ID": ("Id. de referencia de trans.", "Reference Transaction ID", "Referencetransaktions-id"),
        "Invoice ID": ("Faktura-id", "Fakturanummer", "Número de factura"),
    },
    signature=("Date", "Currency", "Gross", "Fee", "Net", "Transaction ID", "Balance"),
    least=6,
)
# Columns of downloads with the same heads: those of other providers are told by what PayPal always has beside them.
DOWNLOAD_MARKS = frozenset(
    ["time zone", "timezone", "tidszone", "zona horaria", "huso horario", "tidszon", "from email address"]
)
STATUS = frozenset(["", "S", "V"])  # success; V: reversed later by a row of its own
MOVED = frozenset(
    [
        "",
        "completed",
        "fuldført",
        "afsluttet",
        "completado",
        "slutfört",
        "cleared",
        "partially refunded",
        "refunded",
        "reversed",
    ]
)
EVENTS = {
    "T0200": "conversion",
    "T0201": "conversion",
    "T0400": "payout",
    "T1107": "refund",
    "T1108": "fee",
    "T1109": "fee",
    "T1110": "reserve_held",
    "T1111": "reserve_released",
    "T1201": "chargeback",
    "T1202": "chargeback_reversal",
}
TO_DECIDE = ("T1106", "T1302", "T1900")
WORDS = (
    ("conversion", re.compile(r"currency conversion|valutaomregning|conversión de divisas|valutaväxling", re.I)),
    ("payout", re.compile(r"withdrawal|hævning|overførsel til bank|retirada|transferencia bancaria|uttag", re.I)),
    ("chargeback", re.compile(r"chargeback(?!.*(fee|reversal))|tilbageførsel fra kort", re.I)),
    ("refund", re.compile(r"refund|refundering|tilbagebetaling|reembolso", re.I)),
    ("fee", re.compile(r"\bfees?\b|gebyr|comisión|tarifa|avgift", re.I)),
    ("hold", re.compile(r"\bhold\b|reserve|tilbagehold|retención", re.I)),
    ("sale", re.compile(r"payment|checkout|betaling|pago|betalning", re.I)),
)


def detect(data: bytes, filename: str = "") -> bool:
    return tables.has_layout(data, REPORT) or _is_download(data)


def _is_download(data):
    for _key, rows in tables.heads(data):
        for _line, cells in rows:
            if DOWNLOAD.find(cells) is not None and DOWNLOAD_MARKS & {tables.fold(cell) for cell in cells}:
                return True
    return False


class Settlement(Stream):
    code = code

    def __init__(self, source, filename=""):
        super().__init__(source, filename)
        self._opening = {}
        self._balances = {}

    def read(self):
        table, layout = tables.open_table(self.source, REPORT, DOWNLOAD)
        rows = self._report(table) if layout is REPORT else self._download(table)
        lines = sorted(rows, key=lambda found: (found[0], found[1].line_type == "payout", found[1].line_number))
        balance = Balance(self, self._opening)
        for _when, line, bank_reference in lines:
            if line.outcome == "cancelled":
                yield line
            else:
                yield from balance.add(self.account, line, bank_reference)
        yield from balance.rest(self.account)

    # STL and TRR

    def _report(self, table):
        for _line, cells in table.before:
            if cells and str(cells[0]).strip() == "SH" and len(cells) > 3:
                self.account = str(cells[3]).strip()
        self.notes.append(
            _lt("the report names no payouts: each withdrawal ends a period, the rest is carried forward")
        )
        width = len(table.header)
        for at, cells in table.rows:
            record = str(cells[0]).strip() if cells else ""
            if record == "SH" and len(cells) > 3:
                self.merchant(str(cells[3]).strip(), at)
            elif record == "CH":
                table.columns, width = REPORT.complete(REPORT.find(cells) or {}, cells, at), len(cells)
            elif record == "SB":
                cells = [*cells, *[""] * (width - len(cells))]
                yield self._event(table, cells, at)

    def _event(self, table, cells, at):
        def cell(column):
            return str(cells[table.columns[column]]).strip() if column in table.columns else ""

        currency = _currency(cell("Gross Transaction Currency"), at, "Gross Transaction Currency")
        gross = _signed(cell, "Transaction Debit or Credit", "Gross Transaction Amount", at)
        fee = _signed(cell, "Fee Debit or Credit", "Fee Amount", at) if cell("Fee Amount") else ZERO
        word = cell("Transaction Event Code").upper()
        when = cell("Transaction Completion Date") or cell("Transaction Initiation Date")
        day = day_of(when, at, "Transaction Completion Date")
        if fee and cell("Fee Currency") not in ("", currency):
            self.problem(
                at,
                "Fee Currency",
                _lt(
                    "the fee is in %(found)s, the amount in %(expected)s", found=cell("Fee Currency"), expected=currency
                ),
            )
        line_type = self._event_type(word, gross, at)
        self.identities.add((cell("Transaction ID"), word, currency, gross), at)
        values = {
            "currency": currency,
            "line_number": at,
            "raw_type": word,
            "event_date": day,
            "order_reference": cell("Invoice ID") or cell("Custom Field"),
            "provider_reference": cell("Transaction ID"),
            "related_reference": cell("PayPal Reference ID"),
            "fee_type": word if line_type == "fee" else "PayPal",
        }
        if cell("Transactional Status").upper() not in STATUS:
            self.notes.append(
                _lt("line %(at)s: status %(status)s, no money moved", at=at, status=cell("Transactional Status"))
            )
            return when, single(line_type, gross, outcome="cancelled", **values), ""
        if line_type == "fee":
            return when, single("fee", gross + fee, **values), ""
        if line_type == "payout":
            return (
                when,
                Line.quick(line_type="payout", gross=gross, fee=fee, net=gross + fee, **values),
                cell("Bank Reference ID"),
            )
        return when, Line.quick(line_type=line_type, gross=gross, fee=fee, net=gross + fee, **values), ""

    def _event_type(self, word, gross, at):
        if word == "T0400" and gross > 0:
            return "adjustment"  # a withdrawal that came back
        if word in EVENTS:
            return EVENTS[word]
        if word.startswith("T01"):
            return "fee"
        if word.startswith("T00"):
            return "sale" if gross >= 0 else "adjustment"
        return "adjustment" if word in TO_DECIDE else self.adjustment(word, at)

    # Downloads of the dashboard

    def _download(self, table):
        notation, place = Notation(), table.place
        rows = [(at, [*cells, ""]) for at, cells in tables.filled(table)]
        day = date_reader([(at, row[place("Date")]) for at, row in rows], "Date")
        for at, row in rows:

            def cell(*columns, row=row):
                return next((str(row[place(name)]).strip() for name in columns if str(row[place(name)]).strip()), "")

            currency = _currency(cell("Currency"), at, "Currency")
            gross, fee, net = (
                notation.amount(row[place(name)], at, name, currency) for name in ("Gross", "Fee", "Net")
            )
            when, word = day(row[place("Date")], at), cell("Type", "Description")
            status = cell("Status").casefold()
            line_type = self._word_type(word, gross, at)
            self.identities.add((cell("Transaction ID"), word, currency, gross), at)
            self._follow(notation, row[place("Balance")], currency, net, at)
            values = {
                "currency": currency,
                "line_number": at,
                "raw_type": word,
                "event_date": when,
                "order_reference": cell("Invoice ID", "Invoice Number"),
                "provider_reference": cell("Transaction ID"),
                "related_reference": cell("Reference Txn ID"),
                "payer_name": cell("Name"),
                "fee_type": "PayPal",
                "text": cell("Subject"),
            }
            if status not in MOVED and status:
                self.notes.append(_lt("line %(at)s: status %(status)s, taken as it stands", at=at, status=status))
            if line_type == "fee":
                gross, fee = gross + fee, ZERO
            key = f"{when.isoformat()} {cell('Time').rjust(8, '0')}"
            yield key, Line.quick(line_type=line_type, gross=gross, fee=fee, net=net, **values), ""

    def _follow(self, notation, text, currency, net, at):
        """The running balance of the file: the opening balance, and a check of each row."""
        if text in ("", None):
            return
        balance = notation.amount(text, at, "Balance", currency)
        before = self._balances.get(currency)
        if before is None:
            self._opening[currency] = balance - net
        elif before + net != balance:
            difference = before + net - balance
            message = _lt(
                "balance %(before)s and net %(net)s do not make %(balance)s: difference %(difference)s",
                before=before,
                net=net,
                balance=balance,
                difference=difference,
            )
            self.problem(at, "Balance", message, "", difference)
        self._balances[currency] = balance

    def _word_type(self, word, gross, at):
        for kind_of_row, pattern in WORDS:
            if not pattern.search(word):
                continue
            if kind_of_row == "hold":
                return "reserve_held" if gross < 0 else "reserve_released"
            if (kind_of_row == "sale" and gross < 0) or (kind_of_row == "payout" and gross > 0):
                return "adjustment"
            return kind_of_row
        return self.adjustment(word, at)


def _signed(cell, direction, amount, at):
    sign = {"CR": 1, "DR": -1}.get(cell(direction).upper())
    value = minor(cell(amount), at, amount)
    if value < 0:
        raise FormatError(
            at,
            amount,
            _lt(
                "'%(amount)s' has a sign; the direction stands in '%(direction)s'",
                amount=cell(amount),
                direction=direction,
            ),
        )
    if sign is None and value:
        raise FormatError(at, direction, _lt("'%(text)s' is neither CR nor DR", text=cell(direction)))
    return value * (sign or 1)


def _currency(text, at, field):
    text = text.upper()
    if len(text) != 3 or not (text.isascii() and text.isalpha()):
        raise FormatError(at, field, _lt("'%(text)s' is not a currency code", text=text[:20]))
    return text


stream = Settlement
parse = Settlement.parse
