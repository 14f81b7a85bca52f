"""``script/test``: format tests without a database, then model, flow and browser tests on a template's copy."""

import argparse
import contextlib
import os
import socket
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

import browser
import database
import postgres
from console import SetupError, main_guard, say
from layout import ADDONS, CONFIG, LOCAL, LOGS, ROOT, in_ci, our_addons

FLOWS = ROOT / "tests" / "flows"
# With databases and processes of their own: each addon's life, and what happens when a process is killed.
OWN_DATABASES = (ROOT / "tests" / "install", ROOT / "tests" / "processes")
NOT_TESTS = {"flows", "install", "processes", "simulators", "factories", "month", "__pycache__"}
# More shards than run at once, so that the last to end leaves the others little to wait for.
SHARDS = 5
# A browser and a second process wait now and then: one more than there are processors keeps them busy.
AT_ONCE = max(2, os.cpu_count() or 2) + 1


@dataclass
class Outcome:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    reasons: list = field(default_factory=list)

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.reasons += other.reasons


def read_junit(path, status):
    """Counts of one pytest run; a run that died before its report was whole counts as one failure."""
    outcome = Outcome()
    try:
        cases = list(ET.parse(path).getroot().iter("testcase"))
    except (FileNotFoundError, ET.ParseError):
        outcome.failed = 0 if status == 5 else 1
        return outcome
    for case in cases:
        kinds = {child.tag: child for child in case}
        if "failure" in kinds or "error" in kinds:
            outcome.failed += 1
        elif "skipped" in kinds:
            outcome.skipped += 1
            outcome.reasons.append(f"{case.get('classname')}.{case.get('name')}: {kinds['skipped'].get('message')}")
        else:
            outcome.passed += 1
    if status not in (0, 1, 5) and not outcome.failed:
        outcome.failed = 1
    return outcome


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_config(label):
    """A copy of the configuration with a free HTTP port, for one run."""
    path = LOCAL / f"odoo-{label}-{os.getpid()}.conf"
    path.write_text(CONFIG.read_text() + f"http_port = {free_port()}\n")
    return path


def pytest_command(junit, *arguments):
    return [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        f"--junitxml={junit}",
        "-o",
        "junit_family=xunit1",
        *map(str, arguments),
    ]


def format_tests(paths, quick, extra):
    """Tests of the plain format code: no registry, no database."""
    junit = LOGS / f"junit-formats-{os.getpid()}.xml"
    junit.unlink(missing_ok=True)
    arguments = ["-p", "no:odoo", *paths, *extra]
    if quick:
        arguments += ["-m", "not slow"]
    done = subprocess.run(pytest_command(junit, *arguments), cwd=ROOT, check=False, env=database.environment())
    return read_junit(junit, done.returncode)


class Process:
    """One pytest process beside others; its output is kept and shown when it ends."""

    def __init__(self, label, *arguments, env=None):
        self.junit = LOGS / f"junit-{label}-{os.getpid()}.xml"
        self.log = LOGS / f"pytest-{label}-{os.getpid()}.log"
        self.arguments = arguments
        self.env = {**database.environment(), **(env or {})}
        self.process = None

    def start(self):
        self.junit.unlink(missing_ok=True)
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                pytest_command(self.junit, *self.arguments),
                cwd=ROOT,
                env=self.env,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )

    @property
    def runs(self):
        return self.process.poll() is None

    def finish(self):
        """Counts of the process, which has ended; what it said is shown.

        :rtype: Outcome
        """
        say(self.log.read_text(errors="replace"))
        return read_junit(self.junit, self.process.returncode)

    def clean(self):
        if self.process and self.runs:
            self.process.terminate()
            self.process.wait()


class Shard(Process):
    """One pytest-odoo process on a database of its own."""

    def __init__(self, number, template, paths, extra, http):
        self.template = template
        self.database = f"nordic_test_{os.getpid()}_{number}"
        self.config = run_config(f"test{number}")
        arguments = [f"--odoo-config={self.config}", f"--odoo-database={self.database}", *paths, *extra]
        if http:
            arguments.append("--odoo-http")
        super().__init__(f"odoo-{number}", *arguments)

    def start(self):
        database.copy(self.template, self.database)
        super().start()

    def finish(self):
        try:
            return super().finish()
        finally:
            database.drop(self.database)

    def clean(self):
        super().clean()
        self.config.unlink(missing_ok=True)
        with contextlib.suppress(Exception):
            database.drop(self.database)


def _weight(file):
    return file.stat().st_size


def split(files, shards):
    """Spread ``files`` over at most ``shards`` lists of about equal size."""
    groups = [[0, []] for _ in range(min(shards, len(files)))]
    for file in sorted(files, key=_weight, reverse=True):
        group = min(groups, key=lambda item: item[0])
        group[0] += _weight(file)
        group[1].append(file)
    return [sorted(group[1]) for group in groups]


def _files(paths):
    """The test files of ``paths``, those of one addon's life first: they take longest."""
    found = [file for path in paths for file in ([path] if path.is_file() else path.rglob("test_*.py"))]
    return sorted(set(found), key=lambda file: (file.parent.name != "install", -_weight(file)))


def odoo_tests(paths, addons, quick, extra, own_databases=()):
    """Model tests, flows and, unless ``quick``, browser tests; tests with ``own_databases`` run beside them."""
    has_browser = browser.program() is not None
    if in_ci() and not has_browser:
        raise SetupError("Browser tests must run in CI, and there is no Chromium.")
    http = has_browser and not quick
    processes = []
    template = database.ensure_addons(addons)
    if own_databases:
        database.ensure_minimal()
        for file in _files(own_databases):
            label = f"{file.parent.name}-{file.stem}"
            processes.append(Process(label, "-p", "no:odoo", file, *extra, env={"NORDIC_TEMPLATE": template}))
    groups = split(_files(paths), 1 if quick else SHARDS) if paths else []
    # the shards begin between the long ones of the others
    for number, group in enumerate(groups):
        processes.insert(2 * number + 1, Shard(number, template, group, extra, http))
    return run_all(processes, AT_ONCE)


def run_all(processes, at_once):
    """Run ``processes`` in their order, ``at_once`` at a time, with a sign of life a minute; the sum of their counts.

    :rtype: Outcome
    """
    total = Outcome()
    waiting, running = list(processes), []
    start, said = time.monotonic(), 0
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                running.append(waiting.pop(0))
                running[-1].start()
            time.sleep(0.2)
            for process in [one for one in running if not one.runs]:
                running.remove(process)
                total.add(process.finish())
            if (minutes := int(time.monotonic() - start) // 60) > said:
                said = minutes
                say(f"    ... {minutes} min, {len(waiting)} parts wait")
    finally:
        for process in processes:
            process.clean()
    return total


def default_paths():
    formats = [p for p in sorted((ROOT / "tests").iterdir()) if p.is_dir() and p.name not in NOT_TESTS]
    models = [ADDONS / name / "tests" for name in our_addons() if any((ADDONS / name / "tests").glob("test_*.py"))]
    if any(FLOWS.glob("test_*.py")):
        models += sorted(FLOWS.glob("test_*.py"))
    return formats, models, list(OWN_DATABASES), []


def _sort_names(names):
    """Split the names given on the command line into format paths, database paths and addons."""
    formats, models, own_databases, addons = [], [], [], []
    for name in names:
        if name in our_addons():
            addons.append(name)
            formats += [path for path in [ROOT / "tests" / name] if path.is_dir()]
            models += [path for path in [ADDONS / name / "tests"] if any(path.glob("test_*.py"))]
            continue
        path = Path(name.split("::")[0])
        path = (path if path.is_absolute() else ROOT / path).resolve()
        if not path.exists():
            raise SetupError(f"{name} is neither an addon of this repository nor a file or folder.")
        if ADDONS in path.parents:
            addons.append(path.relative_to(ADDONS).parts[0])
            models.append(path)
        elif path == FLOWS or FLOWS in path.parents:
            models.append(path)
        elif any(path == folder or folder in path.parents for folder in OWN_DATABASES):
            own_databases.append(path)
        else:
            formats.append(path)
    return formats, models, own_databases, addons


def main():
    parser = argparse.ArgumentParser(prog="script/test", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="no browser tests, only the named addons installed")
    parser.add_argument("names", nargs="*", metavar="addon|path", help="what to test (default: everything)")
    arguments, extra = parser.parse_known_args()
    start = time.monotonic()
    LOGS.mkdir(parents=True, exist_ok=True)
    if arguments.names:
        formats, models, own_databases, addons = _sort_names(arguments.names)
    else:
        formats, models, own_databases, addons = default_paths()
    total = Outcome()
    if formats:
        say("==> Format tests (no database)")
        total.add(format_tests(formats, arguments.quick, extra))
    formats_seconds = time.monotonic() - start
    if models or own_databases:
        say("==> Tests in Odoo")
        with postgres.server():
            # a flow walks through all addons
            only_named = arguments.quick and addons and not any(FLOWS in path.parents for path in models)
            wanted = addons if only_named else our_addons()
            total.add(odoo_tests(models, wanted, arguments.quick, extra, own_databases))
    if total.reasons:
        say("Skipped:\n  " + "\n  ".join(total.reasons))
    say(f"Formats {formats_seconds:.0f} s, all {time.monotonic() - start:.0f} s")
    say(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    main_guard(main)
