"""Recurring billing: our run, core creating the same invoices without any run, and OCA's contract."""

import time
from datetime import date

from tests.bench import danish_company, rate
from tests.factories.odoo import PartnerFactory, ProductFactory

DESCRIPTION = "invoices of three lines from subscriptions, as drafts and posted"
SIZE = 100
ADDONS = ["subscription_billing"]
PEERS = ["odoo-addon-contract==19.0.1.2.1.2"]

PRICES = (100.0, 200.0, 300.0)
TOTAL = 750.0
DAY = date.today().replace(day=1)
BATCH = 200
FLOOR = "core: account.move.create, _post"
PEER = "OCA contract 19.0.1.2.1"
NAMES = ("drafts", "made and posted", "Python's processor time, made and posted", "SQL statements, made and posted")
UNITS = ("invoices/s", "invoices/s", "ms per invoice", "per invoice")
DRY_RUN = 5000


def run(bench):
    with danish_company(bench) as company:
        env = company.env
        term = env.ref("account.account_payment_term_30days")
        products = [ProductFactory.create(env=env, name=f"Abonnement {price}", list_price=price) for price in PRICES]
        partners = [PartnerFactory.create(env=env, property_payment_term_id=term.id) for _ in range(bench.size)]
        subscribe(env, partners, products)
        contract(env, partners, products)
        warm_up(env, partners[0], products)
        yield from dry_run(bench, env)
        results = {
            FLOOR: measure(bench, env, lambda: core_drafts(env, partners, products), core_post),
            PEER: measure(bench, env, lambda: contract_drafts(env), core_post),
        }
        results["ours"] = measure_ours(bench, env)
    yield from figures(bench, results)


def dry_run(bench, env):
    """A preview: nothing may be written but the run itself; the second one, when everything is loaded."""
    for _ in range(2):
        start(env)
        billing = env["subscription.billing.run"].create({"date_until": DAY, "invoice_date": DAY})
        (first, before), (_result, seconds) = start(env), bench.seconds(flushed, env, billing.action_preview)
        processor, statements = usage(bench, before)
        assert newest(env) == first and billing.ready_count == bench.size, billing.fault_line_ids.mapped("message")
    yield bench.Figure(f"dry run of {DRY_RUN}, from {bench.size}", DRY_RUN * seconds / bench.size, "s")
    yield bench.Figure("Python's processor time, dry run", processor, "ms per subscription")
    yield bench.Figure("SQL statements, dry run", statements, "per subscription")


def figures(bench, results):
    ours = results.pop("ours")
    for name, unit, value, of_peers in zip(NAMES, UNITS, ours, zip(*results.values(), strict=True), strict=True):
        for peer, peer_value in zip(results, of_peers, strict=True):
            yield bench.Figure(name, value, unit, peer, peer_value)


def measure(bench, env, draft, post):
    """-> a value for each of NAMES."""
    first, before = start(env)
    moves, drafting = bench.seconds(lambda: flushed(env, draft))
    _result, posting = bench.seconds(lambda: flushed(env, lambda: post(moves)))
    used = usage(bench, before)
    check(bench, env, first, "posted")
    return rate(bench.size, drafting), rate(bench.size, drafting + posting), *used


def measure_ours(bench, env):
    """The same of a run that makes drafts, and, these undone, of a run that makes and posts."""
    first, _before = start(env)
    billing, drafting = bench.seconds(lambda: flushed(env, lambda: our_run(env, "draft")))
    check(bench, env, first, "draft")
    billing.action_undo_drafts()
    first, before = start(env)
    _billing, posting = bench.seconds(lambda: flushed(env, lambda: our_run(env, "post")))
    used = usage(bench, before)
    check(bench, env, first, "posted")
    assert not flushed(env, lambda: our_run(env, "post")).invoice_ids, "something was billed twice"
    return rate(bench.size, drafting), rate(bench.size, posting), *used


def start(env):
    """An empty cache; -> (the newest invoice, what was used until now)."""
    env.flush_all()
    env.invalidate_all()
    return newest(env), meters()


def newest(env):
    return env["account.move"].search([], order="id desc", limit=1).id


def meters():
    """(seconds of this process on a processor, SQL statements)."""
    from odoo import sql_db

    return time.process_time(), sql_db.sql_counter


def usage(bench, before):
    """Per invoice since ``before``: (milliseconds on a processor, SQL statements)."""
    seconds, statements = (now - then for now, then in zip(meters(), before, strict=True))
    return seconds * 1000 / bench.size, statements / bench.size


def check(bench, env, first, state):
    env.invalidate_all()
    moves = env["account.move"].search([("id", ">", first), ("move_type", "=", "out_invoice")])
    assert len(moves) == bench.size, f"{len(moves)} invoices instead of {bench.size}"
    assert set(moves.mapped("state")) == {state}, moves.mapped("state")
    assert set(moves.mapped("amount_total")) == {TOTAL}, set(moves.mapped("amount_total"))
    assert state == "draft" or len(set(moves.mapped("name"))) == bench.size


def flushed(env, function):
    result = function()
    env.flush_all()
    return result


def in_batches(records):
    return (records[at : at + BATCH] for at in range(0, len(records), BATCH))


# --- ours


def subscribe(env, partners, products):
    subscriptions = env["subscription.subscription"].create(
        [
            {
                "partner_id": partner.id,
                "date_start": DAY,
                "line_ids": [(0, 0, {"product_id": product.id, "quantity": 1}) for product in products],
            }
            for partner in partners
        ]
    )
    subscriptions._start()


def our_run(env, posting):
    """A run as a user starts it, with its preview; more than a batch is done as the cron does it."""
    billing = env["subscription.billing.run"].create({"date_until": DAY, "invoice_date": DAY, "posting": posting})
    billing.action_run()
    if billing.state != "done":
        billing._cron_process_runs()
    assert billing.state == "done" and not billing.fault_line_ids, billing.fault_line_ids.mapped("message")
    return billing


# --- core, without any run


def prepare_invoice(partner, products):
    return {
        "move_type": "out_invoice",
        "partner_id": partner.id,
        "invoice_date": DAY,
        "invoice_line_ids": [(0, 0, {"product_id": product.id, "quantity": 1}) for product in products],
    }


def core_drafts(env, partners, products):
    moves = env["account.move"]
    for part in in_batches(partners):
        moves |= moves.create([prepare_invoice(partner, products) for partner in part])
        env.flush_all()
    return moves


def core_post(moves):
    for part in in_batches(moves):
        part._post()
        part.env.flush_all()


def warm_up(env, partner, products):
    """Caches and imports that the first invoice of a process pays for."""
    moves = env["account.move"].create([prepare_invoice(partner, products)])
    moves._post()
    env.flush_all()


# --- OCA contract


def contract(env, partners, products):
    rule = {
        "recurring_rule_type": "monthly",
        "recurring_interval": 1,
        "recurring_invoicing_type": "pre-paid",
        "recurring_next_date": DAY,
        "date_start": DAY,
    }
    env["contract.contract"].create(
        [
            {
                **rule,
                "name": f"Contract of {partner.name}",
                "partner_id": partner.id,
                "line_recurrence": False,
                "payment_term_id": partner.property_payment_term_id.id,
                "contract_line_ids": [
                    (
                        0,
                        0,
                        {
                            **rule,
                            "product_id": product.id,
                            "name": f"{product.name} #START# - #END#",
                            "quantity": 1,
                            "uom_id": product.uom_id.id,
                            "price_unit": product.list_price,
                        },
                    )
                    for product in products
                ],
            }
            for partner in partners
        ]
    )


def contract_drafts(env):
    first = newest(env)
    env["contract.contract"]._cron_recurring_create(date_ref=DAY)
    return env["account.move"].search([("id", ">", first), ("move_type", "=", "out_invoice")])
