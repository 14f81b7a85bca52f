"""Formats of money received: payout reports of acquirers, bank advices, bank statements.

A format is a module (or any object) with ``code``, ``detect(data, filename)`` and
``parse(data, filename) -> records.Report``. Another addon adds its own with :func:`register`.
"""

from . import errors, records
from .errors import FormatError, UnknownFormatError

MAX_BYTES = 20 * 1024 * 1024

FORMATS = {}


def register(module):
    """Add a format; the module is returned, so that this can be used as a decorator."""
    FORMATS[module.code] = module
    return module


def detect(data: bytes, filename: str = "") -> str | None:
    """The code of the format the file is written in, or None."""
    if not data or len(data) > MAX_BYTES:
        return None
    for code, module in FORMATS.items():
        if module.detect(data, filename):
            return code
    return None


def parse(data: bytes, filename: str = "", code: str | None = None) -> records.Report:
    """Read the file; raises :class:`FormatError`, and nothing else, for what cannot be read."""
    if not data:
        raise FormatError(0, "", "the file is empty")
    if len(data) > MAX_BYTES:
        raise FormatError(0, "", f"the file has {len(data)} bytes; at most {MAX_BYTES} are read")
    code = code or detect(data, filename)
    if not code or code not in FORMATS:
        raise UnknownFormatError(0, "", "no known format of payout report, bank advice or bank statement")
    try:
        return FORMATS[code].parse(data, filename)
    except FormatError:
        raise
    except (ValueError, ArithmeticError, KeyError, IndexError, AttributeError, TypeError, RecursionError) as error:
        raise FormatError(0, "", f"the file is not a valid {code} file ({error})") from error


def inspect(data: bytes, filename: str = "") -> dict | None:
    """What the file is, or None when no format of this addon knows it. Never raises."""
    code = detect(data, filename)
    if not code:
        return None
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
            "total": str(report.total()),
            "reference": report.reference,
            "account": report.account,
        },
        "errors": [fault.as_dict() for fault in faults],
    }


def _register_own():
    from . import bgmax, camt053, camt054, ocr_giro, swedbank_pay, vipps_xml  # noqa: PLC0415

    for module in (vipps_xml, swedbank_pay, ocr_giro, bgmax, camt053, camt054):
        register(module)


_register_own()

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "FormatError",
    "UnknownFormatError",
    "detect",
    "errors",
    "inspect",
    "parse",
    "records",
    "register",
]
