"""Profiles: a description, as JSON, of how the columns of any CSV or XLSX become lines and payouts.

A profile says which column is which field, how amounts, dates and signs are written, and what the file's own
words for types mean. Nothing is guessed at reading: what a profile does not say is refused with line and column.

Keys (see ``KEYS``); every one but ``name`` and ``columns`` can be left out::

    {
      "profile": 1,
      "code": "checkout_com",
      "name": "Checkout.com settlement breakdown (CSV)",
      "kind": "payout",                      payout, or statement for a bank account
      "evidence": "confirmed",               confirmed, documented or unverified: what the layout rests on
      "decimal": "auto",                     ".", "," or auto: the notation the file shows
      "minor_units": false,                  whole øre without a decimal mark
      "dates": "auto",                       auto, dmy, mdy (ISO dates are always read)
      "currency": "",                        where no column tells it
      "recognise": ["Payout ID", ...],       columns that tell this file from others; default: all mapped ones
      "columns": {"gross": "Gross", "fee": ["Fee", "Scheme fee"], ...}   several columns are added up
      "fee_sign": "cost",                    cost: any sign lowers the net; written: as it stands; negated: turned round
      "amount_sign": "written",              written, negated, or type: refunds and the like are made negative
      "payout_sign": "any",                  rows of payouts: plus or minus is money paid to us; any: always paid to us
      "types": {"Charge": "sale", ...},      the file's words; "ignore" leaves out rows that are no money
      "default_type": "",                    sign: sale or refund by the sign; empty: unknown words are adjustments
      "settled": "net",                      net, or gross where fees are on a bill of their own
      "record": {"column": "Record", "is": ["110"]}     rows of other kinds are left out
    }
"""

import json
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from odoo.addons.list_reader.formats import tables
from odoo.addons.list_reader.formats.dates import date_reader
from odoo.addons.list_reader.formats.numbers import Notation, exponent, minor

from . import cards, documents
from .errors import FormatError, _lt
from .records import LINE_TYPES, ZERO, Control, Line, presented
from .stream import Stream, single

VERSION = 1
MOST_COLUMNS = 200
# field -> what a bookkeeper calls it is said by the screen
AMOUNTS = (
    "gross",
    "fee",
    "fee_vat",
    "net",
    "debit",
    "credit",
    "payout_amount",
    "balance",
    "reserve",
    "presentment_amount",
)
DATES = ("event_date", "payout_date", "booking_date")
TEXTS = (
    "payout",
    "type",
    "currency",
    "account",
    "order_reference",
    "provider_reference",
    "related_reference",
    "payment_id",
    "payer_name",
    "fee_type",
    "text",
    "bank_reference",
    "presentment_currency",
    "authorisation_code",
    "acquirer_reference",
    "card_digits",
)
FIELDS = (*AMOUNTS, *DATES, *TEXTS)
# A file without these columns is read as well.
AT_WILL = ("presentment_amount", "presentment_currency")
CHOICES = {
    "kind": ("payout", "statement"),
    "evidence": ("confirmed", "documented", "unverified"),
    "decimal": ("auto", ".", ","),
    "dates": ("auto", "dmy", "mdy"),
    "fee_sign": ("cost", "written", "negated"),
    "amount_sign": ("written", "negated", "type"),
    "payout_sign": ("any", "plus", "minus"),
    "default_type": ("", "sign", *LINE_TYPES),
    "settled": ("net", "gross"),
}
DEFAULTS = {
    "code": "profile",
    "kind": "payout",
    "evidence": "unverified",
    "decimal": "auto",
    "dates": "auto",
    "fee_sign": "cost",
    "amount_sign": "written",
    "payout_sign": "any",
    "default_type": "",
    "settled": "net",
    "currency": "",
    "minor_units": False,
    "note": "",
}
KEYS = ("profile", "name", "columns", "recognise", "types", "record", *DEFAULTS)
NEGATIVE = ("refund", "chargeback", "fee", "fee_vat", "reserve_held")
FOLDER = Path(__file__).parent / "profiles"


@dataclass(frozen=True)
class Profile:
    """A profile that was checked; see :func:`load`."""

    name: str
    columns: dict
    recognise: tuple = ()
    types: dict = field(default_factory=dict)
    record: dict = field(default_factory=dict)
    code: str = "profile"
    kind: str = "payout"
    evidence: str = "unverified"
    decimal: str = "auto"
    dates: str = "auto"
    fee_sign: str = "cost"
    amount_sign: str = "written"
    payout_sign: str = "any"
    default_type: str = ""
    settled: str = "net"
    currency: str = ""
    minor_units: bool = False
    note: str = ""

    # a profile is a format

    def layout(self) -> tables.Layout:
        needed = [name for key, names in self.columns.items() if key not in AT_WILL for name in names]
        at_will = [name for key in AT_WILL for name in self.columns.get(key, ())]
        if self.record:
            needed.append(self.record["column"])
        signature = tuple(dict.fromkeys(self.recognise or needed))
        least = len(signature) if len(signature) < 4 else len(signature) - 1
        return tables.Layout(
            tuple(dict.fromkeys(needed)),
            optional=tuple(name for name in dict.fromkeys((*signature, *at_will)) if name not in needed),
            signature=signature,
            least=least,
        )

    def detect(self, data: bytes, filename: str = "") -> bool:
        return tables.has_layout(data, self.layout())

    def parse(self, data, filename: str = ""):
        reader = Reader(self, data, filename)
        lines = list(reader)
        return reader.report(lines)

    def stream(self, source, filename: str = ""):
        return Reader(self, source, filename)

    def as_dict(self) -> dict:
        values = {"profile": VERSION, "code": self.code, "name": self.name}
        values.update({key: getattr(self, key) for key, default in DEFAULTS.items() if getattr(self, key) != default})
        for key in ("recognise", "types", "record"):
            if getattr(self, key):
                values[key] = list(self.recognise) if key == "recognise" else dict(getattr(self, key))
        values["columns"] = {name: list(found) if len(found) > 1 else found[0] for name, found in self.columns.items()}
        return values

    def dump(self) -> str:
        """The profile as JSON, to be kept or given to others."""
        return json.dumps(self.as_dict(), ensure_ascii=False, indent=2, default=list) + "\n"


# Reading and checking a profile


def load(text: str | bytes) -> Profile:
    """The profile in a JSON text; raises :class:`FormatError` with the key that is wrong."""
    return checked(documents.load(text.encode() if isinstance(text, str) else text))


def checked(values) -> Profile:
    """A profile of a dict, every key checked."""
    values = documents.mapping(values, "profile")
    for key in values:
        if key not in KEYS:
            raise FormatError(
                0,
                str(key)[:40],
                _lt("'%(key)s' is not a key of a profile (%(known)s)", key=str(key)[:40], known=", ".join(KEYS)),
            )
    if values.get("profile", VERSION) != VERSION:
        raise FormatError(
            0,
            "profile",
            _lt(
                "this is a profile of version %(found)s; version %(expected)s is read",
                found=values["profile"],
                expected=VERSION,
            ),
        )
    texts = {key: _text(values, key) for key in ("name", *(key for key in DEFAULTS if key != "minor_units"))}
    if not texts["name"]:
        raise FormatError(0, "name", _lt("the profile needs a name"))
    for key, allowed in CHOICES.items():
        if texts[key] not in allowed:
            shown = ", ".join(choice or "(empty)" for choice in allowed)
            raise FormatError(
                0, key, _lt("'%(text)s' is not possible; choose one of %(shown)s", text=texts[key][:40], shown=shown)
            )
    if not isinstance(values.get("minor_units", False), bool):
        raise FormatError(0, "minor_units", _lt("minor_units is true or false"))
    texts["currency"] = texts["currency"].upper()
    if texts["currency"] and not (
        len(texts["currency"]) == 3 and texts["currency"].isascii() and texts["currency"].isalpha()
    ):
        raise FormatError(0, "currency", _lt("'%(text)s' is not a currency code", text=texts["currency"][:20]))
    columns = _columns(values)
    _check_columns(columns, texts)
    return Profile(
        columns=columns,
        recognise=tuple(_names(values.get("recognise", []), "recognise")),
        types=_types(values),
        record=_record(values),
        minor_units=values.get("minor_units", False),
        **texts,
    )


def _text(values, key):
    value = values.get(key, DEFAULTS.get(key, ""))
    if not isinstance(value, str) or len(value) > 2000:
        raise FormatError(0, key, _lt("%(key)s is a text", key=key))
    return value.strip() if key != "decimal" else value


def _names(value, key):
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or len(value) > MOST_COLUMNS:
        raise FormatError(0, key, _lt("%(key)s is the name of a column or a list of names", key=key))
    for name in value:
        if not isinstance(name, str) or not name.strip():
            raise FormatError(0, key, _lt("%(key)s holds something that is no name of a column", key=key))
    return [name.strip() for name in value]


def _columns(values):
    found = documents.mapping(values.get("columns"), "columns")
    columns = {}
    for key, names in found.items():
        if key not in FIELDS:
            raise FormatError(
                0,
                f"columns.{str(key)[:40]}",
                _lt("'%(key)s' is not a field (%(known)s)", key=str(key)[:40], known=", ".join(FIELDS)),
            )
        columns[key] = tuple(_names(names, f"columns.{key}"))
        if not columns[key]:
            raise FormatError(0, f"columns.{key}", _lt("no column is chosen for %(key)s", key=key))
        if len(columns[key]) > 1 and key not in AMOUNTS:
            raise FormatError(0, f"columns.{key}", _lt("%(key)s is one column; only amounts are added up", key=key))
    return columns


def _check_columns(columns, texts):
    has_amount = any(key in columns for key in ("gross", "net", "debit", "credit"))
    if not has_amount:
        raise FormatError(0, "columns", _lt("the profile needs a column with the amount: gross, net, debit or credit"))
    if not any(key in columns for key in DATES):
        raise FormatError(0, "columns", _lt("the profile needs a column with a date"))
    if not texts["currency"] and "currency" not in columns:
        raise FormatError(0, "currency", _lt("the profile needs a currency, or a column with it"))
    if texts["payout_sign"] != "any" and texts["amount_sign"] == "type":
        raise FormatError(0, "payout_sign", _lt("amounts without signs tell no direction of a payout; choose any"))
    if texts["kind"] == "payout" and "payout" not in columns and "payout_date" not in columns:
        raise FormatError(0, "columns", _lt("a payout report needs a column with the payout's number or date"))


def _types(values):
    types = documents.mapping(values.get("types", {}), "types")
    for word, line_type in types.items():
        if line_type not in (*LINE_TYPES, "ignore"):
            allowed = ", ".join((*LINE_TYPES, "ignore"))
            raise FormatError(
                0,
                f"types.{str(word)[:40]}",
                _lt(
                    "'%(line_type)s' is not a type of line (%(allowed)s)",
                    line_type=str(line_type)[:40],
                    allowed=allowed,
                ),
            )
    return dict(types)


def _record(values):
    record = documents.mapping(values.get("record", {}), "record")
    if not record:
        return {}
    column = record.get("column")
    if not isinstance(column, str) or not column.strip():
        raise FormatError(0, "record.column", _lt("record needs the name of a column"))
    return {"column": column.strip(), "is": _names(record.get("is", []), "record.is")}


# Reading a file by a profile


class Reader(Stream):
    """The lines of a file as the profile says."""

    def __init__(self, profile: Profile, source, filename: str = ""):
        super().__init__(source, filename)
        self.profile = profile
        self.code, self.kind = profile.code, profile.kind
        self.notation = Notation("" if profile.decimal == "auto" else profile.decimal)
        self._words = {word.casefold(): line_type for word, line_type in profile.types.items()}
        self._balance = {}
        self._left_out = 0

    def read(self):
        profile = self.profile
        table, _layout = tables.open_table(self.source, profile.layout())
        places = {key: [table.place(name) for name in names] for key, names in profile.columns.items()}
        places = {key: found for key, found in places.items() if min(found, default=-1) >= 0}
        rows = tables.filled(table)
        if profile.dates == "auto":  # the order of day and month is in the file as a whole
            rows = list(rows)
        days = {key: self._days(rows, places, key) for key in DATES if key in places}
        record = table.place(profile.record["column"]) if profile.record else -1
        for at, cells in rows:
            if record >= 0 and str(cells[record]).strip() not in profile.record["is"]:
                continue
            yield from self._lines(Row(cells, places, at, self), days)
        if self._left_out:
            self.notes.append(_lt("%(count)s rows are of types the profile leaves out", count=self._left_out))

    def _days(self, rows, places, key):
        dates = [(at, cells[places[key][0]]) for at, cells in rows] if self.profile.dates == "auto" else []
        return date_reader(dates, self.profile.columns[key][0], self.profile.dates)

    def _lines(self, row, days):
        """The line of a row, none for a type that is left out, and a second one for a reserve beside it."""
        profile = self.profile
        currency = row.text("currency").upper() or profile.currency
        if len(currency) != 3 or not (currency.isascii() and currency.isalpha()):
            raise FormatError(
                row.at,
                profile.columns.get("currency", ("currency",))[0],
                _lt("'%(text)s' is not a currency code", text=currency[:20]),
            )
        row.currency = currency
        word = row.text("type")
        line_type = self._words.get(word.casefold()) if "type" in profile.columns else None
        if line_type == "ignore":
            self._left_out += 1
            return
        gross, fee, fee_vat, reserve, net = self._amounts(row, line_type)
        amount = gross if gross is not None else net
        if line_type is None:
            line_type = self._default(word, amount, row.at)
        dates = {key: days[key](row.cell(key), row.at) for key in days if row.cell(key) not in ("", None)}
        payout = self._payout(row, dates, currency)
        if line_type == "payout":
            paid = self._paid(net)
            payout.pay(paid)
            gross, fee, fee_vat, net, reserve = -paid, ZERO, ZERO, -paid, ZERO
        if line_type in ("fee", "fee_vat") and not gross:
            gross, fee, fee_vat = net, ZERO, ZERO
        invoiced = ZERO
        if profile.settled == "gross" and line_type not in ("fee", "fee_vat"):
            invoiced, fee, fee_vat, net = -(fee + fee_vat), ZERO, ZERO, gross
        event = dates.get("event_date") or dates.get("booking_date") or dates.get("payout_date")
        if event is None:
            raise FormatError(row.at, profile.columns[next(iter(days))][0], _lt("the row has no date"))
        payout.seen(event)
        texts = {key: row.text(key) for key in TEXTS[4:9]}
        if profile.kind == "statement":
            texts["provider_reference"] = texts["provider_reference"] or self._statement_reference(row)
        elif row.text("provider_reference"):
            self.identities.add((row.text("provider_reference"), word, gross, net, payout.key), row.at)
        if reserve:
            kind = "reserve_held" if reserve < 0 else "reserve_released"
            values = {"currency": currency, "line_number": row.at, "group": payout.key, "event_date": event}
            net -= reserve
            yield single(kind, reserve, raw_type=word, order_reference=row.text("order_reference"), **values)
        yield Line(
            line_type=line_type,
            gross=gross,
            fee=fee,
            fee_vat=fee_vat,
            net=net,
            fee_invoiced=invoiced,
            currency=currency,
            line_number=row.at,
            group=payout.key,
            raw_type=word,
            event_date=event,
            booking_date=event if profile.kind == "statement" else dates.get("booking_date"),
            outcome="paid" if profile.kind == "statement" else "",
            fee_type=row.text("fee_type") or (word if line_type == "fee" else ""),
            **texts,
            text=row.text("text"),
            **self._presentment(row, currency, gross),
            **cards.keys(*(row.text(key) for key in ("authorisation_code", "acquirer_reference", "card_digits"))),
        )

    def _presentment(self, row, currency, gross):
        """What the customer paid, where the row tells of another currency than the payout's."""
        return presented(row.amount("presentment_amount"), row.text("presentment_currency").upper(), gross, currency)

    def _amounts(self, row, line_type):
        """(gross, fee, fee VAT, reserve, net), each the effect on what we are owed; what is not told is computed."""
        profile = self.profile
        sign = -1 if profile.amount_sign == "negated" else 1
        gross, net = row.amount("gross"), row.amount("net")
        if "debit" in profile.columns or "credit" in profile.columns:
            gross = abs(row.amount("credit") or ZERO) - abs(row.amount("debit") or ZERO)
        gross, net = (None if value is None else sign * value for value in (gross, net))
        if profile.amount_sign == "type":
            turn = -1 if line_type in NEGATIVE else 1
            gross, net = (None if value is None else turn * abs(value) for value in (gross, net))
        fee, fee_vat = (self._cost(row.amount(key) or ZERO) for key in ("fee", "fee_vat"))
        reserve = row.amount("reserve") or ZERO
        if gross is None and net is None:
            raise FormatError(
                row.at,
                profile.columns.get("gross", profile.columns.get("net", ("amount",)))[0],
                _lt("the amount is missing"),
            )
        if gross is None:
            gross = net - fee - fee_vat - reserve
        if net is None:
            net = gross + fee + fee_vat + reserve
        return gross, fee, fee_vat, reserve, net

    def _paid(self, net):
        """What a row of a payout brings to the bank account; below zero where it was drawn from there."""
        profile = self.profile
        if profile.payout_sign == "any":
            return abs(net)
        written = -net if profile.amount_sign == "negated" else net
        return written if profile.payout_sign == "plus" else -written

    def _cost(self, value):
        if self.profile.fee_sign == "cost":
            return -abs(value)
        return -value if self.profile.fee_sign == "negated" else value

    def _default(self, word, amount, at):
        default = self.profile.default_type
        if default == "sign" or self.profile.kind == "statement":
            return "refund" if amount < 0 else "sale"
        if default and "type" not in self.profile.columns:
            return default
        return self.adjustment(word or "(empty)", at)

    def _payout(self, row, dates, currency):
        account = row.text("account")
        if self.profile.kind == "statement":
            key = number = f"{account or '-'}/{currency}"
        else:
            day = dates.get("payout_date")
            number = row.text("payout") or (day.isoformat() if day else "")
            if not number:
                column = self.profile.columns.get("payout", self.profile.columns.get("payout_date"))[0]
                raise FormatError(row.at, column, _lt("the row belongs to no payout: number and date are missing"))
            key = f"{account}/{number}/{currency}" if account else f"{number}/{currency}"
        payout = self.payout(key, currency, number, account)
        if account:
            self.merchant(account, row.at, key)
        if self.profile.kind == "statement":
            self._statement_row(row, payout)
            return payout
        payout.date = dates.get("payout_date") or payout.date
        payout.bank_reference = row.text("bank_reference") or payout.bank_reference or number
        declared = row.amount("payout_amount")
        if declared is not None:
            if payout.amount not in (None, declared):
                raise FormatError(
                    row.at,
                    self.profile.columns["payout_amount"][0],
                    _lt("the payout is %(declared)s here, %(amount)s before", declared=declared, amount=payout.amount),
                )
            payout.amount = declared
        return payout

    # A statement of a bank account: newest or oldest row first

    def _statement_reference(self, row):
        """What tells a row from the others of its day and amount: the balance after it; nothing where none is told."""
        balance = row.amount("balance")
        return "" if balance is None else str(balance)

    def _statement_row(self, row, payout):
        balance = row.amount("balance")
        amount = row.amount("gross") if "gross" in self.profile.columns else row.amount("net")
        if amount is None:
            amount = abs(row.amount("credit") or ZERO) - abs(row.amount("debit") or ZERO)
        if self.profile.amount_sign == "negated":
            amount = -amount
        self._balance.setdefault(payout.key, []).append((row.at, amount, balance))

    def finish(self):
        for key, rows in self._balance.items():
            payout = self.payouts[key]
            payout.reference = f"{payout.first} - {payout.last}"
            if all(balance is not None for _at, _amount, balance in rows):
                self._check_balance(payout, rows)
            else:
                payout.has_balance = False
                self.notes.append(_lt("the statement tells no balance: nothing proves that no row is missing"))

    def _check_balance(self, payout, rows):
        breaks = {False: _breaks(rows), True: _breaks(rows[::-1])}
        newest_first = len(breaks[True]) < len(breaks[False])
        ordered = rows[::-1] if newest_first else rows
        payout.opening = ordered[0][2] - ordered[0][1]
        payout.closing = ordered[-1][2]
        for at, difference in breaks[newest_first][:20]:
            message = _lt(
                "the balance does not follow from the row before: difference %(difference)s; a row may be missing",
                difference=difference,
            )
            self.problem(at, self.profile.columns["balance"][0], message, payout.key, difference)
        computed = payout.opening + payout.total
        self.controls.append(
            Control(_lt("closing balance %(key)s", key=payout.reference), payout.closing, computed, payout.key)
        )


def _breaks(rows):
    """(line, difference) of each row whose balance is not that of the row before and its amount."""
    return [
        (at, before + amount - balance)
        for (_at, _amount, before), (at, amount, balance) in zip(rows, rows[1:], strict=False)
        if before + amount != balance
    ]


class Row:
    """The cells of one row by our fields."""

    __slots__ = ("at", "cells", "currency", "places", "reader")

    def __init__(self, cells, places, at, reader):
        self.cells, self.places, self.at, self.reader, self.currency = cells, places, at, reader, ""

    def cell(self, key):
        places = self.places.get(key)
        return self.cells[places[0]] if places else ""

    def text(self, key) -> str:
        return str(self.cell(key)).strip()

    def amount(self, key) -> Decimal | None:
        """The sum of the columns of a field; None when all are empty."""
        total = None
        for place in self.places.get(key, ()):
            cell = self.cells[place]
            if cell == "" or (isinstance(cell, str) and not cell.strip()):
                continue
            name = self.reader.profile.columns[key][self.places[key].index(place)]
            total = (total or ZERO) + self._value(cell, name)
        return total

    def _value(self, cell, name):
        if self.reader.profile.minor_units:
            return minor(cell, self.at, name, exponent(self.currency))
        return self.reader.notation.amount(cell, self.at, name, self.currency)


class ProfileSet:
    """The profiles of a company as one format; a file is read by the first that knows its columns."""

    def __init__(self, code, kind, profiles):
        self.code, self.kind = code, kind
        self.profiles = [replace(found, code=code) for found in profiles if found.kind == kind]

    def detect(self, data: bytes, filename: str = "") -> bool:
        return any(found.detect(data, filename) for found in self.profiles)

    def parse(self, data: bytes, filename: str = ""):
        found = next((found for found in self.profiles if found.detect(data, filename)), None)
        if found is None:
            raise FormatError(0, "", _lt("no profile knows the columns of this file"))
        return found.parse(data, filename)


# What the screen asks


def suggested_columns(data: bytes) -> list[dict]:
    """The columns of a file nobody described, with examples: [{"name", "examples"}], from the likeliest header."""
    best, best_rows = [], []
    for _key, rows in tables.heads(data):
        for position, (_line, cells) in enumerate(rows):
            names = [cell for cell in cells if cell != ""]
            texts = [name for name in names if isinstance(name, str) and not _is_number(name)]
            if len(texts) == len(names) and len(set(map(tables.fold, names))) == len(names) and len(names) > len(best):
                best = list(cells)
                best_rows = [found for _at, found in rows[position + 1 : position + 4]]
    return [
        {"name": str(name).strip(), "examples": [str(row[at]) for row in best_rows if len(row) > at and row[at] != ""]}
        for at, name in enumerate(best)
        if name != ""
    ]


def _is_number(text):
    return any(digit.isdigit() for digit in text) and not any(letter.isalpha() for letter in text)


@lru_cache(maxsize=1)
def shipped() -> tuple[Profile, ...]:
    """The profiles that come with the addon."""
    return tuple(load(path.read_bytes()) for path in sorted(FOLDER.glob("*.json")))
