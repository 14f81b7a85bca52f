"""Calls from an access point: something arrived, something became of a document. Plain Python.

A call is a hint: a document it names is fetched with our own key. How a call looks stands in the section ``webhook`` of
an access point's definition. Signatures: ``body`` (HMAC-SHA256 of the body, as eCourier's public pages have it) and
``timestamped`` (``t=…,v1=…`` over ``t.body``, as Qvalia's).
"""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass

from .answers import AccessPointError, pick

MAX_BODY = 1024 * 1024
TOLERANCE = 300  # seconds a timestamp may be away from our clock
SIGNATURES = ("body", "timestamped")
RECEIVED, CHANGED = "received", "changed"


@dataclass(frozen=True)
class Webhook:
    """``event``: path of the word that says what happened; "" looks for the words in all plain values."""

    received: tuple[str, ...]
    changed: tuple[str, ...]
    id: str
    event: str = ""
    state: str = ""
    reason: str = ""
    signature: str = ""  # one of SIGNATURES
    header: str = ""

    def missing(self):
        """What the administrator has still to enter; "" when nothing is missing."""
        return "" if self.id else "webhook.id"


@dataclass(frozen=True)
class Event:
    """``kind``: ``received``, ``changed``, or "" for a call that means nothing to us."""

    kind: str = ""
    remote_id: str = ""
    state: str = ""
    reason: str = ""


def read_section(data):
    """The Webhook of a definition's section; raises AccessPointError of kind ``definition``."""
    signature = data.get("signature") or {}
    if not isinstance(signature, dict):
        raise AccessPointError("definition", "webhook.signature is not an object")
    kind = signature.get("kind", "")
    if signature and (kind not in SIGNATURES or not signature.get("header")):
        text = f"webhook.signature needs a header and a kind, one of {', '.join(SIGNATURES)}"
        raise AccessPointError("definition", text)
    return Webhook(
        received=_words(data, "received"),
        changed=_words(data, "changed"),
        id=str(data.get("id") or ""),
        event=str(data.get("event") or ""),
        state=str(data.get("state") or ""),
        reason=str(data.get("reason") or ""),
        signature=kind,
        header=str(signature.get("header") or ""),
    )


def _words(data, name):
    words = data.get(name) or []
    if not isinstance(words, list):
        raise AccessPointError("definition", f"webhook.{name} is not a list")
    return tuple(str(word).lower() for word in words)


def verify(webhook, secret, header, body, now):
    """Refuse a call that the access point did not sign.

    :param str header: value of the header ``webhook.header``, "" without one
    :param bytes body: as it came
    :param float now: seconds since 1970
    :raises AccessPointError: of kind ``authorisation``
    """
    if not webhook.signature:
        return
    signed, given = body, [header.strip().removeprefix("sha256=")]
    if webhook.signature == "timestamped":
        parts = [part.partition("=")[::2] for part in header.replace(" ", "").split(",")]
        stamp = next((value for name, value in parts if name == "t"), "")
        given = [value for name, value in parts if name == "v1"]
        if not re.fullmatch(r"\d{1,13}", stamp) or abs(now - int(stamp)) > TOLERANCE:
            raise AccessPointError("authorisation", "The call is too old, or its time is missing")
        signed = stamp.encode() + b"." + body
    wanted = hmac.new((secret or "").encode(), signed, hashlib.sha256).hexdigest()
    if not secret or not any(hmac.compare_digest(wanted.encode(), one.lower().encode()) for one in given):
        raise AccessPointError("authorisation", "The signature is missing or wrong")


def read(webhook, body):
    """The Event of a call's body; raises AccessPointError of kind ``validation`` when it cannot be read."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise AccessPointError("validation", "The body is no JSON") from error
    words = {pick(data, webhook.event).lower()} if webhook.event else set(_plain(data))
    kind = RECEIVED if words & set(webhook.received) else CHANGED if words & set(webhook.changed) else ""
    number = pick(data, webhook.id) if webhook.id else ""
    if not kind or not number:
        return Event()
    state = pick(data, webhook.state).lower() if webhook.state else ""
    return Event(kind, number, state, pick(data, webhook.reason) if webhook.reason else "")


def _plain(data, depth=4):
    """All plain texts of an answer, in lower case."""
    if isinstance(data, str):
        yield data.lower()
    elif depth and isinstance(data, (dict, list)):
        for value in data.values() if isinstance(data, dict) else data:
            yield from _plain(value, depth - 1)
