"""Trustly funding file (``P11KFUN``): header, items, one funding per batch, trailer; no column names.

Known from files for America; the Nordic report is not. A funding is the sum of amounts and fees of the items
with its trace id. The reconciliation file (``P11KREC``) tells of no funding and is refused with that reason.
"""

from odoo.addons.list_reader.formats import tables
from odoo.addons.list_reader.formats.dates import day_of
from odoo.addons.list_reader.formats.numbers import plain

from .errors import FormatError, _lt
from .records import ZERO, Control, Line
from .stream import Stream, optional

code = "trustly"
name = "Trustly funding (CSV)"
kind = "payout"

FUNDING, RECONCILIATION = "P11KFUN", "P11KREC"
FIELDS = [
    "record_type",
    "transaction_id",
    "created_at",
    "original_transaction_id",
    "merchant_id",
    "payment_type",
    "payment_provider_type",
    "payment_provider_id",
    "account_number",
    "merchant_reference",
    "transaction_type",
    "transaction_status",
    "updated_at",
    "processed_at",
    "currency",
    "amount",
    "trace_id",
    "reason",
    "batch_id",
    "settlement_batch_transaction_type",
    "original_merchant_reference",
    "payment_provider_transaction_id",
    "fee",
]
TYPES = {"Capture": "sale", "Refund": "refund"}


def detect(data: bytes, filename: str = "") -> bool:
    start = data[:64].lstrip(b"\xef\xbb\xbf").replace(b'"', b"")
    return start.startswith((b"H," + FUNDING.encode(), b"H," + RECONCILIATION.encode()))


class Funding(Stream):
    code = code

    def read(self):
        gross, fundings, closed = ZERO, [], False
        for at, cells in tables.raw_rows(self.source):
            if not any(cells):
                continue
            record = cells[0].strip()
            if closed:
                raise FormatError(at, "", _lt("rows after the trailer"))
            if record == "H":
                self._header(cells, at)
            elif record == "I":
                line = self._item(cells, at)
                gross += line.gross
                yield line
            elif record == "F":
                fundings.append(self._funding(cells, at))
            elif record == "L":
                closed = True
                self._trailer(cells, at, gross, fundings)
            else:
                raise FormatError(
                    at, "record_type", _lt("'%(record)s' is not a record of a funding file", record=record[:20])
                )
        if not closed:
            raise FormatError(0, "L", _lt("the trailer is missing: the file is cut off"))

    def _header(self, cells, at):
        if len(cells) < 6 or cells[1].strip() != FUNDING:
            raise FormatError(at, "", _lt("this file tells of no funding; fetch the funding file (P11KFUN)"))
        self.reference, self.account = cells[1].strip(), cells[5].strip()
        self.created = day_of(cells[4], at, "period")

    def _item(self, cells, at):
        if len(cells) < len(FIELDS) - 1:
            raise FormatError(
                at,
                "",
                _lt(
                    "the item has %(cells)s fields of %(width)s: the file is cut off",
                    cells=len(cells),
                    width=len(FIELDS),
                ),
            )
        row = dict(zip(FIELDS, [*(cell.strip() for cell in cells), "", ""], strict=False))
        currency = row["currency"].upper()
        gross, fee = plain(row["amount"], at, "amount", currency), optional(row["fee"], at, "fee", currency)
        key = f"{row['trace_id'] or row['batch_id']}/{currency}"
        payout = self.payout(key, currency, row["trace_id"] or row["batch_id"], self.account)
        self.merchant(row["merchant_id"], at, key)
        word = row["transaction_type"]
        line_type = TYPES.get(word) or self.adjustment(word, at)
        if line_type == "sale" and gross < 0:
            line_type = "chargeback"  # a return of the bank, told with a reason
        when = day_of(row["processed_at"] or row["created_at"], at, "processed_at")
        payout.seen(when)
        self.identities.add((row["transaction_id"], word, gross), at)
        return Line(
            line_type=line_type,
            gross=gross,
            fee=fee,
            net=gross + fee,
            currency=currency,
            line_number=at,
            group=key,
            raw_type=word,
            event_date=when,
            order_reference=row["original_merchant_reference"] or row["merchant_reference"],
            provider_reference=row["transaction_id"],
            related_reference=row["original_transaction_id"],
            fee_type=row["payment_type"] or "Trustly",
            text=row["reason"],
        )

    def _funding(self, cells, at):
        if len(cells) < 8:
            raise FormatError(at, "", _lt("the funding has too few fields: the file is cut off"))
        trace, currency = cells[3].strip(), cells[4].strip().upper()
        amount = plain(cells[5].strip(), at, "amount", currency)
        payout = self.payout(f"{trace}/{currency}", currency, trace, self.account)
        payout.pay(amount)
        payout.date, payout.bank_reference = day_of(cells[7], at, "funding date"), trace
        return amount

    def _trailer(self, cells, at, gross, fundings):
        if len(cells) < 5:
            raise FormatError(at, "", _lt("the trailer has too few fields: the file is cut off"))
        self.controls.append(Control(_lt("amount of the trailer"), plain(cells[2].strip(), at, "amount"), gross))
        paid = sum(fundings, ZERO)
        self.controls.append(Control(_lt("funding of the trailer"), plain(cells[4].strip(), at, "funding"), paid))


stream = Funding
parse = Funding.parse
