"""Calls from access points: signed or refused, read or told apart."""

import hashlib
import hmac
import json

import pytest

from odoo.addons.nordic_einvoice.api import webhooks
from odoo.addons.nordic_einvoice.api.answers import AccessPointError

SECRET = "hemmelig-proeve"
NOW = 1_795_000_000.0
BODY = json.dumps({"event": "documentReceived", "data": {"documentId": "D-17", "status": "Delivered"}}).encode()


def webhook(**values):
    return webhooks.read_section(
        {"event": "event", "received": ["documentReceived"], "changed": ["documentStatusChanged"],
         "id": "data.documentId", "state": "data.status"} | values
    )  # fmt: skip


def digest(text, secret=SECRET):
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def refused(one, header, secret=SECRET, body=BODY):
    with pytest.raises(AccessPointError) as caught:
        webhooks.verify(one, secret, header, body, NOW)
    return caught.value.kind == "authorisation"


def test_signature_of_the_body():
    one = webhook(signature={"kind": "body", "header": "Signature"})
    for header in (digest(BODY), f"sha256={digest(BODY)}", digest(BODY).upper()):
        webhooks.verify(one, SECRET, header, BODY, NOW)
    for header in ("", "x", digest(BODY + b" "), digest(BODY, "anden"), "ø" * 64):
        assert refused(one, header)
    assert refused(one, digest(BODY), body=BODY + b" ")
    assert refused(one, digest(BODY, ""), secret="")
    assert refused(one, digest(BODY), secret=None)


def test_signature_with_a_time():
    one = webhook(signature={"kind": "timestamped", "header": "X-Qvalia-Signature"})
    stamp = str(int(NOW)).encode()
    right = digest(stamp + b"." + BODY)
    webhooks.verify(one, SECRET, f"t={int(NOW)},v1={right}", BODY, NOW)
    webhooks.verify(one, SECRET, f"t={int(NOW)}, v1=00, v1={right}", BODY, NOW)
    old = int(NOW) - webhooks.TOLERANCE - 1
    assert refused(one, f"t={old},v1={digest(str(old).encode() + b'.' + BODY)}")
    for header in ("", right, f"v1={right}", f"t=x,v1={right}", f"t={int(NOW)}", f"t={int(NOW)},v1={digest(BODY)}"):
        assert refused(one, header)


def test_without_a_signature_the_address_is_what_counts():
    webhooks.verify(webhook(), None, "", BODY, NOW)


def test_events():
    one = webhook()
    assert webhooks.read(one, BODY) == webhooks.Event("received", "D-17", "delivered")
    changed = BODY.replace(b"documentReceived", b"DOCUMENTSTATUSCHANGED")
    assert webhooks.read(one, changed).kind == "changed"
    assert webhooks.read(one, BODY.replace(b"documentReceived", b"pong")) == webhooks.Event()
    assert webhooks.read(one, b'{"event": "documentReceived"}') == webhooks.Event()
    # where the page does not say under which name the event stands, its word is looked for
    assert webhooks.read(webhook(event=""), BODY).kind == "received"


@pytest.mark.parametrize("body", [b"", b"<xml/>", b"\xff\xfe", b"[" * 200_000])
def test_nonsense_is_told(body):
    with pytest.raises(AccessPointError) as caught:
        webhooks.read(webhook(), body)
    assert caught.value.kind == "validation"


@pytest.mark.parametrize("body", [b"null", b"[]", b"7", b'{"event": {"documentReceived": 1}}', b'{"data": []}'])
def test_other_json_means_nothing(body):
    assert webhooks.read(webhook(), body) == webhooks.Event()


def test_bad_entries_are_told():
    for section in ({"signature": "x"}, {"signature": {"kind": "md5", "header": "S"}}, {"signature": {"kind": "body"}},
                    {"received": "x"}):  # fmt: skip
        with pytest.raises(AccessPointError) as caught:
            webhooks.read_section(section)
        assert caught.value.kind == "definition"
