"""Stripe: payout reconciliation report and balance transactions (CSV, XLSX, and JSON of the API).

The columns are chosen by the user; those needed are found by name. ``fee`` is positive in its column and lowers
the net. Sources disagree on the sign of a ``payout`` row: its size counts, it always leaves the balance.
A report with ``automatic_payout_id`` gives one payout per id. Without it the rows are a balance: each payout
row ends a period and carries the rest forward.
"""

from dataclasses import replace
from datetime import datetime, timezone

from odoo.addons.list_reader.formats import tables
from odoo.addons.list_reader.formats.dates import day_of
from odoo.addons.list_reader.formats.numbers import NOT_EXACT, exact_row, minor, plain

from . import documents
from .errors import FormatError, _lt
from .records import ZERO, Control, Line, presented
from .stream import Balance, Stream, optional, single

code = "stripe"
name = "Stripe payouts and balance"
kind = "payout"

LAYOUT = tables.Layout(
    required=("balance_transaction_id", "created", "currency", "gross", "fee", "net", "reporting_category"),
    optional=(
        "automatic_payout_id",
        "automatic_payout_effective_at",
        "source_id",
        "charge_id",
        "payment_intent_id",
        "description",
        "payment_method_type",
        "card_brand",
        "trace_id",
        "payment_metadata[order_id]",
        "customer_name",
        "gateway_account",
        "customer_facing_amount",
        "customer_facing_currency",
    ),
    other_names={
        "created": ("created_utc",),
        "automatic_payout_effective_at": ("automatic_payout_effective_at_utc",),
    },
    signature=(
        "balance_transaction_id",
        "reporting_category",
        "automatic_payout_id",
        "automatic_payout_effective_at",
        "source_id",
        "charge_id",
        "payment_intent_id",
    ),
    least=2,
)
MONEY = ("gross", "fee", "net")
# Settle a document; the rest is between us and Stripe.
SETTLE = ("sale", "refund", "chargeback", "chargeback_reversal")
NO_VALUES = {}
TYPES = {
    "charge": "sale",
    "refund": "refund",
    "dispute": "chargeback",
    "dispute_reversal": "chargeback_reversal",
    "fee": "fee",
    "payout": "payout",
}
# The API's own words, where a balance transaction has no reporting category.
ORDER_KEYS = ("order_id", "order", "order_number", "order_reference", "external_identifier", "reference", "invoice")
# Currencies the API counts without decimals (its own table, not ISO's).
ZERO_DECIMAL = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"]
)
THREE_DECIMAL = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])


def detect(data: bytes, filename: str = "") -> bool:
    return tables.has_layout(data, LAYOUT) or _is_api(data)


def _is_api(data):
    if data[:1] not in (b"{", b"["):
        return False
    return b'"stripePayout"' in data[:64] or b'"balance_transaction"' in data[:4096] and b'"txn_' in data[:4096]


def _order_column(header):
    """The metadata column that holds an order number: known names first, else the only metadata column."""
    columns = {
        tables.fold(cell): position
        for position, cell in enumerate(header)
        if tables.fold(cell).startswith("payment metadata[")
    }
    for key in ORDER_KEYS:
        position = columns.get(tables.fold(f"payment_metadata[{key}]"))
        if position is not None:
            return position
    return next(iter(columns.values())) if len(columns) == 1 else -1


class Settlement(Stream):
    code = code

    def read(self):
        if _is_api(self._start()):
            yield from self._api()
            return
        table, _layout = tables.open_table(self.source, LAYOUT)
        if table.place("automatic_payout_id") >= 0:
            yield from self._itemised(table)
        else:
            yield from self._balance(table)

    def _start(self):
        if isinstance(self.source, bytes):
            return self.source[:4096]
        self.source.seek(0)
        start = self.source.read(4096)
        self.source.seek(0)
        return start

    def _lines(self, table):
        """(line, payout id, payout date text) of each row, not yet in a payout."""
        place = table.place
        at_id, at_created, at_currency = place("balance_transaction_id"), place("created"), place("currency")
        at_gross, at_fee, at_net, at_type = place("gross"), place("fee"), place("net"), place("reporting_category")
        blank = len(table.header)  # the place of a column that is not there: one empty cell is added to each row
        spots = [
            position if position >= 0 else blank
            for position in (
                place("source_id"),
                place("charge_id"),
                place("payment_intent_id"),
                place("description"),
                place("card_brand"),
                place("payment_method_type"),
                place("customer_name"),
                place("gateway_account"),
                place("automatic_payout_id"),
                place("automatic_payout_effective_at"),
                _order_column(table.header),
                place("customer_facing_amount"),
                place("customer_facing_currency"),
            )  # fmt: skip
        ]
        source, charge, intent, described, brand, method, payer, account, payout_id, effective, order, paid, paid_in = (
            spots
        )
        quick, known, add_identity, codes = Line.quick, TYPES.get, self.identities.add, {}
        for at, cells in tables.filled(table):
            cells.append("")
            currency = codes.get(cells[at_currency]) or self._currency(codes, cells[at_currency], at)
            try:
                gross, fee, net = exact_row((cells[at_gross], cells[at_fee], cells[at_net]))
            except NOT_EXACT:
                gross, fee, net = (
                    plain(cells[place(name)], at, name, currency) if cells[place(name)] != "" else ZERO
                    for name in MONEY
                )
            fee = -fee
            if not net and cells[at_net] == "":
                raise FormatError(at, "net", _lt("the row has no net amount; the file is cut off or damaged"))
            word = cells[at_type]
            line_type = known(word) or self.adjustment(word, at)
            if cells[at_id]:
                add_identity((cells[at_id], word), at)
            if line_type == "payout":
                gross, fee, net = -abs(gross), -abs(fee), -abs(net)
                if fee:
                    gross = net - fee
            if cells[account] != self.account and cells[account]:
                self.merchant(cells[account], at, cells[payout_id])
            paid_by_customer = NO_VALUES
            if cells[paid_in] and line_type in SETTLE:
                paid_by_customer = self._presented(cells[paid], cells[paid_in], gross, currency, at)
            yield (
                quick(
                    line_type=line_type, gross=gross, fee=fee, net=net, currency=currency, line_number=at,
                    group=cells[payout_id], raw_type=word, event_date=day_of(cells[at_created], at, "created"),
                    order_reference=cells[order], provider_reference=cells[charge] or cells[source] or cells[at_id],
                    related_reference=cells[intent], own_reference=cells[at_id], payer_name=cells[payer],
                    fee_type=cells[brand] or cells[method] or word, text=cells[described], **paid_by_customer,
                ),
                cells[effective],
            )  # fmt: skip

    def _presented(self, amount, currency, gross, own, at):
        currency = str(currency).strip().upper()
        return presented(optional(amount, at, "customer_facing_amount", currency), currency, gross, own)

    def _currency(self, codes, text, at):
        currency = str(text).strip().upper()
        if len(currency) != 3 or not (currency.isascii() and currency.isalpha()):
            raise FormatError(at, "currency", _lt("'%(text)s' is not a currency code", text=str(text)[:20]))
        codes[text] = currency
        return currency

    def _itemised(self, table):
        """One payout per id and currency; rows that were not paid out yet are told of and left out of any sum."""
        last_key, last_currency, payout = None, None, None
        for line, effective in self._lines(table):
            key = line.group
            if key != last_key or line.currency != last_currency:
                if not key:
                    line = self._without_payout(line)
                    yield line
                    continue
                payout = self._payout_of(key, line, effective)
                last_key, last_currency = key, line.currency
            if line.line_type == "payout":
                payout.pay(-line.net)
            payout.seen(line.event_date)
            yield line

    def _payout_of(self, key, line, effective):
        payout = self.payout(key, line.currency, key, self.account)
        if payout.currency != line.currency:
            message = _lt(
                "%(found)s in the payout %(key)s in %(expected)s",
                found=line.currency,
                key=key,
                expected=payout.currency,
            )
            raise FormatError(line.line_number, "currency", message)
        if effective:
            payout.date = day_of(effective, line.line_number, "automatic_payout_effective_at")
        return payout

    def _without_payout(self, line):
        key = f"pending/{line.currency}"
        payout = self.payout(key, line.currency, "not paid out yet", self.account)
        payout.seen(line.event_date)
        if key not in {fault.group for fault in self.problems}:
            message = _lt("rows without a payout id: they are not paid out yet, or were paid by hand; fetch them later")
            self.problem(line.line_number, "automatic_payout_id", message, key)
        line.__dict__["group"] = key
        return line

    def _balance(self, table):
        lines = sorted(
            (line for line, _effective in self._lines(table)), key=lambda line: (line.event_date, _order(line))
        )
        yield from self._periods(lines)

    def _periods(self, lines):
        balance = Balance(self)
        for line in lines:
            yield from balance.add(self.account, line)
        yield from balance.rest(self.account)
        self.notes.append(_lt("the file names no payouts: each payout row ends a period, the rest is carried forward"))

    def _api(self):
        source = tables.as_source(self.source)
        rows = documents.load(source.read())
        if isinstance(rows, dict) and "stripePayout" in rows:
            yield from self._api_payout(rows)
            return
        if isinstance(rows, dict):
            rows = rows.get("data", [rows])
        lines = [self._api_line(row, at) for at, row in enumerate(documents.listing(rows, "data"), 1)]
        lines.sort(key=lambda line: (line.event_date, line.line_number))
        yield from self._periods(lines)

    def _api_payout(self, document):
        """One payout as it was fetched, known by the id that stands in the reconciliation report too."""
        head = documents.mapping(document["stripePayout"], "stripePayout")
        key, currency = documents.needed(head, "id"), documents.currency(head, "currency")
        payout = self.payout(key, currency, key, self.account)
        payout.date = _epoch(head.get("arrival_date"), 0)
        payout.bank_reference = documents.text(head, "statement_descriptor")
        payout.amount = minor(head.get("amount"), 0, "amount", _decimals(currency))
        for at, row in enumerate(documents.listing(document.get("balance_transactions"), "balance_transactions"), 1):
            line = replace(self._api_line(row, at), group=key)
            if line.currency != currency:
                message = _lt(
                    "%(found)s in the payout %(key)s in %(expected)s", found=line.currency, key=key, expected=currency
                )
                raise FormatError(at, "currency", message)
            if line.line_type == "payout":
                self.controls.append(Control("amount", payout.amount, -line.net, key))
            payout.seen(line.event_date)
            yield line

    def _api_line(self, row, at):
        currency = str(row.get("currency", "")).upper()
        decimals = _decimals(currency)
        gross, fee, net = (minor(row.get(field), at, field, decimals) for field in ("amount", "fee", "net"))
        word = str(row.get("reporting_category") or row.get("type") or "")
        line_type = TYPES.get(word) or self.adjustment(word, at)
        source = row.get("source")
        details = source if isinstance(source, dict) else {}
        metadata = details.get("metadata") if isinstance(details.get("metadata"), dict) else {}
        self.identities.add(row.get("id"), at)
        if line_type == "payout":
            return single(
                "payout",
                -abs(net),
                currency=currency,
                line_number=at,
                raw_type=word,
                event_date=_epoch(row.get("created"), at),
                provider_reference=str(details.get("id") or source or ""),
            )
        return Line(
            line_type=line_type,
            gross=gross,
            fee=-fee,
            net=net,
            currency=currency,
            line_number=at,
            raw_type=word,
            event_date=_epoch(row.get("created"), at),
            order_reference=next((str(metadata[key]) for key in ORDER_KEYS if metadata.get(key)), ""),
            provider_reference=str(details.get("id") or source or ""),
            related_reference=str(details.get("payment_intent") or ""),
            own_reference=str(row.get("id") or ""),
            text=str(row.get("description") or ""),
        )


def _decimals(currency):
    return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


def _order(line):
    return line.line_type == "payout", line.line_number


def _epoch(value, at):
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**33:
        raise FormatError(at, "created", _lt("'%(text)s' is not a time", text=value))
    return datetime.fromtimestamp(value, timezone.utc).date()


stream = Settlement
parse = Settlement.parse
