"""A payout approved and posted, beside core's payments for the same invoices: one by one, and in groups.

``--size N`` is the number of lines of the payout (5,000 for the bars as they stand). Core's wizard registers a
twentieth of them one by one, and as many in groups of one customer each; told is what a payment costs.
"""

from datetime import date

from tests.bench import danish_company, rate
from tests.bench.billing import analyze, meter, settle
from tests.bench.paymatch import AMOUNT, invoices
from tests.bench.paymatch import report as payout_file
from tests.factories.odoo import PartnerFactory

DESCRIPTION = "a payout of that many lines approved, beside core's payments registered one by one and in groups"
SIZE = 500
ADDONS = ["paymatch"]

SHARE = 20
DAY = date.today()
ONE = "core: account.payment.register one by one"
GROUPS = "core: account.payment.register, grouped by customer"
GROUP = 10


def run(bench):
    with danish_company(bench) as company:
        env = company.env
        provider = env["paymatch.provider"].create(
            {"name": "Vipps MobilePay", "kind": "payout", "format": "vipps_xml", "account_number": "123456"}
            | {"bank_journal_id": company.bank.id}
        )
        provider.action_create_accounts()
        few = max(GROUP, bench.size // SHARE)
        warm_up(env, company, provider)
        used = {
            ONE: core(env, company, few, each=1, prefix="A"),
            GROUPS: core(env, company, few, each=GROUP, prefix="B"),
        }
        ours = posted(env, company, provider, bench.size)
        for peer, theirs in used.items():
            for kind in ("clock", "processor"):
                yield bench.Figure(
                    f"{bench.size:,} lines posted, {kind}",
                    rate(bench.size, ours[kind]),
                    "lines/s",
                    peer,
                    rate(few, theirs[kind]),
                    least=10 if peer == ONE else None,
                )
            yield bench.Figure(
                "SQL statements",
                ours["statements"] / bench.size,
                "per line",
                peer,
                theirs["statements"] / few,
            )
        yield bench.Figure("memory above the start", ours["memory"], "MiB")


def warm_up(env, company, provider):
    """Caches and imports that the first payment and the first report of a process pay for."""
    core(env, company, GROUP, each=1, prefix="W")
    core(env, company, GROUP, each=GROUP, prefix="X")
    posted(env, company, provider, 2, number=2000101)


def customers(env, company, count, each, prefix):
    """Invoices of customers with ``each`` invoices; a customer's stand together."""
    moves = env["account.move"]
    for at in range(0, count, each):
        partner = PartnerFactory.create(env=env)
        moves |= invoices(company, partner, min(each, count - at), f"{prefix}{at:05d}")
    settle(env)
    analyze(env)
    return moves


def core(env, company, count, each, prefix):
    moves = customers(env, company, count, each, prefix)
    with meter(env) as used:
        for at in range(0, count, each):
            wizard = env["account.payment.register"].with_context(
                active_model="account.move", active_ids=moves[at : at + each].ids
            )
            wizard.create({"journal_id": company.bank.id, "group_payment": each > 1})._create_payments()
    assert set(moves.mapped("payment_state")) <= {"paid", "in_payment"}
    return used


def posted(env, company, provider, count, number=2000102):
    moves = customers(env, company, count, count, f"P{number}")
    data = payout_file(number, moves.mapped("ref"))
    payout = env["paymatch.report"]._import_file(data, "vipps.xml", provider)
    assert payout.state == "to_approve", payout.undecided_text
    settle(env)
    analyze(env)
    with meter(env) as used:
        payout.with_company(payout.company_id)._approve()
    assert payout.state == "approved" and set(moves.mapped("payment_state")) == {"paid"}
    assert len(moves) == count and sum(moves.mapped("amount_total")) == float(AMOUNT) * count
    settle(env)
    return used
