"""Which address a connector may call. Plain Python: tokens go to the other side's own hosts, and nowhere else."""

import re
from urllib.parse import urlsplit

# stricter than a browser: no user, no password, no odd sign that two readers of addresses could read differently
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]{0,500})?")
LOCAL = ("127.0.0.1", "localhost")


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
