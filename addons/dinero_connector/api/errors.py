"""Errors of the Dinero API, told apart by what can be done about them. Plain Python."""

import json

from odoo.addons.ledger_bridge.api.http import ApiError

# accounting-apis A3: numbers of the error body
NUMBER_NO_PRO = (48, 90)
NUMBER_STALE = 58


class DineroError(ApiError):
    """``text`` is what Dinero wrote, ``number`` its error number.

    Kinds of its own: ``no_pro`` (the organisation has no Dinero Pro), ``forbidden``, ``stale`` (somebody changed the
    document since we read it), ``brownout`` (the endpoint is about to be removed).
    """

    def __init__(self, kind, text="", *, status=None, number=None, fields=None, request=None, response=None):
        super().__init__(kind, text, status=status, request=request, response=response)
        self.number, self.fields = number, fields or {}

    @property
    def details(self):
        """One line: Dinero's text, the fields it objects to, and the number for support."""
        parts = [self.text] if self.text else []
        parts += [f"{name}: {text}" for name, text in self.fields.items()]
        number = f"HTTP {self.status}" if self.status else ""
        if self.number is not None:
            number += f", {self.number}"
        return " · ".join(parts) + (f" ({number.strip(', ')})" if number else "")


def lower_keys(value, depth=0):
    """Keys are read without regard to case: answers were seen in PascalCase and in camelCase."""
    if depth > 30:
        raise ValueError("nested too deep")
    if isinstance(value, dict):
        return {str(name).lower(): lower_keys(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list):
        return [lower_keys(inner, depth + 1) for inner in value]
    return value


def from_response(status, text, request=None):
    """The error an answer of status 400 and above stands for. Bodies may be JSON, plain text or HTML."""
    number, message, fields = None, "", {}
    try:
        body = lower_keys(json.loads(text))
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict):
        number = body.get("code") if isinstance(body.get("code"), int) else None
        message = next((str(body[key]) for key in ("message", "error_description", "error") if body.get(key)), "")
        if isinstance(body.get("validationerrors"), dict):
            fields = {str(name): str(value) for name, value in body["validationerrors"].items()}
        for item in body.get("languagespecificmessages") or []:
            if isinstance(item, dict) and item.get("message"):
                fields[str(item.get("property") or "").lower()] = str(item["message"])
    elif text and "<html" not in text[:500].lower():
        message = text[:500]
    kind = _kind(status, number)
    return DineroError(kind, message, status=status, number=number, fields=fields, request=request, response=text)


def _kind(status, number):
    if number == NUMBER_STALE:
        return "stale"
    if status == 401:
        return "authorisation"
    if status == 403:
        return "no_pro" if number in NUMBER_NO_PRO else "forbidden"
    if status == 404:
        return "not_found"
    if status == 429:
        return "limit"
    if status == 480:
        return "brownout"
    if status >= 500:
        return "unavailable"
    if status < 400:
        return "no_answer"  # sent elsewhere: not followed
    return "validation"
