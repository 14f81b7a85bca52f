"""How sure a match is, from 0 to 100.

The key that led to the invoice decides, then how the amount fits. Without a key, amount, date and name add up to less
than what is matched without asking: such a match is proposed at most.
"""

# The keys in their order: the first that finds anything counts.
KEYS = ("provider", "order", "payment_id", "text", "code", "rule", "account", "code_alone", "none")
CARD_KEYS = (
    "code",
    "code_alone",
)  # of a card payment: sure with the card's digits and one candidate, else only proposed
AMOUNTS = ("equal", "sum", "tolerance", "part", "other")

AUTOMATIC = 80  # from here on a single candidate is matched without asking

_TABLE = {
    "provider": (100, 96, 92, 75, 60),
    "order": (96, 92, 88, 70, 50),
    "payment_id": (94, 90, 86, 84, 48),  # an ID has check digits and one invoice: sure enough for a part payment
    "text": (92, 88, 84, 60, 45),
    "code": (91, 87, 83, 57, 42),
    "rule": (90, 86, 82, 55, 40),
    "account": (85, 80, 75, 58, 42),  # the bank account of who was paid
    "code_alone": (75, 70, 65, 50, 38),
}
_AMOUNT_ALONE = 40
_IN_WINDOW = 10
_NAME = 25


def weigh(key: str, amount: str, in_window: bool = False, name: float = 0.0) -> int:
    """The weight of one candidate.

    :param key: one of KEYS
    :param amount: one of AMOUNTS
    :param in_window: the dates are near each other (counts without a key only)
    :param name: likeness of the payer's name and the customer's, 0 to 1 (counts without a key only)
    """
    if key in _TABLE:
        return _TABLE[key][AMOUNTS.index(amount)]
    alone = _AMOUNT_ALONE if amount == "equal" else 0
    return alone + (_IN_WINDOW if in_window else 0) + int(_NAME * max(0.0, min(1.0, name)))


def is_automatic(weight: int) -> bool:
    return weight >= AUTOMATIC


def best(weights: dict, lead: int = 15):
    """The candidate that stands out from all others by ``lead``, or None: two that are near are never told apart."""
    ranked = sorted(weights.items(), key=lambda pair: -pair[1])
    if not ranked or len(ranked) > 1 and ranked[0][1] - ranked[1][1] < lead:
        return None
    return ranked[0][0]
