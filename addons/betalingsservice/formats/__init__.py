"""Files of Betalingsservice: collections out (0601), payments, mandates and remarks in (0602, 0603, 0621).

Importing this package makes delivery 0602 known to paymatch as a bank advice.
"""

import re

from odoo.addons.paymatch import formats as paymatch_formats
from odoo.addons.paymatch.formats.errors import FormatError

from . import (
    archive,
    calendar,
    collections,
    delivery_0601,
    delivery_0602,
    delivery_0603,
    delivery_0621,
    describe,
    records,
)
from .errors import MESSAGES, DeliveryError

DELIVERIES = {module.DELIVERY_TYPE: module for module in (delivery_0601, delivery_0602, delivery_0603, delivery_0621)}
_RECORD = re.compile(rb"(?m)^BS(002|012|022|042|052|062|092|992)\d")

paymatch_formats.register(delivery_0602)


def delivery_type(data: bytes) -> str | None:
    """``0601`` and so on; an empty string for a delivery without its whole start; None for another kind of file."""
    head = data[:8192].removeprefix(records.BYTE_ORDER_MARK)
    found = _RECORD.search(head)
    if not found:
        return None
    if found[1] != b"002":
        return ""
    line = head[found.start() :].splitlines()[0]
    kind = line[16:20].decode(records.ENCODING)
    return kind if len(kind) == 4 and kind.isalnum() else ""


def inspect(data: bytes, filename: str = "") -> dict | None:
    """What the file is, or None when it is not a delivery of Betalingsservice. Never raises."""
    if archive.is_zip(data):
        return None  # anybody's archive, or a spreadsheet
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        plain = data[:8192].replace(b"\0", b"")[2:]
        if delivery_type(plain) is None:
            return None
        return _refused("", DeliveryError(1, "encoding", "utf16"))
    kind = delivery_type(data)
    if kind is None:
        return None
    if kind not in DELIVERIES:
        return _refused(kind, unread(kind))
    try:
        return DELIVERIES[kind].inspect(data)
    except (FormatError, ValueError) as error:
        fault = error if isinstance(error, FormatError) else DeliveryError(0, "", "unreadable", reason=error)
        return _refused(kind, fault)


def unread(kind):
    """Why a delivery of this type is not read, and what to do; an empty type: its start is missing."""
    if not kind:
        return DeliveryError(1, "record", "cut_start")
    code = f"delivery_{kind}"
    if code in MESSAGES:
        return DeliveryError(1, "delivery_type", code)
    return DeliveryError(1, "delivery_type", "delivery_unknown", found=kind)


def foreign(data):
    """Why a file of the operator that is no delivery with fixed positions is not read; None for any other file."""
    start = data[:200].removeprefix(records.BYTE_ORDER_MARK).lstrip()
    if start.startswith(b"LS002"):
        return DeliveryError(1, "record", "delivery_supplier")
    if start.startswith(b"<?xml") or b"PBSXML" in start:
        return DeliveryError(1, "delivery_type", "delivery_xml")
    return None


def _refused(kind, fault):
    return {
        "format": f"betalingsservice_{kind}" if kind else "betalingsservice",
        "ok": False,
        "lines": 0,
        "summary": {},
        "errors": [fault.as_dict()],
    }


__all__ = [
    "DELIVERIES",
    "archive",
    "calendar",
    "collections",
    "delivery_0601",
    "delivery_0602",
    "delivery_0603",
    "delivery_0621",
    "delivery_type",
    "describe",
    "foreign",
    "inspect",
    "records",
    "unread",
]
