"""Neutral records to e-conomic's bodies, and its answers back. Plain Python."""

from decimal import Decimal

from odoo.addons.ledger_bridge import records

from .client import EconomicError


def invoice_body(invoice, settings):
    """A draft invoice (B3). VAT is not sent: it follows product and VAT zone. A credit note is a draft with
    negative quantities. Keys without value are left out: null is not accepted."""
    sign = -1 if invoice.is_credit_note else 1
    return {
        "date": invoice.date.isoformat(),
        "currency": invoice.currency,
        "customer": {"customerNumber": int(invoice.contact_id)},
        "paymentTerms": {"paymentTermsNumber": settings["payment_terms"]},
        "layout": {"layoutNumber": settings["layout"]},
        "recipient": settings["recipient"],
        "references": {"other": invoice.reference},
        "notes": {"heading": invoice.name[:250]},
        "lines": [line_body(index, line, sign) for index, line in enumerate(invoice.lines, 1)],
    }


def line_body(index, line, sign):
    body = {"lineNumber": index, "sortKey": index, "description": line.description[:2500]}
    if line.is_text:
        return body
    price, quantity, discount = line.unit_price, line.quantity, line.discount
    if price != records.cents(price):
        # more than two decimals are refused (E04740): the line goes over as its amount
        body["description"] = f"{line.description[:2400]} ({quantity:f} × {price:f})"
        price, quantity, discount = records.cents(quantity * price * (1 - discount / 100)), Decimal(1), Decimal(0)
    if line.remote_unit:
        body["unit"] = {"unitNumber": int(line.remote_unit)}
    return body | {
        # the product decides account and VAT
        "product": {"productNumber": line.remote_product or line.remote_account},
        "quantity": sign * quantity,
        "unitNetPrice": price,
        "discountPercentage": discount,
    }


def amount(answer, key):
    value = answer.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise EconomicError("no_answer", f"{key} in e-conomic's answer is no amount")
    return Decimal(value).quantize(records.CENT)


def totals(answer):
    """Positive totals of a draft or booked invoice; VAT is told in all only."""
    net, vat, total = (abs(amount(answer, key)) for key in ("netAmount", "vatAmount", "grossAmount"))
    return records.Totals(net=net, total=total, vat_total=vat, vat=None, lines=_line_amounts(answer))


def _line_amounts(answer):
    """Positive amount of each line, zero for one of text; nothing where one cannot be read."""
    amounts = [line.get("totalNetAmount", 0) for line in answer.get("lines") or [] if isinstance(line, dict)]
    if any(isinstance(one, bool) or not isinstance(one, (int, Decimal)) for one in amounts):
        return ()
    return tuple(abs(Decimal(one)).quantize(records.CENT) for one in amounts)


def is_shown_booked(answer):
    """Whether the answer to a booking is the booked invoice itself, so that it need not be read again."""
    return all(key in answer for key in ("bookedInvoiceNumber", "grossAmount", "lines", "references"))


def reference(answer):
    return str((answer.get("references") or {}).get("other") or "")


def same_document(body, answer):
    """What must be equal in the draft read back: names of what is not."""
    checks = {
        "references": reference(body) == reference(answer),
        "customer": body["customer"] == {"customerNumber": (answer.get("customer") or {}).get("customerNumber")},
        "currency": body["currency"] == answer.get("currency"),
        "date": body["date"] == str(answer.get("date"))[:10],
        "lines": len(body["lines"]) == len(answer.get("lines") or []),
    }
    return [name for name, is_same in checks.items() if not is_same]
