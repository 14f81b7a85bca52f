"""The virtual environment and its packages."""

import hashlib
import os
import shutil
import subprocess
import sys

from console import SetupError, run, say, step
from layout import PYTHON_VERSIONS, ROOT, STATE, VENV, is_root, python_fits, venv_python

REQUIREMENTS = ("requirements-addons.txt", "requirements.txt", "requirements-test.txt")
REQUIREMENTS_NO_DEPS = "requirements-oca.txt"


def _interpreter():
    """Path of a Python that Odoo 19 takes: this one, else one on PATH."""
    if python_fits():
        return sys.executable
    low, high = PYTHON_VERSIONS
    for minor in range(high[1], low[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            return found
    raise SetupError(
        f"Odoo 19 takes Python {low[0]}.{low[1]} to {high[0]}.{high[1]}; this is "
        f"{sys.version_info[0]}.{sys.version_info[1]} and no other was found on PATH."
    )


def _make_venv():
    interpreter = _interpreter()
    if VENV.exists():
        shutil.rmtree(VENV)
    probe = subprocess.run([interpreter, "-c", "import ensurepip, venv"], capture_output=True, check=False)
    if probe.returncode:
        name = subprocess.run(
            [interpreter, "-c", "import sys; print('python3.%d-venv' % sys.version_info[1])"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        if not is_root() or not shutil.which("apt-get"):
            raise SetupError(
                f"Python cannot make virtual environments here. Install Debian's package once: apt-get install {name}"
            )
        say(f"    installing Debian package {name}")
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update", "-q"], env=env)
        run(["apt-get", "install", "-qy", "--no-install-recommends", name], env=env)
    run([interpreter, "-m", "venv", VENV])


def _requirements_hash():
    digest = hashlib.sha256()
    for name in (*REQUIREMENTS, REQUIREMENTS_NO_DEPS):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _venv_works():
    python = venv_python()
    if not python.exists():
        return False
    probe = subprocess.run([python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=False)
    return probe.returncode == 0 and probe.stdout.strip() == str(VENV)


def ensure():
    """Make .venv with every required package; nothing to do when the lists are unchanged.

    An environment whose making was broken off (no pip yet, half a package) is made again from nothing: pip takes half a
    package for a whole one.
    """
    stamp, unfinished = STATE / "requirements.sha256", STATE / "venv.unfinished"
    wanted = _requirements_hash()
    works = _venv_works() and stamp.exists() and not unfinished.exists()
    if works and stamp.read_text() == wanted:
        return
    STATE.mkdir(parents=True, exist_ok=True)
    unfinished.touch()
    if not works:
        with step("Making the Python environment .venv"):
            _make_venv()
    with step("Installing Python packages (about a minute)"):
        pip = [venv_python(), "-m", "pip", "install", "--disable-pip-version-check", "-q"]
        try:
            run([*pip, "-r", ROOT / REQUIREMENTS[-1]])
            run([*pip, "--no-deps", "-r", ROOT / REQUIREMENTS_NO_DEPS])
        except SetupError:
            if works:  # pip said no (no network, say) and left what was there as it was
                unfinished.unlink()
            raise
    stamp.write_text(wanted)
    unfinished.unlink()
