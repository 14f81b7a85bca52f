"""A delivery 0601 to Betalingsservice: written, and read back."""

from datetime import date
from decimal import Decimal

from tests.bench import rate

DESCRIPTION = "collections with address and two text lines in one delivery 0601"
SIZE = 10000
ADDONS = []

DAY = date(2027, 2, 1)
CUTS = (0, 5, 13, 17, 22, 31, 46, 55, 63, 64, 77, 107, 128)
WRITER = "str.ljust: fields known, lines joined"
READER = "slices of each line"


def run(bench):
    bench.formats("betalingsservice")
    from odoo.addons.betalingsservice.formats import delivery_0601
    from odoo.addons.betalingsservice.formats.records import Head

    head = Head("12345678", "KR9", "0601", "0000000007", date(2027, 1, 15))
    collections = [collection(delivery_0601, number) for number in range(1, bench.size + 1)]
    delivery = delivery_0601.Delivery(head, [delivery_0601.Section("00000000", "00001", collections)])
    data, writing = bench.best(delivery_0601.write, delivery, runs=5)
    found, reading = bench.best(delivery_0601.read, data, runs=5)
    assert found.faults == ()
    assert found.payments == bench.size and found.amount == sum(each.amount for each in collections)
    again = found.sections[0].collections
    assert [{**vars(each), "line": 0} for each in again] == [vars(each) for each in collections]
    rows, floor_reading = bench.best(plain_read, data, runs=5)
    same, floor_writing = bench.best(plain_write, rows, runs=5)
    assert same == data
    yield bench.Figure(
        "0601 written", rate(bench.size, writing), "collections/s", WRITER, rate(bench.size, floor_writing)
    )
    yield bench.Figure("0601 read", rate(bench.size, reading), "collections/s", READER, rate(bench.size, floor_reading))


def collection(module, number):
    return module.Collection(
        customer_number=f"{number:015d}",
        payment_date=DAY,
        amount=Decimal(number * 37 + 1).scaleb(-2),
        reference=f"F/2027/{number:05d}",
        mandate_number=f"{number:09d}",
        address=(f"Kunde {number} ApS", f"Prøvevej {number}"),
        postcode="8000",
        country="DK",
        texts=("Abonnement, februar 2027", "Moms 25 % er medregnet"),
    )


def plain_read(data):
    """The same bytes cut into fields, with no look at what they mean."""
    lines = data.decode("iso-8859-1").split("\r\n")[:-1]
    return [tuple(line[start:end] for start, end in zip(CUTS, CUTS[1:], strict=False)) for line in lines]


def plain_write(rows):
    """Ready texts of the right length brought back to lines."""
    widths = [end - start for start, end in zip(CUTS, CUTS[1:], strict=False)]
    lines = ("".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return b"".join(line.encode("iso-8859-1") + b"\r\n" for line in lines)
