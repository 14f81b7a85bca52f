"""Several subscriptions of one payer on one invoice: which belong together, and what the invoice says.

Plain rules over `InvoicePlan`s; docs/decisions/0024. What comes together must agree in everything the head of an
invoice says (payer's address, currency, journal, terms, order number and whatever other addons add there), in the way
of payment and in the month it is due.
"""

from dataclasses import dataclass, field

from odoo import Command

#: Values of an invoice's head that are made anew when several come together.
MERGED = frozenset(("invoice_line_ids", "invoice_origin", "invoice_date", "invoice_date_due", "invoice_user_id"))


@dataclass
class Invoice:
    """One invoice to be: of one plan, or of several that come together."""

    plans: list
    values: dict
    amount_untaxed: float
    amount_tax: float
    amount_total: float
    #: numbers of subscriptions that are stopped and would have come along
    missing: list = field(default_factory=list)

    @property
    def charges(self):
        """In the order of the invoice's lines."""
        return [charge for plan in self.plans for charge in plan.charges]

    @property
    def is_credit_note(self):
        """More is taken back than charged (docs/decisions/0022)."""
        return self.amount_total < 0 and any(charge.credit_of for charge in self.charges)

    @property
    def to_create(self):
        """The values core makes it of. A credit note says with positive quantities what the invoice takes back."""
        if not self.is_credit_note:
            return self.values
        lines = [
            (command, number, {**line, "quantity": -line["quantity"]})
            for command, number, line in self.values["invoice_line_ids"]
        ]
        return {**self.values, "move_type": "out_refund", "invoice_line_ids": lines}


def joint_key(plan, payment_way):
    """What plans on one invoice have in common.

    What is due in different months stays apart, so that a backlog keeps its own invoices, unless the subscription wants
    its backlog on one invoice.
    """
    head = tuple(sorted((name, repr(value)) for name, value in plan.values.items() if name not in MERGED))
    due = max(charge.due_date for charge in plan.charges)
    month = (due.year, due.month) if plan.subscription.backlog == "separate" else None
    return head, payment_way, month


def alone(plan):
    """The invoice of a plan by itself."""
    return Invoice([plan], plan.values, plan.amount_untaxed, plan.amount_tax, plan.amount_total)


def together(plans, compute):
    """One invoice of several plans, in the order of their subscriptions.

    Amounts are those of the whole: where taxes are rounded once for an invoice, the sum of the parts may differ by an
    øre. The first plan takes that, so that a preview adds up to its invoices.

    :param compute: values of an invoice -> its amounts (`InvoiceTaxes.compute`)
    """
    if len(plans) == 1:
        return alone(plans[0])
    first = plans[0]
    days = [plan.values["invoice_date"] for plan in plans]
    values = {
        **first.values,
        "invoice_date": max(days),
        "invoice_origin": ", ".join(dict.fromkeys(plan.values["invoice_origin"] for plan in plans)),
        "invoice_line_ids": [Command.create(line) for line in _lines(plans)],
    }
    if "invoice_date_due" in first.values:
        values["invoice_date_due"] = max(values["invoice_date"], first.values["invoice_date_due"])
    result = compute(values)
    for plan in plans:
        plan.invoice_date = values["invoice_date"]
    currency = first.subscription.currency_id
    for name, amount in (
        ("amount_untaxed", result.untaxed),
        ("amount_tax", result.tax),
        ("amount_total", result.total),
    ):
        left = amount - sum(getattr(plan, name) for plan in plans)
        setattr(first, name, currency.round(getattr(first, name) + left))
    return Invoice(plans, values, result.untaxed, result.tax, result.total)


def _lines(plans):
    """All lines, numbered anew; a subscription with a description of its own says it on its lines."""
    several = len({plan.subscription for plan in plans}) > 1
    sequence = 0
    for plan in plans:
        title = plan.subscription.title if several else None
        for _command, _id, line in plan.values["invoice_line_ids"]:
            sequence += 1
            name = f"{title}: {line['name']}" if title else line["name"]
            yield {**line, "sequence": sequence, "name": name}
