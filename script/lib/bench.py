"""``script/bench NAME``: one benchmark against its peer or floor, in the same run and the same database.

A benchmark is a file ``tests/bench/NAME.py`` with ``DESCRIPTION``, ``SIZE`` (the default), ``ADDONS`` (installed
into the benchmark's database; empty: no database), ``PEERS`` (OCA packages, installed beside them) and
``run(bench) -> [Figure]``.
"""

import argparse
import importlib.util
import json
import os
import platform
import shutil
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import database
import format_loader
import odoo_env
import postgres
from console import SetupError, main_guard, run, say, step
from layout import CONFIG, LOCAL, ROOT, venv_python

FOLDER = ROOT / "tests" / "bench"
PEERS = LOCAL / "peers"


@dataclass(frozen=True)
class Figure:
    """One line of the table. ``ratio`` is value / peer_value, or None without a peer.

    ``least`` or ``most``: the bar that the ratio (without a peer: the value) has to meet.
    """

    name: str
    value: float
    unit: str
    peer: str = ""
    peer_value: float | None = None
    least: float | None = None
    most: float | None = None

    @property
    def ratio(self):
        return round(self.value / self.peer_value, 3) if self.peer_value else None

    @property
    def met(self):
        """Whether the bar is met; None without a bar."""
        if self.least is None and self.most is None:
            return None
        measured = self.value if self.ratio is None else self.ratio
        return measured >= self.least if self.most is None else measured <= self.most

    @property
    def bar(self):
        """The bar in words, with the verdict."""
        if self.met is None:
            return ""
        limit = f">= {self.least:g}" if self.most is None else f"<= {self.most:g}"
        return f"{limit} {'met' if self.met else 'NOT MET'}"


def machine():
    """What was measured on: processor, cores, memory, Python, operating system."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as info:
            model = next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), model)
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    except (OSError, ValueError):
        memory = 0
    return f"{model}, {os.cpu_count()} cores, {memory} GiB, Python {platform.python_version()}, {platform.system()}"


class Bench:
    """What a benchmark gets: its size, a clock, and a database when it asked for addons.

    ``seed`` makes its random cases, the same ones each time; ``only`` is the number of the one case to play again, or
    the part of the benchmark to measure alone.
    """

    Figure = Figure

    def __init__(self, size, dbname=None, seed=1, only=None):
        self.size = size
        self.dbname = dbname
        self.seed = seed
        self.only = only
        self.formats = format_loader.formats

    @staticmethod
    def seconds(function, *arguments):
        """(result, seconds) of one call."""
        start = time.perf_counter()
        result = function(*arguments)
        return result, time.perf_counter() - start

    @staticmethod
    def best(function, *arguments, runs=3):
        """(last result, least seconds) of ``runs`` calls."""
        timings = []
        for _ in range(runs):
            start = time.perf_counter()
            result = function(*arguments)
            timings.append(time.perf_counter() - start)
        return result, min(timings)

    def environment(self):
        """Context manager: ``env`` of the superuser on the benchmark's database."""
        return odoo_env.environment(self.dbname)


def peers(packages):
    """Install OCA packages into .local/peers, away from the product's own requirements; the addons folder."""
    target = PEERS / "-".join(sorted(name.split("==")[0].removeprefix("odoo-addon-") for name in packages))[:80]
    if not target.exists():
        part = target.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        with step("Installing the peers " + ", ".join(packages)):
            pip = [venv_python(), "-m", "pip", "install", "--disable-pip-version-check", "-q", "--no-deps"]
            run([*pip, "--target", part, *packages])
        part.rename(target)
    return target / "odoo" / "addons"


@contextmanager
def bench_database(module):
    """A database with the benchmark's addons and its peers, dropped at the end."""
    addons, packages = list(module.ADDONS), list(getattr(module, "PEERS", ()))
    template = database.ensure_addons(addons)
    with database.temporary(template, "bench") as name:
        extra = []
        if packages:
            path = CONFIG.read_text().split("addons_path = ")[1].split("\n")[0] + f",{peers(packages)}"
            extra = [f"--addons-path={path}"]
            modules = [package.split("==")[0].removeprefix("odoo-addon-").replace("-", "_") for package in packages]
            database.install(name, modules, extra=extra)
        odoo_env.configure(name, *extra, level="error")
        yield name
        from odoo.sql_db import close_db

        close_db(name)


def load(name):
    path = FOLDER / f"{name}.py"
    names = sorted(p.stem for p in FOLDER.glob("*.py") if p.stem != "__init__")
    if name not in names:
        raise SetupError(f"No benchmark {name!r}. There are: {', '.join(names)}")
    sys.path.insert(0, str(ROOT))
    spec = importlib.util.spec_from_file_location(f"bench_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def which(module, only):
    """What ``--only`` names: the number of a case, or one of the benchmark's ``PARTS``."""
    parts = getattr(module, "PARTS", ())
    if only is None or only in parts:
        return only
    if only.isdigit() and not parts:
        return int(only)
    raise SetupError(f"--only is {'one of ' + ', '.join(parts) if parts else 'the number of a case'}.")


def measure(module, size, seed=1, only=None):
    if not module.ADDONS:
        return list(module.run(Bench(size, None, seed, only)))
    with postgres.server(), bench_database(module) as name:
        return list(module.run(Bench(size, name, seed, only)))


def table(figures):
    has_bars = any(figure.bar for figure in figures)
    rows = [("figure", "value", "unit", "peer", "peer's value", "ratio", "bar" if has_bars else "")]
    for figure in figures:
        peer = "" if figure.peer_value is None else f"{figure.peer_value:,.2f}"
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
        rows.append((figure.name, f"{figure.value:,.2f}", figure.unit, figure.peer, peer, ratio, figure.bar))
    widths = [max(len(row[i]) for row in rows) for i in range(7)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def main():
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__.split("\n")[0])
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--size", type=int, help="how much work (each benchmark has its own default)")
    parser.add_argument("--seed", type=int, default=1, help="other random cases; the same seed gives the same ones")
    parser.add_argument("--only", metavar="CASE", help="only this case of the seed, or this part of the benchmark")
    arguments = parser.parse_args()
    module = load(arguments.name)
    size = arguments.size or module.SIZE
    if size < 1:
        raise SetupError("--size must be 1 or more.")
    only = which(module, arguments.only)
    stdout = os.dup(1)
    if arguments.json:
        os.dup2(2, 1)
    say(f"{arguments.name}: {module.DESCRIPTION} (size {size}, seed {arguments.seed})")
    figures = measure(module, size, arguments.seed, only)
    sys.stdout.flush()
    os.dup2(stdout, 1)
    if arguments.json:
        rows = [{**asdict(figure), "ratio": figure.ratio, "met": figure.met} for figure in figures]
        answer = {"benchmark": arguments.name, "seed": arguments.seed, "machine": machine(), "figures": rows}
        print(json.dumps(answer))
    else:
        say(f"{table(figures)}\n{machine()}")
    return 0


if __name__ == "__main__":
    main_guard(main)
