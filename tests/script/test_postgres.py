"""Where the embedded PostgreSQL server runs: as an ordinary user, and the three ways as root. No server."""

import os
import pwd
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "script" / "lib"))

import postgres  # noqa: E402
from console import SetupError  # noqa: E402


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine on which the commands work that begin with the given programs."""

    def make(*working, root=True, local=tmp_path / "local"):
        monkeypatch.setattr(postgres, "is_root", lambda: root)
        monkeypatch.setattr(postgres, "LOCAL", local)
        monkeypatch.setattr(postgres, "PGDATA", tmp_path / "data")
        monkeypatch.setattr(postgres, "_works", lambda command: any(part in map(str, command) for part in working))
        postgres.place.cache_clear()
        return postgres.place()

    yield make
    postgres.place.cache_clear()


def test_an_ordinary_user_runs_it_as_it_is(machine):
    place = machine(root=False)
    assert place.prefix == ()
    assert place.data == postgres.PGDATA


def test_root_takes_a_name_space_first(machine):
    assert machine("unshare", "setpriv").prefix[0] == "unshare"


def test_root_without_name_spaces_becomes_nobody(machine):
    place = machine("test")
    assert place.prefix[0] == "setpriv"
    assert place.data == postgres.PGDATA


def test_root_with_a_checkout_nobody_may_enter_runs_a_copy_outside(machine):
    place = machine("true")
    assert place.prefix[0] == "setpriv"
    assert place.data.parent == place.socket.parent == postgres._shelter()


def test_root_without_any_way_is_told_what_to_do(machine):
    with pytest.raises(SetupError, match="ordinary user, or set PGHOST"):
        machine()


def test_data_made_by_nobody_stays_with_nobody(machine, tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    owner = (tmp_path / "data").stat().st_uid
    user = pwd.struct_passwd(("somebody", "x", owner, os.getgid(), "", "/", "/bin/false"))
    monkeypatch.setattr(postgres.pwd, "getpwnam", lambda _name: user)
    assert machine("unshare", "test").prefix[0] == "setpriv"


def test_a_long_path_has_its_socket_outside(machine, tmp_path):
    place = machine(root=False, local=tmp_path / ("x" * 100))
    assert len(str(place.socket)) <= postgres.SOCKET_PATH_LIMIT
    assert place.data == postgres.PGDATA
