"""Betalingsservice: a delivery 0601 written and read as a stream, and an answer 0602 brought through the books."""

import resource
import tempfile
import time
from datetime import date
from decimal import Decimal

from tests.bench import danish_company, rate
from tests.factories.odoo import PartnerFactory

DESCRIPTION = "collections (address and three text lines) in one 0601, and a tenth as many lines of a 0602 booked"
SIZE = 200000
ADDONS = ["betalingsservice"]

DAY = date(2027, 2, 1)
CREATED = date(2027, 1, 15)
PBS, SUPPLIER = "01234567", "12345674"
CUTS = (0, 5, 13, 17, 22, 31, 46, 55, 63, 64, 77, 107, 128)
WRITER = "str.ljust: fields known, lines joined"
READER = "slices of each line"
#: The answer has a tenth as many lines, and is booked in two sizes: the time per line must not grow.
BOOKED = 10
SMALLER = 10
STATES = {"0236": "paid", "0237": "rejected", "0239": "charged_back"}


def run(bench):
    yield from streaming(bench)
    with danish_company(bench) as company:
        yield from booking(bench, company)


# --- files ----------------------------------------------------------------------------------------------------------


def streaming(bench):
    """Rates of wall clock and of processor time: on a machine that does other things too they differ."""
    bench.formats("betalingsservice")
    from odoo.addons.betalingsservice.formats import delivery_0601

    before = peak()
    with tempfile.TemporaryFile() as file:
        written, wall, cpu = clocked(write, delivery_0601, file, bench.size)
        file.seek(0)
        found, read_wall, read_cpu = clocked(read, delivery_0601, file)
        grown = peak() - before
        assert found == (written, bench.size, sum(amount(number) for number in range(1, bench.size + 1)))
        yield bench.Figure("0601 written, wall clock", rate(written, wall), "records/s")
        yield bench.Figure("0601 written, processor", rate(written, cpu), "records/s", WRITER, plain_write_rate(file))
        yield bench.Figure("0601 read, wall clock", rate(written, read_wall), "records/s")
        yield bench.Figure("0601 read, processor", rate(written, read_cpu), "records/s", READER, plain_read_rate(file))
    yield bench.Figure(f"memory grown by {written:,} records", grown, "MiB")


def peak():
    """The most memory this process has had so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def clocked(function, *arguments):
    """(result, seconds of wall clock, seconds of processor)."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = function(*arguments)
    return result, time.perf_counter() - wall, time.process_time() - cpu


def delivery(module, count):
    from odoo.addons.betalingsservice.formats.records import Head

    collections = (collection(module, number) for number in range(1, count + 1))
    head = Head(SUPPLIER, "KR9", "0601", "0000000007", CREATED)
    return module.Delivery(head, [module.Section(PBS, "00001", collections)])


def write(module, file, count):
    lines = 0
    for raw in module.write_lines(delivery(module, count)):
        file.write(raw)
        lines += 1
    return lines


def read(module, file):
    """(records, collections, sum) of a file that is read without holding more than one collection."""
    reader, count, total = module.Reader(file), 0, Decimal(0)
    for event, found in reader.events():
        if event == "collection":
            count += 1
            total += found.amount
    assert not reader.walker.faults
    return reader.walker.records, count, total


def amount(number):
    return Decimal(number * 37 + 1).scaleb(-2)


def collection(module, number):
    return module.Collection(
        customer_number=f"{number:015d}",
        payment_date=DAY,
        amount=amount(number),
        reference=f"{number:09d} F/2027/{number:05d}",
        mandate_number=f"{number:09d}",
        address=(f"Kunde {number} Ærø ApS", f"Prøvevej {number}", "c/o Nabo"),
        postcode="8000",
        country="DK",
        payer_id="0012345674",
        texts=("Faktura af 15.01.2027", "Abonnement, februar 2027", "Moms 25 % er medregnet"),
    )


def sample(file):
    file.seek(0)
    return b"".join(file.readline() for _ in range(100000))


def plain_read_rate(file):
    """The same bytes cut into fields, with no look at what they mean; records/s of processor time."""
    rows, _wall, cpu = clocked(plain_read, sample(file))
    return rate(len(rows), cpu)


def plain_write_rate(file):
    rows = plain_read(sample(file))
    _data, _wall, cpu = clocked(plain_write, rows)
    return rate(len(rows), cpu)


def plain_read(data):
    lines = data.decode("iso-8859-1").split("\r\n")[:-1]
    return [tuple(line[start:end] for start, end in zip(CUTS, CUTS[1:], strict=False)) for line in lines]


def plain_write(rows):
    """Ready texts of the right length brought back to lines."""
    widths = [end - start for start, end in zip(CUTS, CUTS[1:], strict=False)]
    lines = ("".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return b"".join(line.encode("iso-8859-1") + b"\r\n" for line in lines)


# --- answers --------------------------------------------------------------------------------------------------------


def booking(bench, company):
    """An answer 0602 imported, matched, approved and posted, in two sizes."""
    env = company.env
    creditor = prepare(company)
    count = max(bench.size // BOOKED, 1)
    book(env, creditor, 20)  # what the first entry of a process pays for
    smaller = max(count // SMALLER, 1)
    for lines, kind in ((smaller, "booked"), (count, "booked"), (smaller, "mixed"), (smaller, "charged back")):
        wall, cpu, statements = book(env, creditor, lines, kind)
        what = f"0602 of {lines:,} lines {kind}"
        yield bench.Figure(f"{what}, wall clock", rate(lines, wall), "lines/s")
        yield bench.Figure(f"{what}, processor", rate(lines, cpu), "lines/s")
        yield bench.Figure(f"{what}, SQL statements", statements / lines, "per line")


def prepare(company):
    """The creditor with one agreement and one delivered collection, of which the others are copies."""
    env = company.env
    env.ref("base.DKK").active = True
    creditor = env["betalingsservice.creditor"].create(
        {
            "name": "Prøve",
            "pbs_number": PBS,
            "data_supplier_number": SUPPLIER,
            "subsystem": "KR9",
            "group_ids": [(0, 0, {"number": "00001", "name": "Abonnement"})],
        }
    )
    creditor.action_create_provider()
    return creditor


def book(env, creditor, count, kind="booked"):
    """(seconds of wall clock, of processor, SQL statements) for so many lines.

    ``booked``: all paid. ``charged back``: all paid before, now taken back. ``mixed``: of 20 lines 18 are paid, one is
    rejected, and one takes back what an earlier file paid.
    """
    keys = delivered(env, creditor, count)
    # a database at work has its statistics: autovacuum sees to it, but not within one transaction
    env.cr.execute("ANALYZE")
    transactions = {"booked": ["0236"], "charged back": ["0239"], "mixed": ["0236"] * 18 + ["0237", "0239"]}[kind]
    codes = [transactions[place % len(transactions)] for place in range(len(keys))]
    before = [key for key, code in zip(keys, codes, strict=True) if code == "0239"]
    if before:
        measure_answer(env, creditor, before, ["0236"] * len(before))
    return measure_answer(env, creditor, keys, codes)


def measure_answer(env, creditor, keys, codes):
    data = answer(creditor, keys, codes)
    before = env.cr.sql_log_count
    report, wall, cpu = clocked(through_the_books, env, data)
    statements = env.cr.sql_log_count - before
    assert report.is_approved and len(report.line_ids) == len(keys)
    invoices = report.line_ids.match_move_id
    paid = invoices.filtered(lambda move: move.payment_state == "paid")
    assert len(invoices) == len(keys) and len(paid) == codes.count("0236")
    states = [STATES[code] for code in codes]
    assert sorted(report.line_ids.betalingsservice_collection_id.mapped("state")) == sorted(states)
    env.invalidate_all()
    return wall, cpu, statements


def through_the_books(env, data):
    report = env["betalingsservice.delivery"]._import_file(data, "D1234567-602.KR9").report_id
    report.with_company(report.company_id)._approve()
    env.flush_all()
    return report


def delivered(env, creditor, count):
    """References of so many delivered collections: the first is made by Odoo, the others are copies of its rows."""
    partner = PartnerFactory.create(env=env)
    number = env["betalingsservice.agreement"].search_count([]) + 1
    agreement = env["betalingsservice.agreement"].create(
        {"partner_id": partner.id, "group_id": creditor.group_ids.id, "state": "active", "mandate_number": "000000001"}
        | {"customer_number": f"{number}A"}
    )
    move = env["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": partner.id,
            "currency_id": env.ref("base.DKK").id,
            "invoice_date": date.today(),
            "invoice_line_ids": [(0, 0, {"name": "Abonnement", "price_unit": 100.0, "tax_ids": [(5, 0, 0)]})],
        }
    )
    move.action_post()
    collection = move.betalingsservice_collection_id
    collection.sudo().state = "delivered"
    env.flush_all()
    copied = copies(env, count - 1, partner, agreement, move, collection)
    env.invalidate_all()
    found = collection | collection.browse(copied)
    assert len(found.exists()) == count
    return [(each.agreement_id.customer_number, each.reference, each.payment_date) for each in found]


def copies(env, count, partner, agreement, move, collection):
    """Rows copied in the database: making 20,000 invoices by Odoo would take a quarter of an hour."""
    at = {model: clone_start(env, model, count) for model in ("res_partner", "betalingsservice_agreement")}
    at |= {model: clone_start(env, model, count) for model in ("account_move", "betalingsservice_collection")}
    partners, agreements = f"{at['res_partner']} + g", f"{at['betalingsservice_agreement']} + g"
    moves, collections = f"{at['account_move']} + g", f"{at['betalingsservice_collection']} + g"
    clone(env, partner, count, {"id": partners, "commercial_partner_id": partners})
    number = f"{agreement.id} || 'X' || g"
    numbers = {"customer_number": number, "customer_key": number}
    clone(env, agreement, count, {"id": agreements, "partner_id": partners, **numbers})
    to_partner = {"partner_id": partners, "commercial_partner_id": partners}
    name = f"'BENCH/{move.id}/' || g"
    document = {"name": name, "payment_reference": "NULL", "payment_id_number": "NULL"}
    clone(env, move, count, {"id": moves, **to_partner, "partner_shipping_id": partners, **document})
    for item in move.line_ids:
        clone(env, item, count, {"id": "NEXT", "move_id": moves, "partner_id": partners, "move_name": name})
    key = f"lpad(({collections})::text, 9, '0')"
    owner = {"partner_id": partners, "agreement_id": agreements}
    clone(env, collection, count, {"id": collections, **owner, "reference": key, "reference_key": key})
    clone(env, collection.line_ids, count, {"id": "NEXT", "collection_id": collections, "move_id": moves})
    return [at["betalingsservice_collection"] + number for number in range(1, count + 1)]


def clone_start(env, table, count):
    """The last id before ``count`` new ones of a table."""
    env.cr.execute("SELECT max(last_value) FROM pg_sequences WHERE sequencename = %s", [f"{table}_id_seq"])
    start = env.cr.fetchone()[0]
    env.cr.execute("SELECT setval(%s, %s)", [f"{table}_id_seq", start + count])
    return start


def clone(env, record, count, values):
    """Copy the row of a record ``count`` times; ``values`` are SQL expressions of ``g``, the number of the copy."""
    if not count:
        return
    table = record._table
    env.cr.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'", [table]
    )
    columns = [column for (column,) in env.cr.fetchall() if values.get(column) != "NEXT"]
    picked = ", ".join(f"{values[column]}" if column in values else f'"{column}"' for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    env.cr.execute(
        f"INSERT INTO {table} ({names}) SELECT {picked} FROM {table}, generate_series(1, %s) AS g WHERE id = %s",
        [count, record.id],
    )


def answer(creditor, keys, codes):
    """A delivery 0602 in which each collection was paid, rejected, or charged back."""
    from odoo.addons.betalingsservice.formats import delivery_0602, records

    number = creditor.env["betalingsservice.delivery"].search_count([]) + 1
    head = {"data_supplier": SUPPLIER, "subsystem": "KR9", "delivery_type": "0602"}
    same = {"pbs_number": PBS, "section": "0211", "debtor_group": "00001"}
    moved = [code for code in codes if code != "0237"]
    totals = {"payments": len(keys), "amount": 10000 * len(moved), "texts": 0, "addresses": 0}
    payment = {"sign": "1", "collected": 10000, "mandate_number": "000000001"}
    rows = [
        records.START.pack({**head, "delivery_number": f"{number:010d}", "created": CREATED}),
        delivery_0602.SECTION_START.pack({**same, "supplier_reference": "", "created": CREATED}),
        *(
            delivery_0602.PAYMENT_0211.pack(
                {**same, **payment, "customer_number": customer.rjust(15, "0"), "reference": reference}
                | {"transaction": code, "collected_date": day, "amount": 0 if code == "0237" else 10000}
                | dict.fromkeys(("payment_date", "booking_date"), None if code == "0237" else day)
            )
            for (customer, reference, day), code in zip(keys, codes, strict=True)
        ),
        delivery_0602.SECTION_END.pack({**same, **totals}),
        records.END.pack({**head, "sections": 1, **totals}),
    ]
    return b"".join(row + b"\r\n" for row in rows)
