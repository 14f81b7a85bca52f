"""Random sales with deposits: what is ordered, how deposits are asked for, and in which turns the goods are brought.

A case is made of a seed and a number alone, so each can be played again by itself.
"""

import random
from dataclasses import dataclass

from tests.factories.odoo import PartnerFactory, ProductFactory

PLANS = (
    *((30,), (100,), (50, 50), (30, 40, 30), (33, 33, 34), (25, 35, 20)),
    *((10, 20, 30, 40), (20, 20, 20, 20, 20), (17, 13, 19, 11, 23, 17)),
)
CURRENCIES = ("DKK", "EUR", "SEK", "JPY")
RATES_PER_DKK = {"EUR": (0.134, 0.1337), "SEK": (1.51, 1.47), "JPY": (22.4, 21.3)}
ROUNDINGS = ("round_per_line", "round_globally")
KINDS = ("whole", "joint", "partial", "partial", "joint partial")
CHANGES = ("none", "none", "none", "none", "grown", "shrunk", "returned", "more")
EARLY_EVENTS = ("confirmation", "confirmation", "production", "date")
LATE_EVENTS = ("production", "delivery", "date")
# The taxes of a line by the prices of an order: 25 and 12 %, 0 %, no tax at all, and with tax in the price.
PRICES = {
    "excluded": ("25", "12", "0", "none"),
    "included": ("25 incl.", "12 incl."),
    "mixed": ("25", "12", "0", "none", "25 incl.", "12 incl."),
}
HIGHEST = (5, 100, 9999, 9999, 999999)
RATE_DAY = "2026-06-01"


@dataclass(frozen=True)
class Line:
    tax: str
    quantity: float
    price: float
    discount: float
    turns: tuple


@dataclass(frozen=True)
class Case:
    """One random sale.

    :param orders: the lines of each order; several orders come on joint invoices
    :param early: how many deposits are invoiced before the goods; the others after the first turn
    :param turns: in how many deliveries the goods come; 0 for goods invoiced as ordered
    :param drafts: those deposits are drafts that the final invoice takes along
    :param change: what happens to the (first) order on the way
    """

    number: int
    kind: str
    orders: tuple
    plan: tuple
    basis: str
    step: float
    events: tuple
    early: int
    drafts: bool
    currency: str
    rounding: str
    deduction: str
    turns: int
    change: str


def random_case(seed, number):
    chance = random.Random(f"{seed}/{number}")  # noqa: S311
    kind = chance.choice(KINDS)
    turns = chance.randint(2, 4) if "partial" in kind else chance.randint(0, 1)
    plan = chance.choice(PLANS)
    early = chance.randint(0, len(plan)) if turns > 1 and chance.random() < 0.3 else len(plan)
    currency = chance.choice(CURRENCIES)
    prices = PRICES[chance.choice(tuple(PRICES))]
    highest = chance.choice(HIGHEST)
    return Case(
        number=number,
        kind=kind,
        orders=tuple(
            _random_lines(chance, prices, currency, turns, highest)
            for _order in range(chance.randint(2, 3) if "joint" in kind else 1)
        ),
        plan=plan,
        basis=chance.choice(("total", "total", "net")),
        step=chance.choice((0, 0, 0, 10)) if highest > 1000 else 0,
        events=tuple(chance.choice(EARLY_EVENTS if index < early else LATE_EVENTS) for index in range(len(plan))),
        early=early,
        drafts=chance.random() < 0.1,
        currency=currency,
        rounding=chance.choice(ROUNDINGS),
        deduction=chance.choice(("last", "pro_rata")),
        turns=turns,
        change=chance.choice(CHANGES) if turns > 1 else chance.choice(CHANGES[:5]),
    )


def _random_lines(chance, taxes, currency, turns, highest):
    decimals = 0 if currency == "JPY" else 2
    lines = []
    for _line in range(chance.randint(1, 5)):
        quantity = chance.choice((chance.randint(1, 9), chance.randint(1, 9), chance.randint(25, 999) / 100))
        steps = sorted(round(chance.choice((0, 0.5, 1, chance.random())) * quantity, 2) for _turn in range(turns - 1))
        lines.append(
            Line(
                tax=chance.choice(taxes),
                quantity=quantity,
                price=chance.randint(highest * 10, highest * 100) / 10**decimals,
                discount=chance.choice((0, 0, 7.5, 33.33)),
                turns=(*steps, quantity),
            )
        )
    return tuple(lines)


class Market:
    """Products, taxes, currencies and deposit rules of one company for random cases."""

    def __init__(self, company):
        self.env = company.env
        self.company = company.company
        self.company.write({"prepayment_automation": "draft", "prepayment_final_mode": "none"})
        self.partner = PartnerFactory.create(env=self.env)
        taxes = _taxes(company.tax)
        self.products = {
            (policy, name): ProductFactory.create(
                env=self.env, name=f"Vare {name}", invoice_policy=policy, taxes_id=[(6, 0, tax.ids)]
            )
            for policy in ("order", "delivery")
            for name, tax in taxes.items()
        }
        self.pricelists = {name: self._pricelist(name) for name in CURRENCIES}

    def _pricelist(self, name):
        currency = self.env.ref(f"base.{name}")
        currency.active = True
        if name in RATES_PER_DKK:
            currency.rate_ids.unlink()
            first, second = RATES_PER_DKK[name]
            values = {"currency_id": currency.id, "company_id": self.company.id}
            self.env["res.currency.rate"].create(
                [{**values, "name": "2000-01-01", "rate": first}, {**values, "name": RATE_DAY, "rate": second}]
            )
        return self.env["product.pricelist"].create({"name": name, "currency_id": currency.id})

    def order(self, case, day):
        """The orders of ``case`` with its deposit plan."""
        return self._make(case, day, self._policy(case))

    def plain_order(self, case, day):
        """The orders of ``case`` as core knows them."""
        return self._make(case, day, self.env["prepayment.policy"])

    def product(self, case, tax):
        return self.products["delivery" if case.turns else "order", tax]

    def _make(self, case, day, policy):
        self.company.tax_calculation_rounding_method = case.rounding
        self.company.prepayment_deduction = case.deduction
        self.company.prepayment_draft_rule = "take" if case.drafts else "refuse"
        values = {"partner_id": self.partner.id, "pricelist_id": self.pricelists[case.currency].id}
        values |= {"prepayment_policy_id": policy.id, "date_order": f"{day} 10:00:00"}
        return self.env["sale.order"].create(
            [{**values, "order_line": [self.line_values(case, line) for line in lines]} for lines in case.orders]
        )

    def line_values(self, case, line):
        values = {"product_id": self.product(case, line.tax).id, "product_uom_qty": line.quantity}
        return (0, 0, {**values, "price_unit": line.price, "discount": line.discount})

    def _policy(self, case):
        lines = [
            {"name": f"Rate {number}", "sequence": number, "percent": percent, "event": event, "days": 7}
            for number, (percent, event) in enumerate(zip(case.plan, case.events, strict=True), 1)
        ]
        return self.env["prepayment.policy"].create(
            {
                "name": "/".join(map(str, case.plan)),
                "percent": case.plan[0],
                "basis": case.basis,
                "rounding": case.step,
                "line_ids": [(0, 0, line) for line in lines],
            }
        )


def _taxes(tax):
    """25 % of the chart, copies of it with other rates and included in the price, and no tax at all."""
    included = {"price_include_override": "tax_included"}
    return {
        "25": tax,
        "12": tax.copy({"amount": 12.0, "name": "12 %"}),
        "0": tax.copy({"amount": 0.0, "name": "0 %"}),
        "25 incl.": tax.copy({"name": "25 % incl.", **included}),
        "12 incl.": tax.copy({"amount": 12.0, "name": "12 % incl.", **included}),
        "none": tax.browse(),
    }
