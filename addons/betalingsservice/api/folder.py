"""A watched folder: another program (the operator's client, a file share) carries the files to and fro."""

import contextlib
import os
import time
from pathlib import Path

from .errors import ExchangeError, RefusedError, UnknownOutcomeError, UnreachableError
from .names import FAILED, MAX_BYTES, PROCESSED, checked, find_put_away, is_wanted, sha256, unfinished

#: Seconds a received file must have lain still: another program may be writing it.
SETTLE = 10


def _is(path, stamp):
    """Whether a file is the one meant; None: there is none of the name."""
    if not path.is_file() or path.is_symlink():
        return None
    status = path.stat()
    return stamp in (None, (status.st_size, int(status.st_mtime)))


class FolderStore:
    """``out``: deliveries are put here whole. ``received``: files are taken from here, then moved to its subfolders
    ``processed`` and ``failed``."""

    def __init__(self, out, received, settle=SETTLE):
        self.out = Path(out)
        self.received = Path(received)
        self.settle = settle
        for folder in (self.out, self.received):
            if not folder.is_absolute() or not folder.is_dir():
                raise RefusedError("folder", folder=str(folder))

    def close(self):
        """Nothing is held open."""

    def send(self, name, content, before_handing_over=None):
        part, target = self.out / unfinished(name), self.out / checked(name)
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise UnreachableError("write", name=name, reason=error.strerror or str(error)) from error
        if target.exists():
            part.unlink(missing_ok=True)
            raise ExchangeError("exists", name=name)
        if before_handing_over:
            before_handing_over()
        try:
            part.rename(target)
        except OSError as error:
            raise UnknownOutcomeError("rename", name=name, reason=error.strerror or str(error)) from error
        self._keep_name()

    def _keep_name(self):
        """A server that stops a second later has the file under its name; a file share that cannot promise it, not."""
        with contextlib.suppress(OSError):
            folder = os.open(self.out, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def fingerprint(self, name):
        try:
            return sha256((self.out / checked(name)).read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UnreachableError("read", name=name, reason=error.strerror or str(error)) from error

    def waiting(self):
        """``[(name, size, second of the last change)]``: by these three a file is known before it is fetched."""
        found = []
        now = time.time()
        try:
            with os.scandir(self.received) as entries:
                for entry in entries:
                    if not entry.is_file(follow_symlinks=False) or not is_wanted(entry.name):
                        continue
                    status = entry.stat(follow_symlinks=False)
                    if now - status.st_mtime >= self.settle:
                        found.append((entry.name, status.st_size, int(status.st_mtime)))
        except OSError as error:
            reason = error.strerror or str(error)
            raise UnreachableError("read", name=str(self.received), reason=reason) from error
        return sorted(found)

    def fetch(self, name, stamp=None):
        """The file of this ``(size, second of change)``, waiting or put away; else what waits under the name."""
        path = self.received / checked(name)
        if not _is(path, stamp):
            place = find_put_away(name, lambda folder, variant: _is(self.received / folder / variant, stamp))
            path = self.received.joinpath(*place) if place else path
        if _is(path, None) is None:
            raise ExchangeError("gone", name=name)
        if path.stat().st_size > MAX_BYTES:
            raise ExchangeError("size", name=name)
        try:
            return path.read_bytes()
        except OSError as error:
            raise UnreachableError("read", name=name, reason=error.strerror or str(error)) from error

    def put_away(self, name, succeeded):
        """Into ``processed`` or ``failed``; a file of the same name there keeps its place."""
        folder = self.received / (PROCESSED if succeeded else FAILED)
        source = self.received / checked(name)
        if not source.is_file():
            return
        try:
            folder.mkdir(exist_ok=True)
            target, number = folder / name, 1
            while target.exists():
                number += 1
                target = folder / f"{name}.{number}"
            source.rename(target)
        except OSError as error:
            raise UnreachableError("write", name=name, reason=error.strerror or str(error)) from error
