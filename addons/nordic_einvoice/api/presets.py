"""Access points as far as their public pages go. Plain Python data; how each was tested stands in docs/go-live.md.

An empty path or value is one that is not on a public page: the administrator enters it from what the access point gave
him. Where ``inbox`` or ``respond`` is missing, no public page tells how received documents are fetched or answered.
"""

import json
from dataclasses import dataclass

# words for states that several of them use; an administrator edits them where the sandbox shows others
STATES = {
    "delivered": ["delivered", "received", "completed", "acknowledged"],
    "accepted": ["accepted", "approved", "paid"],
    "rejected": ["rejected"],
    "failed": ["failed", "error", "undeliverable"],
}


@dataclass(frozen=True)
class Preset:
    code: str
    name: str
    channels: tuple[str, ...]
    domains: tuple[str, ...]
    definition: dict
    needs: tuple[str, ...] = ("secret",)


def text(preset):
    """The definition as an administrator edits it."""
    return json.dumps(preset.definition, indent=2, ensure_ascii=False)


GENERIC = Preset(
    "generic",
    "Other access point (REST)",
    ("peppol", "nemhandel"),
    (),
    {
        "hosts": {"production": "", "test": ""},
        "auth": {"kind": "bearer"},
        "send": {
            "method": "POST",
            "path": "",
            "body": "xml",
            "headers": {"Idempotency-Key": "{message_id}"},
            "id": "id",
        },
        "status": {"method": "GET", "path": "/{remote_id}", "state": "status", "reason": "reason"},
        "inbox": {
            "list": {"method": "GET", "path": "", "id": "id"},
            "fetch": {"method": "GET", "path": ""},
            "acknowledge": {"method": "POST", "path": ""},
        },
        "respond": {"method": "POST", "path": "", "body": "xml", "headers": {"Idempotency-Key": "{message_id}"}},
        "repeat": "person",
        "states": STATES,
    },
)
SPROOM = Preset(
    "sproom",
    "Sproom",
    ("peppol", "nemhandel"),
    ("sproom.net",),
    {
        "hosts": {"production": "https://sproom.net/api", "test": ""},
        "auth": {"kind": "bearer"},
        "send": {"method": "POST", "path": "", "body": "xml", "id": "documentId"},
        # there is no list: a call tells of each; the names of the fields in its body are not on the pages we hold
        "inbox": {"fetch": {"method": "GET", "path": "/documents/{remote_id}/oioUbl2"}},
        "webhook": {
            "received": ["documentReceived"],
            "changed": ["documentStatusChanged"],
            "id": "",
            "state": "",
            "reason": "",
        },
        # the words of "state" are not on the pages we hold
        "respond": {
            "method": "POST",
            "path": "/documents/{remote_id}/responses",
            "body": "json",
            "content": {"state": "{answer}", "reason": "{reason}"},
            "words": {"AP": "", "RE": ""},
        },
        "repeat": "person",
        "states": STATES,
    },
)
MAVENTA = Preset(
    "maventa",
    "Maventa / AutoInvoice",
    ("peppol",),
    ("maventa.com",),
    {
        "hosts": {"production": "https://ax.maventa.com", "test": "https://ax-stage.maventa.com"},
        "auth": {
            "kind": "oauth2",
            "token": {
                "method": "POST",
                "path": "/oauth2/token",
                "content": {
                    "grant_type": "client_credentials",
                    "client_id": "{client_id}",
                    "client_secret": "{secret}",
                    "vendor_api_key": "{vendor_key}",
                    "scope": "eui invoice:send",
                },
            },
        },
        "send": {
            "method": "POST",
            "path": "/v1/invoices",
            "body": "multipart",
            "content": {"file": "{file}"},
            "id": "id",
        },
        "status": {"method": "GET", "path": "/v1/invoices/{remote_id}", "state": "state"},
        # the key and "scope" need document:receive;
        # which value of return_format gives the file as it came is not on the page we hold; nothing is acknowledged
        "inbox": {
            "list": {
                "method": "GET",
                "path": "/v1/invoices",
                "query": {"direction": "RECEIVED", "received_at_start": "{since}"},
                "id": "id",
            },
            "fetch": {"method": "GET", "path": "/v1/invoices/{remote_id}", "query": {"return_format": ""}},
        },
        "repeat": "person",
        "states": STATES,
    },
    needs=("client_id", "secret", "vendor_key"),
)
STORECOVE = Preset(
    "storecove",
    "Storecove",
    ("peppol",),
    ("storecove.com",),
    {
        "hosts": {"production": "https://api.storecove.com/api/v2", "test": "https://api.storecove.com/api/v2"},
        "auth": {"kind": "bearer"},
        "send": {
            "method": "POST",
            "path": "/document_submissions",
            "body": "json",
            "content": {
                "legalEntityId": "#{account}",
                "idempotencyGuid": "{message_id}",
                "routing": {"eIdentifiers": [{"scheme": "{receiver_scheme}", "id": "{receiver_id}"}]},
                "document": {
                    "documentType": "invoice",
                    "rawDocumentData": {"document": "{base64}", "parse": True, "parseStrategy": "ubl"},
                },
            },
            "id": "guid",
        },
        # the path of received documents, and how the call names one, are not on the pages we hold
        "inbox": {"fetch": {"method": "GET", "path": ""}},
        "webhook": {"received": ["received_document"], "id": ""},
        "repeat": "safe",
        "known": {"statuses": [422], "words": ["idempotency"]},
        "schemes": {"0184": "DK:DIGST", "0192": "NO:ORG", "0007": "SE:ORGNR", "0216": "FI:OVT", "0088": "GLN"},
        "states": STATES,
    },
    needs=("secret", "account"),
)
QVALIA = Preset(
    "qvalia",
    "Qvalia",
    ("peppol",),
    ("qvalia.com",),
    {
        "hosts": {"production": "https://api.qvalia.com", "test": "https://api-test.qvalia.com"},
        "auth": {"kind": "header", "header": "Authorization"},
        "send": {
            "method": "POST",
            "path": "/partner/{partner}/transaction/{account}/invoices/outgoing",
            "body": "xml",
            "headers": {"Idempotency-Key": "{message_id}"},
            "id": "integrationId",
        },
        "status": {
            "method": "GET",
            "path": "/partner/{partner}/transaction/{account}/invoices/outgoing/status",
            "query": {"integrationId": "{remote_id}"},
            "state": "status",
            "reason": "message",
        },
        # how the document that a call names is fetched, and how the call names it, are not on the pages we hold
        "inbox": {"fetch": {"method": "GET", "path": ""}},
        "webhook": {
            "received": ["new_document"],
            "id": "",
            "signature": {"kind": "timestamped", "header": "X-Qvalia-Signature"},
        },
        "repeat": "safe",
        "known": {"statuses": [409]},
        "states": STATES,
    },
    needs=("secret", "account", "partner"),
)
UNIT4 = Preset(
    "unit4",
    "Unit4 access point",
    ("peppol",),
    ("unit4.com",),
    {
        "hosts": {"production": "https://ap.unit4.com", "test": "https://ap-test.unit4.com"},
        "auth": {"kind": "basic"},
        "send": {
            "method": "POST",
            "path": "/outbox",
            "body": "multipart",
            "content": {
                "file": "{file}",
                "SenderID": "{sender}",
                "RecipientID": "{receiver}",
                "ChannelID": "{account}",
                "ProcessID": "{process}",
                "DocumentID": "{document_type}",
            },
        },
        # 25 a page; how one is fetched and marked as read is not on the page we hold
        "inbox": {
            "list": {"method": "GET", "path": "/inbox", "id": "id"},
            "fetch": {"method": "GET", "path": ""},
            "acknowledge": {"method": "POST", "path": ""},
        },
        "respond": "send",
        "repeat": "person",
        "states": STATES,
    },
    needs=("client_id", "secret"),
)
PEPPYRUS = Preset(
    "peppyrus",
    "Peppyrus",
    ("peppol",),
    ("peppyrus.be",),
    {
        "hosts": {"production": "https://api.peppyrus.be/v1", "test": "https://api.test.peppyrus.be/v1"},
        "auth": {"kind": "header", "header": "X-Api-Key"},
        "send": {
            "method": "POST",
            "path": "/message",
            "body": "json",
            "content": {
                "sender": "{sender}",
                "recipient": "{receiver}",
                "processType": "{process}",
                "documentType": "{document_type}",
                "fileContent": "{base64}",
            },
            "id": "id",
        },
        "status": {"method": "GET", "path": "/message/{remote_id}", "state": "folder"},
        "inbox": {
            "list": {
                "method": "GET",
                "path": "/message/list",
                "query": {"folder": "INBOX", "confirmed": "false", "perPage": "100"},
                "id": "id",
            },
            "fetch": {"method": "GET", "path": "/message/{remote_id}", "file": "fileContent"},
            "acknowledge": {"method": "PATCH", "path": "/message/{remote_id}/confirm"},
        },
        "respond": "send",
        "repeat": "person",
        # what was sent lies in this folder: handed to the receiver's access point
        "states": {"delivered": ["sent"], "failed": ["failed"]},
    },
)
RECOMMAND = Preset(
    "recommand",
    "Recommand",
    ("peppol",),
    ("recommand.eu",),
    {
        "hosts": {"production": "https://app.recommand.eu/api/v1", "test": "https://app.recommand.eu/api/v1"},
        "auth": {"kind": "basic"},
        "send": {
            "method": "POST",
            "path": "/{account}/send",
            "body": "json",
            "content": {"recipient": "{receiver}", "documentType": "xml", "document": "{xml}"},
            "id": "id",
        },
        "repeat": "person",
        "states": STATES,
    },
    needs=("client_id", "secret", "account"),
)
PRESETS = {preset.code: preset for preset in (SPROOM, MAVENTA, STORECOVE, QVALIA, UNIT4, PEPPYRUS, RECOMMAND, GENERIC)}
