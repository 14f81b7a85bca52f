"""SFTP with a key. The server's key is compared with the one agreed; an unknown server is never trusted."""

import contextlib
import io
import socket

from .errors import ExchangeError, RefusedError, UnknownOutcomeError, UnreachableError
from .names import FAILED, MAX_BYTES, PROCESSED, checked, find_put_away, is_wanted, sha256, unfinished

try:
    import paramiko
except ImportError:  # exchange by hand and by folder work without it
    paramiko = None

TIMEOUT = 30  # seconds without an answer
RSA_SIGNATURES = ("rsa-sha2-512", "rsa-sha2-256")


def read_host_key(text):
    """``(type, base64)`` of a line as in ``known_hosts`` or of ``ssh-keyscan``; the host in front is left out.

    :raises RefusedError: when it is no such line
    """
    words = [word for word in (text or "").split() if word]
    for place, word in enumerate(words[:-1]):
        if word.startswith(("ssh-", "ecdsa-")):
            return word, words[place + 1]
    raise RefusedError("host_key_text")


def read_private_key(text, passphrase=None):
    """Our own key, as ``ssh-keygen`` writes it: Ed25519, ECDSA or RSA."""
    if paramiko is None:
        raise RefusedError("paramiko")
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text or ""), password=passphrase or None)
        except paramiko.PasswordRequiredException as error:
            raise RefusedError("passphrase") from error
        except (paramiko.SSHException, ValueError, IndexError):
            continue
    raise RefusedError("private_key")


class SftpStore:
    """One session. Folders are those of the server."""

    def __init__(
        self, host, port, user, private_key, host_key, out, received, passphrase=None, moves=False, timeout=TIMEOUT
    ):
        if paramiko is None:
            raise RefusedError("paramiko")
        self.host, self.port, self.user = host, port, user
        self.out, self.received, self.moves = out.rstrip("/"), received.rstrip("/"), moves
        self.timeout = timeout
        key = read_private_key(private_key, passphrase)
        expected = read_host_key(host_key)
        self.transport = self._connect()
        try:
            self._check_host(expected)
            self._sign_in(key)
        except Exception:
            self.transport.close()
            raise

    def _connect(self):
        try:
            sock = socket.create_connection((self.host, self.port), timeout=self.timeout)
        except OSError as error:
            raise UnreachableError("connect", host=self.host, reason=str(error)) from error
        try:
            transport = paramiko.Transport(sock)
        except (paramiko.SSHException, OSError) as error:
            sock.close()
            raise UnreachableError("connect", host=self.host, reason=str(error)) from error
        transport.banner_timeout = transport.auth_timeout = transport.handshake_timeout = self.timeout
        return transport

    def _check_host(self, expected):
        """Ask for the kind of key agreed, and compare it."""
        kind, base64 = expected
        with contextlib.suppress(ValueError):
            self.transport.get_security_options().key_types = RSA_SIGNATURES if kind == "ssh-rsa" else (kind,)
        try:
            self.transport.start_client(timeout=self.timeout)
            found = self.transport.get_remote_server_key()  # start_client says nothing when the time is up
        except paramiko.ssh_exception.IncompatiblePeer as error:
            raise RefusedError("host_key_kind", host=self.host, kind=kind) from error
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise UnreachableError("connect", host=self.host, reason=str(error)) from error
        if (found.get_name(), found.get_base64()) != (kind, base64):
            raise RefusedError("host_key", host=self.host, found=found.fingerprint)

    def _sign_in(self, key):
        try:
            self.transport.auth_publickey(self.user, key)
        except paramiko.AuthenticationException as error:
            raise RefusedError("sign_in", host=self.host, user=self.user) from error
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise UnreachableError("connect", host=self.host, reason=str(error)) from error
        try:
            self.sftp = paramiko.SFTPClient.from_transport(self.transport)
            self.sftp.get_channel().settimeout(self.timeout)
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise UnreachableError("connect", host=self.host, reason=str(error)) from error

    def close(self):
        self.transport.close()

    @contextlib.contextmanager
    def _calls(self, code, name, failure=UnreachableError):
        """What may happen to a call: an answer, no answer, or an end in the middle."""
        try:
            yield
        except ExchangeError:
            raise
        except FileNotFoundError:
            raise
        except PermissionError as error:
            raise ExchangeError("permission", name=name) from error
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise failure(code, name=name, reason=str(error) or type(error).__name__) from error

    def _path(self, folder, name):
        return f"{folder}/{name}" if folder else name

    def send(self, name, content, before_handing_over=None):
        part, target = self._path(self.out, unfinished(name)), self._path(self.out, checked(name))
        try:
            with self._calls("write", name):
                with self.sftp.open(part, "wb") as file:
                    file.set_pipelined(True)
                    file.write(content)
                if self.sftp.stat(part).st_size != len(content):
                    raise UnreachableError("short", name=name)
                if self._size(target) is not None:
                    self.sftp.remove(part)
                    raise ExchangeError("exists", name=name)
        except FileNotFoundError as error:
            raise ExchangeError("folder", folder=self.out or ".") from error
        if before_handing_over:
            before_handing_over()
        with self._calls("rename", name, UnknownOutcomeError):
            # not posix_rename: that one would put itself in the place of another file
            self.sftp.rename(part, target)

    def _size(self, path):
        try:
            return self.sftp.stat(path).st_size
        except FileNotFoundError:
            return None

    def fingerprint(self, name):
        try:
            return sha256(self._read(self._path(self.out, checked(name)), name))
        except FileNotFoundError:
            return None

    def _read(self, path, name):
        with self._calls("read", name):
            size = self.sftp.stat(path).st_size
            if size > MAX_BYTES:
                raise ExchangeError("size", name=name)
            with self.sftp.open(path, "rb") as file:
                file.prefetch(size)
                content = file.read()
            if len(content) != size:
                raise UnreachableError("short", name=name)
            return content

    def waiting(self):
        try:
            with self._calls("read", self.received):
                entries = self.sftp.listdir_attr(self.received or ".")
        except FileNotFoundError as error:
            raise ExchangeError("folder", folder=self.received) from error
        # kinds of files are the upper bits of the mode; a server that tells none is taken at its word
        files = [entry for entry in entries if (entry.st_mode or 0o100000) & 0o170000 == 0o100000]
        return sorted(
            (entry.filename, entry.st_size or 0, entry.st_mtime or 0) for entry in files if is_wanted(entry.filename)
        )

    def fetch(self, name, stamp=None):
        """The file of this ``(size, second of change)``, waiting or put away; else what waits under the name."""
        waiting = self._path(self.received, checked(name))
        if not self._is(waiting, name, stamp):
            place = find_put_away(
                name, lambda folder, variant: self._is(self._path(self._subfolder(folder), variant), name, stamp)
            )
            waiting = self._path(self._subfolder(place[0]), place[1]) if place else waiting
        try:
            return self._read(waiting, name)
        except FileNotFoundError as error:
            raise ExchangeError("gone", name=name) from error

    def _is(self, path, name, stamp):
        """Whether a file is the one meant; None: there is none of the name."""
        try:
            with self._calls("read", name):
                found = self.sftp.stat(path)
        except FileNotFoundError:
            return None
        return stamp in (None, (found.st_size or 0, found.st_mtime or 0))

    def _subfolder(self, folder):
        return self._path(self.received, folder) if folder else self.received

    def put_away(self, name, succeeded):
        """The file stays on the server, unless it was agreed that we move it."""
        if not self.moves:
            return
        folder = self._subfolder(PROCESSED if succeeded else FAILED)
        source, target = self._path(self.received, checked(name)), self._path(folder, name)
        try:
            with self._calls("write", name):
                if self._size(source) is None:
                    return
                if self._size(folder) is None:
                    self.sftp.mkdir(folder)
                number = 1
                while self._size(target) is not None:
                    number += 1
                    target = self._path(folder, f"{name}.{number}")
                self.sftp.rename(source, target)
        except FileNotFoundError as error:
            raise ExchangeError("folder", folder=folder) from error
