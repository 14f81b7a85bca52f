"""What the simulators of outside systems share: an HTTP server on this machine, and a plan of faults.

A simulator gives ``FAULTS`` and ``answer(method, path, query, raw, headers) -> (status, body, headers)``; body ``None``
is sent empty, text and bytes as they are, anything else as JSON. The faults of ``COMMON_FAULTS`` are done here; each
simulator lists those it has, and adds its own.
"""

import json
import re
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

CENT = Decimal("0.01")
COMMON_FAULTS = {
    "timeout_before": "the connection breaks, nothing stored",
    "timeout_after": "stored, then the connection breaks",
    "half_closed": "stored, then the answer breaks off in its middle",
    "slow": "the answer comes late",
    "malformed": "JSON that cannot be read",
    "wrong_types": "text where numbers belong, nothing where lists belong",
}


def cents(value):
    return Decimal(value).quantize(CENT, ROUND_HALF_UP)


class ApiError(Exception):
    def __init__(self, status, body):
        super().__init__(status)
        self.status, self.body = status, body


@dataclass
class Fault:
    kind: str
    method: str
    path: re.Pattern
    times: int

    def fits(self, method, path):
        return self.times > 0 and self.method in ("*", method) and self.path.search(path)


class Simulator:
    FAULTS = ()
    LATE = 1.2  # seconds

    def __init__(self):
        self.faults, self.requests = [], []
        self.lock = threading.RLock()
        self.base_url = ""
        self._server = None
        self._current = ("", "")

    def start(self, port=0):
        handler = type("Handler", (_Handler,), {"simulator": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self.base_url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_exception):
        self.stop()

    def fault(self, kind, method="*", path="", times=1):
        """Let the next ``times`` requests that fit end in this fault (see FAULTS)."""
        if kind not in self.FAULTS:
            raise ValueError(kind)
        self.faults.append(Fault(kind, method, re.compile(path), times))

    @contextmanager
    def faulty(self, kind, method="*", path=""):
        """The same fault for as long as the block lasts."""
        self.fault(kind, method, path, times=10**9)
        fault = self.faults[-1]
        try:
            yield self
        finally:
            self.faults.remove(fault)

    def page(self):
        """Text or HTML for a person who opens the address in a browser; ``None``: there is none."""
        return None

    def take_fault(self, *kinds):
        """The planned fault of these kinds that fits the request being answered, counted as used."""
        for fault in self.faults:
            if fault.kind in kinds and fault.fits(*self._current):
                fault.times -= 1
                return fault
        return None

    def answer(self, method, path, query, raw, headers):
        raise NotImplementedError

    def serve(self, method, url, raw, headers):
        """-> (status, body, headers), or None: break the connection off."""
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        with self.lock:  # one request at a time, as transactions would make it seem
            self.requests.append((method, url.path))
            self._current = (method, url.path)
            broken = self.take_fault("timeout_before", "timeout_after")
            if broken and broken.kind == "timeout_before":
                return None
            try:
                answer = self.answer(method, url.path, query, raw, headers)
            except ApiError as error:
                answer = error.status, error.body, {}
            is_slow = self.take_fault("slow")
            spoilt = self.take_fault("half_closed", "malformed", "wrong_types")
        if is_slow:
            time.sleep(self.LATE)
        if broken:
            return None
        return (*answer, spoilt.kind) if spoilt else answer


def json_body(raw):
    try:
        return json.loads(raw, parse_float=Decimal) if raw else None
    except ValueError as error:
        raise ApiError(400, {"message": "Malformed JSON"}) from error


def form_or_json(raw, headers):
    """The body of a request: of a form its first file, ``{"name", "type", "content"}``."""
    content_type = headers.get("Content-Type") or ""
    if not content_type.startswith("multipart/"):
        return json_body(raw)
    boundary = re.search(r"boundary=([^;]+)", content_type).group(1).strip('"')
    head, _blank, content = raw.split(b"--" + boundary.encode())[1].partition(b"\r\n\r\n")
    return {
        "name": re.search(r'filename="([^"]*)"', head.decode()).group(1),
        "type": re.search(r"(?i)content-type:\s*(\S+)", head.decode()).group(1),
        "content": content.removesuffix(b"\r\n"),
    }


class _Handler(BaseHTTPRequestHandler):
    # Answers are small: waiting for more of them (Nagle) costs 40 ms a request.
    disable_nagle_algorithm = True

    simulator = None
    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments):
        pass

    def _serve(self):
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self.simulator.serve(self.command, urlsplit(self.path), raw, self.headers)
        if answer is None:
            self.close_connection = True
            self.connection.close()
        else:
            self._send(*answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def _send(self, status, answer, headers, spoilt=""):
        if spoilt == "wrong_types":
            answer = _other_types(answer)
        if answer is None:
            data, content_type = b"", "text/plain"
        elif isinstance(answer, bytes):
            data, content_type = answer, "application/xml"
        elif isinstance(answer, str):
            data, content_type = answer.encode(), "text/html" if answer.startswith("<") else "text/plain"
        else:
            data, content_type = json.dumps(answer, default=float).encode(), "application/json; charset=utf-8"
        length = len(data)
        if spoilt:
            self.close_connection = True
        if spoilt in ("half_closed", "malformed"):
            data = data[: length // 2]
            length = length if spoilt == "half_closed" else len(data)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked did not wait
            self.wfile.write(data)


def _other_types(value):
    if isinstance(value, dict):
        return {name: _other_types(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return None
    return value if value is None or isinstance(value, (str, bool)) else "mange penge"


def run_by_hand(simulator, port, *lines):
    """Serve until Ctrl+C; the port may be given as the first argument."""
    simulator.start(int(sys.argv[1]) if len(sys.argv) > 1 else port)
    for line in lines:
        print(line.format(simulator))
    if simulator.page():
        print(f"Open {simulator.base_url}/ in a browser: what is in the books, and faults to try.")
    print("Stop with Ctrl+C.", flush=True)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        simulator.stop()
