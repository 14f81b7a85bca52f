"""A watched folder: another program (the operator's client, a file share) carries the files to and fro."""

import os
import time
from pathlib import Path

from .errors import ExchangeError, RefusedError, UnknownOutcomeError, UnreachableError
from .names import FAILED, MAX_BYTES, PROCESSED, checked, is_wanted, sha256, unfinished

#: Seconds a received file must have lain still: another program may be writing it.
SETTLE = 10


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

    def fingerprint(self, name):
        try:
            return sha256((self.out / checked(name)).read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UnreachableError("read", name=name, reason=error.strerror or str(error)) from error

    def waiting(self):
        found = []
        now = time.time()
        try:
            with os.scandir(self.received) as entries:
                for entry in entries:
                    if not entry.is_file(follow_symlinks=False) or not is_wanted(entry.name):
                        continue
                    status = entry.stat(follow_symlinks=False)
                    if now - status.st_mtime >= self.settle:
                        found.append((entry.name, status.st_size))
        except OSError as error:
            reason = error.strerror or str(error)
            raise UnreachableError("read", name=str(self.received), reason=reason) from error
        return sorted(found)

    def fetch(self, name):
        for folder in (self.received, self.received / FAILED, self.received / PROCESSED):
            path = folder / checked(name)
            if path.is_file() and not path.is_symlink():
                if path.stat().st_size > MAX_BYTES:
                    raise ExchangeError("size", name=name)
                try:
                    return path.read_bytes()
                except OSError as error:
                    raise UnreachableError("read", name=name, reason=error.strerror or str(error)) from error
        raise ExchangeError("gone", name=name)

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
