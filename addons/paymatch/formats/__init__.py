"""Formats of money received: payout reports of acquirers, bank advices, bank statements.

A format is a module (or any object) with ``code``, ``detect(data, filename)`` and
``parse(data, filename) -> records.Report``. Another addon adds its own with :func:`register`. A format of tables
has ``stream(source, filename)`` too, which reads a file of any size line by line.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal

from odoo.addons.list_reader.formats import tables

from . import errors, records
from .errors import FormatError, UnknownFormatError, _lt

#: As much as a packed file may unpack to: some 480,000 lines of Adyen's layout.
MAX_BYTES = tables.MAX_UNPACKED

FORMATS = {}
_ALSO: ContextVar[tuple] = ContextVar("paymatch_formats", default=())

# What code working on files from outside may stumble over; FormatError is a ValueError.
STUMBLES = (
    ValueError, ArithmeticError, KeyError, IndexError, AttributeError, TypeError, RecursionError, EOFError,
)  # fmt: skip


def register(module):
    """Add a format; the module is returned, so that this can be used as a decorator."""
    FORMATS[module.code] = module
    return module


@contextmanager
def also(*modules):
    """Formats that are known within the block only, such as the profiles of one company."""
    token = _ALSO.set((*_ALSO.get(), *modules))
    try:
        yield
    finally:
        _ALSO.reset(token)


def known() -> dict:
    """Code -> format, in the order they are tried: own code, those of :func:`also`, shipped profiles."""
    shipped = {code: module for code, module in FORMATS.items() if isinstance(module, profile.Profile)}
    coded = {code: module for code, module in FORMATS.items() if code not in shipped}
    return {**coded, **{module.code: module for module in _ALSO.get()}, **shipped}


def detect(data: bytes, filename: str = "") -> str | None:
    """The code of the format the file is written in, or None."""
    if not data or len(data) > MAX_BYTES:
        return None
    try:
        data, filename = tables.unpacked(data, filename)
    except FormatError:
        return None
    for code, module in known().items():
        if module.detect(data, filename):
            return code
    return None


def parse(data: bytes, filename: str = "", code: str | None = None) -> records.Report:
    """Read the file; raises :class:`FormatError`, and nothing else, for what cannot be read."""
    if not data:
        raise FormatError(0, "", _lt("the file is empty"))
    if len(data) > MAX_BYTES:
        raise FormatError(
            0,
            "",
            _lt("the file has %(size)s bytes; at most %(most)s are read", size=len(data), most=MAX_BYTES),
        )
    data, filename = tables.unpacked(data, filename)
    code = code or detect(data, filename)
    module = known().get(code)
    if not module:
        raise UnknownFormatError(0, "", _lt("no known format of payout report, bank advice or bank statement"))
    try:
        return module.parse(data, filename)
    except FormatError:
        raise
    except STUMBLES as error:
        raise FormatError(
            0, "", _lt("the file is not a valid %(code)s file (%(error)s)", code=code, error=error)
        ) from error


def inspect(data: bytes, filename: str = "") -> dict | None:
    """What the file is, or None when no format of this addon knows it. Never raises."""
    code = detect(data, filename)
    if not code:
        return _inspect_bridge(data) if data and quickpay.detect(data[:MAX_BYTES]) else None
    try:
        report = parse(data, filename, code)
    except FormatError as error:
        return {"format": code, "ok": False, "lines": 0, "summary": {}, "errors": [error.as_dict()]}
    faults = report.faults()
    return {
        "format": code,
        "ok": not faults,
        "lines": len(report.lines),
        "summary": {
            "kind": report.kind,
            "currency": report.currency,
            "count": len(report.lines),
            "groups": len(report.groups),
            "total": str(report.total() + Decimal("0.00")),
            "reference": report.reference,
            "account": report.account,
        },
        "errors": [fault.as_dict() for fault in faults],
    }


def _inspect_bridge(data):
    """A list of payments at a gateway: no money, but order numbers."""
    try:
        count = len(quickpay.read(data))
    except FormatError as error:
        return {"format": quickpay.code, "ok": False, "lines": 0, "summary": {}, "errors": [error.as_dict()]}
    summary = {"kind": "bridge", "count": count}
    return {"format": quickpay.code, "ok": True, "lines": count, "summary": summary, "errors": []}


from . import (  # noqa: E402 - the formats need the errors and records above
    adyen, bgmax, braintree, camt053, camt054, clearhaus, klarna, mobilepay_legacy, mollie, nexi_checkout,
    ocr_giro, paypal, profile, quickpay, shopify, shopify_api, stripe, swedbank_pay, swedbank_table, trustly,
    vipps_api, vipps_table, vipps_xml, zettle,
)  # fmt: skip

# Those whose beginning is told apart at once stand first; the profiles, which anybody can write, last.
for _module in (
    vipps_xml, swedbank_pay, ocr_giro, bgmax, camt053, camt054, trustly, adyen, stripe, vipps_table,
    mobilepay_legacy, shopify, klarna, swedbank_table, paypal, clearhaus, vipps_api, shopify_api, nexi_checkout, mollie,
    zettle,
    braintree, *profile.shipped(),
):  # fmt: skip
    register(_module)

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "FormatError",
    "UnknownFormatError",
    "also",
    "detect",
    "errors",
    "inspect",
    "known",
    "parse",
    "profile",
    "records",
    "register",
]
