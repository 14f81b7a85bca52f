"""Access points as their public pages describe them: Maventa, Storecove, Qvalia, Unit4, Peppyrus, and one of our own
making for what is entered by hand.

Plain Python without Odoo or pytest. ``taken`` holds what arrived, one entry per document that will reach the receiver;
a test that counts it sees what was sent twice or lost. ``inbox`` holds what waits for us to fetch it.
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
    document and answers HTML; ``forget`` says that it is done, and is not."""

    FAULTS = ("401", "403", "429", "500", "500_after", "nonsense", "timeout_before", "timeout_after", "refuse", "slow",
              "forget")  # fmt: skip

    def __init__(self, style, secret="hemmelig-proeve"):
        super().__init__()
        self.style, self.secret = style, secret
        self.taken = []  # {"id", "key", "sha256", "receiver", "state"}
        self.inbox = []  # {"id", "content", "day", "fetched", "acknowledged"}
        self.answers = []  # (id of the document that is answered, what was said)
        self.tokens = set()

    # what tests look at

    def hashes(self):
        return [entry["sha256"] for entry in self.taken]

    def set_state(self, remote_id, state):
        next(entry for entry in self.taken if entry["id"] == remote_id)["state"] = state

    def deliver(self, content, day="2026-11-22"):
        """A document that the access point received for us. -> its number over there"""
        entry = {"id": f"D{len(self.inbox) + 1}", "content": content, "day": day, "fetched": 0, "acknowledged": 0}
        self.inbox.append(entry)
        return entry["id"]

    def counts(self):
        """How often each document was fetched and acknowledged."""
        return [(entry["fetched"], entry["acknowledged"]) for entry in self.inbox]

    # the wire

    def answer(self, method, path, query, raw, headers):
        fault = self.take_fault("401", "403", "429", "500", "refuse")
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

    def _waiting(self, limit=100):
        return [entry for entry in self.inbox if not entry["acknowledged"]][:limit]

    def _received(self, number):
        entry = next((entry for entry in self.inbox if entry["id"] == number), None)
        if not entry:
            raise ApiError(404, {"message": "Not found"})
        return entry

    def _fetched(self, number):
        entry = self._received(number)
        entry["fetched"] += 1
        return entry["content"]

    def _acknowledged(self, number):
        entry = self._received(number)
        if not self.take_fault("forget"):
            entry["acknowledged"] += 1

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
        """Asked by our own id: GET /messages?reference=, never the same reference twice by itself. Received documents
        are deleted over there once they are here; answers have a path of their own."""
        self._need(headers.get("Authorization") == f"Bearer {self.secret}")
        if path.startswith("/received"):
            return self._generic_received(method, path.split("/")[2:], raw, headers)
        if method == "POST" and path == "/messages":
            return 201, {"message": {"id": self._take(self._xml(raw, headers), headers.get("X-Reference", ""))["id"]}}
        if method == "GET" and path == "/messages":
            entry = self._by_key(query.get("reference", ""))
            return 200, {"messages": [{"id": entry["id"]}] if entry else []}
        entry = self._by_id(path.removeprefix("/messages/"))
        return 200, {"message": {"state": entry["state"], "text": f"it is {entry['state']}"}}

    def _generic_received(self, method, steps, raw, headers):
        if not steps:
            return 200, {"page": {"rows": [{"number": entry["id"]} for entry in self._waiting()]}}
        if steps[1:] == ["answers"]:
            self.answers.append((steps[0], self._xml(raw, headers)))
            return 201, {"id": f"S{len(self.answers)}"}
        if method == "DELETE":
            self._acknowledged(steps[0])
            return 204, None
        if self._received(steps[0])["acknowledged"]:
            raise ApiError(404, {"message": "Not found"})
        return 200, self._fetched(steps[0])

    def _sproom(self, method, path, query, raw, headers):
        """The answer to a document alone is on a public page, with words of our own making."""
        self._need(headers.get("Authorization") == f"Bearer {self.secret}")
        steps = path.split("/")
        if method != "POST" or steps[1] != "documents" or steps[3] != "responses":
            raise ApiError(404, {"message": "Not found"})
        body = json_body(raw)
        if body["state"] not in ("yes", "no"):
            raise ApiError(400, {"message": "state is not known"})
        self.answers.append((steps[2], (body["state"], body["reason"])))
        return 200, {"documentId": f"S{len(self.answers)}"}

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
        if path == "/v1/invoices":
            since = query["received_at_start"]
            entries = [entry for entry in self.inbox if entry["day"] >= since]
            return 200, [{"id": entry["id"]} for entry in entries] if query["direction"] == "RECEIVED" else []
        if "return_format" in query:
            return 200, self._fetched(path.removeprefix("/v1/invoices/"))
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
        self._take(form["file"], form["DocumentID"].decode(), form["RecipientID"].decode())
        return 200, ""

    def _peppyrus(self, method, path, query, raw, headers):
        self._need(headers.get("X-Api-Key") == self.secret)
        if method == "POST":
            body = json_body(raw)
            content, kind = base64.b64decode(body["fileContent"]), body["documentType"]
            return 200, {"id": self._take(content, kind, body["recipient"])["id"]}
        number = path.removeprefix("/message/")
        if number == "list":
            wanted = (query["folder"], query["confirmed"]) == ("INBOX", "false")
            rows = self._waiting(int(query["perPage"])) if wanted else []
            return 200, {"meta": {"count": len(rows)}, "items": [{"id": entry["id"]} for entry in rows]}
        if method == "PATCH":
            self._acknowledged(number.removesuffix("/confirm"))
            return 200, {}
        if number.startswith("D"):
            return 200, {
                "id": number,
                "folder": "INBOX",
                "fileContent": base64.b64encode(self._fetched(number)).decode(),
            }
        return 200, {"folder": self._by_id(number)["state"]}
