"""The other side of the wire: where deliveries are handed over and fetched. Plain Python, no Odoo.

A store is :class:`folder.FolderStore` or :class:`sftp.SftpStore`. Both offer::

    store.send(name, content, before_handing_over)   # hidden name first, then one rename: whole or not at all
    store.fingerprint(name)                          # SHA-256 of what lies there under the name, or None
    store.waiting()                                  # [(name, size, changed)] of files to fetch
    store.fetch(name)                                # the bytes
    store.put_away(name, succeeded)                  # out of the way, where a person finds it
    store.close()
"""

from .errors import ExchangeError, RefusedError, UnknownOutcomeError, UnreachableError
from .folder import FolderStore
from .sftp import SftpStore

__all__ = [
    "ExchangeError",
    "FolderStore",
    "RefusedError",
    "SftpStore",
    "UnknownOutcomeError",
    "UnreachableError",
]
