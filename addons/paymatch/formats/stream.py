"""Reading a report line by line: what it adds up to is known when the last line was read.

A format of tables is a :class:`Stream`. ``parse`` keeps its lines; a file of any size can be checked without
keeping them: ``for line in stream: ...`` and then ``stream.faults()``.
"""

from array import array
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from odoo.addons.list_reader.formats.numbers import plain

from .errors import FormatError, _lt
from .records import ZERO, Control, Fault, Group, Line, Report, group_fault, line_fault

BUCKETS = 256
MOST_FAULTS = 50


class Payout:
    """What is gathered about one payout while its lines are read."""

    __slots__ = (
        "account", "amount", "bank_reference", "closing", "count", "currency", "date", "first", "has_balance", "key",
        "last", "opening", "reference", "total",
    )  # fmt: skip

    def __init__(self, key, currency, reference="", account=""):
        self.key, self.currency, self.reference, self.account = key, currency, reference or key, account
        self.amount = None  # signed, into the bank account; None: the file does not tell
        self.bank_reference = ""
        self.date = self.first = self.last = None
        self.opening = self.closing = self.total = ZERO
        self.count = 0
        self.has_balance = True

    def seen(self, day):
        if day is not None:
            if self.first is None or day < self.first:
                self.first = day
            if self.last is None or day > self.last:
                self.last = day

    def pay(self, amount):
        """A payout line, by what it brings to the bank account."""
        self.amount = (self.amount or ZERO) + amount

    def group(self) -> Group:
        day = self.date or self.last
        if day is None:
            raise FormatError(0, "date", _lt("no date for the payout %(reference)s", reference=self.reference))
        return Group(
            key=self.key,
            date=day,
            currency=self.currency,
            amount=self.amount,
            direction="out" if (self.amount or ZERO) < 0 else "in",
            reference=self.reference,
            bank_reference=self.bank_reference,
            account=self.account,
            period_from=self.first,
            period_to=self.last,
            opening=self.opening,
            closing=self.closing,
            has_balance=self.has_balance,
        )


class Identities:
    """Which lines were there before, in twelve bytes a line instead of the text itself."""

    def __init__(self):
        self.hashes = [array("q") for _ in range(BUCKETS)]
        self.lines = [array("L") for _ in range(BUCKETS)]

    def add(self, identity, line):
        value = hash(identity)
        bucket = value & 255
        self.hashes[bucket].append(value)
        self.lines[bucket].append(line)

    def twice(self):
        """(line, line before it) of what is there again."""
        for hashes, lines in zip(self.hashes, self.lines, strict=True):
            if len(set(hashes)) == len(hashes):
                continue
            first = {}
            for value, line in zip(hashes, lines, strict=True):
                before = first.setdefault(value, line)
                if before != line:
                    yield line, before


class Stream:
    """Base of the formats of tables: ``code``, ``kind``, and ``read()`` which yields the lines."""

    code = ""
    kind = "payout"

    def __init__(self, source, filename: str = ""):
        self.source, self.filename = source, filename
        self.payouts: dict[str, Payout] = {}
        self.account = self.reference = ""
        self.created = None
        self.controls: list[Control] = []
        self.notes: list[str] = []
        self.problems: list[Fault] = []
        self.unknown: dict[str, list] = defaultdict(list)
        self.identities = Identities()
        self.count = 0
        self._across: list[Fault] = []

    def read(self):
        """Yield the lines, fill ``payouts``. To be implemented."""
        raise NotImplementedError

    def finish(self):
        """Called once after the last line."""

    def __iter__(self):
        """Each line typed and checked across; afterwards :meth:`faults` tells of the payouts."""
        across = self._across
        for line in self.read():
            self.count += 1
            if line.gross + line.fee + line.fee_vat != line.net and len(across) < MOST_FAULTS:
                across.append(line_fault(line))
            payout = self.payouts.get(line.group)
            if payout is not None and line.line_type != "payout":
                payout.total += line.net
                payout.count += 1
            yield line
        if not self.count and not self.payouts:
            raise FormatError(0, "", _lt("the file holds no transaction"))
        self.finish()
        self._note_unknown()
        self.problems.extend(
            Fault(
                line,
                "",
                _lt("repeats line %(before)s: the same transaction is there twice", before=before),
                "",
            )
            for line, before in sorted(self.identities.twice())[:MOST_FAULTS]
        )

    # What formats call

    def payout(self, key, currency, reference="", account="") -> Payout:
        """The payout of a key; lines in another currency than its own are refused by the sums below."""
        found = self.payouts.get(key)
        if found is None:
            found = self.payouts[key] = Payout(key, currency, reference, account)
        return found

    def adjustment(self, raw_type, line) -> str:
        """An unknown type: kept with its amount, for a person to decide."""
        seen = self.unknown[raw_type]
        if len(seen) < 5:
            seen.append(line)
        return "adjustment"

    def problem(self, line, field, message, group="", difference=ZERO):
        if len(self.problems) < MOST_FAULTS:
            self.problems.append(Fault(line, field, message, group, difference))

    def merchant(self, account, line, group=""):
        """The first merchant is the file's own; lines of another one block their payout."""
        if not self.account:
            self.account = account
        elif account and account != self.account:
            message = _lt(
                "the line belongs to %(found)s, the file to %(expected)s; fetch one report per merchant",
                found=account,
                expected=self.account,
            )
            self.problem(line, "account", message, group)

    def _note_unknown(self):
        for raw_type, lines in self.unknown.items():
            at = ", ".join(map(str, lines))
            self.notes.append(
                _lt(
                    "unknown type '%(raw_type)s' (line %(at)s): kept as adjustment, to be decided",
                    raw_type=raw_type[:60],
                    at=at,
                )
            )

    # Results

    def groups(self) -> tuple[Group, ...]:
        return tuple(payout.group() for payout in self.payouts.values())

    def faults(self) -> tuple[Fault, ...]:
        """All that does not add up, without the lines: after the last one was read."""
        down = (group_fault(group, self.payouts[group.key].total) for group in self.groups())
        controls = Report(self.kind, self.code, "", (), (), controls=tuple(self.controls)).faults()
        return (*self._across, *filter(None, down), *controls, *self.problems)

    def report(self, lines) -> Report:
        groups = self.groups()
        return Report(
            kind=self.kind,
            format=self.code,
            currency=groups[0].currency if groups else "",
            lines=tuple(lines),
            groups=groups,
            reference=self.reference or (groups[0].reference if groups else ""),
            account=self.account,
            created=self.created or max((group.date for group in groups), default=None),
            controls=tuple(self.controls),
            notes=tuple(self.notes),
            problems=tuple(self.problems),
        )

    @classmethod
    def parse(cls, data, filename: str = "") -> Report:
        """The whole file with its lines."""
        stream = cls(data, filename)
        lines = list(stream)
        return stream.report(lines)


class Balance:
    """A provider that pays any part of a balance, with no number of the payout on the lines.

    Each payout ends a period: what was owed before is its opening, what is left its closing balance.
    """

    def __init__(self, stream: Stream, opening: dict | None = None):
        self.stream = stream
        self.balances: dict[str, Decimal] = dict(opening or {})
        self.open_lines: dict[str, list] = defaultdict(list)

    def add(self, account: str, line: Line, bank_reference: str = ""):
        """Lines in the order of time; yields them, with their group, when a payout ends the period."""
        key = f"{account}/{line.currency}" if account else line.currency
        self.open_lines[key].append(line)
        if line.line_type != "payout":
            return ()
        number = line.provider_reference or f"{line.event_date}/{line.line_number}"
        return self._close(key, account, number, line.event_date, -line.net, bank_reference)

    def rest(self, account: str = ""):
        """What was not paid out yet: payouts of nothing, with everything carried forward."""
        lines = []
        for key in sorted(self.open_lines):
            pending = self.open_lines[key]
            if pending:
                day = max(line.event_date for line in pending)
                first = min(line.event_date for line in pending)
                lines.extend(self._close(key, account, f"{first}..{day}", day, ZERO, ""))
        return lines

    def _close(self, key, account, number, day, amount, bank_reference):
        lines, self.open_lines[key] = self.open_lines[key], []
        payout = self.stream.payout(f"{key}/{number}", lines[0].currency, number, account)
        payout.date, payout.bank_reference = day, bank_reference
        payout.opening = self.balances.get(key, ZERO)
        payout.amount = amount
        net = sum((line.net for line in lines if line.line_type != "payout"), ZERO)
        payout.closing = self.balances[key] = payout.opening + net - amount
        for line in lines:
            payout.seen(line.event_date)
        return [replace(line, group=payout.key) for line in lines]


def single(line_type: str, amount: Decimal, **values) -> Line:
    """A line without parts: its gross is its net."""
    return Line.quick(line_type=line_type, gross=amount, net=amount, **values)


def optional(text, line=0, field="amount", currency="") -> Decimal:
    """An amount, or zero where the cell is empty."""
    return plain(text, line, field, currency) if text != "" and text is not None else ZERO
