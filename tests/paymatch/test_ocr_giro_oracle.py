"""Norwegian OCR giro: what we read is what the package netsgiro reads, transaction by transaction."""

from decimal import Decimal
from pathlib import Path

import netsgiro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from netsgiro.enums import TransactionType
from stdnum import luhn

from odoo.addons.paymatch import formats

SAMPLE = (
    Path(__file__).parents[2].parent / "shared" / "samples" / "payment-formats" / "no-netsgiro"
) / "ocr_giro_transactions.txt"
REVERSALS = {TransactionType.REVERSING_WITH_KID, TransactionType.REVERSING_WITH_TEXT}
TYPES = ("10", "11", "13", "14", "15", "16", "17", "18", "19")


def oracle(data):
    """(KID, signed amount, date of Nets) of each transaction, as netsgiro sees them."""
    found = netsgiro.parse(data.decode("iso-8859-1"))
    return [
        (
            (transaction.kid or "").strip(),
            transaction.amount * (-1 if transaction.type in REVERSALS else 1),
            transaction.date,
        )
        for assignment in found.assignments
        if isinstance(assignment, netsgiro.Assignment)
        for transaction in assignment.transactions
    ]


def ours(data):
    report = formats.parse(data, "", "ocr_giro")
    assert not report.faults()
    return [(line.payment_id, line.net, line.booking_date) for line in report.lines]


@pytest.mark.skipif(not SAMPLE.exists(), reason="the shared samples are not here")
def test_the_sample_is_read_as_the_oracle_reads_it():
    data = SAMPLE.read_bytes()
    assert ours(data) == oracle(data)
    assert len(ours(data)) == 20


TRANSACTIONS = st.lists(
    st.tuples(st.sampled_from(TYPES), st.integers(1, 10**9), st.integers(1, 10**12), st.integers(1, 99999)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(TRANSACTIONS)
def test_made_up_files_are_read_as_the_oracle_reads_them(transactions):
    data = written(transactions)
    assert ours(data) == oracle(data)
    assert sum(abs(amount) for _kid, amount, _day in ours(data)) == Decimal(
        sum(ore for _kind, ore, _base, _serial in transactions)
    ).scaleb(-2)


def written(transactions):
    rows = ["NY000010000080800170031" + "00010200", "NY090020001008566000000299991042764"]
    total = sum(ore for _kind, ore, _base, _serial in transactions)
    for at, (kind, ore, base, serial) in enumerate(transactions, 1):
        kid = f"{base}{luhn.calc_check_digit(str(base))}"
        rows.append(f"NY09{kind}30{at:07d}12032632010{serial:05d}0{ore:017d}{kid:>25}")
        rows.append(f"NY09{kind}31{at:07d}{'':0<10}{'987654321':0>9}{'':0<7}120326{'99991234567':0>11}")
    count = len(transactions)
    rows.append(f"NY090088{count:08d}{len(rows):08d}{total:017d}120326120326120326")
    rows.append(f"NY000089{count:08d}{len(rows) + 1:08d}{total:017d}120326")
    return "\n".join(row.ljust(80, "0") for row in rows).encode("iso-8859-1")
