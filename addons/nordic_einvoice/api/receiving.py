"""Received documents, asked for at an access point over HTTP. Plain Python.

Listing and fetching only read and may be repeated. A document is told to have arrived (acknowledged) by whoever has it
safe; doing that twice is no fault.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from decimal import Decimal

from .access_point import AccessPoint
from .answers import AccessPointError, pick

MAX_ROWS = 1000  # of one page
MAX_PAGES = 40
MAX_FILE = 64 * 1024 * 1024
USUAL_PAGE = 25  # rows; a list of so many may go on


@dataclass(frozen=True)
class Listing:
    """``ids`` in the order of the list, each once; ``may_go_on``: there may be more than the answer held."""

    ids: tuple[str, ...] = ()
    may_go_on: bool = False


class ReceivingAccessPoint(AccessPoint):
    def waiting(self, since: str = "") -> Listing:
        """The documents that wait over there. ``since``: a day (YYYY-MM-DD), for interfaces without acknowledging."""
        call = self._inbox().list
        if not call:
            raise AccessPointError("definition", "inbox.list is missing: the access point calls when something arrives")
        ids = {}
        for page in range(1, MAX_PAGES + 1):
            found = self._page(call, since, page)
            is_new = not ids.keys() >= set(found)
            ids |= dict.fromkeys(found)
            if not call.uses("page"):
                return Listing(tuple(ids), len(found) >= USUAL_PAGE)
            if not is_new:
                return Listing(tuple(ids))
        return Listing(tuple(ids), True)

    def _page(self, call, since, page):
        places = self._access_places() | {"since": since, "page": page}
        text = self.http.repeated(lambda: self._run(call, places), is_read=True)
        try:
            rows = _rows(json.loads(text or "[]", parse_float=Decimal), call.rows)[:MAX_ROWS]
        except (ValueError, RecursionError) as error:
            raise AccessPointError("no_answer", "The answer cannot be read", response=text) from error
        found = [pick(row, call.id) if isinstance(row, dict) else "" for row in rows]
        if "" in found:
            fault = f"inbox.list.id “{call.id}” names nothing in a row of the answer"
            raise AccessPointError("definition", fault, response=text)
        return found

    def document(self, remote_id: str) -> bytes:
        """One received document, byte for byte as the access point gives it."""
        call = self._inbox().fetch
        places = self._access_places() | {"remote_id": remote_id}

        def read(*arguments, **options):
            return self.http.fetch(*arguments, limit=MAX_FILE, **options)

        content = self.http.repeated(lambda: self._run(call, places, read=read), is_read=True)
        if not call.file:
            if not content.strip():
                raise AccessPointError("no_answer", "The answer is empty")
            return content
        return _file(content, call.file)

    def acknowledge(self, remote_id: str) -> str:
        """Tell that a document has arrived. One that is no longer there was told before. -> the answer"""
        call = self._inbox().acknowledge
        if not call:
            return ""
        try:
            return self._run(call, self._access_places() | {"remote_id": remote_id})
        except AccessPointError as error:
            if error.kind == "not_found":
                return error.response or ""
            raise

    def _inbox(self):
        inbox = self.definition.inbox
        missing = inbox.missing() if inbox else "inbox"
        if missing:
            raise AccessPointError("definition", f"{missing} is empty: enter what the access point gave you")
        return inbox


def _rows(answer, path):
    """The list at ``path``; without one the answer itself, or the one list in it."""
    for step in filter(None, path.split(".")):
        answer = answer.get(step) if isinstance(answer, dict) else None
    if isinstance(answer, dict) and not path:
        lists = [value for value in answer.values() if isinstance(value, list)]
        answer = lists[0] if len(lists) == 1 else None
    if not isinstance(answer, list):
        raise AccessPointError("definition", "inbox.list.rows names no list in the answer")
    return answer


def _file(content, path):
    """The document inside a JSON answer: as text, or in base64."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise AccessPointError("no_answer", "The answer cannot be read") from error
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    if not isinstance(value, str) or not value.strip():
        raise AccessPointError("definition", f"inbox.fetch.file “{path}” names nothing in the answer")
    if value.lstrip("\ufeff \r\n\t").startswith("<"):
        return value.encode()
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise AccessPointError("no_answer", "The document in the answer is damaged") from error
