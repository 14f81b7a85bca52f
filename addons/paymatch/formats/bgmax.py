"""Swedish BgMax, payments to a bankgiro (records of 80 characters, ISO-8859-1). Read only: the format ended in 2026.

Records between 05 and 15 belong together; the date comes with the 15. With extra references (22, 23) either the
payment (20, 21) holds the amount and they hold zero, or they hold the parts: never both are counted.
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal

from . import tools
from .errors import FormatError, _lt
from .records import ZERO, Control, Group, Line, Report

code = "bgmax"
name = "BgMax (Sweden)"
kind = "advice"


def detect(data: bytes, filename: str = "") -> bool:
    return data[:512].lstrip(b"\r\n ").startswith(b"01BGMAX")


def parse(data: bytes, filename: str = "") -> Report:
    return _Reader(tools.decode_latin(data)).read()


@dataclass
class _Payment:
    line: Line
    extras: list = field(default_factory=list)


class _Reader:
    def __init__(self, text):
        self.text = text
        self.lines, self.groups, self.controls, self.notes = [], [], [], []
        self.payments = []  # of the open section
        self.counts = dict.fromkeys(("20", "21", "22", "23", "15"), 0)
        self.bankgiro = self.currency = self.reference = ""
        self.created = None
        self.is_open = self.ended = False

    def read(self):
        for at, raw in enumerate(self.text.splitlines(), 1):
            if not raw.strip():
                continue
            if self.ended:
                raise FormatError(at, "record", _lt("there is more after the end record"))
            if "\t" in raw:
                raw = raw.expandtabs(8)
                self.notes.append(_lt("line %(at)s: tabs were read as blanks", at=at))
            if len(raw) > 80:
                raise FormatError(at, "record", _lt("a record has at most 80 characters"))
            self._record(at, raw.ljust(80))
        if not self.ended:
            raise FormatError(0, "70", _lt("the end record 70 is missing: the file is cut off"))
        return Report(
            kind=kind,
            format=code,
            currency=self.groups[0].currency if self.groups else "SEK",
            lines=tuple(self.lines),
            groups=tuple(self.groups),
            reference=self.reference,
            account=self.bankgiro,
            created=self.created,
            controls=tuple(self.controls),
            notes=tuple(self.notes),
        )

    def _record(self, at, raw):
        tk = raw[:2]
        if tk in self.counts:
            self.counts[tk] += 1
        if tk == "01":
            self.reference = raw[24:44].strip()
            self.created = tools.day(raw[24:32], at, "timestamp", ("%Y%m%d",))
        elif tk == "05":
            self._open(at, raw)
        elif tk in ("20", "21"):
            self._payment(at, raw, tk)
        elif tk in ("22", "23"):
            self._last(at).extras.append(self._line(at, raw, "20" if tk == "22" else "21"))
        elif tk in ("25", "26"):
            self._describe(at, raw, tk)
        elif tk == "15":
            self._close(at, raw)
        elif tk == "70":
            self._end(at, raw)
        elif tk not in ("27", "28", "29"):
            raise FormatError(at, "record", _lt("record type %(record)s is unknown", record=tk))

    def _open(self, at, raw):
        if self.is_open:
            raise FormatError(at, "05", _lt("a new section starts before record 15 closed the last one"))
        self.bankgiro = raw[2:12].strip().lstrip("0")
        self.currency = tools.currency(raw[22:25], at)
        self.payments, self.is_open = [], True

    def _line(self, at, raw, tk):
        amount = tools.minor(raw[37:55], at)
        sign = 1 if tk == "20" else -1
        return Line(
            line_type="sale" if sign > 0 else "refund",
            raw_type="payment" if sign > 0 else "deduction",
            gross=sign * amount,
            net=sign * amount,
            currency=self.currency,
            line_number=at,
            payment_id=raw[12:37].strip(),
            provider_reference=raw[57:69].strip(),
            payer_number=raw[2:12].strip().lstrip("0"),
            creditor_number=self.bankgiro,
            outcome="paid" if sign > 0 else "charged_back",
        )

    def _payment(self, at, raw, tk):
        if not self.is_open:
            raise FormatError(at, tk, _lt("a payment stands outside a section 05 to 15"))
        self.payments.append(_Payment(self._line(at, raw, tk)))

    def _last(self, at):
        if not self.payments:
            raise FormatError(at, "record", _lt("there is no payment before this record"))
        return self.payments[-1]

    def _describe(self, at, raw, tk):
        payment = self._last(at)
        if tk == "25":
            payment.line = replace(payment.line, text=f"{payment.line.text} {raw[2:52].strip()}".strip())
        else:
            payment.line = replace(payment.line, payer_name=raw[2:37].strip())

    def _close(self, at, raw):
        if not self.is_open:
            raise FormatError(at, "15", _lt("record 15 closes no section"))
        day = tools.day(raw[37:45], at, "payment date", ("%Y%m%d",))
        number = raw[45:50].strip().lstrip("0")
        amount = tools.minor(raw[50:68], at)
        currency = tools.currency(raw[68:71], at)
        if currency != self.currency:
            raise FormatError(
                at,
                "currency",
                _lt("%(found)s closes a section in %(expected)s", found=currency, expected=self.currency),
            )
        key = f"{self.bankgiro}/{day.isoformat()}/{number or len(self.groups) + 1}"
        if any(group.key == key for group in self.groups):
            key = f"{key}-{len(self.groups) + 1}"
        for payment in self.payments:
            for line in self._parts(payment):
                self.lines.append(replace(line, group=key, booking_date=day))
        count = Decimal(tools.number(raw[71:79].strip() or "0", at, "number of payments"))
        self.controls.append(
            Control(_lt("payments of deposit %(key)s", key=key), count, Decimal(len(self.payments)), key)
        )
        self.groups.append(
            Group(
                key=key,
                date=day,
                currency=currency,
                amount=amount,
                reference=number,
                bank_reference=f"{self.bankgiro} {number}".strip(),
                account=raw[2:37].strip().lstrip("0"),
            )
        )
        self.is_open = False

    def _parts(self, payment):
        """One line, or the parts given with the extra references."""
        whole, extras = payment.line, payment.extras
        total = sum((extra.gross for extra in extras), ZERO)
        if not total:
            references = " ".join(filter(None, [whole.text, *(extra.payment_id for extra in extras)]))
            return [replace(whole, text=references)]
        if whole.gross not in (ZERO, total):
            raise FormatError(
                whole.line_number,
                "amount",
                _lt(
                    "%(gross)s is not the %(total)s of its references in records 22 and 23",
                    gross=whole.gross,
                    total=total,
                ),
            )
        return [replace(extra, payer_name=whole.payer_name, text=whole.text) for extra in extras]

    def _end(self, at, raw):
        if self.is_open:
            raise FormatError(at, "70", _lt("the file ends before record 15 closed the last section"))
        self.ended = True
        declared = {
            "records 20": (raw[2:10], self.counts["20"]),
            "records 21": (raw[10:18], self.counts["21"]),
            "records 22 and 23": (raw[18:26], self.counts["22"] + self.counts["23"]),
            "records 15": (raw[26:34], self.counts["15"]),
        }
        for control, (text, counted) in declared.items():
            self.controls.append(Control(control, Decimal(tools.number(text, at, control)), Decimal(counted)))
