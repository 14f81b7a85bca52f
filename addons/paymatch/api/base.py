"""What the clients of providers share: sign-in, pages, faults told apart. Plain Python.

A client reads only. It lists the payouts of a period and gives one payout as a document, which a module of ``formats/``
reads like a file.
"""

import json
import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import date
from urllib.parse import urljoin, urlsplit

from odoo.addons.transfer_log.http import ApiError, Http

MAX_PAGES = 2000


class FetchError(ApiError):
    """Kind of its own: ``not_ready`` (the provider asks to come again later, or has not finished the day)."""


@dataclass(frozen=True)
class Access:
    """What opens an interface. ``account``: merchant number, empty: the only one the key opens; ``currency``: of
    the provider's payouts, for interfaces that do not tell it."""

    client_id: str = ""
    client_secret: str = ""
    subscription_key: str = ""
    account: str = ""
    currency: str = ""


@dataclass(frozen=True)
class Listing:
    """``keys``: payouts that are ready, oldest first. ``until``: up to this day nothing more will come."""

    keys: tuple[str, ...]
    until: date


def from_response(status, text, request=None):
    """The error an answer of status 300 and above stands for. Bodies may be JSON, plain text or HTML."""
    message = ""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        body = body["error"]
    if isinstance(body, dict):
        names = ("error_description", "message", "detail", "title", "error")
        message = next((str(body[name])[:500] for name in names if isinstance(body.get(name), str) and body[name]), "")
    elif text and "<html" not in text[:500].lower():
        message = text[:500]
    return FetchError(_kind(status), message, status=status, request=request, response=text)


def _kind(status):
    if status in (401, 403):
        return "authorisation"
    if status == 404:
        return "not_found"
    if status == 429:
        return "limit"
    if status >= 500 or status == 408:
        return "unavailable"
    return "validation"


def unreadable(what):
    return FetchError("no_answer", f"{what} cannot be read")


def rows_of(value, what) -> list:
    """A list of objects, or the answer is not what it should be."""
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise unreadable(what)
    return value


def day_of(value, what) -> date:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError as error:
        raise unreadable(what) from error


def identifier(value, what) -> str:
    """A provider's id, which becomes part of an address and of a key."""
    if not isinstance(value, str | int) or not re.fullmatch(r"[\w.-]{1,80}", str(value)) or str(value).strip(".") == "":
        raise unreadable(what)
    return str(value)


class Client:
    """Base of the clients.

    ``code``: of the service; ``formats``: formats of providers whose payouts it fetches; ``hosts``: by environment,
    ``None`` where the address is not documented; ``domains``: where credentials may be sent; ``overlap``: so many days
    are listed again, because a provider may tell of a payout later than its date; ``lag``: the last days
    are not listed yet; ``extension``: of the file a payout is kept as.
    """

    code = name = ""
    formats: tuple[str, ...] = ()
    hosts: dict[str, str | None] = {}
    domains: tuple[str, ...] = ()
    overlap, lag = 14, 0
    needs_client_id = True
    needs_shop = False  # the name of the shop is part of the address
    takes_subscription_key = False
    extension = "json"

    def __init__(self, access: Access, *, url: str, session=None, sleep=None):
        self.access, self.url = access, url.rstrip("/")
        self.http = Http(FetchError, from_response, session=session, sleep=sleep)
        self._token = ""

    @classmethod
    def address(cls, environment: str, shop: str) -> str | None:
        """Where the interface is; None where it is not documented, or the name of the shop is none."""
        return cls.hosts[environment]

    # What each client does

    def payouts(self, since: date, until: date) -> Listing:
        """The payouts dated within the days, both included."""
        raise NotImplementedError

    def document(self, key: str) -> dict:
        """The whole payout of a key of :meth:`payouts`, all its pages put together."""
        raise NotImplementedError

    def sign_in(self) -> str:
        """A new access token; a client with a fixed key gives that."""
        return self.access.client_secret

    def fits(self, environment: str) -> bool:
        """Whether the key is one of the environment, where it tells that."""
        return True

    def headers(self, token: str) -> dict:
        return {"Authorization": f"Bearer {token}"}

    # What they share

    def content(self, key: str) -> bytes:
        """The document as it is kept."""
        return self.http.dump(self.document(key)).encode()

    def get(self, path, query=None) -> dict:
        """One read, repeated on passing faults. A token that is refused is renewed once."""
        answer = self._read(self.http.send_json, path, query, "application/json")
        if not isinstance(answer, dict):
            raise unreadable("The answer")
        return answer

    def get_text(self, path, query, accept) -> str:
        """As :meth:`get`, for an answer that is a file; a page of HTML is none."""
        return self._read(self._send_text, path, query, accept)

    def _send_text(self, method, url, **kwargs):
        text = self.http.send(method, url, **kwargs)
        if text.lstrip()[:1] == "<":
            raise unreadable("The answer")
        return text

    def _read(self, send, path, query, accept):
        url = self._absolute(path)
        return self.http.repeated(lambda: self._get(send, url, query, accept), is_read=True)

    def _get(self, send, url, query, accept):
        is_fresh = not self._token
        self._token = self._token or self.sign_in()
        try:
            return self._get_with(send, self._token, url, query, accept)
        except FetchError as error:
            if error.status != 401 or is_fresh:
                raise
        self._token = self.sign_in()
        return self._get_with(send, self._token, url, query, accept)

    def _get_with(self, send, token, url, query, accept):
        return send("GET", url, headers={"Accept": accept, **self.headers(token)}, params=query)

    def _absolute(self, path):
        """The address of a path or link. A link to another host is refused: the token stays where it belongs."""
        url = urljoin(f"{self.url}/", path)
        if urlsplit(url)[:2] != urlsplit(self.url)[:2]:
            raise FetchError("no_answer", "a link of the answer leads to another host")
        return url

    def client_credentials(self, path, **form) -> str:
        """OAuth 2.0 client credentials: identity and secret as HTTP Basic."""
        pair = f"{self.access.client_id}:{self.access.client_secret}".encode()
        headers = {"Authorization": f"Basic {b64encode(pair).decode()}", "Accept": "application/json"}
        data = {"grant_type": "client_credentials", **form}
        try:
            text = self.http.send("POST", self._absolute(path), data=data, headers={**headers, **self.extra_headers()})
        except FetchError as error:
            if error.status == 400:
                error.kind = "authorisation"  # invalid_client, invalid_grant
            raise
        return self.token_of(text)

    @staticmethod
    def token_of(text) -> str:
        """The access token of an OAuth 2.0 answer."""
        try:
            token = json.loads(text)["access_token"]
        except (ValueError, KeyError, TypeError) as error:
            raise unreadable("The answer to the sign-in") from error
        if not isinstance(token, str) or not token:
            raise unreadable("The answer to the sign-in")
        return token

    def extra_headers(self) -> dict:
        return {}
