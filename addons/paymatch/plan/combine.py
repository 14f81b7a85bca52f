"""Which documents an amount adds up to: only an answer without an alternative is an answer."""

MOST = 15


def unique_subset(amounts, target: int):
    """The one choice of ``amounts`` that makes ``target``, as ascending positions; None when none or several do.

    :param amounts: whole øre; credit notes are negative, zeros are never chosen
    :param target: whole øre, not zero
    """
    places = [at for at, amount in enumerate(amounts) if amount]
    if not places or not target:
        return None
    if len(places) > MOST:
        # too many choices to prove that there is only one
        return None
    ways = {0: [()]}  # sum -> at most two choices that make it
    for at in places:
        more = {total: list(choices) for total, choices in ways.items()}
        for total, choices in ways.items():
            found = more.setdefault(total + amounts[at], [])
            found.extend((*choice, at) for choice in choices[: 2 - len(found)])
        ways = more
    found = ways.get(target, [])
    return found[0] if len(found) == 1 else None
