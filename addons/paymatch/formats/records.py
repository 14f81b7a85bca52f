"""What every format is read into.

Signs: each amount is the effect on what the other party owes us. A sale is positive; a refund, a
charge-back, a fee, a reserve held and the payout itself are negative.

Three kinds of file:

* ``payout``: the lines of an acquirer add up to a payout (one :class:`Group` per payout id);
* ``advice``: a bank or scheme tells who paid (one group per bank movement: booking date and direction);
* ``statement``: a bank statement (one group per statement, with opening and closing balance).
"""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from .errors import _lt, joined

ZERO = Decimal(0)

KINDS = ("payout", "advice", "statement")

LINE_TYPES = (
    "sale",
    "refund",
    "chargeback",
    "chargeback_reversal",
    "fee",
    "fee_vat",
    "reserve_held",
    "reserve_released",
    "adjustment",
    "conversion",
    "payout",
    "carry_over",
)

# What became of a payment an advice tells of. Only paid and charged_back move money.
OUTCOMES = ("paid", "rejected", "cancelled", "charged_back")
MONEY_OUTCOMES = ("", "paid", "charged_back")


@dataclass(frozen=True)
class Line:
    """One transaction, fee or payment of a file. ``gross + fee + fee_vat = net``."""

    line_type: str
    gross: Decimal = ZERO
    fee: Decimal = ZERO
    fee_vat: Decimal = ZERO
    net: Decimal = ZERO
    currency: str = ""
    line_number: int = 0  # line or element of the file, for messages
    group: str = ""  # key of its Group; empty: no money moved (rejected, cancelled)
    raw_type: str = ""  # the sender's own word for the type
    event_date: date | None = None  # sale, refund ... at the acquirer
    payment_date: date | None = None  # the payer's date (value date)
    booking_date: date | None = None  # the bank's booking date
    order_reference: str = ""  # the merchant's order number
    provider_reference: str = ""  # the provider's id of payment or capture
    related_reference: str = ""  # the provider's id of the transaction this one belongs to
    own_reference: str = ""  # our own reference given with a collection
    payment_id: str = ""  # digits of KID, OCR, FI, viite
    payer_number: str = ""  # customer number at the scheme
    agreement_number: str = ""  # mandate number
    creditor_number: str = ""  # PBS number, agreement id, bankgiro, account
    debtor_group: str = ""
    payer_name: str = ""
    payer_account: str = ""
    fee_type: str = ""  # card or service the fee is for
    text: str = ""
    authorisation_code: str = ""  # the issuer's approval code
    acquirer_reference: str = ""  # ARN
    card_digits: str = ""  # the last four
    outcome: str = ""  # one of OUTCOMES for an advice
    presentment_amount: Decimal = ZERO  # what the customer paid, signed as the gross, where his currency is another
    presentment_currency: str = ""  # empty: the customer paid in the currency of the payout
    requested_amount: Decimal | None = None  # what was collected, when it may differ from what was paid
    fee_invoiced: Decimal = ZERO  # fee told of, but charged on an invoice of its own
    charge: Decimal = ZERO  # bank charge contained in the amount of a bank line, positive
    return_reason: str = ""  # why the bank gives a payment back (ISO 20022 code)
    details: tuple = ()  # Line of each payment in a bank line, where the statement tells them

    def moves_money(self) -> bool:
        return self.outcome in MONEY_OUTCOMES

    @classmethod
    def quick(cls, **values) -> "Line":
        """The same as ``Line(...)``, several times faster, for files of a million lines.

        What is not given stays on the class: a frozen dataclass would set each of its fields by itself.
        """
        line = object.__new__(cls)
        line.__dict__.update(values)
        return line


def presented(amount: Decimal | None, currency: str, gross: Decimal, own: str) -> dict:
    """Values of a line for what the customer paid, where that is another currency than the payout's.

    :param amount: what he paid, in the sign of the file; the line takes that of the gross
    :param own: currency of the payout
    """
    if not amount or not currency or currency == own:
        return {}
    return {"presentment_amount": abs(amount) if gross > 0 else -abs(amount), "presentment_currency": currency}


@dataclass(frozen=True)
class Group:
    """One movement on the bank account: a payout, or the payments of one booking date and direction."""

    key: str
    date: date
    currency: str
    amount: Decimal | None = None  # signed, into the bank account; None: the file does not tell
    direction: str = "in"  # in, out
    reference: str = ""  # payout id
    bank_reference: str = ""  # text to be expected on the bank statement
    account: str = ""  # bank account
    period_from: date | None = None
    period_to: date | None = None
    opening: Decimal = ZERO  # owed to us from before (carried over), or opening balance of a statement
    closing: Decimal = ZERO  # owed to us still after the payout, or closing balance of a statement
    has_balance: bool = True  # False: a statement that tells none; its opening and closing say nothing


@dataclass(frozen=True)
class Control:
    """A total the file declares, beside the one we computed from its lines."""

    name: str
    declared: Decimal
    computed: Decimal
    group: str = ""

    @property
    def difference(self) -> Decimal:
        return self.computed - self.declared


@dataclass(frozen=True)
class Fault:
    """Something in a readable file that does not add up. It blocks the posting."""

    line: int
    field: str
    message: str
    group: str = ""
    difference: Decimal = ZERO

    def as_dict(self) -> dict:
        return {"line": self.line, "field": self.field, "message": self.message}


@dataclass(frozen=True)
class Report:
    """One file."""

    kind: str
    format: str
    currency: str
    lines: tuple[Line, ...]
    groups: tuple[Group, ...]
    reference: str = ""  # the sender's number of the file
    account: str = ""  # merchant number, creditor number, agreement
    created: date | None = None
    controls: tuple[Control, ...] = ()
    notes: tuple[str, ...] = field(default=())
    problems: tuple[Fault, ...] = ()  # what the format itself found: lines twice, of another merchant ...

    def group_lines(self, key: str) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.group == key)

    def total(self) -> Decimal:
        """Net of everything that moves money, the payout lines themselves left out."""
        return sum((li.net for li in self.lines if li.group and li.line_type != "payout"), ZERO)

    def faults(self) -> tuple[Fault, ...]:
        """All that does not add up: lines across, groups down, declared totals, and the format's own findings."""
        return (*self._line_faults(), *self._group_faults(), *self._control_faults(), *self.problems)

    def _line_faults(self):
        for line in self.lines:
            fault = line_fault(line)
            if fault:
                yield fault

    def _group_faults(self):
        sums: dict[str, Decimal] = {}
        for line in self.lines:
            if line.line_type != "payout":
                sums[line.group] = sums.get(line.group, ZERO) + line.net
        for group in self.groups:
            if group.amount is None:
                continue
            fault = group_fault(group, sums.get(group.key, ZERO))
            if fault:
                suspects = suspected(fault.difference, self.group_lines(group.key))
                yield replace(fault, message=joined("; ", [fault.message, *suspects]))

    def _control_faults(self):
        for control in self.controls:
            if control.difference:
                message = _lt(
                    "%(name)s: the file says %(declared)s, its lines make %(computed)s: difference %(difference)s",
                    name=control.name,
                    declared=control.declared,
                    computed=control.computed,
                    difference=control.difference,
                )
                yield Fault(0, control.name, message, control.group, control.difference)


def line_fault(line: Line) -> Fault | None:
    """Whether a line adds up across."""
    difference = line.gross + line.fee + line.fee_vat - line.net
    if not difference:
        return None
    message = _lt(
        "gross %(gross)s with fee %(fee)s and fee VAT %(fee_vat)s does not make net %(net)s: difference %(difference)s",
        gross=line.gross,
        fee=line.fee,
        fee_vat=line.fee_vat,
        net=line.net,
        difference=difference,
    )
    return Fault(line.line_number, "net", message, line.group, difference)


def group_fault(group: Group, total: Decimal) -> Fault | None:
    """Whether a payout adds up, ``total`` being the net of its lines."""
    if group.amount is None:
        return None
    computed = group.opening + total - group.closing
    if computed == group.amount:
        return None
    difference = computed - group.amount
    message = _lt(
        "%(reference)s: the lines add up to %(computed)s, the file says %(amount)s: difference %(difference)s",
        reference=group.reference or group.key,
        computed=computed,
        amount=group.amount,
        difference=difference,
    )
    return Fault(0, "total", message, group.key, difference)


def suspected(difference: Decimal, lines, most: int = 3) -> list[str]:
    """What may explain a difference, in words. A hint for a person; nothing is ever corrected by it."""
    lines = [line for line in lines if line.line_type != "payout"]
    sums = (
        (_lt("the fees"), sum((line.fee for line in lines), ZERO)),
        (_lt("the VAT on fees"), sum((line.fee_vat for line in lines), ZERO)),
        (_lt("the fees told of but invoiced"), sum((line.fee_invoiced for line in lines), ZERO)),
        (_lt("the refunds"), sum((line.net for line in lines if line.line_type == "refund"), ZERO)),
        (_lt("the chargebacks"), sum((line.net for line in lines if line.line_type == "chargeback"), ZERO)),
        (_lt("the reserve"), sum((line.net for line in lines if line.line_type.startswith("reserve")), ZERO)),
        (_lt("the lines of unknown type"), sum((line.net for line in lines if line.line_type == "adjustment"), ZERO)),
    )
    hints = [
        _lt("it is exactly %(name)s", name=name) for name, amount in sums if amount and abs(amount) == abs(difference)
    ]
    for line in lines:
        if len(hints) >= most:
            break
        if line.net and line.net == difference:
            hints.append(_lt("%(where)s may be one too many", where=_where(line)))
        elif line.net and 2 * line.net == difference:
            hints.append(_lt("%(where)s may have the wrong sign", where=_where(line)))
        elif line.fee and line.fee == difference:
            hints.append(_lt("the fee of %(where)s may not have been kept back", where=_where(line)))
    return hints[:most]


def _where(line):
    what = line.order_reference or line.provider_reference or line.raw_type
    return _lt("line %(line)s (%(what)s)", line=line.line_number, what=what)


def group_by_booking(lines, account: str = "", bank_reference: str = ""):
    """Group the lines of an advice by booking date, currency and direction.

    Returns ``(lines, groups)``: the lines carry the key of their group. A line whose outcome moves no
    money, or whose net is zero, stays without a group.
    """
    grouped = []
    totals: dict[str, Group] = {}
    for line in lines:
        if not line.moves_money() or not line.net:
            grouped.append(replace(line, group=""))
            continue
        day = line.booking_date or line.payment_date or line.event_date
        if day is None:
            raise ValueError(f"line {line.line_number}: money without a date")
        direction = "in" if line.net > 0 else "out"
        key = f"{day.isoformat()}/{line.currency}/{direction}"
        grouped.append(replace(line, group=key))
        group = totals.get(key) or Group(
            key=key,
            date=day,
            currency=line.currency,
            amount=ZERO,
            direction=direction,
            reference=key,
            bank_reference=bank_reference,
            account=account,
        )
        totals[key] = replace(group, amount=group.amount + line.net)
    return tuple(grouped), tuple(totals[key] for key in sorted(totals))
