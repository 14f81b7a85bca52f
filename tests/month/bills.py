"""E-invoices of vendors, as records: what the month and the sister companies receive."""

from datetime import timedelta
from decimal import Decimal as D

from odoo.addons.nordic_einvoice.formats import records as r


def bill(number, day, lines, *, days=14, **values):
    """One e-invoice of a vendor.

    :param lines: (text, quantity, price, TaxCategory), all of one category
    :param days: until it is due
    :param values: of ``records.Invoice``: supplier, customer, currency, payment_means ...
    """
    rows = tuple(
        r.Line(
            id=str(position),
            quantity=D(quantity),
            amount=D(quantity) * D(price),
            price=D(price),
            name=name,
            tax=tax,
            tax_amount=r.cents(D(quantity) * D(price) * tax.rate / 100),
        )
        for position, (name, quantity, price, tax) in enumerate(lines, 1)
    )
    tax = lines[0][3]
    subtotals = (r.TaxSubtotal(tax, sum(row.amount for row in rows), sum(row.tax_amount for row in rows)),)
    return r.Invoice(
        kind=r.INVOICE,
        number=number,
        uuid=f"0195ce71-dc9c-72c8-bf2c-{sum(map(ord, number)):012d}",
        issue_date=day,
        due_date=day + timedelta(days=days),
        lines=rows,
        tax_subtotals=subtotals,
        totals=r.make_totals(rows, subtotals, ()),
        **values,
    )
