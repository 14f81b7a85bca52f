"""A real SFTP server on this machine, with faults: what the operator's file exchange may do to us.

Plain Python over paramiko's server side, on a folder of its own. For tests.

    with SftpServer(folder) as server:
        server.port, server.host_key, server.client_key     # what a client needs
        server.fault = "die_in_upload"                       # see FAULTS
"""

import contextlib
import io
import os
import socket
import threading
import time
from pathlib import Path

import paramiko
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

#: ``die_in_upload``: the line is cut after the first block. ``die_after_rename``: renamed, then cut before the answer.
#: ``silent``: connects and says nothing. ``takes_away``: as die_after_rename, and the operator has taken the file.
#: ``slow``: the upload gets no answer in time. ``full``: no room for a file.
FAULTS = ("die_in_upload", "die_after_rename", "takes_away", "silent", "slow", "full")


def new_key():
    """``(private key as ssh-keygen writes it, "ssh-ed25519 AAAA…")``."""
    private = ed25519.Ed25519PrivateKey.generate()
    text = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    ).decode()
    public = private.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return text, public.decode()


class SftpServer:
    """Listens on a free port of 127.0.0.1 until the end of the ``with``."""

    def __init__(self, folder, user="creditor"):
        self.folder = Path(folder)
        self.user = user
        self.fault = None
        self.renames = []  # names handed over, in order
        self.connections = 0
        self._host_text, self.host_key = new_key()
        self.client_key, self._client_public = new_key()
        self._transports = []

    def __enter__(self):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._is_open = True
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_error):
        self._is_open = False
        self._socket.close()
        self.cut()

    def cut(self):
        # those of now: a client that comes again meanwhile is not cut with them
        transports, self._transports = self._transports, []
        for transport in transports:
            transport.close()

    def change_host_key(self):
        self._host_text, self.host_key = new_key()

    def _listen(self):
        while self._is_open:
            try:
                client, _address = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        if self.fault == "silent":
            time.sleep(5)
            client.close()
            return
        transport = paramiko.Transport(client)
        self._transports.append(transport)
        transport.add_server_key(paramiko.Ed25519Key.from_private_key(io.StringIO(self._host_text)))
        transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Files)
        with contextlib.suppress(Exception):  # a client that hangs up while the keys are agreed
            transport.start_server(server=_Doors(self))

    def lets_in(self, user, key):
        return user == self.user and f"{key.get_name()} {key.get_base64()}" == self._client_public


class _Doors(paramiko.ServerInterface):
    def __init__(self, server):
        self.server = server

    def check_auth_publickey(self, username, key):
        return paramiko.AUTH_SUCCESSFUL if self.server.lets_in(username, key) else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username):
        return "publickey"

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED if kind == "session" else paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


class _Handle(paramiko.SFTPHandle):
    def __init__(self, server, path, flags):
        super().__init__(flags)
        self.server = server
        mode = "r+b" if flags & (os.O_WRONLY | os.O_RDWR) else "rb"
        if flags & os.O_CREAT and not path.exists():
            path.touch()
        if flags & os.O_TRUNC:
            path.write_bytes(b"")
        self.readfile = self.writefile = path.open(mode)

    def write(self, offset, data):
        if self.server.fault == "slow":
            time.sleep(3)
        if self.server.fault == "full":
            return paramiko.SFTP_FAILURE
        result = super().write(offset, data)
        if self.server.fault == "die_in_upload":
            self.writefile.flush()
            self.server.cut()
        return result

    def stat(self):
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


class _Files(paramiko.SFTPServerInterface):
    def __init__(self, server, *args, **kwargs):
        super().__init__(server, *args, **kwargs)
        self.server = server.server  # paramiko hands over the door keeper here

    def _path(self, path):
        return self.server.folder / path.lstrip("/")

    def list_folder(self, path):
        return self._tried(lambda: [self._attributes(entry) for entry in self._path(path).iterdir()])

    def _attributes(self, path):
        attributes = paramiko.SFTPAttributes.from_stat(path.stat())
        attributes.filename = path.name
        return attributes

    def _tried(self, call):
        try:
            return call()
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    def stat(self, path):
        return self._tried(lambda: self._attributes(self._path(path)))

    lstat = stat

    def open(self, path, flags, attr):
        return self._tried(lambda: _Handle(self.server, self._path(path), flags))

    def remove(self, path):
        return self._tried(lambda: self._path(path).unlink()) or paramiko.SFTP_OK

    def mkdir(self, path, attr):
        return self._tried(lambda: self._path(path).mkdir()) or paramiko.SFTP_OK

    def rename(self, oldpath, newpath):
        target = self._path(newpath)
        if target.exists():
            return paramiko.SFTP_FAILURE
        failed = self._tried(lambda: self._path(oldpath).rename(target) and None)
        if failed:
            return failed
        self.server.renames.append(target.name)
        if self.server.fault == "takes_away":
            target.unlink()
        if self.server.fault in ("die_after_rename", "takes_away"):
            self.server.cut()
        return paramiko.SFTP_OK
