"""What the bridge sends to an outside ledger, and the amount gate. Plain Python, exact decimals.

An adapter turns these records into the payload of its system. The totals of the other side, as that system
calculates them, are compared with ours before anything is created there.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


def cents(value):
    """To two decimals, half up."""
    return Decimal(value).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Line:
    """``unit_price`` includes VAT when the invoice says so; ``discount`` and ``vat_rate`` are per cent."""

    description: str
    quantity: Decimal = Decimal(1)
    unit_price: Decimal = ZERO
    discount: Decimal = Decimal(0)
    vat_rate: Decimal = Decimal(0)
    remote_account: str = ""  # account, or what carries account and VAT over there (a product)
    unit: str = ""
    remote_unit: str = ""  # its code over there; "" when it is not mapped
    remote_product: str = ""  # id of the product over there, where the line names one
    product_name: str = ""
    vat_code: str = ""  # of a line of a vendor bill; "": that of its account
    is_text: bool = False
    amount: Decimal | None = None  # what we make of the line, as its price: net, or including VAT


@dataclass(frozen=True)
class Totals:
    """``vat`` maps rate in per cent to amount; ``None``: the other side tells no split. ``lines``: the amount of each
    line in order, as its price (net, or including VAT); empty where they are not told."""

    net: Decimal
    total: Decimal
    vat_total: Decimal
    vat: dict | None = None
    lines: tuple = ()


@dataclass(frozen=True)
class Invoice:
    reference: str  # our key over there
    name: str
    date: date
    due_date: date
    currency: str
    lines: tuple
    is_credit_note: bool = False
    is_bill: bool = False  # of a vendor; ``name`` is the vendor's number then
    prices_include_vat: bool = False
    contact_id: str = ""
    credited_id: str = ""  # remote id of the invoice this credits
    note: str = ""
    language: str = "da"
    number: int | None = None  # ours, when it is to be the number over there


@dataclass(frozen=True)
class Difference:
    """One amount that is not the same on both sides."""

    kind: str  # net, vat, vat_total, total, line
    ours: Decimal
    theirs: Decimal
    rate: Decimal | None = field(default=None)
    label: str = ""  # of a line

    @property
    def amount(self):
        return self.theirs - self.ours


def calculate(invoice):
    """Totals by the commonest rule: each line to two decimals, VAT per rate of the sum.

    For systems that cannot tell their totals before something is created there.
    """
    sums = {}
    for line in invoice.lines:
        if line.is_text:
            continue
        amount = cents(line.quantity * line.unit_price * (1 - line.discount / 100))
        sums[line.vat_rate] = sums.get(line.vat_rate, ZERO) + amount
    if invoice.prices_include_vat:
        vat = {rate: cents(gross - gross / (1 + rate / 100)) for rate, gross in sums.items()}
        total = sum(sums.values(), ZERO)
        net = total - sum(vat.values(), ZERO)
    else:
        vat = {rate: cents(amount * rate / 100) for rate, amount in sums.items()}
        net = sum(sums.values(), ZERO)
        total = net + sum(vat.values(), ZERO)
    return Totals(net=net, total=total, vat_total=total - net, vat=vat)


def compare(ours, theirs, tolerance=ZERO, total_tolerance=None):
    """-> the differences beyond the tolerance: net, VAT per rate (or in all), total.

    :param total_tolerance: of the total, when it is another one than that of net and VAT
    """
    found = []

    def check(kind, left, right, rate=None, allowed=tolerance):
        if abs(right - left) > allowed:
            found.append(Difference(kind, left, right, rate))

    check("net", ours.net, theirs.net)
    if ours.vat is not None and theirs.vat is not None:
        for rate in sorted(
            {rate for side in (ours.vat, theirs.vat) for rate, amount in side.items() if amount or rate}
        ):
            check("vat", ours.vat.get(rate, ZERO), theirs.vat.get(rate, ZERO), rate)
    check("vat_total", ours.vat_total, theirs.vat_total)
    check("total", ours.total, theirs.total, allowed=tolerance if total_tolerance is None else total_tolerance)
    if any(difference.kind == "vat" for difference in found):
        found = [difference for difference in found if difference.kind != "vat_total"]
    return found


def unequal_lines(invoice, theirs):
    """-> the lines whose amount is another one over there, so that a difference has a name."""
    if len(theirs.lines) != len(invoice.lines):
        return []
    return [
        Difference("line", line.amount, amount, label=line.description)
        for line, amount in zip(invoice.lines, theirs.lines, strict=True)
        if not line.is_text and line.amount is not None and amount is not None and line.amount != amount
    ]


def with_rounding(invoice, amount, remote_account, description):
    """The invoice with one line more, without VAT, that takes up ``amount``."""
    line = Line(description=description, unit_price=amount, remote_account=remote_account, amount=amount)
    return replace(invoice, lines=(*invoice.lines, line))
