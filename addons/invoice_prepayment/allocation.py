"""Exact split of deposits over the VAT rates of an order. Plain Python, no ORM.

All amounts are whole multiples of the currency's smallest unit, so nothing is lost: what is allocated and what
remains always add up to what there was, for the net amount and for each tax by itself.

Every deposit is taken from what *remains* of the order, never from the order as a whole. So a deposit can never
exceed the rest in any part, and the deposit that takes the whole rest leaves exactly zero behind.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import gcd

MAX_MILESTONES = 6


class AllocationError(ValueError):
    """The amount cannot be split as asked; the message is for programmers, ``code`` for the caller's own text."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Cell:
    """Net and taxes of one combination of taxes: ``taxes`` maps a tax to its amount."""

    net: Decimal
    taxes: Mapping[Hashable, Decimal]

    @property
    def tax(self) -> Decimal:
        return sum(self.taxes.values(), Decimal(0))

    @property
    def total(self) -> Decimal:
        return self.net + self.tax

    def __add__(self, other):
        return self._combine(other, 1)

    def __sub__(self, other):
        return self._combine(other, -1)

    def _combine(self, other, sign):
        keys = dict.fromkeys([*self.taxes, *other.taxes])
        zero = Decimal(0)
        return Cell(
            self.net + sign * other.net,
            {key: self.taxes.get(key, zero) + sign * other.taxes.get(key, zero) for key in keys},
        )


EMPTY = Cell(Decimal(0), {})
Cells = Mapping[Hashable, Cell]


def total(cells: Cells) -> Decimal:
    return sum((cell.total for cell in cells.values()), Decimal(0))


def net(cells: Cells) -> Decimal:
    return sum((cell.net for cell in cells.values()), Decimal(0))


def subtract(cells: Cells, taken: Cells) -> dict:
    """What remains of ``cells`` after ``taken``, also where only one of them knows a key."""
    return {key: cells.get(key, EMPTY) - taken.get(key, EMPTY) for key in dict.fromkeys([*cells, *taken])}


def add(cells: Cells, more: Cells) -> dict:
    return {key: cells.get(key, EMPTY) + more.get(key, EMPTY) for key in dict.fromkeys([*cells, *more])}


def is_zero(cells: Cells) -> bool:
    return all(not cell.net and not any(cell.taxes.values()) for cell in cells.values())


def round_to(amount: Decimal, step: Decimal) -> Decimal:
    """The nearest multiple of ``step``, half away from zero; ``step`` zero leaves the amount alone."""
    if not step:
        return amount
    return (amount / step).to_integral_value(rounding=ROUND_HALF_UP) * step


def share(amount: Decimal, percent: Decimal, unit: Decimal, step: Decimal = Decimal(0)) -> Decimal:
    """``percent`` of ``amount`` in whole units; rounded once more to ``step`` (e.g. whole 10 kr.) if given."""
    return round_to(round_to(amount * percent / 100, step), unit)


def plan(amount: Decimal, percents: Sequence[Decimal], unit: Decimal, step: Decimal = Decimal(0)) -> list:
    """Amounts of the deposits of a plan. A plan of 100 % ends with the rest, so it never exceeds the order."""
    if not 1 <= len(percents) <= MAX_MILESTONES:
        raise AllocationError("count", f"a plan has 1 to {MAX_MILESTONES} deposits, not {len(percents)}")
    if any(percent <= 0 for percent in percents) or sum(percents) > 100:
        raise AllocationError("percent", "the per cents of a plan are positive and at most 100 in all")
    amounts = []
    rest = amount
    for percent in percents:
        part = min(share(amount, percent, unit, step), rest)
        amounts.append(part)
        rest -= part
    if sum(percents) == 100:
        amounts[-1] += rest
    return amounts


def allocate(remaining: Cells, target: Decimal, unit: Decimal, basis: str = "total") -> dict:
    """Split ``target`` over ``remaining`` in proportion: by combination of taxes, then net and each tax.

    :param remaining: what is left of the order
    :param target: the amount to take: with taxes (``basis`` "total") or without (``basis`` "net")
    :param unit: smallest unit of the currency (0.01, for yen 1)
    :return: a cell per key; their total (or net) is ``target`` exactly
    """
    whole = total(remaining) if basis == "total" else net(remaining)
    if target <= 0:
        raise AllocationError("amount", f"the amount to take must be positive, not {target}")
    if target > whole:
        raise AllocationError("exceeds", f"{target} is more than the {whole} that remains")
    if target == whole:
        return dict(remaining)
    keys = list(remaining)
    if basis == "net":
        nets = _largest_remainder([_units(remaining[key].net, unit) for key in keys], _units(target, unit))
        return {key: _with_net(remaining[key], amount, unit) for key, amount in zip(keys, nets, strict=True)}
    totals = _largest_remainder([_units(remaining[key].total, unit) for key in keys], _units(target, unit))
    return {key: _with_total(remaining[key], amount, unit) for key, amount in zip(keys, totals, strict=True)}


def split(cell: Cell, weights: Sequence[Decimal], unit: Decimal) -> list:
    """``cell`` in parts proportional to ``weights``, amount by amount; the parts add up to it exactly."""
    weights = [Fraction(weight) for weight in weights]
    if not sum(weights):
        weights = [Fraction(index == 0) for index in range(len(weights))]
    scale = 1
    for weight in weights:
        scale = scale * weight.denominator // gcd(scale, weight.denominator)
    whole = [int(weight * scale) for weight in weights]
    nets = _largest_remainder(whole, _units(cell.net, unit))
    taxes = {name: _largest_remainder(whole, _units(amount, unit)) for name, amount in cell.taxes.items()}
    return [
        Cell(net_units * unit, {name: parts[index] * unit for name, parts in taxes.items()})
        for index, net_units in enumerate(nets)
    ]


def _units(amount, unit):
    units = amount / unit
    if units != units.to_integral_value():
        raise AllocationError("unit", f"{amount} is not a multiple of {unit}")
    return int(units)


def _largest_remainder(weights, target):
    """Whole numbers in proportion to ``weights`` that add up to ``target`` (method of the largest remainder)."""
    whole = sum(weights)
    if not whole:
        if target:
            raise AllocationError("exceeds", "nothing remains to split")
        return [0] * len(weights)
    parts, rests = [], []
    for weight in weights:
        part, rest = divmod(weight * target, whole)
        parts.append(part)
        rests.append(abs(rest))
    # Ties go to the larger part, then to the first.
    order = sorted(range(len(weights)), key=lambda i: (-rests[i], -abs(weights[i]), i))
    for i in order[: target - sum(parts)]:
        parts[i] += 1
    return parts


def _with_total(cell, units, unit):
    """Take ``units`` with taxes out of one cell."""
    names = list(cell.taxes)
    weights = [_units(cell.taxes[name], unit) for name in names]
    if not sum(weights) + _units(cell.net, unit):
        return Cell(units * unit, dict.fromkeys(names, Decimal(0)))
    parts = _largest_remainder([*weights, _units(cell.net, unit)], units)
    return Cell(parts[-1] * unit, {name: part * unit for name, part in zip(names, parts[:-1], strict=True)})


def _with_net(cell, units, unit):
    """Take ``units`` without taxes out of one cell; each tax follows in proportion."""
    weight = _units(cell.net, unit)
    if not weight:
        return Cell(units * unit, dict.fromkeys(cell.taxes, Decimal(0)))
    ratio = Fraction(units, weight)
    return Cell(units * unit, {name: _round_half_up(amount, ratio, unit) for name, amount in cell.taxes.items()})


def _round_half_up(amount, ratio, unit):
    exact = _units(amount, unit) * ratio
    sign = 1 if exact >= 0 else -1
    doubled = abs(exact) * 2 + 1
    return sign * (doubled.numerator // (2 * doubled.denominator)) * unit
