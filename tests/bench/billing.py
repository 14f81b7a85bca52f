"""Recurring billing: our run, core creating the same invoices without any run, and OCA's contract."""

from datetime import date

from tests.bench import danish_company, rate
from tests.factories.odoo import PartnerFactory, ProductFactory

DESCRIPTION = "invoices of three lines from subscriptions, as drafts and posted"
SIZE = 120
ADDONS = ["subscription_billing"]
PEERS = ["odoo-addon-contract==19.0.1.2.1.2"]

PRICES = (100.0, 200.0, 300.0)
TOTAL = 750.0
DAY = date.today().replace(day=1)
BATCH = 100
FLOOR = "core: account.move.create, _post"
PEER = "OCA contract 19.0.1.2.1"


def run(bench):
    with danish_company(bench) as company:
        env = company.env
        term = env.ref("account.account_payment_term_30days")
        products = [ProductFactory.create(env=env, name=f"Abonnement {price}", list_price=price) for price in PRICES]
        partners = [PartnerFactory.create(env=env, property_payment_term_id=term.id) for _ in range(bench.size)]
        subscribe(env, partners, products)
        contract(env, partners, products)
        warm_up(env, partners[0], products)
        results = {
            FLOOR: measure(bench, env, lambda: core_drafts(env, partners, products), core_post),
            PEER: measure(bench, env, lambda: contract_drafts(env), core_post),
        }
        results["ours"] = measure_ours(bench, env)
    return figures(bench, results)


def figures(bench, results):
    draft, posted, statements = results.pop("ours")
    rows = list(results.items())
    for peer, (peer_draft, _posted, _statements) in rows:
        yield bench.Figure("drafts", draft, "invoices/s", peer, peer_draft)
    for peer, (_draft, peer_posted, _statements) in rows:
        yield bench.Figure("made and posted", posted, "invoices/s", peer, peer_posted)
    for peer, (_draft, _posted, peer_statements) in rows:
        yield bench.Figure("SQL statements, made and posted", statements, "per invoice", peer, peer_statements)


def measure(bench, env, draft, post):
    """-> (drafts per second, made and posted per second, SQL statements per invoice)."""
    first, before = start(env)
    moves, drafting = bench.seconds(lambda: flushed(env, draft))
    _result, posting = bench.seconds(lambda: flushed(env, lambda: post(moves)))
    statements = count_statements() - before
    check(bench, env, first, "posted")
    return rate(bench.size, drafting), rate(bench.size, drafting + posting), statements / bench.size


def measure_ours(bench, env):
    """The same of a run that makes drafts, and, these undone, of a run that makes and posts."""
    first, _before = start(env)
    billing, drafting = bench.seconds(lambda: flushed(env, lambda: our_run(env, "draft")))
    check(bench, env, first, "draft")
    billing.action_undo_drafts()
    first, before = start(env)
    _billing, posting = bench.seconds(lambda: flushed(env, lambda: our_run(env, "post")))
    statements = count_statements() - before
    check(bench, env, first, "posted")
    assert not flushed(env, lambda: our_run(env, "post")).invoice_ids, "something was billed twice"
    return rate(bench.size, drafting), rate(bench.size, posting), statements / bench.size


def start(env):
    """An empty cache; -> (the newest invoice, the SQL statements until now)."""
    env.flush_all()
    env.invalidate_all()
    return newest(env), count_statements()


def newest(env):
    return env["account.move"].search([], order="id desc", limit=1).id


def count_statements():
    from odoo import sql_db

    return sql_db.sql_counter


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
    moves = env["account.move"].with_context(mail_create_nolog=True, mail_create_nosubscribe=True)
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
