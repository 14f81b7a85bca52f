"""Vendor bills as an outside ledger takes them: lines including VAT. Plain Python, exact decimals."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def with_vat(nets, vat, cent=CENT):
    """The lines of one tax including their share of its VAT, so that they sum to the øre.

    The VAT of a bill is one amount for each tax, perhaps corrected by hand to what the vendor wrote; it is shared by
    the net amounts, cumulatively, so that no øre is left over.

    :param nets: net amount of each line, in order
    :param Decimal vat: of all of them
    :return: gross amount of each line, in order
    """
    total, shared, sofar, found = sum(nets), Decimal(0), Decimal(0), []
    for index, net in enumerate(nets):
        sofar += net
        if index == len(nets) - 1:
            upto = vat
        elif total:
            upto = (vat * sofar / total).quantize(cent, ROUND_HALF_UP)
        else:
            upto = Decimal(0)
        found.append(net + upto - shared)
        shared = upto
    return found
