"""Lines of a payout against the open items of a large company: exact keys by the thousand, fuzzy ones apart.

``--size N`` is the number of lines (50,000 for the bars as they stand); the company has 20 times as many open
invoices, loaded into the tables by SQL. The lines name the order number, the invoice number, the payment ID or an order
number as shops decorate it, a fourth each. A fifth of the size is matched first: the same time per line is linear.
"""

from datetime import date, timedelta
from decimal import Decimal

from tests.bench import danish_company, rate
from tests.bench.billing import analyze, meter, settle
from tests.factories.odoo import PartnerFactory

DESCRIPTION = "that many lines of payouts matched against 20 times as many open items"
SIZE = 5000
ADDONS = ["paymatch"]

ITEMS = 20
CUSTOMERS = 200
AMOUNTS = 99_991  # different ones: of a million open items ten have the same
READ_AT_ONCE, MATCHED_AT_ONCE = 5_000, 10_000  # lines, as in paymatch_report_loading
DAY = date.today()
#: Lines without a key per 100 with one, measured apart.
FUZZY = 50
#: Columns of the copied invoice that differ from row to row; ``n`` is the number of the row.
INVOICE = {
    "name": "'B/' || lpad(n::text, 9, '0')",
    "sequence_number": "n",
    "sequence_prefix": "'B/'",
    "payment_reference": "'B/' || lpad(n::text, 9, '0')",
    "invoice_origin": "'S' || lpad(n::text, 9, '0')",
    "payment_id_number": "'7' || lpad(n::text, 13, '0')",
    "ref": "NULL",
    "access_token": "NULL",
}
ITEM = {
    "move_name": "'B/' || lpad(n::text, 9, '0')",
    "name": "'B/' || lpad(n::text, 9, '0')",
    "matching_number": "NULL",
}


def run(bench):
    with danish_company(bench) as company:
        env = company.env
        provider = env["paymatch.provider"].create(
            {"name": "Acquirer", "kind": "payout", "format": "adyen", "bank_journal_id": company.bank.id}
        )
        provider.action_create_accounts()
        load(env, company, bench.size * ITEMS)
        warm = report(env, bench, provider, range(1, 5))
        warm.action_match()
        first = max(1, bench.size // 5)
        measured = {}
        for count in sorted({first, bench.size}):
            start = 10 if count == first else 10 + first
            lines = report(env, bench, provider, range(start, start + count))
            measured[count] = matched(env, lines, count)
        yield from figures(bench, measured)
        count = max(1, bench.size // FUZZY)
        lines = report(env, bench, provider, range(20, 20 + count), is_named=False)
        with meter(env) as used:
            lines.action_match()
        states = set(lines.line_ids.mapped("match_state"))
        assert states <= {"ambiguous", "proposed"}, states
        yield bench.Figure(f"{count:,} lines without a key, processor", rate(count, used["processor"]), "lines/s")


def figures(bench, measured):
    for count, used in measured.items():
        yield bench.Figure(f"{count:,} lines, clock", rate(count, used["clock"]), "lines/s", least=2000)
        yield bench.Figure(f"{count:,} lines, processor", rate(count, used["processor"]), "lines/s", least=2000)
        yield bench.Figure(f"{count:,} lines, statements", used["statements"] / count, "per line", most=0.05)
        yield bench.Figure(f"{count:,} lines, memory above the start", used["memory"], "MiB")
    small, large = min(measured), max(measured)
    if small != large:
        each, peer = (measured[count]["processor"] / count for count in (large, small))
        yield bench.Figure(
            f"time per line, {large:,}", each * 1000, "ms", f"time per line, {small:,}", peer * 1000, most=1.15
        )


def matched(env, lines, count):
    with meter(env) as used:
        match(lines)
    states = env["paymatch.report.line"]._read_group([("report_id", "=", lines.id)], ["match_state"], ["__count"])
    assert dict(states) == {"matched": count}, states
    moves = lines.line_ids.match_move_id
    assert len(moves) == count
    for line in lines.line_ids[:: max(1, count // 100)]:
        assert line.match_move_id.amount_total == line.gross_amount and line.match_reason, line.match_reason
    settle(env)
    return used


def amount_of(number):
    return Decimal(1000 + number % AMOUNTS) / 10


def report(env, bench, provider, numbers, is_named=True):
    """A payout with these orders, as the import leaves it before it is matched."""
    records = bench.formats("paymatch").records
    lines = [
        records.Line(
            "sale",
            gross=amount_of(number),
            net=amount_of(number),
            currency="DKK",
            group="P",
            line_number=number,
            event_date=DAY,
            provider_reference=f"PSP{number}",
            payer_name=f"Kunde {number % CUSTOMERS + 1:03d} ApS",
            **(named(number) if is_named else {}),
        )
        for number in numbers
    ]
    total = sum(line.net for line in lines)
    name = f"{numbers[0]}-{len(lines)}-{is_named:d}"
    group = records.Group("P", DAY, "DKK", amount=total, reference=name)
    parsed = records.Report("payout", "adyen", "DKK", lines=tuple(lines), groups=(group,))
    base = {"company_id": provider.company_id.id, "filename": name, "file_sha256": name, "format": "adyen"}
    made = env["paymatch.report"]._create_report(base, provider, parsed, name, (group,), lines)
    assert not made.error_message, made.error_message
    made._system_write({"payout_key": name})
    if made.is_loading:
        add_lines(made, lines)
    settle(env)
    return made


def add_lines(report, lines):
    """The lines of a large payout, which its job reads from the file before it matches them."""
    for at in range(0, len(lines), READ_AT_ONCE):
        values = report._prepare_lines(lines[at : at + READ_AT_ONCE], {"P": report.movement_ids}, at)
        report.env["paymatch.report.line"]._system_create(values)
        report.env.flush_all()
        report.env.invalidate_all()
    report._system_write({"loaded_count": len(lines)})


def match(report):
    """As the button does, or in batches as the job of large payouts does, without its commits."""
    if not report.is_loading:
        report.action_match()
        return
    for _step in report._weigh_batches(MATCHED_AT_ONCE):
        report.env.flush_all()
        report.env.invalidate_all()


def named(number):
    return (
        {"order_reference": f"S{number:09d}"},
        {"text": f"Faktura B/{number:09d}"},
        {"payment_id": f"7{number:013d}"},
        {"order_reference": f"#S{number:09d}-2"},
    )[number % 4]


# --- open items by SQL


def load(env, company, count):
    """``count`` posted, open invoices of 200 customers, copies of one that core has posted."""
    partners = [PartnerFactory.create(env=env) for _ in range(CUSTOMERS)]
    invoice = env["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": partners[0].id,
            "invoice_date": DAY - timedelta(days=10),
            "invoice_line_ids": [(0, 0, {"name": "Øl", "price_unit": 100.0, "tax_ids": [(5, 0, 0)]})],
        }
    )
    invoice.action_post()
    settle(env)
    (item,) = invoice.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")
    env.cr.execute(
        "CREATE TEMP TABLE customer AS SELECT unnest(%s) AS id, unnest(%s) AS at",
        [[partner.id for partner in partners], list(range(CUSTOMERS))],
    )
    (first,) = copied(env, invoice, count, money(env, invoice, "amount"), INVOICE)
    copied(env, item, count, money(env, item, "item"), ITEM, move=first)
    analyze(env)


def money(env, record, kind):
    """SQL of the amounts of row ``n``."""
    amount = f"((1000 + n %% {AMOUNTS}) / 10.0)"
    names = {
        "amount": ("amount_untaxed", "amount_total", "amount_residual", "amount_untaxed_signed", "amount_total_signed",
                   "amount_residual_signed", "amount_total_in_currency_signed", "amount_untaxed_in_currency_signed"),
        "item": ("debit", "balance", "amount_currency", "amount_residual", "amount_residual_currency"),
    }[kind]  # fmt: skip
    stored = {name for name, field in record._fields.items() if field.store}
    return {name: amount for name in names if name in stored}


def copied(env, record, count, amounts, values, move=None):
    """Copies of a row with the indexes made anew at the end; the first new id."""
    table = record._table
    env.cr.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table])
    columns = [name for (name,) in env.cr.fetchall()]
    env.cr.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT IN "
        "(SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass)",
        [table, table],
    )
    indexes = env.cr.fetchall()
    for name, _definition in indexes:
        env.cr.execute(f'DROP INDEX "{name}"')
    env.cr.execute(f"SELECT max(id) FROM {table}")
    (last,) = env.cr.fetchone()
    values = {**values, **amounts, "id": f"{last} + n"}
    values.update({name: "customer.id" for name in ("partner_id", "commercial_partner_id", "partner_shipping_id")})
    if move:
        values["move_id"] = f"{move} + n - 1"
    shown = [values.get(name, f't."{name}"').replace("%%", "%") for name in columns]
    env.cr.execute(
        f"INSERT INTO {table} ({', '.join(chr(34) + name + chr(34) for name in columns)}) "
        f"SELECT {', '.join(shown)} FROM {table} t, generate_series(1, {count}) n "
        f"JOIN customer ON customer.at = n % {CUSTOMERS} WHERE t.id = {record.id}"
    )
    env.cr.execute(f"SELECT setval('{table}_id_seq', {last + count})")
    for _name, definition in indexes:
        env.cr.execute(definition)
    settle(env)
    return (last + 1,)
