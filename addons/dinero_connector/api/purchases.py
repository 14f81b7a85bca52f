"""Purchase vouchers of Dinero (accounting-apis A6.11): vendor bills and their credit notes. Plain Python.

How the answers call guid, number and totals is not documented: each is read under the names the other vouchers have,
keys in lower case.
"""

from dataclasses import replace
from decimal import Decimal

from odoo.addons.ledger_bridge import records

from .errors import DineroError
from .payload import amount
from .payload import totals as document_totals

TOTALS = ("totalexclvat", "totalvat", "totalinclvat")


def body(record):
    """PurchaseVoucherCreateModel: amounts including VAT, and a VAT code on each line where one is chosen. Our reference
    stands in the text too, because vouchers can be found again by the text of their entries only; the vendor's number
    has no field of its own and stands before it."""
    return {
        "PurchaseType": "credit",
        "VoucherDate": record.date.isoformat(),
        "PaymentDate": record.due_date.isoformat(),
        "ContactGuid": record.contact_id or None,  # a trial has none
        "CurrencyKey": record.currency,
        "ExternalReference": record.reference,
        "Lines": [_line(record, line) for line in record.lines],
    }


def _line(record, line):
    found = {
        "Amount": line.unit_price,
        "AccountNumber": int(line.remote_account),
        "Description": f"{record.name[:40]} {line.description[:100]} {record.reference}",
    }
    return found | ({"VatCode": line.vat_code} if line.vat_code else {})


def guid(answer):
    value = answer.get("voucherguid") or answer.get("guid")
    if not value:
        raise DineroError("no_answer", "Dinero's answer names no voucher", response=answer)
    return str(value)


def number(answer):
    """ "" while it has none."""
    return str(answer.get("vouchernumber") or answer.get("number") or "")


def reference(answer):
    return str(answer.get("externalreference") or "")


def currency(answer):
    return str(answer.get("currencykey") or answer.get("currency") or "DKK")


def is_booked(answer):
    """One in ``Editing`` was booked and is being changed there: it counts as no longer booked."""
    return str(answer.get("status") or "draft").lower() not in ("draft", "editing")


def calculated(answer):
    """Totals as Dinero works them out; it must tell them. Whether it tells VAT by rate too is not documented."""
    found = document_totals(answer, includes_vat=True)
    return found if answer.get("totallines") else replace(found, vat=None)


def totals(answer, told_before=None):
    """Totals of a voucher that is read. Where it tells none, its lines make the total, and net and VAT are those that
    were calculated before.

    :param told_before: ``records.Totals`` of the calculation
    """
    if all(name in answer for name in TOTALS):
        return calculated(answer)
    total = sum((amount(line, "Amount") for line in answer.get("lines") or []), Decimal("0.00"))
    if told_before and told_before.total == total:
        return told_before
    return records.Totals(net=total, total=total, vat_total=Decimal("0.00"), vat=None)


def unequal(wanted, answer):
    """Names of what is not the same in the voucher read back."""
    lines = [(row["AccountNumber"], Decimal(row["Amount"])) for row in wanted["Lines"]]
    theirs = [(row.get("accountnumber"), row.get("amount")) for row in answer.get("lines") or []]
    checks = {
        "ExternalReference": wanted["ExternalReference"] == reference(answer),
        "ContactGuid": str(wanted["ContactGuid"]).lower() == str(answer.get("contactguid")).lower(),
        "CurrencyKey": wanted["CurrencyKey"] == currency(answer),
        "VoucherDate": wanted["VoucherDate"] == str(answer.get("voucherdate"))[:10],
        "PaymentDate": wanted["PaymentDate"] == str(answer.get("paymentdate"))[:10],
        "Lines": lines == theirs,
    }
    return [name for name, is_same in checks.items() if not is_same]


def of_entries(rows, prefix):
    """Purchase vouchers among the entries: by their type, or by our reference in the text.

    :param str prefix: what our references begin with
    :return: as ``_ledger_list_bills``
    """
    found = {}
    for row in rows:
        marks = [word for word in str(row.get("description") or "").split() if word.startswith(prefix)]
        is_purchase = "purchase" in str(row.get("vouchertype") or "").lower()
        if not row.get("voucherguid") or not (marks or is_purchase):
            continue
        bill = found.setdefault(
            str(row["voucherguid"]),
            {
                "remote_id": str(row["voucherguid"]),
                "number": str(row.get("vouchernumber") or ""),
                "reference": "",
                "date": str(row.get("date") or "")[:10],
                "state": "booked",
                "is_purchase": False,
                "is_credit_note": "credit" in str(row.get("vouchertype") or "").lower(),
                "currency": "DKK",
                "amounts": {},
            },
        )
        bill["reference"] = bill["reference"] or (marks[0] if marks else "")
        bill["is_purchase"] |= is_purchase
        account = str(row.get("accountnumber"))
        bill["amounts"][account] = bill["amounts"].get(account, Decimal("0.00")) + amount(row, "Amount")
    return [bill for bill in found.values() if bill["is_purchase"]]
