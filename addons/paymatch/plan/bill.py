"""A provider's bill for fees it has kept back already: what of it was paid with which payout.

The fees were booked when the payouts were; the bill brings the VAT. So the bill is settled by the VAT that waited and
by the fees that were booked, and neither is counted twice.
"""

from dataclasses import dataclass


class BillError(ValueError):
    """Why a bill does not go with payouts.

    ``code``: ``vat`` (more VAT waits than the bill has), ``fee`` (the payouts kept back less than the bill says),
    ``nothing`` (no VAT waits on them, and the bill has some).
    """

    def __init__(self, code: str, have: int, need: int):
        self.code, self.have, self.need = code, have, need
        super().__init__(f"{code}: {have} of {need}")


@dataclass(frozen=True)
class Payout:
    """Whole øre: fees kept back and not yet billed, and VAT on them that waits."""

    fee: int
    vat: int


def settled_net(net: int, vat: int, waiting: int) -> int:
    """How much of the bill's net the waiting VAT belongs to: all, or in proportion."""
    if waiting > vat:
        raise BillError("vat", vat, waiting)
    if waiting == vat:
        return net
    return (2 * net * waiting + vat) // (2 * vat)


def shares(net: int, vat: int, payouts) -> list[int]:
    """The fee each payout has kept back for the bill, in øre; together what the waiting VAT belongs to.

    In proportion to the VAT that waits on each (to its fees, where none waits), never more than it kept back.

    :param net: of the bill, without VAT
    :param vat: of the bill
    :raises BillError: the bill does not cover these payouts
    """
    waiting = sum(payout.vat for payout in payouts)
    total = settled_net(net, vat, waiting)
    if not total and not waiting:
        raise BillError("nothing", 0, net)
    room = sum(payout.fee for payout in payouts)
    if total > room:
        raise BillError("fee", room, total)
    by_vat = any(payout.vat for payout in payouts)
    weights = [payout.vat if by_vat else payout.fee for payout in payouts]
    result, left, weight_left = [], total, sum(weights)
    for payout, weight in zip(payouts, weights, strict=True):
        share = left * weight // weight_left if weight_left else 0
        share = min(share, payout.fee)
        result.append(share)
        left, weight_left = left - share, weight_left - weight
    for at, payout in enumerate(payouts):
        more = min(left, payout.fee - result[at])
        result[at] += more
        left -= more
    return result
