"""Documents of a made-up Danish vendor, as bytes."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

from odoo.addons.nordic_einvoice import formats
from odoo.addons.nordic_einvoice.formats import records as r

S25 = r.TaxCategory("S", D(25))


def party(name, number, **values):
    return r.Party(
        **{
            "name": name,
            "registration_name": name,
            "endpoint": r.Identifier(number, "0184"),
            "vat": f"DK{number}",
            "legal_id": r.Identifier(number, "0184"),
            "address": r.Address(street="Havnegade 3", city="Vejle", zip="7100", country="DK"),
            "contact": r.Contact(name="Bo Berg", email="bo@example.com"),
            **values,
        }
    )


VENDOR = party("Papir og Pen ApS", "98765409")
US = party("Eksempel ApS", "12345674")
BANK = r.PaymentMeans(code="42", payment_id="F-7", account="0012345678", branch="1551")
FIK = r.PaymentMeans(code="93", card_type="71", payment_id="000000000001230", account="88888888")


def line(number, quantity, amount, price=None, **values):
    amount = D(amount)
    tax = values.get("tax", S25)
    return r.Line(
        **{
            "id": str(number),
            "quantity": D(quantity),
            "amount": amount,
            "price": D(price) if price else amount,
            "name": "Kopipapir",
            "tax": tax,
            "tax_amount": r.cents(amount * (tax.rate or 0) / 100),
            **values,
        }
    )


def invoice(lines=None, subtotals=None, **values):
    lines = lines or (line(1, 2, "200.00", "100.00"), line(2, 1, "49.95", name="Kuglepen"))
    allowances = values.get("allowances", ())
    if subtotals is None:
        bases = {}
        rows = [(each.tax, each.amount) for each in lines]
        rows += [(each.tax, each.amount if each.is_charge else -each.amount) for each in allowances]
        for tax, amount in rows:
            bases[tax] = bases.get(tax, r.ZERO) + amount
        subtotals = [r.TaxSubtotal(tax, base, r.cents(base * (tax.rate or 0) / 100)) for tax, base in bases.items()]
    money = {name: values.pop(name) for name in ("prepaid", "rounding") if name in values}
    return r.Invoice(
        **{
            "kind": r.INVOICE,
            "number": "F-2026-7",
            "uuid": "0195ce71-dc9c-72c8-bf2c-9890a4a9f0a2",
            "issue_date": date(2026, 11, 2),
            "due_date": date(2026, 11, 16),
            "currency": "DKK",
            "supplier": VENDOR,
            "customer": US,
            "buyer_reference": "Jette Jensen",
            "order_reference": "PO-5",
            "payment_means": (BANK,),
            "lines": tuple(lines),
            "tax_subtotals": tuple(subtotals),
            "totals": r.make_totals(lines, subtotals, allowances, **money),
            **values,
        }
    )


def write(fmt="bis3", **values):
    return formats.write(invoice(**values), fmt)


def changed(one, **values):
    return replace(one, **values)
