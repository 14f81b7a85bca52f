"""Deposits: the exact split by itself, and whole orders beside core's own down payments."""

import random
from dataclasses import dataclass
from decimal import Decimal

from tests.bench import danish_company, rate
from tests.factories.odoo import PartnerFactory, ProductFactory

DESCRIPTION = "random orders with a deposit plan and a final invoice, and 1000 times as many split without a database"
SIZE = 10
ADDONS = ["invoice_prepayment"]

SPLIT = 1000
PLANS = ((50, 50), (30, 40, 30), (30,), (33, 33, 34), (10, 20, 30, 40), (17, 13, 19, 11, 23, 17))
RATES = (25, 15, 12, 0)
ORE = Decimal("0.01")
CORE = "core's down payments"
NAIVE = "each part rounded by itself"


@dataclass
class Score:
    """How many cases ended with a difference, and how long they took."""

    failures: int = 0
    seconds: float = 0.0


def run(bench):
    yield from split(bench, bench.size * SPLIT)
    with danish_company(bench) as company:
        yield from orders(bench, company, bench.size)


# --- the split


def split(bench, count):
    from odoo.addons.invoice_prepayment import allocation

    chance = random.Random(1)  # noqa: S311
    cases = [random_cells(allocation, chance) for _number in range(count)]
    cases = [(cells, PLANS[number % len(PLANS)]) for number, cells in enumerate(cases)]
    scores = []
    for method in (exact_rest, rounded_rest):
        failed, seconds = bench.seconds(lambda method=method: sum(not method(allocation, *case) for case in cases))
        scores.append(Score(failed, seconds))
    ours, naive = scores
    assert ours.failures == 0, f"{ours.failures} orders do not add up"
    yield bench.Figure("orders split", rate(count, ours.seconds), "orders/s", NAIVE, rate(count, naive.seconds))
    yield bench.Figure("orders that do not add up", ours.failures, f"of {count}", NAIVE, naive.failures)


def random_cells(allocation, chance):
    """An order with one to four VAT rates."""
    cells = {}
    for percent in chance.sample(RATES, chance.randint(1, len(RATES))):
        net = Decimal(chance.randint(1, 10**7)).scaleb(-2)
        cells[percent] = allocation.Cell(net, {percent: allocation.round_to(net * percent / 100, ORE)})
    return cells


def exact_rest(allocation, cells, percents):
    """All deposits taken: with the rest they are the order in each part, and no part is negative."""
    remaining, deposits = cells, {}
    plan = [Decimal(percent) for percent in percents]
    for amount in allocation.plan(allocation.total(cells), plan, ORE):
        if amount:
            deposit = allocation.allocate(remaining, amount, ORE)
            if allocation.total(deposit) != amount:
                return False
            deposits = allocation.add(deposits, deposit)
            remaining = allocation.subtract(remaining, deposit)
    if sum(percents) == 100 and not allocation.is_zero(remaining):
        return False
    parts = [part for cell in remaining.values() for part in (cell.net, *cell.taxes.values())]
    return min(parts) >= 0 and allocation.is_zero(allocation.subtract(cells, allocation.add(deposits, remaining)))


def rounded_rest(allocation, cells, percents):
    """The usual way: so many per cent of each part. Whether the last deposit leaves nothing, or a rest >= 0."""
    remaining = cells
    for percent in percents:
        deposit = {
            key: allocation.Cell(
                allocation.round_to(cell.net * percent / 100, ORE),
                {tax: allocation.round_to(amount * percent / 100, ORE) for tax, amount in cell.taxes.items()},
            )
            for key, cell in cells.items()
        }
        remaining = allocation.subtract(remaining, deposit)
    if sum(percents) == 100:
        return allocation.is_zero(remaining)
    return all(part >= 0 for cell in remaining.values() for part in (cell.net, *cell.taxes.values()))


# --- whole orders


def orders(bench, company, count):
    env = company.env
    partner = PartnerFactory.create(env=env)
    products = [ProductFactory.create(env=env, name="Vare", taxes_id=[(6, 0, tax.ids)]) for tax in taxes(company)]
    policies = {plan: policy(env, plan) for plan in PLANS}
    chance = random.Random(3)  # noqa: S311
    ours, core = Score(), Score()
    for number in range(-1, count):
        plan = PLANS[number % len(PLANS)]
        lines = random_lines(chance, products)
        for score, invoice, values in (
            (ours, our_invoices, {"prepayment_policy_id": policies[plan].id}),
            (core, core_invoices, {"prepayment_policy_id": False}),
        ):
            order = env["sale.order"].create({"partner_id": partner.id, "order_line": lines, **values})
            env.flush_all()
            _result, seconds = bench.seconds(invoice, order, plan)
            if number >= 0:  # the first one warms up
                score.seconds += seconds
                score.failures += not adds_up(order)
    assert ours.failures == 0, f"{ours.failures} orders do not add up"
    yield bench.Figure(
        "orders invoiced to the end", rate(count, ours.seconds), "orders/s", CORE, rate(count, core.seconds)
    )
    yield bench.Figure("invoiced orders that do not add up", ours.failures, f"of {count}", CORE, core.failures)


def taxes(company):
    """25 % of the chart, copies of it with other rates, and one included in the price."""
    tax = company.tax
    values = [{"amount": 12.0, "name": "12 %"}, {"amount": 0.0, "name": "0 %"}]
    values.append({"name": "25 % included", "price_include_override": "tax_included"})
    return [tax, *(tax.copy(each) for each in values)]


def policy(env, plan):
    lines = [
        {"name": f"Rate {number}", "sequence": number, "percent": percent}
        | {"event": "confirmation" if number == 1 else "delivery"}
        for number, percent in enumerate(plan, 1)
    ]
    return env["prepayment.policy"].create(
        {
            "name": "/".join(map(str, plan)),
            "percent": plan[0],
            "line_ids": [(0, 0, line) for line in lines] if len(plan) > 1 else [],
        }
    )


def random_lines(chance, products):
    return [
        (
            0,
            0,
            {
                "product_id": chance.choice(products).id,
                "product_uom_qty": chance.randint(1, 9),
                "price_unit": chance.randint(100, 999999) / 100,
                "discount": chance.choice([0, 0, 7.5, 33.33]),
            },
        )
        for _line in range(chance.randint(1, 4))
    ]


def our_invoices(order, plan):
    order.action_confirm()
    while order.prepayment_has_open_milestone:
        order.action_create_prepayment_invoice()
    deposits = order._get_prepayment_invoices()
    assert len(deposits) == len(plan)
    deposits.filtered(lambda move: move.state == "draft").action_post()
    order.action_create_final_invoice()
    order.invoice_ids.filtered(lambda move: move.state == "draft").action_post()
    order.env.flush_all()


def core_invoices(order, plan):
    order.action_confirm()
    for percent in plan:
        core_wizard(order, advance_payment_method="percentage", amount=percent)
        order.invoice_ids.filtered(lambda move: move.state == "draft").action_post()
    core_wizard(order, advance_payment_method="delivered")
    order.invoice_ids.filtered(lambda move: move.state == "draft").action_post()
    order.env.flush_all()


def core_wizard(order, **values):
    wizard = order.env["sale.advance.payment.inv"].with_context(active_model="sale.order", active_ids=order.ids)
    wizard.create(values).create_invoices()


def adds_up(order):
    """Net, VAT and total of the invoices are the order's, and none of them is a credit note."""
    order.invalidate_recordset()
    moves = order.invoice_ids
    if "out_refund" in moves.mapped("move_type"):
        return False
    return all(
        not order.currency_id.compare_amounts(sum(moves.mapped(field)), order[field])
        for field in ("amount_untaxed", "amount_tax", "amount_total")
    )
