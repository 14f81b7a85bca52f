"""Access points as their public pages describe them: Maventa, Storecove, Qvalia, Unit4, Peppyrus, and one of our own
making for what is entered by hand.

Plain Python without Odoo or pytest. ``taken`` holds what arrived, one entry per document that will reach the receiver;
a test that counts it sees what was sent twice or lost.
"""

import base64
import email
import email.policy
import hashlib
import re
from urllib.parse import parse_qs

from .server import ApiError, Simulator, json_body

XML = "application/xml"


class AccessPointSimulator(Simulator):
    """``style``: whose interface. Faults: ``slow`` answers late, the others as in ``server``; ``nonsense`` takes the
    document and answers HTML."""

    FAULTS = ("401", "429", "500", "500_after", "nonsense", "timeout_before", "timeout_after", "refuse")

    def __init__(self, style, secret="hemmelig-proeve"):
        super().__init__()
        self.style, self.secret = style, secret
        self.taken = []  # {"id", "key", "sha256", "receiver", "state"}
        self.tokens = set()

    # what tests look at

    def hashes(self):
        return [entry["sha256"] for entry in self.taken]

    def set_state(self, remote_id, state):
        next(entry for entry in self.taken if entry["id"] == remote_id)["state"] = state

    # the wire

    def answer(self, method, path, query, raw, headers):
        fault = self.take_fault("401", "429", "500", "refuse")
        if fault:
            return self._refused(fault.kind)
        status, body = getattr(self, f"_{self.style}")(method, path, query, raw, headers)
        late = self.take_fault("500_after", "nonsense")
        if late:
            return (500, {"message": "fault"}, {}) if late.kind == "500_after" else (200, "<html>ok?</html>", {})
        return status, body, {}

    def _refused(self, kind):
        if kind == "429":
            return 429, {"message": "Too many requests"}, {"Retry-After": "17"}
        if kind == "refuse":
            return 400, {"message": "The receiver is not known"}, {}
        return int(kind), {"message": "fault"}, {}

    def _take(self, content, key="", receiver=""):
        entry = {
            "id": f"R{len(self.taken) + 1}",
            "key": key,
            "sha256": hashlib.sha256(content).hexdigest(),
            "receiver": receiver,
            "state": "sent",
        }
        self.taken.append(entry)
        return entry

    def _by_key(self, key):
        return next((entry for entry in self.taken if key and entry["key"] == key), None)

    def _by_id(self, number):
        entry = next((entry for entry in self.taken if entry["id"] == number), None)
        if not entry:
            raise ApiError(404, {"message": "Not found"})
        return entry

    def _need(self, condition, text="Unauthorized"):
        if not condition:
            raise ApiError(401, {"message": text})

    def _xml(self, raw, headers):
        if headers.get("Content-Type") != XML or not raw.lstrip().startswith(b"<"):
            raise ApiError(415, {"message": "XML is expected"})
        return raw

    def _form(self, raw, headers):
        message = email.message_from_bytes(
            b"Content-Type: " + headers["Content-Type"].encode() + b"\r\n\r\n" + raw, policy=email.policy.HTTP
        )
        return {part.get_param("name", header="Content-Disposition"): part.get_payload(decode=True)
                for part in message.iter_parts()}  # fmt: skip

    # one interface each

    def _generic(self, method, path, query, raw, headers):
        """Asked by our own id: GET /messages?reference=, never the same reference twice by itself."""
        self._need(headers.get("Authorization") == f"Bearer {self.secret}")
        if method == "POST" and path == "/messages":
            return 201, {"message": {"id": self._take(self._xml(raw, headers), headers.get("X-Reference", ""))["id"]}}
        if method == "GET" and path == "/messages":
            entry = self._by_key(query.get("reference", ""))
            return 200, {"messages": [{"id": entry["id"]}] if entry else []}
        entry = self._by_id(path.removeprefix("/messages/"))
        return 200, {"message": {"state": entry["state"], "text": f"it is {entry['state']}"}}

    def _maventa(self, method, path, query, raw, headers):
        if path == "/oauth2/token":
            form = {name: values[-1] for name, values in parse_qs(raw.decode()).items()}
            fits = form.get("client_secret") == self.secret and form.get("grant_type") == "client_credentials"
            self._need(fits and form.get("vendor_api_key") and form.get("client_id"), "invalid_client")
            token = f"token-{len(self.requests)}-{'x' * 400}"
            self.tokens.add(token)
            return 200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600}
        self._need((headers.get("Authorization") or "").removeprefix("Bearer ") in self.tokens)
        if method == "POST" and path == "/v1/invoices":
            return 200, {"id": self._take(self._form(raw, headers)["file"])["id"]}
        return 200, {"state": self._by_id(path.removeprefix("/v1/invoices/"))["state"].upper()}

    def _storecove(self, method, path, query, raw, headers):
        self._need(headers.get("Authorization") == f"Bearer {self.secret}")
        if (method, path) != ("POST", "/document_submissions"):
            raise ApiError(404, {"errors": [{"details": "Not found"}]})
        body = json_body(raw)
        guid, route = body["idempotencyGuid"], body["routing"]["eIdentifiers"][0]
        if self._by_key(guid):
            raise ApiError(422, {"errors": [{"source": "idempotencyGuid", "details": "has already been taken"}]})
        if not isinstance(body["legalEntityId"], int):
            raise ApiError(422, {"errors": [{"source": "legalEntityId", "details": "must be a number"}]})
        content = base64.b64decode(body["document"]["rawDocumentData"]["document"])
        return 200, {"guid": self._take(content, guid, f"{route['scheme']}:{route['id']}")["id"]}

    def _qvalia(self, method, path, query, raw, headers):
        self._need(headers.get("Authorization") == self.secret)
        if not re.fullmatch(r"/partner/P1/transaction/A1/invoices/outgoing(/status)?", path):
            raise ApiError(404, {"message": "Not found"})
        if method == "GET":
            entry = self._by_id(query.get("integrationId"))
            return 200, {"status": entry["state"], "message": ""}
        key = headers.get("Idempotency-Key", "")
        known = self._by_key(key)
        if known:
            raise ApiError(409, {"message": "Already there", "integrationId": known["id"]})
        return 201, {"integrationId": self._take(self._xml(raw, headers), key)["id"]}

    def _unit4(self, method, path, query, raw, headers):
        pair = base64.b64encode(f"bruger:{self.secret}".encode()).decode()
        self._need(headers.get("Authorization") == f"Basic {pair}")
        form = self._form(raw, headers)
        self._take(form["file"], "", form["RecipientID"].decode())
        return 200, ""

    def _peppyrus(self, method, path, query, raw, headers):
        self._need(headers.get("X-Api-Key") == self.secret)
        if method == "POST":
            body = json_body(raw)
            return 200, {"id": self._take(base64.b64decode(body["fileContent"]), "", body["recipient"])["id"]}
        return 200, {"folder": self._by_id(path.removeprefix("/message/"))["state"]}
