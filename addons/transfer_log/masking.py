"""What of a payload may be stored. Plain Python.

Secrets never reach the database, nor do personal identity numbers; what remains is limited in size.
"""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal

MASK = "***"
MAX_LENGTH = 200_000
MAX_DEPTH = 40

_SECRET_WORDS = (
    "password",
    "passwd",
    "secret",
    "token",
    "authorization",
    "authorisation",
    "apikey",
    "accesskey",
    "privatekey",
    "codeverifier",
    "cookie",
    "signature",
)
_SECRET_NAMES = {"code", "auth", "state", "nonce", "key"}
_PERSONAL_NAMES = {
    "cpr",
    "cprnr",
    "cprno",
    "cprnumber",
    "cprnummer",
    "ssn",
    "personnummer",
    "personalnumber",
    "personalidentitynumber",
    "fodselsnummer",
    "fdselsnummer",  # the Norwegian word without its ø
    "henkilotunnus",
    "henkiltunnus",
    "hetu",
    "nationalid",
}
# key=value and "key": "value" in text that is not JSON as a whole
# every repetition is bounded, so that hostile text costs no more than its length
_SECRET_IN_TEXT = re.compile(
    r"""(?ix)
    ((?:password|secret|token|authori[sz]ation|api[_-]?key|code_verifier)[\w.-]{0,40}["']?\s{0,4}[=:]\s{0,4})
    ("(?:[^"\\]|\\.){0,5000}"|'[^']{0,5000}'|(?:bearer|basic)\s{1,4}[^\s,;&"'<>]{1,5000}|[^\s,;&"'<>]{1,5000})
    """
)
_CODE_IN_FORM = re.compile(r"(?i)(^|[?&])(code|state)=([^&\s]{1,5000})")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s{1,4}[A-Za-z0-9._~+/=-]{6,5000}")
_SECRET_ELEMENT = re.compile(
    r"(?i)(<(?:[\w-]{1,40}:)?[\w.-]{0,40}(?:password|passwd|secret|token|api[_-]?key)[\w.-]{0,40}(?:\s[^<>]{0,500})?>)"
    r"[^<]{1,5000}(?=</)"
)
# Personal numbers of the Nordic countries in their written form with a separator, CPR also bare where its name stands
# before it: ten bare digits are far more often an invoice or a phone number. Eleven bare digits are a Norwegian number
# only when date and both check digits fit.
_DATE = r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}"
_PERSONAL_NUMBER = re.compile(
    rf"""(?ix)
    (?<![\w-])(?:                         # no part of a guid
    {_DATE}-\d{{4}}                       # Denmark
    | (?:19|20)?\d{{6}}[-+]\d{{4}}         # Sweden, with or without the century
    | {_DATE}[-+A-FU-Y]\d{{3}}[0-9A-Y]    # Finland
    | {_DATE}[ ]\d{{5}}                   # Norway
    )(?![\w-])
    """
)
_NAMED_NUMBER = re.compile(
    r"(?i)(\b(?:cpr|personn(?:umme)?r|f.dselsn(?:umme)?r|hetu)\b[^0-9\n]{0,25}?)\d{6}[-+ ]?\d{4,5}\b"
)
_ELEVEN_DIGITS = re.compile(rf"\b{_DATE}\d{{5}}\b")


def _is_norwegian(digits):
    """Whether eleven digits carry the two check digits of a Norwegian birth number."""
    numbers = [int(digit) for digit in digits]
    return all(
        sum(weight * number for weight, number in zip(weights, numbers, strict=False)) % 11 == 0
        for weights in ((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))
    )


def _mask_personal(text):
    text = _NAMED_NUMBER.sub(r"\g<1>******-****", text)
    text = _PERSONAL_NUMBER.sub("******-****", text)
    return _ELEVEN_DIGITS.sub(lambda found: "***********" if _is_norwegian(found.group()) else found.group(), text)


def _is_secret(name):
    plain = re.sub(r"[^a-z]", "", str(name).lower())
    return plain in _SECRET_NAMES or plain in _PERSONAL_NAMES or any(word in plain for word in _SECRET_WORDS)


def _is_error_number(name, value):
    """``{"code": 42}`` of an error body is no secret, ``code=<authorisation code>`` is one."""
    return str(name).lower() in ("code", "key", "state") and (
        isinstance(value, (int, float, Decimal, bool)) or value is None or len(str(value)) <= 12
    )


def _mask_value(value, depth=0):
    if depth > MAX_DEPTH:
        return "…"
    if isinstance(value, Mapping):
        return {
            name: MASK
            if _is_secret(name) and inner and not _is_error_number(name, inner) and not isinstance(inner, (dict, list))
            else _mask_value(inner, depth + 1)
            for name, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_mask_value(inner, depth + 1) for inner in value]
    if isinstance(value, str):
        return _mask_personal(value)
    return value


def _json_default(value):
    if isinstance(value, Decimal):
        # shortest exact number; the log is for reading, not for calculating
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _mask_text(text):
    text = _SECRET_IN_TEXT.sub(lambda match: match.group(1) + MASK, text)
    text = _CODE_IN_FORM.sub(lambda match: f"{match.group(1)}{match.group(2)}={MASK}", text)
    text = _BEARER.sub(lambda match: f"{match.group(1)} {MASK}", text)
    text = _SECRET_ELEMENT.sub(rf"\g<1>{MASK}", text)
    return _mask_personal(text)


def mask(body):
    """A body (text, bytes, or anything JSON can carry) as readable text without secrets; "" for nothing."""
    if body is None or body == "" or body == b"":
        return ""
    if isinstance(body, (bytes, bytearray)):
        try:
            body = bytes(body).decode("utf-8")
        except UnicodeDecodeError:
            return f"({len(body)} bytes)"
    if isinstance(body, str):
        text = body.replace("\x00", "")
        if len(text) <= 4 * MAX_LENGTH and text.lstrip()[:1] in ("{", "["):
            with suppress(ValueError, RecursionError):
                body = json.loads(text)
        if isinstance(body, str):
            return _limit(_mask_text(text[: MAX_LENGTH * 2]))
    return _limit(json.dumps(_mask_value(body), indent=2, ensure_ascii=False, default=_json_default))


def _limit(text):
    if len(text) <= MAX_LENGTH:
        return text
    return f"{text[:MAX_LENGTH]}\n… ({len(text) - MAX_LENGTH} more characters)"
