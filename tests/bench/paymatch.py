"""A payout report: read, and brought through the books line by line."""

import csv
import resource
import tempfile
from datetime import date
from decimal import Decimal
from pathlib import Path

from tests.bench import danish_company, rate
from tests.factories.odoo import PartnerFactory
from tests.paymatch import make_large
from tests.paymatch.make_vipps import vipps_settlement_xml

DESCRIPTION = "a payout report of that many lines through the books, 50 times as many read, 5000 times as many streamed"
SIZE = 200
ADDONS = ["paymatch"]

PARSED = 50
STREAMED = 5000
AMOUNT = Decimal("125.00")
FEE = Decimal("1.69")
DAY = date.today()
PARSER = "lxml: the tree of the same bytes"
READER = "csv.reader: the cells of the same file, untyped"
FLOOR = "core: the same entry, posted and reconciled"


def run(bench):
    for code in ("adyen", "stripe"):
        yield from streaming(bench, code, bench.size * STREAMED)
    yield parsing(bench, bench.size * PARSED)
    with danish_company(bench) as company:
        yield booking(bench, company)


def report(number, orders):
    payout = {"settlement_id": number, "date": DAY, "serial": "123456"}
    return vipps_settlement_xml(payout, [{"order": order, "amount": AMOUNT, "fee": FEE} for order in orders])


def streaming(bench, code, count):
    """A large CSV read line by line, typed and checked, without keeping it: lines per second and memory."""
    formats = bench.formats("paymatch")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{code}.csv"
        paid = getattr(make_large, code)(path, count)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        net, ours = bench.seconds(streamed, formats.FORMATS[code], path, count)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        assert net * 100 == paid
        _count, floor = bench.best(counted, path, runs=1)
    yield bench.Figure(
        f"{code} CSV of {count:,} lines streamed", rate(count, ours), "lines/s", READER, rate(count, floor)
    )
    yield bench.Figure(f"{code}: growth of memory", grown, "MB")


def streamed(module, path, count):
    with path.open("rb") as source:
        stream = module.stream(source, path.name)
        for _line in stream:
            pass
        assert not stream.faults()
        assert sum(payout.count for payout in stream.payouts.values()) == count
        return sum(payout.total for payout in stream.payouts.values())


def counted(path):
    with path.open(newline="", encoding="utf-8") as source:
        return sum(1 for _cells in csv.reader(source))


def parsing(bench, count):
    from lxml import etree

    formats = bench.formats("paymatch")
    data = report(2000101, [f"S{number:07d}" for number in range(count)])
    parsed, ours = bench.best(formats.parse, data, "vipps.xml")
    assert len([line for line in parsed.lines if line.line_type == "sale"]) == count
    assert sum(line.net for line in parsed.lines if line.line_type != "payout") == (AMOUNT - FEE) * count
    _root, floor = bench.best(etree.fromstring, data)
    return bench.Figure("Vipps XML read", rate(count, ours), "lines/s", PARSER, rate(count, floor))


def booking(bench, company):
    env = company.env
    provider = env["paymatch.provider"].create(
        {"name": "Vipps MobilePay", "kind": "payout", "format": "vipps_xml", "account_number": "123456"}
        | {"bank_journal_id": company.bank.id}
    )
    provider.action_create_accounts()
    partner = PartnerFactory.create(env=env)
    warm_up(env, provider, company, partner)
    first, second = (invoices(company, partner, bench.size, prefix) for prefix in ("A", "B"))
    _move, floor = bench.seconds(core_booking, provider, company, first)
    assert set(first.mapped("payment_state")) == {"paid"}
    data = report(2000102, second.mapped("ref"))
    payout, ours = bench.seconds(payout_booking, env, provider, data)
    assert payout.state == "approved" and set(second.mapped("payment_state")) == {"paid"}
    assert Decimal(str(payout.net_amount)) == (AMOUNT - FEE) * bench.size
    return bench.Figure(
        "imported, matched and approved", rate(bench.size, ours), "lines/s", FLOOR, rate(bench.size, floor)
    )


def warm_up(env, provider, company, partner):
    """Caches and imports that the first entry and the first report of a process pay for."""
    core_booking(provider, company, invoices(company, partner, 2, "C"))
    payout_booking(env, provider, report(2000101, invoices(company, partner, 2, "D").mapped("ref")))


def invoices(company, partner, count, prefix):
    moves = company.env["account.move"].create(
        [
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": DAY,
                "ref": f"WEB-{prefix}{number:05d}",
                "invoice_line_ids": [
                    (0, 0, {"name": "Gaveæske", "price_unit": 100.0, "tax_ids": [(6, 0, company.tax.ids)]})
                ],
            }
            for number in range(count)
        ]
    )
    moves._post()
    moves.env.flush_all()
    return moves


def payout_booking(env, provider, data):
    payout = env["paymatch.report"]._import_file(data, "vipps.xml", provider)
    payout.action_match()
    payout.with_company(payout.company_id)._approve()
    env.flush_all()
    return payout


def core_booking(provider, company, moves):
    """What has to be booked in any case, when it is known already which line pays which invoice."""
    items = moves.line_ids.filtered(lambda item: item.account_id.account_type == "asset_receivable")
    fees = round(float(FEE) * len(moves), 2)
    lines = [
        {"account_id": item.account_id.id, "partner_id": item.partner_id.id, "balance": -item.balance, "name": "Vipps"}
        for item in items
    ]
    lines.append({"account_id": provider.fee_account_id.id, "balance": fees, "tax_ids": False})
    total = round(sum(items.mapped("balance")) - fees, 2)
    lines.append({"account_id": provider.in_transit_account_id.id, "balance": total})
    move = company.env["account.move"].create(
        {"move_type": "entry", "journal_id": provider.journal_id.id, "line_ids": [(0, 0, line) for line in lines]}
    )
    move._post()
    paying = move.line_ids.filtered(lambda item: item.account_id.account_type == "asset_receivable")
    pairs = [item | other for item, other in zip(items, paying, strict=True)]
    company.env["account.move.line"]._reconcile_plan(pairs)
    move.env.flush_all()
    return move
