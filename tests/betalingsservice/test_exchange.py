"""Files handed over and fetched: a folder, and a real SFTP server with its faults. No database."""

import os
import time

import pytest

from odoo.addons.betalingsservice import api as exchange
from odoo.addons.betalingsservice.api import names, sftp

from tests.simulators.sftp import SftpServer, new_key

CONTENT = b"BS002" + bytes(range(32, 127)) * 2000
NAME = "BS0601_0000000001.KR9"


@pytest.fixture
def folder(tmp_path):
    for name in ("out", "in"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def server(folder):
    with SftpServer(folder) as server:
        yield server


def connect(server, **values):
    given = {
        "host": "127.0.0.1",
        "port": server.port,
        "user": server.user,
        "private_key": server.client_key,
        "host_key": server.host_key,
        "out": "/out",
        "received": "/in",
        "timeout": 20,  # a machine that does other things too answers late
    }
    return exchange.SftpStore(**{**given, **values})


@pytest.fixture(params=["folder", "sftp"])
def store(request, folder):
    if request.param == "folder":
        yield exchange.FolderStore(str(folder / "out"), str(folder / "in"), settle=0)
        return
    with SftpServer(folder) as server:
        store = connect(server, moves=True)
        yield store
        store.close()


def test_whole_or_not_at_all(store, folder):
    seen = []
    store.send(NAME, CONTENT, lambda: seen.extend(sorted(path.name for path in (folder / "out").iterdir())))
    assert seen == [f".{NAME}.part"], "until the rename nobody sees the name"
    assert [path.name for path in (folder / "out").iterdir()] == [NAME]
    assert store.fingerprint(NAME) == names.sha256(CONTENT)
    assert store.fingerprint("other.KR9") is None


def test_a_file_of_the_same_name_is_never_overwritten(store, folder):
    (folder / "out" / NAME).write_bytes(b"older")
    with pytest.raises(exchange.ExchangeError, match="exists"):
        store.send(NAME, CONTENT)
    assert (folder / "out" / NAME).read_bytes() == b"older"


def test_fetch_and_put_away(store, folder):
    for name in ("D1-602.KR9", "D2-603.KR9", ".hidden", "D3-602.KR9.part"):
        (folder / "in" / name).write_bytes(name.encode())
    (folder / "in" / "subfolder").mkdir()
    assert [found[:2] for found in store.waiting()] == [("D1-602.KR9", 10), ("D2-603.KR9", 10)]
    assert store.fetch("D1-602.KR9") == b"D1-602.KR9"
    store.put_away("D1-602.KR9", True)
    store.put_away("D2-603.KR9", False)
    assert store.waiting() == []
    assert (folder / "in" / "processed" / "D1-602.KR9").exists()
    assert store.fetch("D2-603.KR9") == b"D2-603.KR9", "a failed file can be tried again from where it lies"
    (folder / "in" / "D1-602.KR9").write_bytes(b"again")
    store.put_away("D1-602.KR9", True)
    assert (folder / "in" / "processed" / "D1-602.KR9.2").read_bytes() == b"again"
    with pytest.raises(exchange.ExchangeError, match="gone"):
        store.fetch("nothing.KR9")


def test_files_of_one_name_are_told_apart_by_their_change(store, folder):
    """Names and sizes come again every month; what was put away is found by the second of its change."""
    stamps = []
    for second, content in ((1_700_000_000, b"January"), (1_702_700_000, b"Februar")):
        path = folder / "in" / "D1-602.KR9"
        path.write_bytes(content)
        os.utime(path, (second, second))
        [found] = store.waiting()
        assert found == ("D1-602.KR9", 7, second)
        stamps.append(found[1:])
        store.put_away("D1-602.KR9", True)
    assert [store.fetch("D1-602.KR9", stamp) for stamp in stamps] == [b"January", b"Februar"]
    with pytest.raises(exchange.ExchangeError, match="gone"):
        store.fetch("D1-602.KR9", (7, 1))
    (folder / "in" / "D1-602.KR9").write_bytes(b"March")
    assert store.fetch("D1-602.KR9", stamps[0]) == b"January", "tried again, the newer one waits for its own turn"
    assert store.fetch("D1-602.KR9", (5, 1)) == b"March"


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "", "a\\b"])
def test_names_do_not_lead_out_of_the_folder(store, name):
    with pytest.raises(exchange.ExchangeError):
        store.send(name, b"x")
    with pytest.raises(exchange.ExchangeError):
        store.fetch(name)


def test_a_file_still_being_written_is_left_alone(folder):
    store = exchange.FolderStore(str(folder / "out"), str(folder / "in"), settle=60)
    path = folder / "in" / "D1-602.KR9"
    path.write_bytes(b"half")
    assert store.waiting() == []
    os.utime(path, (time.time() - 61, time.time() - 61))
    assert [found[:2] for found in store.waiting()] == [("D1-602.KR9", 4)]


def test_a_link_out_of_the_folder_is_not_followed(folder, tmp_path):
    (tmp_path / "secret").write_bytes(b"x")
    (folder / "in" / "D1-602.KR9").symlink_to(tmp_path / "secret")
    store = exchange.FolderStore(str(folder / "out"), str(folder / "in"), settle=0)
    assert store.waiting() == []
    with pytest.raises(exchange.ExchangeError):
        store.fetch("D1-602.KR9")


def test_folders_must_be_there(folder):
    for out, received in (("relative", str(folder / "in")), (str(folder / "no"), str(folder / "in")), ("", "")):
        with pytest.raises(exchange.RefusedError):
            exchange.FolderStore(out, received)


# --- SFTP and its faults


def test_another_host_key_is_refused_before_anything_is_said(server):
    agreed = server.host_key
    server.change_host_key()
    with pytest.raises(exchange.RefusedError) as caught:
        connect(server, host_key=agreed)
    assert caught.value.code == "host_key"
    assert caught.value.details["found"].startswith("SHA256:")


def test_another_kind_of_host_key_is_refused(server):
    with pytest.raises(exchange.RefusedError):
        connect(server, host_key="ssh-rsa AAAAB3NzaC1yc2E=")


@pytest.mark.parametrize("text", ["", "nonsense", "ssh-ed25519"])
def test_no_host_key_no_connection(server, text):
    with pytest.raises(exchange.RefusedError, match="host_key_text"):
        connect(server, host_key=text)
    assert server.connections == 0


def test_host_key_as_in_known_hosts():
    assert sftp.read_host_key("[files.example.dk]:22 ssh-ed25519 AAAA comment") == ("ssh-ed25519", "AAAA")


def test_wrong_key_of_ours_and_wrong_user(server):
    for values in ({"private_key": new_key()[0]}, {"user": "somebody"}):
        with pytest.raises(exchange.RefusedError, match="sign_in"):
            connect(server, **values)
    with pytest.raises(exchange.RefusedError, match="private_key"):
        connect(server, private_key="-----BEGIN")


def test_cut_in_the_middle_of_the_upload(server, folder):
    server.fault = "die_in_upload"
    noted = []
    with pytest.raises(exchange.UnreachableError):
        connect(server).send(NAME, CONTENT, lambda: noted.append(1))
    assert not noted, "nothing was handed over"
    assert not (folder / "out" / NAME).exists()
    server.fault = None
    store = connect(server)
    assert store.fingerprint(NAME) is None
    store.send(NAME, CONTENT)
    assert (folder / "out" / NAME).read_bytes() == CONTENT
    assert [path.name for path in (folder / "out").iterdir()] == [NAME]


def test_cut_after_the_rename_is_found_by_its_content(server):
    server.fault = "die_after_rename"
    noted = []
    with pytest.raises(exchange.UnknownOutcomeError):
        connect(server).send(NAME, CONTENT, lambda: noted.append(1))
    assert noted
    server.fault = None
    assert connect(server).fingerprint(NAME) == names.sha256(CONTENT)
    assert server.renames == [NAME]


@pytest.mark.parametrize("fault", ["slow", "full"])
def test_no_answer_and_no_room_hand_nothing_over(server, folder, fault):
    server.fault = fault
    with pytest.raises(exchange.ExchangeError):
        connect(server, timeout=1).send(NAME, CONTENT)
    assert not (folder / "out" / NAME).exists()


def test_silent_server_is_given_up(server):
    server.fault = "silent"
    start = time.monotonic()
    with pytest.raises(exchange.UnreachableError):
        connect(server, timeout=1)
    assert time.monotonic() - start < 5


def test_nobody_listens(server):
    with pytest.raises(exchange.UnreachableError):
        connect(server, port=1)


def test_files_stay_on_the_server_unless_agreed(server, folder):
    (folder / "in" / "D1-602.KR9").write_bytes(b"x")
    store = connect(server)
    store.put_away("D1-602.KR9", True)
    assert [found[:2] for found in store.waiting()] == [("D1-602.KR9", 1)]


def test_missing_folder_is_named(server):
    for values, call in (
        ({"out": "/no"}, lambda store: store.send(NAME, b"x")),
        ({"received": "/no"}, lambda store: store.waiting()),
    ):
        with pytest.raises(exchange.ExchangeError) as caught:
            call(connect(server, **values))
        assert caught.value.code == "folder"
