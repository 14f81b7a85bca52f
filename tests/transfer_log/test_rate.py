"""At most so many calls in any window of the period."""

import itertools
import random

from odoo.addons.transfer_log.rate import reserve


def test_full_minute_waits_for_the_oldest_call():
    taken, at = [], None
    for _number in range(100):
        at, taken = reserve(taken, 10.0, 100, 60)
        assert at == 10.0
    at, taken = reserve(taken, 11.0, 100, 60)
    assert at == 70.0
    assert len(taken) == 100


def test_every_window_keeps_to_the_limit_and_wastes_nothing():
    chance, now, taken, made = random.Random(7), 0.0, [], []  # noqa: S311
    for _number in range(2000):
        at, taken = reserve(taken, now, 100, 60)
        made.append(at)
        now = at + chance.choice((0, 0, 0.01, 0.2))
    for first, last in zip(made, itertools.islice(made, 100, None), strict=False):
        assert last - first >= 60 - 1e-6
    assert made[-1] <= 60 * 20 * 1.05, "within 5 % of what the limit allows"


def test_clock_that_went_back_does_not_raise_the_limit():
    taken = []
    for _number in range(10):
        _at, taken = reserve(taken, 1000.0, 10, 60)
    at, _taken = reserve(taken, 900.0, 10, 60)
    assert at == 1060.0
