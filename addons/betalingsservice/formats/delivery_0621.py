"""Delivery 0621: the operator's answer about a delivery received. Specification, end of section 1.8.

Only its frame is known for certain, so the records are kept as text and not interpreted.
"""

from odoo.addons.paymatch.formats.errors import FormatError

from . import records
from .errors import DeliveryError

code = "betalingsservice_0621"
DELIVERY_TYPE = "0621"


def read(data):
    """``(head, [(line, text)], faults)``."""
    head, texts, faults, ended, line = None, [], [], False, 0
    try:
        for line, text in records.split(data):
            if head is None:
                head = records.head_of(text, line)
            elif ended:
                raise DeliveryError(line, "record", "after_end")
            elif text[:5] == "BS992":
                ended = True
            else:
                texts.append((line, text.rstrip()))
        if not ended:
            raise DeliveryError(line, "record", "cut_end")
    except FormatError as error:
        faults.append(error)
    return head, texts, faults


def inspect(data):
    """Summary for ``formats.inspect``."""
    head, texts, faults = read(data)
    return {
        "format": code,
        "ok": not faults,
        "lines": len(texts) + bool(head) + (not faults),
        "summary": {"count": len(texts), "delivery": head.delivery_number if head else ""},
        "errors": [fault.as_dict() for fault in faults],
    }
