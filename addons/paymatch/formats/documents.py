"""JSON as providers' interfaces give it, read exactly: no float, no NaN, no endless depth."""

import json
import re
from decimal import Decimal

from .errors import FormatError, _lt

MARKS = (b"{", b"[")


def looks_like_json(data: bytes) -> bool:
    return data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in MARKS


def load(data: bytes):
    """The document; numbers with decimals are ``Decimal``."""

    def refuse(text):
        raise FormatError(0, "", _lt("'%(text)s' is not a number", text=text))

    try:
        return json.loads(data.decode("utf-8-sig"), parse_float=Decimal, parse_constant=refuse)
    except FormatError:
        raise
    except json.JSONDecodeError as error:
        raise FormatError(
            error.lineno, "", _lt("the JSON is broken: %(msg)s (column %(colno)s)", msg=error.msg, colno=error.colno)
        ) from error
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise FormatError(0, "", _lt("the JSON is broken: %(error)s", error=error)) from error


def mentions(data: bytes, *names: str) -> bool:
    """Whether a JSON document names all of these keys, without reading it as a whole."""
    return looks_like_json(data) and all(re.search(b'"' + re.escape(name).encode() + b'"\\s*:', data) for name in names)


def mapping(value, field: str, line: int = 0) -> dict:
    if not isinstance(value, dict):
        raise FormatError(line, field, _lt("%(field)s is missing or no object", field=field))
    return value


def listing(value, field: str, line: int = 0) -> list:
    if not isinstance(value, list):
        raise FormatError(line, field, _lt("%(field)s is missing or no list", field=field))
    return [mapping(item, field, at) for at, item in enumerate(value, 1)]


def text(value, *path: str) -> str:
    """Text at a path of keys, empty when it is not there."""
    for key in path:
        if not isinstance(value, dict):
            return ""
        value = value.get(key)
    if value is None or isinstance(value, dict | list | bool):
        return ""
    return str(value).strip()


def needed(value: dict, field: str, line: int = 0) -> str:
    found = text(value, field)
    if not found:
        raise FormatError(line, field, _lt("%(field)s is missing", field=field))
    return found


def currency(value: dict, field: str, line: int = 0) -> str:
    found = needed(value, field, line).upper()
    if not re.fullmatch("[A-Z]{3}", found):
        raise FormatError(line, field, _lt("'%(text)s' is not a currency code", text=found[:20]))
    return found
