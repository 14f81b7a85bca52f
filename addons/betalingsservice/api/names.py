"""Names of files on both sides."""

import hashlib

from .errors import ExchangeError

MAX_BYTES = 512 * 1024 * 1024
#: Files somebody is still writing.
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")
PROCESSED, FAILED = "processed", "failed"


def checked(name):
    """``name`` when it is a plain file name: no folder, nothing hidden.

    >>> checked("D3808688001-603.KR9")
    'D3808688001-603.KR9'
    """
    if not name or name.startswith(".") or any(char in name for char in "/\\\0") or not name.isprintable():
        raise ExchangeError("name", name=repr(name))
    return name


def is_wanted(name):
    """Whether a name in the folder is a file to fetch: not hidden, not half written.

    >>> [is_wanted(name) for name in ("D1-602.BS1", ".D1.part", "D1-602.BS1.tmp")]
    [True, False, False]
    """
    return not name.startswith(".") and not name.lower().endswith(UNFINISHED) and name.isprintable()


def unfinished(name):
    """The hidden name under which a file is written before it is handed over."""
    return f".{checked(name)}.part"


def variants(name, most=1000):
    """``name`` as it is called where files are put away: one of the same name that came later has a number behind.

    >>> [*variants("D1-602.BS1", 3)]
    ['D1-602.BS1', 'D1-602.BS1.2', 'D1-602.BS1.3']
    """
    yield checked(name)
    yield from (f"{name}.{number}" for number in range(2, most + 1))


def find_put_away(name, is_it):
    """``(subfolder, name there)`` of a file that was put away, or None.

    :param is_it: ``(subfolder, name there) -> bool``: whether it is the one meant; None: there is no such file
    """
    for folder in (FAILED, PROCESSED):
        for variant in variants(name):
            found = is_it(folder, variant)
            if found:
                return folder, variant
            if found is None:
                break
    return None


def sha256(content):
    return hashlib.sha256(content).hexdigest()
