"""E-invoices as plain Python: records, writers (``bis3``, ``oioubl``), ``reader`` and ``validation``."""

import re

from . import codes, records

_UBL = re.compile(rb"urn:oasis:names:specification:ubl:schema:xsd:[A-Za-z]+-2")


def write(invoice, fmt):
    """A ``records.Invoice`` as the bytes of a document in ``bis3`` or ``oioubl21``."""
    from . import bis3, oioubl

    return {codes.BIS3: bis3, codes.OIOUBL: oioubl}[fmt].write(invoice)


def inspect(data, filename=""):
    """What a UBL document is and what it adds up to; None when the file is no UBL document. Never raises."""
    head = data[:20000] if isinstance(data, bytes) else b""
    if not _UBL.search(head) and not _UBL.search(head.replace(b"\x00", b"")):
        return None
    from . import reader, xml

    name, dialect, invoice, errors = "", "", None, []
    try:
        root = xml.parse(data)
        name, dialect = reader.identify(root)
        if not name:
            return None
        invoice = reader.read_root(root)
        errors = [fault.as_dict() for fault in records.sum_faults(invoice)]
    except records.EInvoiceError as error:
        errors = [error.as_dict()]
    summary = {"document_type": name}
    if invoice:
        summary |= _summary(invoice)
    return {
        "format": f"ubl_{dialect}" if dialect in (codes.BIS3, codes.OIOUBL) else "ubl",
        "ok": not errors,
        "lines": len(invoice.lines) if invoice else 0,
        "summary": summary,
        "errors": errors,
    }


def _summary(invoice):
    return {
        "number": invoice.number,
        "date": invoice.issue_date.isoformat(),
        "currency": invoice.currency,
        "count": len(invoice.lines),
        "supplier": invoice.supplier.name,
        "customer": invoice.customer.name,
        "net": f"{invoice.totals.tax_exclusive:.2f}",
        "tax": f"{invoice.totals.tax:.2f}",
        "total": f"{invoice.totals.tax_inclusive:.2f}",
        "payable": f"{invoice.totals.payable:.2f}",
    }
