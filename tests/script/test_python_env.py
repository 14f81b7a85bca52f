"""script/bootstrap, broken off while it makes the Python environment and started again."""

import sys
from pathlib import Path

import pytest

LIB = str(Path(__file__).resolve().parents[2] / "script" / "lib")


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """``python_env`` on an empty folder; ``done`` lists what it would run, ``fail`` breaks it off."""
    monkeypatch.syspath_prepend(LIB)
    import python_env

    done = []

    def make():
        done.append("venv")
        (tmp_path / "venv").touch()

    def run(command, **_options):
        done.append("pip")
        if run.error:
            raise run.error

    run.error = None
    monkeypatch.setattr(python_env, "STATE", tmp_path / "state")
    monkeypatch.setattr(python_env, "_make_venv", make)
    monkeypatch.setattr(python_env, "_venv_works", (tmp_path / "venv").exists)
    monkeypatch.setattr(python_env, "run", run)
    monkeypatch.setattr(python_env, "venv_python", lambda: Path(sys.executable))
    return python_env, done, run


def test_done_once(environment):
    python_env, done, _run = environment
    python_env.ensure()
    assert done == ["venv", "pip", "pip"]
    python_env.ensure()
    assert done == ["venv", "pip", "pip"]


def test_killed_while_installing_starts_afresh(environment):
    python_env, done, run = environment
    run.error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        python_env.ensure()
    run.error = None
    done.clear()
    python_env.ensure()
    assert done == ["venv", "pip", "pip"], "half an environment is not mended but made again"


def test_without_network_a_working_environment_is_kept(environment, monkeypatch):
    python_env, done, run = environment
    python_env.ensure()
    done.clear()
    monkeypatch.setattr(python_env, "_requirements_hash", lambda: "changed")
    run.error = python_env.SetupError("no network")
    for _ in range(2):
        with pytest.raises(python_env.SetupError):
            python_env.ensure()
    assert done == ["pip", "pip"]
