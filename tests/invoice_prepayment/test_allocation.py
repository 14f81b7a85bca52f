"""The split of deposits over VAT rates: exact, never more than what remains, never negative."""

import random
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.invoice_prepayment import allocation as al

from tests.bench.prepayment import exact_rest, random_cells
from tests.factories.sales import PLANS

ORE = Decimal("0.01")
RATES = (Decimal("0.25"), Decimal("0.15"), Decimal("0.12"), Decimal("0.06"), Decimal(0))


def D(text):
    return Decimal(text)


@st.composite
def orders(draw):
    """Up to five VAT rates, in øre, yen or whole hundreds of øre."""
    unit = draw(st.sampled_from([ORE, Decimal(1)]))
    rates = draw(st.lists(st.sampled_from(RATES), min_size=1, max_size=5, unique=True))
    cells = {}
    for rate in rates:
        net = draw(st.integers(min_value=0, max_value=10**9)) * unit
        cells[rate] = al.Cell(net, {rate: al.round_to(net * rate, unit)} if rate else {})
    if not al.total(cells):
        cells[rates[0]] = al.Cell(unit, dict.fromkeys(cells[rates[0]].taxes, Decimal(0)))
    return unit, cells


def assert_between(part, whole):
    for key, cell in part.items():
        assert 0 <= cell.net <= whole[key].net
        for tax, amount in cell.taxes.items():
            assert 0 <= amount <= whole[key].taxes[tax]


@settings(max_examples=3000, deadline=None)
@given(orders(), st.lists(st.integers(1, 100), min_size=1, max_size=6), st.sampled_from(["total", "net"]))
def test_deposits_and_rest_are_the_order(order, percents, basis):
    unit, cells = order
    remaining = dict(cells)
    deposits = []
    for percent in percents:
        rest = al.total(remaining) if basis == "total" else al.net(remaining)
        whole = al.total(cells) if basis == "total" else al.net(cells)
        target = min(al.share(whole, Decimal(percent), unit), rest)
        if not target:
            continue
        deposit = al.allocate(remaining, target, unit, basis)
        assert (al.total(deposit) if basis == "total" else al.net(deposit)) == target
        assert_between(deposit, remaining)
        remaining = al.subtract(remaining, deposit)
        deposits.append(deposit)
    end = remaining
    for deposit in deposits:
        end = al.add(end, deposit)
    assert al.is_zero(al.subtract(end, cells))
    assert al.total(remaining) >= 0


@settings(max_examples=2000, deadline=None)
@given(orders(), st.lists(st.integers(1, 40), min_size=1, max_size=5))
def test_a_full_plan_leaves_nothing(order, percents):
    """30/40/30 and every other plan of 100 % ends at 0.00, never at a credit note of 0.01."""
    unit, cells = order
    if sum(percents) >= 100:
        percents = percents[:2]
    percents = [*percents, 100 - sum(percents)]
    amounts = al.plan(al.total(cells), [Decimal(percent) for percent in percents], unit)
    assert sum(amounts) == al.total(cells)
    remaining = dict(cells)
    for amount in amounts:
        if amount:
            remaining = al.subtract(remaining, al.allocate(remaining, amount, unit))
    assert al.is_zero(remaining)


@settings(max_examples=2000, deadline=None)
@given(st.integers(1, 10**9), st.integers(1, 99))
def test_vat_of_a_deposit_fits_its_net(net_units, percent):
    """With one rate the VAT of a deposit is the rate's, within the rounding of its parts."""
    net = net_units * ORE
    cells = {25: al.Cell(net, {25: al.round_to(net * D("0.25"), ORE)})}
    target = al.share(al.total(cells), Decimal(percent), ORE)
    if target:
        cell = al.allocate(cells, target, ORE)[25]
        assert abs(cell.tax - cell.net * D("0.25")) <= ORE


def test_the_story():
    """Order 12,345.67 + VAT 3,086.42: 50/50 is 7,716.05 and 7,716.04."""
    cells = {25: al.Cell(D("12345.67"), {25: D("3086.42")})}
    assert al.plan(al.total(cells), [D(50), D(50)], ORE) == [D("7716.05"), D("7716.04")]
    first = al.allocate(cells, D("7716.05"), ORE)
    second = al.allocate(al.subtract(cells, first), D("7716.04"), ORE)
    assert first[25] == al.Cell(D("6172.84"), {25: D("1543.21")})
    assert second[25] == al.Cell(D("6172.83"), {25: D("1543.21")})


def test_thirty_per_cent_rounded_to_whole_tens():
    assert al.share(D("12345.67"), D(30), ORE, D(10)) == D("3700.00")


@pytest.mark.parametrize(
    ("target", "code"), [(D("0"), "amount"), (D("-1"), "amount"), (D("125.01"), "exceeds"), (D("0.005"), "unit")]
)
def test_refusals(target, code):
    cells = {25: al.Cell(D(100), {25: D(25)})}
    with pytest.raises(al.AllocationError) as error:
        al.allocate(cells, target, ORE)
    assert error.value.code == code


@pytest.mark.parametrize("percents", [[], [D(20)] * 7, [D(60), D(50)], [D(0), D(10)]])
def test_impossible_plans(percents):
    with pytest.raises(al.AllocationError):
        al.plan(D(100), percents, ORE)


def test_discount_in_a_rate_of_its_own():
    """A negative part (a discount without VAT) follows in proportion and still adds up."""
    cells = {25: al.Cell(D("1000.00"), {25: D("250.00")}), 0: al.Cell(D("-100.01"), {})}
    remaining = dict(cells)
    for _turn in range(3):
        remaining = al.subtract(remaining, al.allocate(remaining, D("333.33"), ORE))
    remaining = al.subtract(remaining, al.allocate(remaining, al.total(remaining), ORE))
    assert al.is_zero(remaining)


@pytest.mark.slow
def test_a_hundred_thousand_random_orders():
    """The benchmark's orders and its check: deposits and rest are the order in each part, and none is negative."""
    chance = random.Random(20260101)  # noqa: S311
    wrong = [
        number for number in range(100_000) if not exact_rest(al, random_cells(al, chance), PLANS[number % len(PLANS)])
    ]
    assert not wrong
