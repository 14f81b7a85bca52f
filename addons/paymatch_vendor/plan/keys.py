"""Which key leads from what the bank tells of a payment to a bill or payment of ours.

One place for statements and for answers, so that both call the same thing sure.
"""

from odoo.addons.nordic_payment_reference.formats import recognise

from . import named


def key_to(numbers, told: str, own: str = "", payment_number: str = ""):
    """``(key, number)``, the surest key first; ``("", "")`` where none leads there.

    :param numbers: names, references and payment IDs of the document or payment
    :param told: all the bank tells in words
    :param own: our reference of the payment file (end-to-end)
    :param payment_number: the payment ID, where it stands in a field of its own
    """
    numbers, own = [number for number in numbers if number], named.squeezed(own)
    if own and any(named.squeezed(number) == own for number in numbers):
        return "order", own
    ids = {found.number for found in recognise(f"{payment_number or ''} {told}")}
    ids |= {named.squeezed(payment_number)} - {""}
    theirs = {named.squeezed(number) for number in numbers}
    theirs |= {found.number for number in numbers for found in recognise(number)}
    if ids & theirs:
        return "payment_id", min(ids & theirs)
    number = next((number for number in numbers if named.stands_in(number, told)), "")
    return ("text", number) if number else ("", "")
