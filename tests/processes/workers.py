"""Second processes on a database of their own: what happens when two work at once, or one is killed."""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.simulators.dinero import DineroSimulator

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = os.environ.get("NORDIC_TEMPLATE")

needs_database = pytest.mark.skipif(
    not (TEMPLATE and os.environ.get("PGHOST")),
    reason="needs PGHOST and NORDIC_TEMPLATE, a database with the addons: run it with script/test",
)

RUN = """
import functools, sys
from odoo.tools import config
config.parse_config(
    ["-c", ".local/odoo.conf", "-d", sys.argv[1], "--no-http", "--log-level=critical"], setup_logging=True
)
from odoo import api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.service.model import retrying

def ready():
    print("READY", flush=True)
    input()

def danish_company():
    # whatever chart the template's company was given by the order of installing
    company = env.company
    company.country_id = env.ref("base.dk")
    if company.chart_template != "dk":
        env["account.chart.template"].try_loading("dk", company, install_demo=False)
    env.ref("base.DKK").active = True
    return company

def call(method):
    # as a click: tried again when two transactions collide, an error of the user is told
    try:
        retrying(method, env)
        env.cr.commit()
        print("DONE", flush=True)
    except UserError as error:
        env.cr.rollback()
        print("REFUSED", str(error).splitlines()[0], flush=True)

with Registry(sys.argv[1]).cursor() as cr:
    env = api.Environment(cr, 1, {})
    exec(sys.argv[2])
"""


@contextmanager
def database(template, name):
    """A copy of the template, gone at the end."""
    drop = ["dropdb", "--if-exists", "--force", name]
    subprocess.run(drop, check=True)
    subprocess.run(["createdb", "-T", template, name], check=True)
    try:
        yield name
    finally:
        subprocess.run(drop, check=True)
        shutil.rmtree(ROOT / ".local" / "odoo-data" / "filestore" / name, ignore_errors=True)


def start(name, code):
    """An Odoo process of its own that runs ``code`` with ``env``, ``danish_company()``, ``ready()`` and ``call()``."""
    return subprocess.Popen(
        [sys.executable, "-c", RUN, name, code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@contextmanager
def dinero(template, name, prepare):
    """The simulated Dinero, and a database in which ``prepare`` (code with ``{url}``, ``{client}``, ``{secret}`` and
    ``{tokens}``) has connected to it."""
    with DineroSimulator() as simulator, database(template, name):
        values = {
            "url": simulator.base_url,
            "client": simulator.client_id,
            "secret": simulator.client_secret,
            "tokens": simulator.issue_tokens(),
        }
        output(name, prepare.format(**values))
        yield simulator


def output(name, code):
    """What the code printed, as a list of lines."""
    process = start(name, code)
    out, _error = process.communicate(timeout=300)
    assert process.returncode == 0, out
    return out.splitlines()


def together(name, *codes):
    """Start a process per code, let them go at the same moment, and return what each printed."""
    processes = [start(name, code) for code in codes]
    for process in processes:
        assert process.stdout.readline().strip() == "READY"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    return [process.communicate(timeout=300)[0].splitlines() for process in processes]


def killed(name, code):
    """Run ``code`` until it calls ``ready()``, and kill the process there."""
    process = start(name, code)
    try:
        assert process.stdout.readline().strip() == "READY"
    finally:
        process.kill()
        process.communicate(timeout=60)


@contextmanager
def beside(name, packages, modules, folder):
    """A database with modules of others, fetched from the package index into .local/peers; the configuration for it.

    Skips where they cannot be fetched. :func:`run_beside` runs code there.
    """
    sys.path.insert(0, str(ROOT / "script" / "lib"))
    import bench  # noqa: PLC0415 - script/lib
    import database as databases  # noqa: PLC0415

    try:
        peers = bench.peers(packages)
    except (subprocess.CalledProcessError, SystemExit, OSError) as error:
        pytest.skip(f"the modules cannot be fetched: {error}")
    text = (ROOT / ".local" / "odoo.conf").read_text()
    paths = text.split("addons_path = ")[1].split("\n")[0]
    path = folder / "odoo.conf"
    path.write_text(text.replace(paths, f"{paths},{peers}"))
    with database(TEMPLATE, name):
        databases.install(name, modules, extra=[f"--addons-path={paths},{peers}"])
        yield path


def run_beside(config, name, code):
    """{first word of a line: [the rest of each]} of what ``code`` prints there."""
    run = RUN.replace(".local/odoo.conf", str(config))
    done = subprocess.run(
        [sys.executable, "-c", run, name, code], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    found: dict = {}
    for line in done.stdout.splitlines():
        word, _blank, rest = line.partition(" ")
        found.setdefault(word, []).append(rest)
    return found
