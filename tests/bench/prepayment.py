"""Deposits: the exact split by itself, and whole orders beside core's own down payments."""

import random
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from tests.bench import danish_company, rate
from tests.factories.sales import PLANS, Market, random_case

DESCRIPTION = "random orders from deposit plan to final invoice, and 100 times as many split without a database"
SIZE = 1000
ADDONS = ["invoice_prepayment"]

SPLIT = 100
CORE_EVERY = 5
SHOWN = 5
PROGRESS_EVERY = 20
RATES = (25, 15, 12, 0)
ORE = Decimal("0.01")
CORE = "core's down payments"
NAIVE = "each part rounded by itself"
DEPOSIT_DAY, FINAL_DAY = "2026-05-05", "2026-06-15"
QUANTITIES_CHANGE = ("grown", "shrunk", "more")
STRAY = 2  # an invoice of one or two øre is a difference that became a document


@dataclass
class Score:
    """How many cases and orders were played, what failed of them and how, and how long they took."""

    played: int = 0
    orders: int = 0
    seconds: float = 0.0
    credit_notes: int = 0
    failures: list = field(default_factory=list)
    seen: Counter = field(default_factory=Counter)

    def note(self, case, orders, seconds, faults):
        self.played += 1
        self.orders += orders
        self.seconds += seconds
        self.credit_notes += any("credit note" in fault for fault in faults)
        self.seen.update((case.kind, case.currency, case.rounding, case.deduction, case.change))
        if faults:
            self.failures.append((case, faults))

    def tell(self, seed):
        for case, faults in self.failures[:SHOWN]:
            print(f"case {case.number} (--seed {seed} --only {case.number}): {'; '.join(faults)}\n  {case}")
        print(", ".join(f"{name} {count}" for name, count in sorted(self.seen.items())))


def run(bench):
    if bench.only is None:
        yield from split(bench, bench.size * SPLIT)
    with danish_company(bench) as company:
        yield from orders(bench, company)


# --- the split


def split(bench, count):
    from odoo.addons.invoice_prepayment import allocation

    chance = random.Random(bench.seed)  # noqa: S311
    cases = [random_cells(allocation, chance) for _number in range(count)]
    cases = [(cells, PLANS[number % len(PLANS)]) for number, cells in enumerate(cases)]
    results = []
    for method in (exact_rest, rounded_rest):
        results.append(bench.seconds(lambda method=method: sum(not method(allocation, *case) for case in cases)))
    (failed, seconds), (naive_failed, naive_seconds) = results
    assert failed == 0, f"{failed} orders do not add up"
    yield bench.Figure("orders split", rate(count, seconds), "orders/s", NAIVE, rate(count, naive_seconds))
    yield bench.Figure("split orders that do not add up", failed, f"of {count}", NAIVE, naive_failed)


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


def orders(bench, company):
    market = Market(company)
    ours, same, core = Score(), Score(), Score()
    if bench.only is None:
        play(bench, Score(), market, random_case(bench.seed, -1), our_invoices)  # warms up
    number = bench.only or 0
    size = 1 if bench.only is not None else bench.size
    try:
        while ours.orders < size:
            case = random_case(bench.seed, number)
            seconds = play(bench, ours, market, case, our_invoices)
            number += 1
            if case.number % CORE_EVERY == 0 and case.change == "none" and case.early == len(case.plan):
                same.note(case, len(case.orders), seconds, ())
                play(bench, core, market, case, core_invoices)
            if number % PROGRESS_EVERY == 0:
                print(f"    ... {ours.orders} orders, {len(ours.failures)} cases failed", flush=True)
    except KeyboardInterrupt:
        print(f"    stopped after {ours.orders} of {size} orders", flush=True)
    ours.tell(bench.seed)
    assert not ours.failures, f"{len(ours.failures)} of {ours.played} cases failed, {ours.credit_notes} credit notes"
    yield bench.Figure("orders invoiced to the end", rate(ours.orders, ours.seconds), "orders/s")
    if core.orders:
        peer = rate(core.orders, core.seconds)
        yield bench.Figure("the same orders", rate(same.orders, same.seconds), "orders/s", CORE, peer)
    yield bench.Figure("cases that fail", len(ours.failures), f"of {ours.played}", CORE, len(core.failures))
    yield bench.Figure(
        "cases with a stray credit note", ours.credit_notes, f"of {ours.played}", CORE, core.credit_notes
    )
    yield bench.Figure("cases played", ours.played, "cases", CORE, core.played)
    yield bench.Figure("orders in these cases", ours.orders, "orders", CORE, core.orders)


def play(bench, score, market, case, invoice):
    """One case to its end, all of it taken back afterwards; what is wrong with it goes to ``score``."""
    cursor = market.env.cr
    faults, seconds = [], 0.0
    try:
        with cursor.savepoint():
            made = (market.order if invoice is our_invoices else market.plain_order)(case, DEPOSIT_DAY)
            market.env.flush_all()
            _result, seconds = bench.seconds(invoice, market, made, case)
            faults = list(find_faults(made, case))
    except Exception as error:  # whatever it is, the other cases are played
        faults = [f"{type(error).__name__}: {error}"]
    market.env.invalidate_all()
    score.note(case, len(case.orders), seconds, faults)
    return seconds


def post_drafts(made, day):
    drafts = made.invoice_ids.filtered(lambda move: move.state == "draft")
    drafts.invoice_date = day
    drafts.action_post()


def goods(made):
    return made.order_line.filtered("product_id")


def deliver(made, case):
    """Bring the goods in ``case.turns`` deliveries, after which there is something to invoice; one for services."""
    lines = goods(made)
    ordered = [line for order in case.orders for line in order]
    for turn in range(max(case.turns, 1)):
        if case.turns:
            for line, plan in zip(lines, ordered, strict=True):
                line.qty_delivered = min(plan.turns[turn], line.product_uom_qty)
        if any(line.qty_to_invoice for line in goods(made)):
            yield turn


def our_invoices(market, made, case):
    made.with_context(mail_notrack=True).action_confirm()
    invoice_deposits(made, case.early)
    if not case.drafts:
        post_drafts(made, DEPOSIT_DAY)
    for number, turn in enumerate(deliver(made, case)):
        if turn == max(case.turns, 1) - 1:
            change_order(market, made[0], case)
        # an order that shrank to what is invoiced already has nothing left
        if has_something_left(made):
            made.action_create_final_invoice()
            post_drafts(made, FINAL_DAY)
        if number == 0 and case.turns > 1:
            invoice_deposits(made, len(case.plan))
            post_drafts(made, DEPOSIT_DAY)
            if case.change == "returned":
                take_back(made)
    if any(line.qty_to_invoice for line in goods(made)):
        made.action_create_final_invoice()
        post_drafts(made, FINAL_DAY)
    if case.change == "more":
        for line in goods(made):
            order_quantity(line, line.qty_invoiced)
    market.env.flush_all()


def has_something_left(made):
    return any(line.qty_to_invoice for line in goods(made)) or any(order._get_open_deposit_total() for order in made)


def invoice_deposits(made, count):
    """The first ``count`` deposits of each order, as far as the order has not been invoiced in full."""
    for order in made:
        while len(order.prepayment_milestone_ids.move_id) < count and order._get_depositable_amount() > 0:
            order.action_create_prepayment_invoice()


def change_order(market, order, case):
    """Before its last invoice the customer orders more, cancels some, or is brought more than he ordered."""
    line = goods(order)[:1]
    if case.change == "grown":
        order_quantity(line, line.product_uom_qty + 1)
        order.write({"order_line": [market.line_values(case, case.orders[0][-1])]})
    elif case.change == "shrunk":
        before = line.product_uom_qty
        order_quantity(line, max(before - 1, line.qty_invoiced))
        if order._get_depositable_amount() < 0:  # then a deposit must be credited first
            order_quantity(line, before)
    elif case.change == "more":
        line.qty_delivered += 1.5
        return
    if case.turns:
        for each in goods(order):
            each.qty_delivered = each.product_uom_qty


def order_quantity(line, quantity):
    """Core takes the price from the price list anew with a new quantity."""
    line.write({"product_uom_qty": quantity, "price_unit": line.price_unit})


def take_back(made):
    """The customer returns what he got of one line, and gets a credit note; later it is delivered again."""
    line = goods(made).filtered("qty_invoiced")[:1]
    line.qty_delivered = 0
    if line:
        core_wizard(line.order_id, advance_payment_method="delivered")
        post_drafts(made, FINAL_DAY)


def core_invoices(market, made, case):
    made.with_context(mail_notrack=True).action_confirm()
    for order in made:
        for percent in case.plan:
            core_wizard(order, advance_payment_method="percentage", amount=percent)
            post_drafts(made, DEPOSIT_DAY)
    for turn in deliver(made, case):
        last = turn == max(case.turns, 1) - 1
        core_wizard(made, advance_payment_method="delivered", deduct_down_payments=last)
        post_drafts(made, FINAL_DAY)
    market.env.flush_all()


def core_wizard(made, **values):
    wizard = made.env["sale.advance.payment.inv"].with_context(active_model="sale.order", active_ids=made.ids)
    wizard.create(values).create_invoices()


# --- what the ledger says of it


def find_faults(made, case):
    """What is wrong with the invoices of these orders, in words; nothing when all is well."""
    made.invalidate_recordset()
    moves, currency = made.invoice_ids, made.currency_id
    if set(moves.mapped("state")) != {"posted"}:
        yield "not all is posted"
    wanted, found = order_amounts(made), invoiced_amounts(moves)
    for key in wanted.keys() | found.keys():
        difference = currency.round(wanted[key] - found[key])
        # An order that changed on its way rounds the net of its rates anew, invoiced ones too. No sum moves.
        allowed = len(wanted) * currency.rounding if case.change in QUANTITIES_CHANGE and key[0] == "net" else 0
        if abs(difference) > allowed:
            yield f"{key} differs by {difference}"
    refunds = moves.filtered(lambda move: move.move_type == "out_refund")
    if len(refunds) > (case.change == "returned"):
        yield "stray credit note"
    final = moves.filtered(
        lambda move: move.prepayment_invoice_type != "prepayment"
    )  # a late deposit takes what is left
    strays = [move.amount_total for move in final if 0 < move.amount_total <= STRAY * currency.rounding]
    if strays and made[0].amount_total > 100:
        yield f"stray invoice of {strays}"
    yield from open_deposits(made)
    yield from owed_of_nothing(final)
    if (
        case.change == "none"
        and case.early == len(case.plan)
        and sum(case.plan) == 100
        and made.prepayment_milestone_ids
    ):
        rest = final.mapped("amount_total")
        if any(rest):
            yield f"after 100 % of deposits invoices of {rest}"


def order_amounts(made):
    """Net per combination of taxes, VAT per tax, and totals of the orders, as core's tax engine rounds each."""
    amounts = Counter({"net": 0, "VAT": 0, "total": 0})
    for order in made:
        lines = goods(order)
        base_lines = [line._prepare_base_line_for_taxes_computation() for line in lines]
        made.env["account.tax"]._add_tax_details_in_base_lines(base_lines, order.company_id)
        made.env["account.tax"]._round_base_lines_tax_details(base_lines, order.company_id)
        for base_line in base_lines:
            details = base_line["tax_details"]
            net = details["total_excluded_currency"] + details["delta_total_excluded_currency"]
            amounts["net", tuple(base_line["tax_ids"].mapped("name"))] += net
            for tax_data in details["taxes_data"]:
                amounts["VAT", tax_data["tax"].name] += tax_data["tax_amount_currency"]
        amounts["net"] += order.amount_untaxed
        amounts["VAT"] += order.amount_tax
        amounts["total"] += order.amount_total
    return amounts


def invoiced_amounts(moves):
    """The same of the invoices, from what is booked."""
    amounts = Counter({"net": 0, "VAT": 0, "total": 0})
    for line in moves.line_ids:
        if line.display_type == "product":
            amounts["net", tuple(line.tax_ids.mapped("name"))] -= line.amount_currency
            amounts["net"] -= line.amount_currency
        elif line.display_type == "tax":
            amounts["VAT", line.tax_line_id.name] -= line.amount_currency
            amounts["VAT"] -= line.amount_currency
        elif line.display_type == "payment_term":
            amounts["total"] += line.amount_currency
    return amounts


def open_deposits(made):
    """What is left on the deposit account, in the orders' currency and (with a plan) in the company's."""
    account = made.company_id.downpayment_account_id
    for order in made:
        lines = made.env["account.move.line"].search(
            [("prepayment_order_id", "=", order.id), ("account_id", "=", account.id), ("parent_state", "=", "posted")]
        )
        left = order.currency_id.round(sum(lines.mapped("amount_currency")))
        if left:
            yield f"deposits of {left} not deducted"
        left = order.company_id.currency_id.round(sum(lines.mapped("balance")))
        if left and order.prepayment_milestone_ids:
            yield f"{left} left on the deposit account"


def owed_of_nothing(moves):
    """What invoices of 0.00 leave on the customer's account in the company's currency."""
    for move in moves.filtered(lambda move: move.currency_id.is_zero(move.amount_total)):
        receivable = move.line_ids.filtered(lambda item: item.display_type == "payment_term")
        if any(receivable.mapped("amount_residual")):
            yield f"an invoice of nothing owes {receivable.mapped('amount_residual')}"
