"""Vipps MobilePay settlement report as CSV or XLSX: the list with Norwegian headers, and the CSV of records.

The list has a row per transaction and a row with the amount paid per sales unit and settlement. The CSV of
records begins each row with its kind (``SettlementInfo``, ``TransactionInfo``, ``FeeInfo``), each kind with a
header row of its own. A decimal comma that was written without quotation marks makes a field too many: such a
row is put together again only where just one reading fits its header, and its sum is checked like any other.
"""

from decimal import Decimal

from odoo.addons.list_reader.formats import tables
from odoo.addons.list_reader.formats.dates import date_reader
from odoo.addons.list_reader.formats.numbers import Notation, plain

from .errors import FormatError, _lt
from .records import ZERO, Control, Line
from .stream import Stream

code = "vipps_table"
name = "Vipps MobilePay settlement report (CSV, XLSX)"
kind = "payout"

LIST = tables.Layout(
    required=(
        "Salgsdato",
        "Vippsnummer",
        "Transaksjons-ID",
        "Ordre-ID",
        "Brutto",
        "Gebyr",
        "Netto",
        "Transaksjonstype",
        "Oppgjørs-ID",
        "Oppgjørsdato",
        "Oppgjørssum",
    ),
    optional=("Salgssted", "Produkt", "Oppgjørskonto", "Fornavn", "Etternavn", "Melding", "Valuta"),
    signature=("Vippsnummer", "Transaksjons-ID", "Oppgjørs-ID", "Oppgjørssum", "Transaksjonstype", "Salgsdato"),
    least=4,
)
TYPES = {"salg": "sale", "refundering": "refund"}
KINDS = ("SettlementInfo", "TransactionInfo", "FeeInfo")
NEEDED = {
    "SettlementInfo": ("SaleUnitNumber", "SettlementDate", "SettlementID", "Gross", "Currency", "Fee", "Refund", "Net"),
    "TransactionInfo": ("SalesDate", "SaleUnitNumber", "TransactionId", "SettlementId", "OrderID", "Gross",
                        "Currency", "Fee", "Refund", "Net"),
}  # fmt: skip


def detect(data: bytes, filename: str = "") -> bool:
    return tables.has_layout(data, LIST) or _is_records(data)


def _is_records(data):
    for key, rows in tables.heads(data):
        if key == "," and any(cells and cells[0] in KINDS[:2] and len(cells) > 5 for _line, cells in rows):
            return True
    return False


class Settlement(Stream):
    code = code

    def __init__(self, source, filename=""):
        super().__init__(source, filename)
        self._declared = {}  # payout -> number of transactions told, line

    def read(self):
        source = tables.as_source(self.source)
        source.seek(0)
        start = source.read(tables.HEAD)
        source.seek(0)
        records = not start.startswith(tables.ZIP) and _is_records(start)
        yield from self._records() if records else self._list()

    # The list

    def _list(self):
        table, _layout = tables.open_table(self.source, LIST)
        notation, place = Notation(), table.place
        rows = [(at, [*cells, ""]) for at, cells in tables.filled(table)]
        day = date_reader([(at, row[place("Salgsdato")]) for at, row in rows], "Salgsdato")
        for at, row in rows:

            def cell(column, row=row):
                return str(row[place(column)]).strip()

            unit, number = cell("Vippsnummer"), cell("Oppgjørs-ID")
            if not number or not unit:
                raise FormatError(
                    at, "Oppgjørs-ID", _lt("the row has no sales unit or settlement number; the file is cut off")
                )
            currency = cell("Valuta").upper() or "NOK"
            payout = self.payout(f"{unit}/{number}", currency, number, unit)
            payout.date = day(row[place("Oppgjørsdato")], at)
            payout.bank_reference = f"Utbet. {number} Vippsnr {unit}"
            self.account = self.account or unit
            if cell("Oppgjørssum") != "" and not cell("Transaksjonstype"):
                payout.pay(notation.amount(row[place("Oppgjørssum")], at, "Oppgjørssum", currency))
                continue
            yield self._sale(row, cell, place, notation, payout, day, at)

    def _sale(self, row, cell, place, notation, payout, day, at):
        gross, fee, net = (
            notation.amount(row[place(column)], at, column, payout.currency) if cell(column) else ZERO
            for column in ("Brutto", "Gebyr", "Netto")
        )
        word = cell("Transaksjonstype")
        line_type = TYPES.get(word.casefold()) or self.adjustment(word, at)
        self.identities.add((cell("Transaksjons-ID"), word, payout.key), at)
        when = day(row[place("Salgsdato")], at)
        payout.seen(when)
        return Line(
            line_type=line_type,
            gross=gross,
            fee=fee,
            net=net,
            currency=payout.currency,
            line_number=at,
            group=payout.key,
            raw_type=word,
            event_date=when,
            provider_reference=cell("Transaksjons-ID"),
            order_reference=cell("Ordre-ID"),
            payer_name=f"{cell('Fornavn')} {cell('Etternavn')}".strip(),
            fee_type=cell("Produkt"),
            text=cell("Melding"),
        )

    # The CSV of records

    def _records(self):
        headers, settlements = {}, {}
        for at, cells in tables.raw_rows(self.source):
            record = cells[0].strip() if cells else ""
            if record not in KINDS:
                continue
            if record not in headers:
                headers[record] = self._header(record, cells, at)
                continue
            if record == "SettlementInfo":
                row = _fitted(headers[record], cells, at)
                payout = self._settlement(row, at)
                settlements[row["settlementid"]] = payout
            elif record == "TransactionInfo":
                row = _fitted(headers[record], cells, at)
                yield self._transaction(row, settlements, at)
            elif len(cells) > 1 and any(cells[1:]):
                self.notes.append(
                    _lt("line %(at)s: fee invoiced apart: %(text)s", at=at, text=" ".join(cells[1:])[:100])
                )

    def _header(self, record, cells, at):
        names = [tables.fold(cell) for cell in cells]
        missing = [name for name in NEEDED.get(record, ()) if tables.fold(name) not in names]
        if missing:
            raise FormatError(
                at,
                missing[0],
                _lt("the column '%(column)s' of %(record)s is missing", column=missing[0], record=record),
            )
        return names

    def _settlement(self, row, at):
        unit, number = row["saleunitnumber"], row["settlementid"]
        if not number or not unit:
            raise FormatError(at, "SettlementID", _lt("the settlement has no number"))
        payout = self.payout(f"{unit}/{number}", row["currency"].upper(), number, unit)
        if payout.amount is not None:
            raise FormatError(at, "SettlementID", _lt("settlement %(number)s is there twice", number=number))
        payout.pay(plain(row["net"], at, "Net"))
        payout.date = date_reader([], "SettlementDate")(row["settlementdate"], at)
        payout.bank_reference = f"Utbet. {number} Vippsnr {unit}"
        self.account = self.account or unit
        gross, fee, refund = (plain(row[column] or "0", at, column) for column in ("gross", "fee", "refund"))
        computed = gross - abs(fee) - abs(refund)
        self.controls.append(
            Control(
                _lt("settlement %(key)s: gross less fee and refund", key=number), payout.amount, computed, payout.key
            )
        )
        count = row.get("numberoftransactions", "")
        self._declared[payout.key] = (count, at)
        return payout

    def _transaction(self, row, settlements, at):
        number = row["settlementid"]
        payout = settlements.get(number)
        if payout is None:
            if len(settlements) != 1:
                raise FormatError(at, "SettlementId", _lt("no settlement %(number)s in this file", number=number))
            payout = next(iter(settlements.values()))
            if not any(fault.field == "SettlementId" for fault in self.problems):
                message = _lt(
                    "the transactions belong to settlement %(number)s, the file to %(reference)s",
                    number=number,
                    reference=payout.reference,
                )
                self.problem(at, "SettlementId", message, payout.key)
        gross, fee, refund, net = (
            plain(row[column] or "0", at, column) for column in ("gross", "fee", "refund", "net")
        )
        amount = gross - abs(refund)
        when = date_reader([], "SalesDate")(row["salesdate"], at)
        payout.seen(when)
        self.identities.add((row["transactionid"], payout.key, amount), at)
        return Line(
            line_type="refund" if amount < 0 else "sale",
            raw_type="refund" if amount < 0 else "capture",
            gross=amount,
            fee=fee if fee < 0 or amount < 0 else -fee,
            net=net,
            currency=row["currency"].upper(),
            line_number=at,
            group=payout.key,
            event_date=when,
            provider_reference=row["transactionid"],
            order_reference=row["orderid"],
            fee_type="Vipps MobilePay",
        )

    def finish(self):
        for key, (count, at) in self._declared.items():
            if count.isascii() and count.isdigit():
                declared = Decimal(count)
                self.controls.append(Control("NumberOfTransactions", declared, Decimal(self.payouts[key].count), key))
            elif count:
                raise FormatError(at, "NumberOfTransactions", _lt("'%(text)s' is not a number", text=count[:20]))


def _fitted(header, cells, at):
    """Header name -> cell; a decimal comma without quotation marks is joined where only one place makes sense."""
    cells = [cell.strip() for cell in cells]
    while len(cells) > len(header) and cells[-1] == "":
        cells.pop()
    if len(cells) == len(header) + 1:
        cells = _joined(header, cells, at)
    if len(cells) > len(header):
        raise FormatError(
            at, "", _lt("the row has %(cells)s cells, its header %(width)s", cells=len(cells), width=len(header))
        )
    if len(cells) < len(header) - 1:
        raise FormatError(
            at,
            "",
            _lt(
                "the row has %(cells)s cells, its header %(width)s; the file is cut off",
                cells=len(cells),
                width=len(header),
            ),
        )
    return dict(zip(header, [*cells, *[""] * (len(header) - len(cells))], strict=True))


def _joined(header, cells, at):
    money = ("gross", "fee", "refund", "net")
    fitting = []
    for place, column in enumerate(header):
        if column not in money:
            continue
        left, right = cells[place], cells[place + 1]
        if not (left.lstrip("-").isdigit() and right.isdigit() and len(right) == 2):
            continue
        trial = [*cells[:place], f"{left}.{right}", *cells[place + 2 :]]
        row = dict(zip(header, trial, strict=True))
        if all(_is_amount(row[name]) for name in money if name in row) and row.get("currency", "").isalpha():
            fitting.append(trial)
    if len(fitting) != 1:
        raise FormatError(
            at,
            "",
            _lt(
                "the row has %(cells)s cells, its header %(width)s: a decimal comma cannot be told",
                cells=len(cells),
                width=len(header),
            ),
        )
    return fitting[0]


def _is_amount(text):
    try:
        plain(text)
    except FormatError:
        return False
    return True


stream = Settlement
parse = Settlement.parse
