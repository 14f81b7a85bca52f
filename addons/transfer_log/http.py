"""JSON over HTTP as every connector needs it: limits of time and size, faults told apart. Plain Python.

Reads are repeated on passing faults; writes never are: whether they were carried out is found out by reading.
"""

import json
import time
from datetime import datetime, timezone
from decimal import Decimal
from email.utils import parsedate_to_datetime

import requests
import requests.adapters

TIMEOUT = 60  # seconds, to read
CONNECT_TIMEOUT = 10  # seconds
READ_PAUSES = (2, 8, 30)  # seconds before a read is repeated
MAX_ANSWER = 20 * 1024 * 1024
MAX_RETRY_AFTER = 24 * 3600  # seconds; longer than that nobody waits without looking
PASSING = ("unavailable", "no_answer", "not_sent")


class ApiError(Exception):
    """Base of the adapters' errors: ``kind`` says what can be done about it.

    Kinds every adapter knows: ``authorisation``, ``limit``, ``not_found``, ``validation``, ``unavailable`` (5xx: no
    telling what was stored), ``not_sent`` (no connection: surely nothing happened), ``no_answer`` (sent, but the
    answer did not come or cannot be read). ``retry_after``: seconds the other side asked us to wait, if it did.
    """

    retry_after = None

    def __init__(self, kind, text="", *, status=None, request=None, response=None):
        super().__init__(f"{kind}: {text}")
        self.kind, self.text, self.status = kind, text, status
        self.request, self.response = request, response


class Http:
    """Calls of one adapter.

    :param error: subclass of ``ApiError`` to raise
    :param from_response: ``from_response(status, text, request) -> error`` for an answer of status 300 and above
    """

    def __init__(self, error, from_response, *, session=None, sleep=None):
        self.error, self.from_response = error, from_response
        self.session = session or _session()
        self.sleep = sleep or time.sleep

    def send(self, method, url, *, body=None, **kwargs):
        """-> text of the answer; ``body`` is kept on the error."""
        return self.fetch(method, url, body=body, **kwargs).decode("utf-8", "replace")

    def fetch(self, method, url, *, body=None, limit=MAX_ANSWER, **kwargs):
        """-> the answer byte for byte, as a file must be kept that is no UTF-8.

        :param limit: bytes; a longer answer is broken off
        """
        try:
            # no redirects: a token is sent nowhere but where we meant to
            response = self.session.request(method, url, timeout=TIMEOUT, allow_redirects=False, stream=True, **kwargs)
            content = self._read(response, limit)
        except requests.exceptions.ConnectTimeout as error:
            raise self.error("not_sent", str(error), request=body) from error
        except requests.exceptions.ConnectionError as error:
            # refused or unknown host: nothing was sent; a connection that broke off may have delivered it
            kind = "not_sent" if "Max retries exceeded" in str(error) else "no_answer"
            raise self.error(kind, "", request=body) from error
        except requests.exceptions.RequestException as error:
            raise self.error("no_answer", str(error), request=body) from error
        if response.status_code >= 300:
            error = self.from_response(response.status_code, content.decode("utf-8", "replace"), body)
            error.retry_after = retry_after(response.headers.get("Retry-After"))
            raise error
        return content

    def send_json(self, method, url, *, body=None, headers=None, params=None):
        """-> the answer, its numbers as Decimal; ``{}`` when it came without a body."""
        data = None if body is None else self.dump(body).encode()
        return self._as_json(self.send(method, url, body=body, data=data, headers=headers, params=params), body)

    def send_file(self, method, url, name, content, media_type, *, headers=None, field="file"):
        """Upload one file as a form. -> the answer, as ``send_json``; of the file only its name is kept on an error."""
        body = {"file": name, "size": len(content)}
        files = {field: (name, content, media_type)}
        return self._as_json(self.send(method, url, body=body, files=files, headers=headers), body)

    def _as_json(self, text, body):
        if not text:
            return {}
        try:
            return json.loads(text, parse_float=Decimal)
        except (ValueError, RecursionError) as error:
            raise self.error("no_answer", "The answer is no JSON", request=body, response=text) from error

    def repeated(self, call, is_read):
        """``call()``, again after each pause when it only reads and the fault may pass."""
        for pause in READ_PAUSES if is_read else ():
            try:
                return call()
            except self.error as error:
                if error.kind not in PASSING:
                    raise
            self.sleep(pause)
        return call()

    def dump(self, body):
        """JSON with decimals as the same numbers. A number JSON's usual reading would change is refused."""
        return json.dumps(body, ensure_ascii=False, default=self._number)

    def _number(self, value):
        number = float(value)
        if Decimal(repr(number)) != value:
            raise self.error("validation", f"{value} has too many digits")
        return number

    def _read(self, response, limit):
        chunks, size = [], 0
        for chunk in response.iter_content(65536):
            size += len(chunk)
            if size > limit:
                response.close()
                raise self.error("no_answer", f"the answer is larger than {limit} bytes")
            chunks.append(chunk)
        return b"".join(chunks)


class _Adapter(requests.adapters.HTTPAdapter):
    def send(self, request, timeout=None, **kwargs):
        # EXTENDS requests: connecting takes less patience than reading
        limit = timeout if isinstance(timeout, tuple) or not timeout else (min(timeout, CONNECT_TIMEOUT), timeout)
        return super().send(request, timeout=limit, **kwargs)


def _session():
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Adapter())
    return session


def retry_after(text):
    """Seconds a ``Retry-After`` header asks for (a number, or a date of HTTP); ``None`` when it says nothing."""
    text = (text or "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), MAX_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    seconds = int((moment - datetime.now(timezone.utc)).total_seconds())
    return min(max(seconds, 0), MAX_RETRY_AFTER)
