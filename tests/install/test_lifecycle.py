"""Each addon installs alone, updates and uninstalls, and its log holds no warning of ours."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "script" / "lib"))

import database  # noqa: E402
import layout  # noqa: E402
import postgres  # noqa: E402

LOUD = re.compile(r" (WARNING|ERROR|CRITICAL) ")
# Said by Odoo about itself or about the machine, whatever is installed.
NOT_OURS = re.compile(
    r"addons_path, invalid|missing --http-interface|wkhtmltopdf|running as user 'root'|Python 3\.\d+ is not"
    r"|docutils|two fields.*have the same label.*(account|sale|stock|mrp|l10n)\.",
    re.I,
)


@pytest.fixture(scope="session")
def minimal():
    with postgres.server():
        yield database.ensure_minimal()


@pytest.mark.slow
@pytest.mark.parametrize("addon", layout.our_addons())
def test_addon_installs_updates_and_uninstalls_alone(minimal, addon):
    name = f"nordic_install_{os.getpid()}"
    database.copy(minimal, name)
    try:
        done = subprocess.run(
            [sys.executable, Path(__file__).with_name("lifecycle.py"), name, addon],
            env=database.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
    finally:
        database.drop(name)
    assert done.returncode == 0, done.stderr[-3000:]
    result = json.loads(done.stdout.strip().splitlines()[-1])
    ours = set(layout.our_addons()) & set(result["installed"])
    needed = set(database.closure([addon]))
    assert needed <= ours
    strangers = {other for other in ours - needed if not database.manifest(other).get("auto_install")}
    assert not strangers, f"installed without being asked for: {sorted(strangers)}"
    assert not result["left"], f"left behind by uninstalling: {result['left'][:10]}"
    loud = [line for line in done.stderr.splitlines() if LOUD.search(line) and not NOT_OURS.search(line)]
    assert not loud, "\n".join(loud)
