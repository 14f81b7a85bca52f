"""Access points that take e-invoices over HTTP. Plain Python.

One client for all of them: how an access point is addressed stands in a definition (JSON: ``presets``), which an
administrator may edit where the interface is not public or has changed. Every sending carries our own message id; what
happens after an answer that never came follows ``repeat``:

``safe``    the access point tells a repeated message id by itself: sending again is how it is asked
``find``    it is asked by the message id first
``person``  nobody can tell from here: a person looks it up
"""

import base64
import json
import re
from base64 import b64encode
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import quote, urlsplit

from odoo.addons.transfer_log.addresses import has_plain_host
from odoo.addons.transfer_log.http import Http

from . import webhooks
from .answers import AccessPointError, pick

AUTH = ("none", "basic", "bearer", "header", "oauth2")
BODIES = ("xml", "multipart", "json")
REPEAT = ("safe", "find", "person")
ANSWERS = ("delivered", "accepted", "rejected", "failed")
METHODS = ("GET", "POST", "PUT")
MARKING = (*METHODS, "PATCH", "DELETE")  # how a received document is told to have arrived
MAX_DEFINITION = 50_000
_PLACE = re.compile(r"\{([a-z0-9_]+)\}")


@dataclass(frozen=True)
class Access:
    """What opens an interface, as the access point gave it."""

    client_id: str = ""
    secret: str = ""
    vendor_key: str = ""
    account: str = ""
    partner: str = ""


@dataclass(frozen=True)
class Message:
    """One e-document on its way. ``message_id`` is ours and the same however often it is tried."""

    message_id: str
    content: bytes
    filename: str
    sender: tuple[str, str] = ("", "")
    receiver: tuple[str, str] = ("", "")
    document_type: str = ""
    process: str = ""
    kind: str = "invoice"
    country: str = ""


@dataclass(frozen=True)
class Receipt:
    """``is_known``: the access point had it already."""

    remote_id: str
    request: str = ""
    response: str = ""
    is_known: bool = False


@dataclass(frozen=True)
class Answer:
    """``state``: one of ``ANSWERS``, or "" while nothing new is known."""

    state: str = ""
    reason: str = ""
    response: str = ""


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    query: dict = field(default_factory=dict)
    body: str = ""
    content: dict = field(default_factory=dict)  # JSON with places, or parts of a form
    headers: dict = field(default_factory=dict)
    id: str = ""  # path of the message's id in the answer
    state: str = ""
    reason: str = ""
    rows: str = ""  # path of the list in the answer
    file: str = ""  # path of the document in the answer; "": the answer is the document
    words: dict = field(default_factory=dict)  # our code of an answer -> theirs

    def missing(self):
        """What the administrator has still to enter: "path", or the name of a value; "" when nothing is missing."""
        if not self.path:
            return "path"
        empty = [f"query.{name}" for name, value in self.query.items() if value == ""]
        empty += [f"words.{name}" for name, value in self.words.items() if value == ""]
        return next(iter(empty), "")

    def uses(self, place):
        """Whether the call carries this place anywhere."""
        return f"{{{place}}}" in json.dumps([self.path, self.query, self.content, self.headers])


@dataclass(frozen=True)
class Inbox:
    """How received documents are listed, fetched and told to have arrived; without ``acknowledge`` those since a day
    are listed, and what is here already is passed over. Without ``list`` the access point calls us (``webhook``)."""

    list: Call | None
    fetch: Call
    acknowledge: Call | None = None

    def missing(self):
        calls = (("list", self.list), ("fetch", self.fetch), ("acknowledge", self.acknowledge))
        names = (f"inbox.{name}.{call.missing()}" for name, call in calls if call and call.missing())
        return next(names, "")


@dataclass(frozen=True)
class Definition:
    """How one access point is addressed; made by :func:`read_definition`."""

    hosts: dict
    auth: str
    auth_header: str
    token: Call | None
    send: Call
    find: Call | None
    status: Call | None
    repeat: str
    known_statuses: tuple[int, ...]
    known_words: tuple[str, ...]
    words: dict  # lower-case word of the access point -> one of ANSWERS
    schemes: dict  # Peppol's code of an identifier -> the access point's name of it, where it has its own
    inbox: Inbox | None = None
    webhook: webhooks.Webhook | None = None  # how its calls to us look
    respond: Call | None = None  # how an answer to a received document is sent; ``send`` itself where it is the same

    def fetching_missing(self):
        """What the administrator has still to enter before received documents can be fetched; "" for nothing."""
        if not self.inbox:
            return "inbox"
        return self.inbox.missing() or (self.webhook.missing() if self.webhook and not self.inbox.list else "")


def read_definition(text):
    """A definition from JSON text or a dict. Raises AccessPointError of kind ``definition`` with what is wrong."""
    try:
        data = json.loads(text[:MAX_DEFINITION]) if isinstance(text, str) else text
    except (ValueError, RecursionError) as error:
        raise _wrong(f"no JSON: {error}") from error
    if not isinstance(data, dict):
        raise _wrong("not an object")
    auth = _section(data, "auth")
    kind = _one_of(auth.get("kind", "none"), AUTH, "auth.kind")
    known = _section(data, "known")
    if kind == "oauth2" and not isinstance(auth.get("token"), dict):
        raise _wrong("auth.token is missing")
    repeat = _one_of(data.get("repeat", "person"), REPEAT, "repeat")
    if repeat == "find" and not data.get("find"):
        raise _wrong("repeat is “find”, but there is no find")
    send = _call(data.get("send"), "send")
    return Definition(
        hosts={str(name): str(value or "") for name, value in _section(data, "hosts").items()},
        auth=kind,
        auth_header=str(auth.get("header") or "Authorization"),
        token=_call(auth["token"], "auth.token") if kind == "oauth2" else None,
        send=send,
        find=_call(data["find"], "find") if data.get("find") else None,
        status=_call(data["status"], "status") if data.get("status") else None,
        repeat=repeat,
        known_statuses=tuple(one for one in known.get("statuses", ()) if isinstance(one, int)),
        known_words=tuple(str(one).lower() for one in known.get("words", ())),
        words=_words(_section(data, "states")),
        schemes={str(code): str(name) for code, name in _section(data, "schemes").items()},
        inbox=_inbox(_section(data, "inbox"), bool(data.get("webhook"))),
        webhook=webhooks.read_section(_section(data, "webhook")) if data.get("webhook") else None,
        respond=_respond(data.get("respond"), send),
    )


def _respond(data, send):
    if not data:
        return None
    return send if data == "send" else _call(data, "respond")


def _inbox(data, is_called):
    """:param is_called: the access point calls us, so that a list is not needed"""
    if not data:
        return None
    acknowledge = data.get("acknowledge")
    has_list = bool(data.get("list")) or not is_called
    inbox = Inbox(
        list=_call(data.get("list"), "inbox.list") if has_list else None,
        fetch=_call(data.get("fetch"), "inbox.fetch"),
        acknowledge=_call(acknowledge, "inbox.acknowledge", MARKING) if acknowledge else None,
    )
    if not inbox.list:
        return inbox
    if not inbox.list.id:
        raise _wrong("inbox.list.id is missing")
    if not (inbox.acknowledge or inbox.list.uses("since")):
        raise _wrong("inbox: without acknowledge the list must be asked for what came {since}")
    return inbox


def _wrong(text):
    return AccessPointError("definition", text)


def _section(data, name):
    value = data.get(name) or {}
    if not isinstance(value, dict):
        raise _wrong(f"{name} is not an object")
    return value


def _one_of(value, allowed, name):
    if value not in allowed:
        raise _wrong(f"{name} must be one of {', '.join(allowed)}")
    return value


def _words(states):
    words = {}
    for answer, names in states.items():
        _one_of(answer, ANSWERS, "states")
        if not isinstance(names, list):
            raise _wrong(f"states.{answer} is not a list")
        words |= {str(name).lower(): answer for name in names}
    return words


def _call(data, name, methods=METHODS):
    if not isinstance(data, dict) or not isinstance(data.get("path"), str):
        raise _wrong(f"{name}.path is missing")
    path = data["path"]
    if path and not path.startswith("/"):
        raise _wrong(f"{name}.path must begin with /")
    body = data.get("body", "")
    return Call(
        method=_one_of(data.get("method", "GET"), methods, f"{name}.method"),
        path=path,
        query=_section(data, "query"),
        body=_one_of(body, BODIES, f"{name}.body") if body else "",
        content=_section(data, "content"),
        headers=_section(data, "headers"),
        id=str(data.get("id") or ""),
        state=str(data.get("state") or ""),
        reason=str(data.get("reason") or ""),
        rows=str(data.get("rows") or ""),
        file=str(data.get("file") or ""),
        words={str(code): str(word) for code, word in _section(data, "words").items()},
    )


def from_response(status, text, request=None):
    """The error an answer of status 300 and above stands for."""
    if status in (401, 403):
        kind = "authorisation"
    elif status == 404:
        kind = "not_found"
    elif status == 429:
        kind = "limit"
    elif status >= 500 or status == 408:
        kind = "unavailable"
    else:
        kind = "validation"
    return AccessPointError(kind, _message(text), status=status, request=request, response=text)


def _message(text):
    """The sentence for a person in a body of any kind; "" when there is none."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return "" if "<html" in text[:500].lower() else text[:500]
    for _depth in range(3):
        if isinstance(body, list):
            body = body[0] if body else {}
        if isinstance(body, str):
            return body[:500]
        if not isinstance(body, dict):
            break
        names = ("error_description", "message", "detail", "details", "title", "error", "errors")
        body = next((body[name] for name in names if body.get(name)), {})
    return ""


class AccessPoint:
    """The client. ``url``: checked by the caller; keys go to this host alone."""

    def __init__(self, definition: Definition, access: Access, *, url: str, session=None, sleep=None):
        self.definition, self.access, self.url = definition, access, url.rstrip("/")
        self.http = Http(AccessPointError, from_response, session=session, sleep=sleep)
        self._token = ""

    def send(self, message: Message) -> Receipt:
        """Hand one document over. Raises AccessPointError; see its kinds for what may have happened over there."""
        return self._hand_over(self.definition.send, "send", message, self._places(message))

    def respond(self, message: Message, remote_id: str, code: str, reason: str) -> Receipt:
        """Hand an answer to a received document over.

        :param remote_id: what the access point calls the document that is answered
        :param code: of ``formats.responses.CODES``; said in the access point's words where it has its own
        """
        call = self.definition.respond
        if not call:
            raise AccessPointError("definition", "respond is missing: enter what the access point gave you")
        places = self._places(message) | {"remote_id": remote_id, "reason": reason}
        return self._hand_over(call, "respond", message, places | {"answer": call.words.get(code, code)})

    def _hand_over(self, call, name, message, places):
        if call.missing():
            fault = f"{name}.{call.missing()} is empty: enter what the access point gave you"
            raise AccessPointError("definition", fault)
        try:
            text = self._run(call, places, message)
        except AccessPointError as error:
            if self._is_known(error):
                remote = pick(_json(error.response), call.id)
                return Receipt(remote or message.message_id, _noted(message), error.response or "", True)
            raise
        remote = pick(_json(text), call.id) if call.id else message.message_id
        if not remote:
            raise AccessPointError("no_answer", "The answer has no number", request=_noted(message), response=text)
        return Receipt(remote, _noted(message), text)

    def find(self, message: Message) -> Receipt | None:
        """Whether the access point has a message of ours. Reads only; None: it says that it has not."""
        call = self.definition.find
        try:
            text = self.http.repeated(lambda: self._run(call, self._places(message)), is_read=True)
        except AccessPointError as error:
            if error.kind == "not_found":
                return None
            raise
        answer = _json(text)
        if answer is None:
            raise AccessPointError("no_answer", "The answer cannot be read", response=text)
        remote = pick(answer, call.id)
        return Receipt(remote, _noted(message), text, True) if remote else None

    def state(self, remote_id: str, message_id: str = "") -> Answer:
        """What became of a document. Reads only."""
        call = self.definition.status
        places = self._access_places() | {"remote_id": remote_id, "message_id": message_id}
        text = self.http.repeated(lambda: self._run(call, places), is_read=True)
        answer = _json(text)
        if answer is None:
            raise AccessPointError("no_answer", "The answer cannot be read", response=text)
        word = pick(answer, call.state).lower()
        reason = pick(answer, call.reason) if call.reason else ""
        return Answer(self.definition.words.get(word, ""), reason, text)

    # --- one call ------------------------------------------------------------------------------------------------
    def _is_known(self, error):
        definition = self.definition
        if error.status not in definition.known_statuses:
            return False
        text = (error.response or "").lower()
        return not definition.known_words or any(word in text for word in definition.known_words)

    def _run(self, call, places, message=None, read=None):
        """:param read: how the answer is read; ``self.http.send`` gives text, ``self.http.fetch`` bytes"""
        is_fresh = not self._token
        read = read or self.http.send
        try:
            return self._once(call, places, message, read)
        except AccessPointError as error:
            if error.status != 401 or is_fresh or self.definition.auth != "oauth2":
                raise
        self._token = ""  # it ran out: refused, so nothing happened
        return self._once(call, places, message, read)

    def _once(self, call, places, message, read):
        headers = {"Accept": "application/json", **self._auth_headers()}
        headers |= {name: _filled(value, places) for name, value in call.headers.items()}
        url = self.url + _PLACE.sub(lambda match: quote(str(places.get(match.group(1), "")), safe=":"), call.path)
        query = {name: _filled(value, places) for name, value in call.query.items()}
        options = {}
        if call.body == "xml":
            options["data"] = message.content
            headers.setdefault("Content-Type", "application/xml")
        elif call.body == "json":
            options["data"] = self.http.dump(_filled_tree(call.content, places)).encode()
            headers["Content-Type"] = "application/json"
        elif call.body == "multipart":
            options["files"] = _parts(call.content, places, message)
        return read(
            call.method, url, body=_noted(message) if message else None, headers=headers, params=query, **options
        )

    def _auth_headers(self):
        access, kind = self.access, self.definition.auth
        if kind == "basic":
            return {"Authorization": f"Basic {b64encode(f'{access.client_id}:{access.secret}'.encode()).decode()}"}
        if kind == "bearer":
            return {"Authorization": f"Bearer {access.secret}"}
        if kind == "header":
            return {self.definition.auth_header: access.secret}
        if kind == "oauth2":
            self._token = self._token or self._sign_in()
            return {"Authorization": f"Bearer {self._token}"}
        return {}

    def _sign_in(self):
        call = self.definition.token
        form = {name: _filled(value, self._access_places()) for name, value in call.content.items()}
        try:
            text = self.http.send(call.method, self.url + call.path, data=form, headers={"Accept": "application/json"})
        except AccessPointError as error:
            # signing in sends no document: nothing can have happened
            kind = (
                "authorisation" if error.status and 400 <= error.status < 500 and error.kind != "limit" else error.kind
            )
            error.kind = "not_sent" if kind in ("unavailable", "no_answer") else kind
            raise
        token = pick(_json(text), call.id or "access_token") if len(text) < 200 else _long(text, call.id)
        if not token:
            raise AccessPointError("not_sent", "The answer to the sign-in cannot be read")
        return token

    def _access_places(self):
        access = self.access
        return {
            "client_id": access.client_id,
            "secret": access.secret,
            "vendor_key": access.vendor_key,
            "account": access.account,
            "partner": access.partner,
        }

    def _places(self, message):
        places = self._access_places()
        del places["secret"], places["vendor_key"]
        return places | {
            "message_id": message.message_id,
            "filename": message.filename,
            "sender": ":".join(message.sender),
            "sender_scheme": self.definition.schemes.get(message.sender[0], message.sender[0]),
            "sender_id": message.sender[1],
            "receiver": ":".join(message.receiver),
            "receiver_scheme": self.definition.schemes.get(message.receiver[0], message.receiver[0]),
            "receiver_id": message.receiver[1],
            "document_type": message.document_type,
            "process": message.process,
            "kind": message.kind,
            "country": message.country,
            "base64": base64.b64encode(message.content).decode(),
            "xml": message.content.decode("utf-8", "replace"),
        }


def _json(text):
    try:
        return json.loads(text or "", parse_float=Decimal)
    except (ValueError, RecursionError):
        return None


def _long(text, name):
    """A token may be longer than what :func:`pick` gives."""
    answer = _json(text)
    value = answer.get(name or "access_token") if isinstance(answer, dict) else ""
    return value if isinstance(value, str) else ""


def _noted(message):
    """What the log keeps of a sending: the file itself stands on the document."""
    return f"{message.filename} ({len(message.content)} bytes), {message.message_id}, to {':'.join(message.receiver)}"


def _filled(text, places):
    return _PLACE.sub(lambda match: str(places.get(match.group(1), "")), str(text))


def _filled_tree(value, places):
    """A number stays one where the whole value is a place in ``#{…}``."""
    if isinstance(value, dict):
        return {name: _filled_tree(inner, places) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled_tree(inner, places) for inner in value]
    if isinstance(value, str):
        if value.startswith("#{"):
            number = _filled(value[1:], places)
            return int(number) if number.isascii() and number.isdigit() else number
        return _filled(value, places)
    return value


def _parts(content, places, message):
    """Parts of a form; the part whose value is ``{file}`` is the document."""
    parts = {}
    for name, value in content.items():
        if value == "{file}":
            parts[name] = (message.filename, message.content, "application/xml")
        else:
            parts[name] = (None, _filled(value, places))
    return parts


def is_secure(address, domains=()):
    """Whether keys may be sent there: HTTPS to a named host, one of ``domains`` where these are known."""
    if not has_plain_host(address):
        return False
    url = urlsplit(address)
    host = (url.hostname or "").lower()
    if url.scheme != "https":
        return False
    if domains:
        return any(host == name or host.endswith(f".{name}") for name in domains)
    is_name = "." in host and not re.fullmatch(r"[\d.]+", host) and ":" not in host
    return is_name and not host.endswith((".local", ".internal", ".localhost"))
