"""Neutral records to Dinero's bodies, and its answers back. Plain Python."""

import re
from decimal import Decimal

from odoo.addons.ledger_bridge import records

from .errors import DineroError

DEFAULT_UNIT = "parts"
INVOICES, CREDIT_NOTES, PURCHASES = "invoices", "sales/creditnotes", "vouchers/purchase"


def invoice_body(invoice, guid):
    """InvoiceCreateModel or CreditNoteCreateModel (A6.3, A6.10). There is no VAT code on a line: it follows the
    account; and no free due date: it follows from date and days."""
    body = {
        "Guid": guid,
        "ContactGuid": invoice.contact_id or None,  # a trial has none
        "Date": invoice.date.isoformat(),
        "Currency": invoice.currency,
        "Language": "da-DK" if invoice.language == "da" else "en-GB",
        "ShowLinesInclVat": invoice.prices_include_vat,
        "ExternalReference": invoice.reference,
        "Description": invoice.name[:200],
        "Comment": invoice.note[:2000],
        "ProductLines": [line_body(line) for line in invoice.lines],
    }
    if invoice.is_credit_note:
        if invoice.credited_id:
            body["CreditNoteFor"] = invoice.credited_id
    else:
        body |= {
            "PaymentConditionType": "Netto",
            "PaymentConditionNumberOfDays": (invoice.due_date - invoice.date).days,
        }
    return body


def line_body(line):
    if line.is_text:
        return {"LineType": "Text", "Description": line.description[:1000]}
    comments = [] if line.remote_unit or not line.unit else [line.unit]
    body = {
        "LineType": "Product",
        "Description": line.description[:1000],
        "BaseAmountValue": line.unit_price,
        "Quantity": line.quantity,
        "AccountNumber": int(line.remote_account),
        "Unit": line.remote_unit or DEFAULT_UNIT,
        "Discount": line.discount,
    }
    if line.remote_product:
        # the product's name is the description then, and ours is printed under it (A6.3)
        body |= {"ProductGuid": line.remote_product, "Description": None}
        if line.description.strip() != line.product_name.strip():
            comments.insert(0, line.description[:1000])
    return body | {"Comments": "\n".join(comments) or None}


def amount(answer, key):
    """An amount of an answer as Decimal; keys in lower case."""
    value = answer.get(key.lower())
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise DineroError("no_answer", f"{key} in Dinero's answer is no amount")
    return Decimal(value).quantize(records.CENT)


def totals(answer, includes_vat=False):
    """Totals of a read or calculated document. The rate stands in the label of a VAT line only ("Moms (25,00%)");
    where it cannot be read, VAT is compared in all instead of per rate.

    :param bool includes_vat: prices of the document's lines do
    """
    vat = {}
    for line in answer.get("totallines") or []:
        if str(line.get("type")).lower() != "vat":
            continue
        match = re.search(r"(\d+(?:[.,]\d+)?)\s*%", str(line.get("label")))
        if not match:
            vat = None
            break
        vat[Decimal(match.group(1).replace(",", ".")).normalize()] = amount(line, "TotalAmount")
    return records.Totals(
        net=amount(answer, "TotalExclVat"),
        total=amount(answer, "TotalInclVat"),
        vat_total=amount(answer, "TotalVat"),
        vat=vat,
        lines=_line_amounts(answer, includes_vat),
    )


def _line_amounts(answer, includes_vat):
    """Amount of each line as its price: net, or including VAT; nothing where one cannot be read."""
    key = "totalamountinclvat" if includes_vat else "totalamount"
    amounts = [line.get(key) for line in answer.get("productlines") or [] if isinstance(line, dict)]
    if any(isinstance(one, bool) or not isinstance(one, (int, Decimal)) for one in amounts):
        return ()
    return tuple(Decimal(one).quantize(records.CENT) for one in amounts)


def is_booked(answer):
    """By ``Status`` only: a draft may show a number."""
    return str(answer.get("status") or "draft").lower() != "draft"


def is_shown_booked(answer, guid):
    """Whether the answer to a booking is the document itself (A6.6), so that it need not be read again."""
    if not isinstance(answer, dict) or str(answer.get("guid")).lower() != guid.lower():
        return False
    return bool(answer.get("number")) and "totalinclvat" in answer and is_booked(answer)


def same_document(body, answer):
    """What must be equal in the document read back: names of what is not. Unknown keys are dropped silently."""
    checks = {
        "ExternalReference": lambda ours, theirs: ours == theirs,
        "ContactGuid": lambda ours, theirs: str(ours).lower() == str(theirs).lower(),
        "Currency": lambda ours, theirs: ours == theirs,
        "Date": lambda ours, theirs: ours == str(theirs)[:10],
        "ProductLines": lambda ours, theirs: len(ours) == len(theirs or []),
        "ProductGuid": _same_products,
    }
    lines = {"ProductGuid": "ProductLines"}
    return [
        name
        for name, check in checks.items()
        if not check(body[lines.get(name, name)], answer.get(lines.get(name, name).lower()))
    ]


def _same_products(ours, theirs):
    """The product of each line, where the answer tells one; lines that were lost are told by their number."""
    pairs = zip(ours, theirs or [], strict=False)
    return all(
        str(row["productguid"]).lower() == line["ProductGuid"].lower()
        for line, row in pairs
        if isinstance(row, dict) and row.get("productguid") and line.get("ProductGuid")
    )


def payments(answer):
    """Payments of a document (A6.8), each with its own guid; of a purchase voucher they are told as a mere list."""
    rows = answer if isinstance(answer, list) else answer.get("payments") or []
    return [
        {
            "id": str(row.get("guid")),
            "date": str(row.get("paymentdate") or "")[:10],
            "amount": amount(row, "Amount"),
            "currency": row.get("currency") or "DKK",
            "reference": row.get("externalreference") or "",
        }
        for row in rows
    ]


def voucher_body(voucher):
    """A manual voucher (A6.12): one line per account, debit positive, no VAT of Dinero's own. Our reference stands
    in the text too, because vouchers can be found again by the text of their entries only."""
    return {
        "VoucherDate": voucher["date"].isoformat(),
        "ExternalReference": voucher["reference"],
        "Lines": [
            {
                "Description": f"{line['text'][:150]} {voucher['reference']}",
                "Amount": line["amount"],
                "AccountNumber": int(line["account"]),
                "AccountVatCode": "none",
            }
            for line in voucher["lines"]
        ],
    }


def unequal_voucher(body, answer):
    """Names of what is not the same in the voucher read back."""
    theirs = [(row.get("accountnumber"), row.get("amount")) for row in answer.get("lines") or []]
    checks = {
        "VoucherDate": body["VoucherDate"] == str(answer.get("voucherdate"))[:10],
        "Lines": [(row["AccountNumber"], row["Amount"]) for row in body["Lines"]] == theirs,
    }
    return [name for name, is_same in checks.items() if not is_same]
