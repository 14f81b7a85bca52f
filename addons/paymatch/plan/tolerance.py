"""Small differences between what was to be paid and what was paid, allowed by rules of the company."""

from dataclasses import dataclass
from decimal import Decimal

UNDER, OVER, BOTH = "under", "over", "both"


@dataclass(frozen=True)
class Rule:
    """Both limits hold where both are given; a rule without any limit allows nothing."""

    kind: str = BOTH
    amount: Decimal = Decimal(0)
    percent: Decimal = Decimal(0)


def allows(rule: Rule, expected: Decimal, paid: Decimal) -> bool:
    """Whether the rule covers ``paid`` where ``expected`` was to be paid; never half an invoice or more."""
    difference = paid - expected
    if not difference or expected <= 0 or paid <= 0 or not (rule.amount or rule.percent):
        return False
    if rule.kind == UNDER and difference > 0 or rule.kind == OVER and difference < 0:
        return False
    size = abs(difference)
    if size * 2 >= expected:
        return False
    if rule.amount and size > rule.amount:
        return False
    return not rule.percent or size * 100 <= rule.percent * expected


def first(rules, expected: Decimal, paid: Decimal):
    """Position of the first rule that covers the difference, or None."""
    return next((at for at, rule in enumerate(rules) if allows(rule, expected, paid)), None)
