"""Vendors and vendor bills of e-conomic as vouchers of a journal (accounting-apis B3). Plain Python.

The specification names the endpoints; names of fields follow the vendor's own description of the journal and are not
proven against a real agreement: what is stored is read back and compared.
"""

from decimal import Decimal

from odoo.addons.ledger_bridge import records

from .client import EconomicError

SUPPLIER_NAMES = {
    "name": "name",
    "street": "address",
    "zip": "zip",
    "city": "city",
    "country": "country",
    "phone": "phone",
    "email": "email",
    "vat": "corporateIdentificationNumber",
}


def supplier_body(values, settings):
    """:param dict settings: currency, group, terms and VAT zone; null is not accepted, so empty ones are left out"""
    return settings | {theirs: values[name] for name, theirs in SUPPLIER_NAMES.items() if values.get(name)}


def bill_body(record, journal, year):
    """A voucher of one bill: what is owed to the vendor, and the costs including VAT. Debit is positive and the voucher
    sums to 0.00; a credit note is the other way round. Our reference stands in the text, by which it is found again.

    :param str year: name of the accounting year there
    """
    sign = -1 if record.is_credit_note else 1
    total = sum((line.unit_price for line in record.lines), records.ZERO)
    common = {"currency": {"code": record.currency}, "date": record.date.isoformat()}
    owed = common | {
        "supplier": {"supplierNumber": int(record.contact_id)},
        "supplierInvoiceNumber": record.name[:30],
        "dueDate": record.due_date.isoformat(),
        "amount": -sign * total,
        "text": _text(record, record.name),
    }
    costs = [
        common
        | {
            "account": {"accountNumber": int(line.remote_account)},
            "amount": sign * line.unit_price,
            "text": _text(record, line.description),
        }
        | ({"vatAccount": {"vatCode": line.vat_code}} if line.vat_code else {})
        for line in record.lines
    ]
    return {
        "accountingYear": {"year": year},
        "journal": {"journalNumber": journal},
        "entries": {"supplierInvoices": [owed], "financeVouchers": costs},
    }


def _text(record, text):
    return f"{text[:150]} {record.reference}"


def has_reference(voucher, reference):
    return any(reference in str(entry.get("text") or "").split() for entry in _entries(voucher))


def _entries(voucher):
    entries = voucher.get("entries") or {}
    if not isinstance(entries, dict):
        raise EconomicError("no_answer", "The entries of e-conomic's voucher cannot be read")
    return [entry for rows in entries.values() if isinstance(rows, list) for entry in rows if isinstance(entry, dict)]


def year_name(voucher):
    return str((voucher.get("accountingYear") or {}).get("year") or "")


def remote_id(journal, voucher):
    return f"{journal}:{year_name(voucher)}:{voucher['voucherNumber']}"


def _cents(value):
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise EconomicError("no_answer", "An amount of e-conomic's voucher is no amount")
    return Decimal(value).quantize(records.CENT)


def owed(voucher):
    """What the voucher says is owed to the vendor, positive for a bill."""
    rows = (voucher.get("entries") or {}).get("supplierInvoices") or []
    return -sum((_cents(row.get("amount")) for row in rows), records.ZERO)


def totals(voucher, expected):
    """Totals as they are stored. e-conomic works VAT out when a person books the journal: of it only the common rule
    can tell before.

    :param expected: ``records.Totals`` of the common rule
    """
    total = abs(owed(voucher))
    vat = expected.vat_total
    return records.Totals(net=total - vat, total=total, vat_total=vat, vat=expected.vat)


def unequal(body, voucher):
    """Names of what is not the same in the voucher read back."""
    theirs = voucher.get("entries") or {}
    found = []
    for kind, ours in body["entries"].items():
        rows = theirs.get(kind) or []
        if len(rows) != len(ours):
            found.append(kind)
            continue
        for row, wanted in zip(rows, ours, strict=True):
            found += [name for name, value in wanted.items() if not _is_same(value, row.get(name))]
    return sorted(set(found))


def _is_same(ours, theirs):
    if isinstance(ours, dict):
        return isinstance(theirs, dict) and all(theirs.get(name) == value for name, value in ours.items())
    if isinstance(ours, Decimal):
        return theirs is not None and _cents(theirs) == ours
    return str(ours) == str(theirs or "")[: len(str(ours))]
