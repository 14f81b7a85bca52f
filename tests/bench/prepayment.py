"""Deposits: the exact split by itself, and whole orders beside core's own down payments."""

import random
from dataclasses import dataclass
from decimal import Decimal

from tests.bench import danish_company, rate
from tests.factories.odoo import PartnerFactory, ProductFactory

DESCRIPTION = "random orders from deposit plan to final invoice, and 100 times as many split without a database"
SIZE = 1000
ADDONS = ["invoice_prepayment"]

SPLIT = 100
CORE_EVERY = 10
PLANS = ((50, 50), (30, 40, 30), (30,), (33, 33, 34), (10, 20, 30, 40), (17, 13, 19, 11, 23, 17))
RATES = (25, 15, 12, 0)
ORE = Decimal("0.01")
CORE = "core's down payments"
NAIVE = "each part rounded by itself"
CURRENCIES = ("DKK", "EUR", "SEK", "JPY")
ROUNDINGS = ("round_per_line", "round_globally")
RATES_PER_DKK = {"EUR": (0.134, 0.1337), "SEK": (1.51, 1.47), "JPY": (22.4, 21.3)}
DEPOSIT_DAY, FINAL_DAY = "2026-05-05", "2026-06-15"
KINDS = ("whole", "whole", "partial", "pro_rata", "joint")


@dataclass
class Score:
    """How many cases ended with a difference, and how long they took."""

    failures: int = 0
    seconds: float = 0.0
    credit_notes: int = 0
    cases: int = 0


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
    market = Market(company)
    chance = random.Random(3)  # noqa: S311
    ours, core = Score(), Score()
    number = -1
    while ours.cases < count:
        case = market.case(chance, number)
        play(bench, ours, case, market.order, our_invoices, number)
        if number % CORE_EVERY == 0 or number < 0:
            play(bench, core, case, market.plain_order, core_invoices, number)
        number += 1
        env.flush_all()
        env.invalidate_all()
    assert ours.failures == ours.credit_notes == 0, f"{ours.failures} differ, {ours.credit_notes} credit notes"
    yield bench.Figure(
        "orders invoiced to the end", rate(ours.cases, ours.seconds), "orders/s", CORE, rate(core.cases, core.seconds)
    )
    yield bench.Figure("orders that do not add up", ours.failures, f"of {ours.cases}", CORE, core.failures)
    yield bench.Figure("stray credit notes", ours.credit_notes, f"of {ours.cases}", CORE, core.credit_notes)
    yield bench.Figure("orders tried with core", core.cases, "orders")


def play(bench, score, case, make, invoice, number):
    made = make(case)
    made.env.flush_all()
    _result, seconds = bench.seconds(invoice, made, case)
    if number >= 0:  # the first one warms up
        score.seconds += seconds
        score.cases += len(made)
        score.credit_notes += "out_refund" in made.invoice_ids.mapped("move_type")
        score.failures += not (adds_up(made) and deposits_are_closed(made))


@dataclass
class Case:
    """One random sale: what is ordered, how it is paid, delivered and invoiced."""

    kind: str
    plan: tuple
    currency: str
    rounding: str
    lines: list
    deliveries: int


class Market:
    """Products, taxes, currencies and deposit rules of the benchmark's company."""

    def __init__(self, company):
        self.env = env = company.env
        self.company = company.company
        self.company.prepayment_automation = "draft"
        self.company.prepayment_final_mode = "none"
        self.partner = PartnerFactory.create(env=env)
        rates = taxes(company)
        self.products = {
            policy: [
                ProductFactory.create(env=env, name="Vare", invoice_policy=policy, taxes_id=[(6, 0, tax.ids)])
                for tax in rates
            ]
            for policy in ("order", "delivery")
        }
        self.policies = {plan: policy(env, plan) for plan in PLANS}
        self.pricelists = {name: self.pricelist(name) for name in CURRENCIES}

    def pricelist(self, name):
        currency = self.env.ref(f"base.{name}")
        currency.active = True
        if name in RATES_PER_DKK:
            currency.rate_ids.unlink()
            first, second = RATES_PER_DKK[name]
            values = {"currency_id": currency.id, "company_id": self.company.id}
            self.env["res.currency.rate"].create(
                [{**values, "name": "2000-01-01", "rate": first}, {**values, "name": "2026-06-01", "rate": second}]
            )
        return self.env["product.pricelist"].create({"name": name, "currency_id": currency.id})

    def case(self, chance, number):
        kind = KINDS[number % len(KINDS)]
        count = chance.randint(2, 3) if kind == "joint" else 1
        case = Case(
            kind=kind,
            plan=PLANS[number % len(PLANS)],
            currency=CURRENCIES[number % len(CURRENCIES)],
            rounding=chance.choice(ROUNDINGS),
            lines=[],
            deliveries=chance.randint(2, 3) if kind in ("partial", "pro_rata") else 0,
        )
        products = self.products["delivery" if case.deliveries else "order"]
        case.lines = [random_lines(chance, products, case.currency) for _order in range(count)]
        return case

    def order(self, case):
        return self.make(case, self.policies[case.plan])

    def plain_order(self, case):
        return self.make(case, self.env["prepayment.policy"])

    def make(self, case, rule):
        self.company.tax_calculation_rounding_method = case.rounding
        self.company.prepayment_deduction = "pro_rata" if case.kind == "pro_rata" else "last"
        values = {"partner_id": self.partner.id, "pricelist_id": self.pricelists[case.currency].id}
        values |= {"prepayment_policy_id": rule.id, "date_order": f"{DEPOSIT_DAY} 10:00:00"}
        return self.env["sale.order"].create([{**values, "order_line": lines} for lines in case.lines])


def taxes(company):
    """25 % of the chart, copies of it with other rates, and one included in the price."""
    tax = company.tax
    values = [{"amount": 12.0, "name": "12 %"}, {"amount": 0.0, "name": "0 %"}]
    values.append({"name": "25 % included", "price_include_override": "tax_included"})
    return [tax, *(tax.copy(each) for each in values)]


def policy(env, plan):
    lines = [
        {"name": f"Rate {number}", "sequence": number, "percent": percent}
        | {"event": "confirmation" if number == 1 else "production"}
        for number, percent in enumerate(plan, 1)
    ]
    return env["prepayment.policy"].create(
        {
            "name": "/".join(map(str, plan)),
            "percent": plan[0],
            "line_ids": [(0, 0, line) for line in lines] if len(plan) > 1 else [],
        }
    )


def random_lines(chance, products, currency="DKK"):
    decimals = 0 if currency == "JPY" else 2
    return [
        (
            0,
            0,
            {
                "product_id": chance.choice(products).id,
                "product_uom_qty": chance.randint(1, 9),
                "price_unit": chance.randint(100, 999999) / 10**decimals,
                "discount": chance.choice([0, 0, 7.5, 33.33]),
            },
        )
        for _line in range(chance.randint(1, 4))
    ]


def post_drafts(made, day):
    drafts = made.invoice_ids.filtered(lambda move: move.state == "draft")
    drafts.invoice_date = day
    drafts.action_post()


def deliver(made, case):
    """Bring the goods in ``case.deliveries`` turns; once for an order invoiced as ordered."""
    lines = made.order_line.filtered("product_id")
    for turn in range(1, max(case.deliveries, 1) + 1):
        for line in lines.filtered(lambda line: line.product_id.invoice_policy == "delivery"):
            whole = line.product_uom_qty
            line.qty_delivered = whole if turn == case.deliveries else int(whole * turn / case.deliveries)
        if any(line.qty_to_invoice for line in lines):
            yield turn


def our_invoices(made, case):
    made.with_context(mail_notrack=True).action_confirm()
    for order in made:
        while order.prepayment_has_open_milestone:
            order.action_create_prepayment_invoice()
        assert len(order._get_prepayment_invoices()) == len(case.plan)
    post_drafts(made, DEPOSIT_DAY)
    for _turn in deliver(made, case):
        made.action_create_final_invoice()
        post_drafts(made, FINAL_DAY)
    made.env.flush_all()


def core_invoices(made, case):
    made.with_context(mail_notrack=True).action_confirm()
    for order in made:
        for percent in case.plan:
            core_wizard(order, advance_payment_method="percentage", amount=percent)
            post_drafts(made, DEPOSIT_DAY)
    turns = max(case.deliveries, 1)
    for turn in deliver(made, case):
        core_wizard(made, advance_payment_method="delivered", deduct_down_payments=turn == turns)
        post_drafts(made, FINAL_DAY)
    made.env.flush_all()


def core_wizard(made, **values):
    wizard = made.env["sale.advance.payment.inv"].with_context(active_model="sale.order", active_ids=made.ids)
    wizard.create(values).create_invoices()


def adds_up(made):
    """Net, VAT and total of the invoices are the orders', and none of them is a credit note."""
    made.invalidate_recordset()
    moves = made.invoice_ids
    if "out_refund" in moves.mapped("move_type"):
        return False
    return all(
        not made.currency_id.compare_amounts(sum(moves.mapped(field)), sum(made.mapped(field)))
        for field in ("amount_untaxed", "amount_tax", "amount_total")
    )


def deposits_are_closed(made):
    """Nothing is left on the deposit account, in the orders' currency and (with a plan) in the company's."""
    account = made.company_id.downpayment_account_id
    lines = made.env["account.move.line"].search(
        [("prepayment_order_id", "in", made.ids), ("account_id", "=", account.id), ("parent_state", "=", "posted")]
    )
    if not made.currency_id.is_zero(sum(lines.mapped("amount_currency"))):
        return False
    planned = bool(made.prepayment_milestone_ids)
    return not planned or made.company_id.currency_id.is_zero(sum(lines.mapped("balance")))
