"""Why a month's billing differs from the month before: causes that add up. No database."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.subscription_billing import difference as d

MONEY = st.decimals(min_value=-100000, max_value=100000, places=2)
PRICE = st.decimals(min_value=0, max_value=10000, places=2)
SHARE = st.fractions(min_value=-1, max_value=1, max_denominator=31).map(
    lambda part: Decimal(part.numerator) / Decimal(part.denominator)
)
BILLED = st.builds(
    d.Billed,
    amount=MONEY,
    quantity=PRICE,
    price=PRICE,
    share=SHARE,
    rate=st.sampled_from([Decimal(1), Decimal("7.46")]),
    is_seam=st.booleans(),
)


def billed(price, quantity=1, share=1, rate=1, count=1, kind=""):
    price, quantity, share, rate = (Decimal(str(value)) for value in (price, quantity, share, rate))
    amount = (price * quantity * share * rate).quantize(Decimal("0.01"))
    return [d.Billed(amount, quantity, price, share, rate, kind)] * count


def causes(before, now):
    rows = d.explain(before, now, lambda: d.STOPPED, lambda: d.NEW)
    return {row.cause: row.amount for row in rows}


@given(st.lists(BILLED, max_size=4), st.lists(BILLED, max_size=4))
def test_causes_add_up_to_the_oere(before, now):
    rows = d.explain(before, now, lambda: d.STOPPED, lambda: d.NEW)
    expected = sum((b.amount for b in now), Decimal(0)) - sum((b.amount for b in before), Decimal(0))
    assert sum((row.amount for row in rows), Decimal(0)) == expected
    assert len({row.cause for row in rows}) == len(rows)


def test_each_cause_by_itself():
    hundred = billed(100)
    assert causes([], hundred) == {d.NEW: 100}
    assert causes(hundred, []) == {d.STOPPED: -100}
    assert causes(hundred, billed(110)) == {d.PRICE: 10}
    assert causes(hundred, billed(100, quantity=3)) == {d.QUANTITY: 200}
    assert causes(hundred, billed(100, count=3)) == {d.PERIODS: 200}
    assert causes(billed(100, count=3), hundred) == {d.PERIODS: -200}
    assert causes(billed(100, share="0.5"), hundred) == {d.PART: 50}
    assert causes(billed(100, rate="7.45"), billed(100, rate="7.46")) == {d.RATE: 1}
    assert causes([], billed(250, kind=d.ONE_OFF)) == {d.ONE_OFF: 250}
    assert causes(billed(250, kind=d.USAGE), billed(100, kind=d.USAGE)) == {d.USAGE: -150}
    assert causes(hundred, hundred) == {}


def part(price, share, quantity=1):
    """What a changed line has in a month, for a part of its period; negative where it is taken back."""
    found = billed(price, quantity, share)[0]
    return d.Billed(found.amount, found.quantity, found.price, found.share, is_seam=True)


def test_a_change_in_a_charged_period_is_its_price():
    seam = [part(100, "-0.5"), part(160, "0.5"), part(160, 1)]
    assert causes(billed(100), seam) == {d.PRICE: 90}
    assert causes(seam, [part(160, 1)]) == {d.PART: -30}
    both = [part(100, "-0.5"), part(110, "0.5", 3), part(110, 1, 3)]
    assert causes(billed(100), both) == {d.PRICE: 15, d.QUANTITY: 330}


def test_a_change_in_a_period_not_charged_yet_is_its_price():
    assert causes(billed(100), [part(100, "0.5"), part(160, "0.5")]) == {d.PRICE: 30}
    assert causes([part(100, "0.5"), part(160, "0.5")], [part(160, 1)]) == {d.PART: 30}


def test_what_is_only_taken_back_is_gone():
    assert causes(billed(100), [part(100, "-0.5")]) == {d.STOPPED: -150}


def test_price_and_quantity_at_once():
    assert causes(billed(100, quantity=2), billed(110, quantity=3)) == {d.PRICE: 20, d.QUANTITY: 110}
