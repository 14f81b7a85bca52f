"""Made-up documents for the format tests, and the shared samples when they are there."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from pathlib import Path

from odoo.addons.nordic_einvoice.formats import records as r

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "samples" / "einvoice"

STANDARD = r.TaxCategory("S", D(25))


def party(name, country, **values):
    numbers = {
        "DK": ("0184", "12345674" if "Eksempel" in name else "76543216"),
        "NO": ("0192", "310999903" if "Eksempel" in name else "310999938"),
        "SE": ("0007", "5599991238"),
    }
    scheme, number = numbers[country]
    vat = {"DK": f"DK{number}", "NO": f"NO{number}MVA", "SE": f"SE{number}01"}[country]
    return r.Party(
        **{
            "name": name,
            "registration_name": name,
            "endpoint": r.Identifier(number, scheme),
            "vat": vat,
            "legal_id": r.Identifier(number, scheme),
            "address": r.Address(street="Vestergade 12", city="Byen", zip="8000", country=country),
            "contact": r.Contact(name="Bo Berg", email="bo@example.com"),
            **values,
        }
    )


def line(number, quantity, amount, price, **values):
    amount = D(amount)
    return r.Line(
        **{
            "id": str(number),
            "quantity": D(quantity),
            "amount": amount,
            "price": D(price),
            "name": "Rådgivning & <test>",
            "tax": STANDARD,
            "tax_amount": r.cents(amount * D("0.25")),
            "unit": "HUR",
            **values,
        }
    )


def invoice(country="DK", lines=None, subtotals=None, **values):
    lines = lines or (line(1, 3, "299.85", "99.95"), line(2, 1, "49.95", "49.95", period=r.Period(date(2026, 11, 1))))
    net = sum(each.amount for each in lines)
    subtotals = subtotals or (r.TaxSubtotal(STANDARD, net, r.cents(net * D("0.25"))),)
    money = {name: values.pop(name) for name in ("prepaid", "rounding") if name in values}
    allowances = values.get("allowances", ())
    return r.Invoice(
        **{
            "kind": r.INVOICE,
            "number": "F/2026/00007",
            "uuid": "0195ce71-dc9c-72c8-bf2c-9890a4a9f0a2",
            "issue_date": date(2026, 11, 2),
            "due_date": date(2026, 11, 16),
            "currency": {"DK": "DKK", "NO": "NOK", "SE": "SEK"}[country],
            "supplier": party("Eksempel ApS", country),
            "customer": party("Kunde A/S", country),
            "buyer_reference": "Jette Jensen",
            "order_reference": "PO-5",
            "lines": tuple(lines),
            "tax_subtotals": tuple(subtotals),
            "totals": r.make_totals(lines, subtotals, allowances, **money),
            **values,
        }
    )


FIK = r.PaymentMeans(code="93", card_type="71", payment_id="000000000001230", account="88888888")
KID = r.PaymentMeans(code="30", payment_id="0000012344", account="86011117947")
BANK = r.PaymentMeans(code="42", payment_id="F-7", account="0012345678", branch="1551")
CARD = r.PaymentMeans(code="48", card_digits="1234", card_network="Visa")
IBAN = r.PaymentMeans(code="58", payment_id="F-7", account="DK5000400440116243", bic="DABADKKK")


def scenarios():
    """name -> (formats it can be said in, invoice)."""
    both, bis3 = ("bis3", "oioubl21"), ("bis3",)
    zero = r.TaxCategory("Z", D(0))
    reverse = r.TaxCategory("AE", D(0), "Reverse charge", "VATEX-EU-AE")
    discount = r.AllowanceCharge(
        amount=D("100.00"), base_amount=D("299.85"), percent=D("33.35"), reason="Discount", reason_code="95"
    )
    base = invoice(payment_means=(FIK,))
    credit = replace(
        base,
        kind=r.CREDIT_NOTE,
        due_date=None,
        payment_means=(),
        billing_references=(r.DocumentReference("F/2026/00006", date(2026, 10, 1)),),
    )
    freight = r.AllowanceCharge(amount=D("40.00"), is_charge=True, reason="Fragt", reason_code="FC", tax=STANDARD)
    freight_tax = r.TaxSubtotal(STANDARD, D("140.00"), D("35.00"))
    freight_lines = (line(1, 1, "100.00", "100.00"),)
    zero_lines = (line(1, 1, "100.00", "100.00", tax=zero, tax_amount=D(0)), line(2, 1, "10.00", "10.00"))
    small = (line(1, 100000, "330.00", "0.0033"), line(2, "0.333", "0.33", "0.99"))
    pdf = r.Attachment("F-7.pdf", "F-7.pdf", "application/pdf", b"%PDF-1.4 made up", "The invoice")
    return {
        "fik": (both, base),
        "bank account": (both, replace(base, payment_means=(BANK,))),
        "iban": (both, replace(base, payment_means=(IBAN,))),
        "card": (both, replace(base, payment_means=(CARD,))),
        "credit note": (both, credit),
        "line discount": (both, invoice(lines=(line(1, 3, "199.85", "99.95", allowances=(discount,)),))),
        "freight": (
            both,
            invoice(lines=freight_lines, allowances=(freight,), subtotals=(freight_tax,)),
        ),
        "zero rate": (
            both,
            invoice(
                lines=zero_lines,
                subtotals=(r.TaxSubtotal(zero, D(100), D(0)), r.TaxSubtotal(STANDARD, D(10), D("2.50"))),
            ),
        ),
        "reverse charge": (
            both,
            invoice(
                lines=(line(1, 1, "100.00", "100.00", tax=reverse, tax_amount=D(0)),),
                subtotals=(r.TaxSubtotal(reverse, D(100), D(0)),),
            ),
        ),
        "small prices": (both, invoice(lines=small)),
        "negative line": (both, invoice(lines=(line(1, 2, "200.00", "100"), line(2, -1, "-50.00", "50")))),
        "prepaid and rounded": (both, invoice(prepaid=D("100.00"), rounding=D("0.25"))),
        "foreign currency": (
            both,
            replace(
                base, currency="EUR", tax_currency="DKK", tax_currency_amount=D("652.31"), exchange_rate=D("7.4600")
            ),
        ),
        "attachment": (both, replace(base, attachments=(pdf,))),
        "gln": (both, replace(base, customer=replace(base.customer, endpoint=r.Identifier("5799999000010", "0088")))),
        "kid": (bis3, invoice("NO", payment_means=(KID,))),
        "sweden": (bis3, invoice("SE")),
    }
