"""Which address a connector may call. Plain Python: tokens go to the other side's own hosts, and nowhere else."""

import re
from urllib.parse import urlsplit

# stricter than a browser: no user, no password, no odd sign that two readers of addresses could read differently
_HOST = r"(?i:https?)://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?"
_ADDRESS = re.compile(_HOST + r"(/[A-Za-z0-9._~/-]{0,500})?")
_PLAIN = re.compile(_HOST + r"(?:[/?#][^\\\s\x00-\x1f]*)?")
LOCAL = ("127.0.0.1", "localhost")


def has_plain_host(address) -> bool:
    """Whether every reader of addresses finds the same host in it, whatever its path.

    ``http://127.0.0.1\\@example.com`` leads one reader to the first host and another one to the second.
    """
    return bool(_PLAIN.fullmatch(address or ""))


def is_allowed(address, domains, *, allows_test_server=False):
    """Whether a token may be sent there.

    :param domains: names of hosts, each with everything below it
    :param bool allows_test_server: a server on this machine too
    """
    if not _ADDRESS.fullmatch(address or ""):
        return False
    url = urlsplit(address)
    host = (url.hostname or "").lower()
    if url.scheme == "https" and any(host == name or host.endswith(f".{name}") for name in domains):
        return True
    return allows_test_server and host in LOCAL
