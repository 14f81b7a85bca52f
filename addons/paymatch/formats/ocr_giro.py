"""Norwegian OCR giro file (system specification OCR giro; records of 80 characters).

All transactions with one serial number (positions 27-31 of record 30) are one line on the bank statement.
Types 18 and 20 are reversals: their amounts are *added* in the file's totals, yet the money goes the other way.
"""

from dataclasses import replace
from decimal import Decimal

from . import tools
from .errors import FormatError, _lt
from .records import ZERO, Control, Group, Line, Report

code = "ocr_giro"
name = "OCR giro (Norway)"
kind = "advice"

REVERSALS = ("18", "20")
TYPES = {
    "10": "giro debited account",
    "11": "standing order",
    "12": "direct remittance",
    "13": "business terminal giro",
    "14": "counter giro",
    "15": "AvtaleGiro",
    "16": "telegiro",
    "17": "giro paid in cash",
    "18": "reversal with KID",
    "19": "purchase with KID",
    "20": "reversal with free text",
    "21": "purchase with free text",
}


def detect(data: bytes, filename: str = "") -> bool:
    head = data[:4096].lstrip(b"\r\n ")
    return head.startswith(b"NY000010") and b"NY090020" in head


def parse(data: bytes, filename: str = "") -> Report:
    return _Reader(tools.decode_latin(data)).read()


class _Reader:
    def __init__(self, text):
        self.text = text
        self.lines = []
        self.groups = {}
        self.controls = []
        self.account = self.agreement = self.reference = ""
        self.assignment = []  # lines of the open assignment
        self.items = {}  # transaction number -> index in self.lines
        self.records = self.assignment_records = 0
        self.ended = False

    def read(self):
        for at, raw in enumerate(self.text.splitlines(), 1):
            if not raw.strip():
                continue
            if self.ended:
                raise FormatError(at, "record", _lt("there is more after the end record"))
            if len(raw) > 80 or not raw.startswith("NY"):
                raise FormatError(at, "record", _lt("a record starts with NY and has 80 characters"))
            self._record(at, raw.ljust(80))
        if not self.ended:
            raise FormatError(0, "NY000089", _lt("the end record is missing: the file is cut off"))
        return Report(
            kind=kind,
            format=code,
            currency="NOK",
            lines=tuple(self.lines),
            groups=tuple(self.groups.values()),
            reference=self.reference,
            account=self.agreement,
            controls=tuple(self.controls),
        )

    def _record(self, at, raw):
        service, record = raw[2:4], raw[6:8]
        self.records += 1
        if record == "10":
            self.reference = raw[16:23].strip()
        elif record == "20":
            if service != "09":
                raise FormatError(at, "service", _lt("service %(service)s is not OCR giro", service=service))
            self.agreement, self.account = raw[8:17], raw[24:35]
            self.assignment, self.items, self.assignment_records = [], {}, 1
        elif record in ("30", "31", "32"):
            self.assignment_records += 1
            {"30": self._item_1, "31": self._item_2, "32": self._item_3}[record](at, raw)
        elif record == "88":
            self.assignment_records += 1
            self._check(at, raw, _lt("assignment"), self.assignment, self.assignment_records)
        elif record == "89":
            self.ended = True
            self._check(at, raw, _lt("transmission"), range(len(self.lines)), self.records)
        else:
            raise FormatError(at, "record", _lt("record type %(record)s is unknown", record=record))

    def _item_1(self, at, raw):
        transaction_type = raw[4:6]
        if transaction_type not in TYPES:
            raise FormatError(
                at, "type", _lt("transaction type %(transaction_type)s is unknown", transaction_type=transaction_type)
            )
        amount = tools.minor(raw[32:49], at)
        if transaction_type in REVERSALS or raw[31] == "-":
            amount = -amount
        nets_date = tools.day(raw[15:21], at, "Nets date", ("%d%m%y",))
        direction = "in" if amount >= 0 else "out"
        serial = raw[26:31]
        key = f"{self.account}/{nets_date.isoformat()}/{serial}/{direction}"
        self.items[raw[8:15]] = len(self.lines)
        self.assignment.append(len(self.lines))
        self.lines.append(
            Line(
                line_type="sale" if amount >= 0 else "refund",
                raw_type=TYPES[transaction_type],
                gross=amount,
                net=amount,
                currency="NOK",
                line_number=at,
                group=key,
                booking_date=nets_date,
                payment_id=raw[49:74].strip(),
                creditor_number=self.agreement,
                outcome="paid" if amount >= 0 else "charged_back",
            )
        )
        group = self.groups.get(key) or Group(
            key=key,
            date=nets_date,
            currency="NOK",
            amount=ZERO,
            direction=direction,
            reference=serial,
            bank_reference=serial,
            account=self.account,
        )
        self.groups[key] = replace(group, amount=group.amount + amount)

    def _item_2(self, at, raw):
        index = self._index(at, raw)
        self.lines[index] = replace(
            self.lines[index],
            provider_reference=raw[25:34].strip("0 "),
            payer_account=raw[47:58].strip("0 "),
            payment_date=tools.day(raw[41:47], at, "bank date", ("%d%m%y",)) if raw[41:47].strip("0 ") else None,
        )

    def _item_3(self, at, raw):
        index = self._index(at, raw)
        self.lines[index] = replace(self.lines[index], text=raw[15:55].strip())

    def _index(self, at, raw):
        try:
            return self.items[raw[8:15]]
        except KeyError:
            raise FormatError(
                at, "transaction number", _lt("%(number)s has no amount item 1 before it", number=raw[8:15])
            ) from None

    def _check(self, at, raw, what, indexes, records):
        lines = [self.lines[index] for index in indexes]
        total = sum((abs(line.gross) for line in lines), ZERO)
        self.controls += [
            Control(
                _lt("transactions of the %(what)s", what=what),
                Decimal(tools.number(raw[8:16], at)),
                Decimal(len(lines)),
            ),
            Control(_lt("records of the %(what)s", what=what), Decimal(tools.number(raw[16:24], at)), Decimal(records)),
            Control(_lt("amount of the %(what)s", what=what), tools.minor(raw[24:41], at), total),
        ]
