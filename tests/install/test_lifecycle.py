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

# Addons that add a kind of connection: what was exchanged outlives them.
WITH_CONNECTIONS = {
    "betalingsservice",
    "dinero_connector",
    "economic_connector",
    "nordic_einvoice",
    "paymatch",
    "paymatch_epay",
}
LOUD = re.compile(r" (WARNING|ERROR|CRITICAL) ")
# Said by Odoo about itself or about the machine, whatever is installed.
NOT_OURS = re.compile(
    r"addons_path, invalid|missing --http-interface|wkhtmltopdf|running as user 'root'|Python 3\.\d+ is not"
    r"|docutils|two fields.*have the same label.*(account|sale|stock|mrp|l10n)\.",
    re.I,
)


@pytest.fixture(scope="session")
def server():
    with postgres.server():
        yield


def _run(script, name, *arguments):
    """A script beside this file on database ``name``, which is dropped afterwards."""
    try:
        done = subprocess.run(
            [sys.executable, Path(__file__).with_name(script), name, *arguments],
            env=database.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=1200,
        )
    finally:
        database.drop(name)
    assert done.returncode == 0, done.stderr[-3000:]
    return done


@pytest.mark.slow
@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("addon", layout.our_addons())
def test_addon_installs_updates_and_uninstalls_alone(addon):
    name = f"nordic_install_{os.getpid()}"
    database.copy(database.ensure_before(addon), name)
    done = _run("lifecycle.py", name, addon)
    result = json.loads(done.stdout.strip().splitlines()[-1])
    ours = set(layout.our_addons()) & set(result["installed"])
    needed = set(database.closure([addon]))
    assert needed <= ours
    strangers = {other for other in ours - needed if not database.manifest(other).get("auto_install")}
    assert not strangers, f"installed without being asked for: {sorted(strangers)}"
    assert not result["left"], f"left behind by uninstalling: {result['left'][:10]}"
    assert bool(result["connections"]) == (addon in WITH_CONNECTIONS)
    assert all(connection == ["manual", False, 1] for connection in result["connections"]), result["connections"]
    loud = [line for line in done.stderr.splitlines() if LOUD.search(line) and not NOT_OURS.search(line)]
    assert not loud, "\n".join(loud)


@pytest.mark.slow
def test_installing_on_a_living_database_stores_what_the_orm_computes():
    with postgres.server():
        name = f"nordic_living_{os.getpid()}"
        database.copy(database.ensure_core(), name)
        done = _run("living.py", name)
    result = json.loads(done.stdout.strip().splitlines()[-1])
    assert not result["differences"]
    assert {"account.move.invoice_status_state", "sale.order.prepayment_state"} <= result["compared"].keys()
    adopted = [["invoiced", 0, 1], ["received", 30, 1], ["partial", 10, 1], ["to_invoice", 0, 1], ["none", 0, 0]]
    assert result["orders"] == [*adopted, ["none", 0, 0]]
    assert result["abroad"] == result["orders"]
    received = ["received", 30, 1]
    assert result["updated"] == [received, received, received, ["invoiced", 0, 1], ["invoiced", 0, 1], ["none", 0, 0]]
    assert result["final"] == [["final", 0, True, "settled"]] * 5
