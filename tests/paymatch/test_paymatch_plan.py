"""Decisions about money received: weights, sums of invoices, small differences, shares of a bill."""

from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.paymatch.plan import bill, combine, tolerance, weights, words

ORE = st.integers(min_value=1, max_value=10**7)


def test_keys_weigh_in_their_order_and_amounts_too():
    for amount in ("equal", "sum", "tolerance"):
        found = [weights.weigh(key, amount) for key in weights.KEYS[:-1]]
        assert found == sorted(found, reverse=True) and len(set(found)) == len(found)
    for key in weights.KEYS[:-1]:
        found = [weights.weigh(key, amount) for amount in weights.AMOUNTS]
        assert found == sorted(found, reverse=True)


def test_only_a_payment_id_is_sure_enough_for_a_part():
    sure = [key for key in weights.KEYS if weights.is_automatic(weights.weigh(key, "part"))]
    assert sure == ["payment_id"]
    assert not any(weights.is_automatic(weights.weigh(key, "other")) for key in weights.KEYS)


@given(st.sampled_from(weights.AMOUNTS), st.booleans(), st.floats(allow_nan=False))
def test_without_a_key_nothing_is_matched_without_asking(amount, in_window, name):
    assert 0 <= weights.weigh("none", amount, in_window, name) < weights.AUTOMATIC


@given(st.dictionaries(st.integers(), st.integers(0, 100), max_size=6))
def test_best_stands_out(given_weights):
    found = weights.best(given_weights)
    if found is not None:
        others = [weight for name, weight in given_weights.items() if name != found]
        assert all(given_weights[found] - weight >= 15 for weight in others)
    elif given_weights:
        top = sorted(given_weights.values())[-2:]
        assert len(top) == 2 and top[1] - top[0] < 15


@settings(max_examples=400)
@given(st.lists(st.integers(-500, 500), max_size=9), st.integers(-1500, 1500))
def test_a_sum_is_found_exactly_when_it_is_the_only_one(amounts, target):
    places = [at for at, amount in enumerate(amounts) if amount]
    every = [
        choice
        for size in range(1, len(places) + 1)
        for choice in combinations(places, size)
        if sum(amounts[at] for at in choice) == target
    ]
    expected = every[0] if len(every) == 1 and target else None
    if target and not every:
        expected = None
    assert combine.unique_subset(amounts, target) == expected


def test_two_equal_invoices_are_never_told_apart():
    assert combine.unique_subset([100, 100, 50], 150) is None
    assert combine.unique_subset([100, 100, 50], 250) == (0, 1, 2)
    assert combine.unique_subset([1] * 40, 40) is None


@given(ORE, ORE, st.integers(0, 10**5), st.integers(0, 100), st.sampled_from(["under", "over", "both"]))
def test_a_rule_never_covers_more_than_its_limits(expected, paid, amount, percent, kind):
    rule = tolerance.Rule(kind, Decimal(amount), Decimal(percent))
    if tolerance.allows(rule, Decimal(expected), Decimal(paid)):
        size = abs(paid - expected)
        assert size and size * 2 < expected
        assert not amount or size <= amount
        assert not percent or size * 100 <= percent * expected
        assert amount or percent
        assert kind == "both" or (kind == "under") == (paid < expected)


def test_small_differences():
    rounding = tolerance.Rule("both", Decimal("0.50"))
    charge = tolerance.Rule("under", Decimal(50), Decimal(5))
    assert tolerance.first([rounding, charge], Decimal("100.45"), Decimal(100)) == 0
    assert tolerance.first([rounding, charge], Decimal(1000), Decimal(960)) == 1
    assert tolerance.first([rounding, charge], Decimal(1000), Decimal(1040)) is None
    assert tolerance.first([rounding, charge], Decimal(100), Decimal(60)) is None


@settings(max_examples=400)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**5)), min_size=1, max_size=8), ORE, ORE)
def test_shares_of_a_bill(payouts, net, vat):
    payouts = [bill.Payout(*pair) for pair in payouts]
    waiting = sum(payout.vat for payout in payouts)
    try:
        found = bill.shares(net, vat, payouts)
    except bill.BillError as error:
        assert error.have < error.need
        return
    assert all(0 <= share <= payout.fee for share, payout in zip(found, payouts, strict=True))
    assert sum(found) == bill.settled_net(net, vat, waiting)
    assert sum(found) <= net
    if waiting == vat:
        assert sum(found) == net


def test_the_gateway_bill_of_the_story():
    assert bill.shares(4900, 1225, [bill.Payout(21775, 1225)]) == [4900]
    with pytest.raises(bill.BillError) as error:
        bill.shares(4900, 1225, [bill.Payout(21775, 1226)])
    assert error.value.code == "vat"
    with pytest.raises(bill.BillError) as error:
        bill.shares(4900, 1225, [bill.Payout(4899, 1225)])
    assert error.value.code == "fee"


def test_texts_of_another_month_are_the_same_text():
    assert words.normal("Terminal  leje 03/2026") == words.normal("terminal leje 11/2027")
    assert words.normal("Terminal") != words.normal("Gateway")


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("Jens Hansen", "HANSEN, JENS", 1.0, 1.0),
        ("Jens Peter Hansen", "Jens Hansen", 0.8, 0.9),
        ("Møller & Søn ApS", "MOELLER SOEN A/S", 1.0, 1.0),
        ("Jens Hansen", "Bent Larsen", 0.0, 0.0),
        ("", "Bent Larsen", 0.0, 0.0),
        ("A B", "A C", 0.0, 0.0),
    ],
)
def test_names(one, other, least, most):
    assert least <= words.likeness(one, other) <= most
    assert words.likeness(one, other) == words.likeness(other, one)
