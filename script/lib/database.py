"""Databases made once and copied: the core template, and templates with our addons on top.

A template's name carries the hash of what it was made from, so an unchanged tree finds it again.
Runs in the virtual environment, inside ``postgres.server()``.
"""

import ast
import fcntl
import hashlib
import os
import shutil
import sys
import time
from contextlib import closing, contextmanager

import psycopg2
from console import SetupError, run, say
from layout import ADDONS, CONFIG, DATA_DIR, LOCAL, LOGS, ROOT, our_addons
from psycopg2 import sql

# What our addons build on, installed once; ours are then added to a copy in seconds.
CORE_MODULES = (
    "account_edi_ubl_cii",
    "account_invoice_start_end_dates",
    "account_peppol",
    "l10n_dk",
    "l10n_fi",
    "l10n_no",
    "l10n_se",
    "mrp_subcontracting",
    "payment_demo",
    "purchase",
    "sale_management",
    "sale_mrp",
    "sale_stock",
)
# The least a Danish company needs: what shows that an addon names all it depends on.
MINIMAL_MODULES = ("l10n_dk",)
LANGUAGES = "da_DK"
KEPT_TEMPLATES = 12
PREFIX_CORE = "nordic_core_"
PREFIX_MINIMAL = "nordic_minimal_"
PREFIX_NEEDS = "nordic_needs_"
PREFIX_WITH = "nordic_with_"
PREFIX_ADDONS = "nordic_addons_"


def environment():
    """Environment of an Odoo process: our PDF program first on PATH, no user configuration."""
    from layout import PDF

    env = dict(os.environ)
    env["PATH"] = os.pathsep.join((str(PDF), env.get("PATH", "")))
    env["ODOO_RC"] = str(CONFIG)
    env.pop("PYTHONPATH", None)
    return env


@contextmanager
def _cursor(dbname="postgres"):
    with closing(psycopg2.connect(dbname=dbname)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor


def exists(name):
    with _cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        return bool(cursor.fetchone())


def drop(name):
    """Drop a database and its files; close its connections first."""
    with _cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
    shutil.rmtree(DATA_DIR / "filestore" / name, ignore_errors=True)


def copy(source, target):
    """Copy a database and its files (under two seconds for a template)."""
    drop(target)
    with _cursor() as cursor:
        cursor.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(target), sql.Identifier(source)))
    files = DATA_DIR / "filestore" / source
    if files.exists():
        shutil.copytree(files, DATA_DIR / "filestore" / target, dirs_exist_ok=True)


def rename(source, target):
    with _cursor() as cursor:
        cursor.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(source), sql.Identifier(target)))
    files = DATA_DIR / "filestore" / source
    if files.exists():
        files.rename(DATA_DIR / "filestore" / target)


def manifest(addon):
    return ast.literal_eval((ADDONS / addon / "__manifest__.py").read_text(encoding="utf-8"))


def closure(addons):
    """``addons`` and those of ours they depend on, sorted.

    :raises SetupError: a name is no addon of ours
    """
    ours = set(our_addons())
    unknown = sorted(set(addons) - ours)
    if unknown:
        raise SetupError(f"No addon of this repository: {', '.join(unknown)}. There are: {', '.join(sorted(ours))}")
    found, todo = set(), list(addons)
    while todo:
        addon = todo.pop()
        if addon not in found:
            found.add(addon)
            todo += [name for name in manifest(addon)["depends"] if name in ours]
    return sorted(found)


def _hash(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(repr(part).encode())
    return digest.hexdigest()[:12]


def _core_key(modules):
    import odoo.release

    oca = (ROOT / "requirements-oca.txt").read_text()
    return _hash(odoo.release.version, odoo.release.__file__, modules, LANGUAGES, oca)


def files_key(addons):
    """Hash of the files of ``addons`` that reach the database (tests and texts do not)."""
    digest = hashlib.sha256()
    for addon in addons:
        for path in sorted((ADDONS / addon).rglob("*")):
            relative = path.relative_to(ADDONS)
            if not path.is_file() or {"__pycache__", "tests", "readme"} & set(relative.parts) or path.suffix == ".pot":
                continue
            digest.update(str(relative).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def odoo_command(*arguments):
    return [sys.executable, "-m", "odoo", *map(str, arguments)]


def install(name, modules, *, language=None, extra=(), log=None):
    """Install ``modules`` into database ``name`` in a process of its own; the log is kept.

    :return: the log's path
    """
    log = log or LOGS / f"install-{name}.log"
    arguments = ["-d", name, "-i", ",".join(modules), "--stop-after-init", "--no-http", *extra]
    if language:
        arguments.append(f"--load-language={language}")
    run(odoo_command(*arguments), env=environment(), log=log, cwd=ROOT)
    text = log.read_text(errors="replace")
    if " ERROR " in text or " CRITICAL " in text:
        lines = [line for line in text.splitlines() if " ERROR " in line or " CRITICAL " in line]
        raise SetupError("Installing ended with errors:\n" + "\n".join(lines[:10]) + f"\nThe whole log: {log}")
    return log


@contextmanager
def _lock():
    with (LOCAL / "templates.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(name, make):
    """Make template ``name`` under another name, so that a broken one is never found."""
    part = f"{name}_part"
    drop(part)
    make(part)
    rename(part, name)


def _ensure_base(prefix, modules):
    name = prefix + _core_key(modules)
    with _lock():
        if not exists(name):
            say("==> Making the database with Odoo's own modules (about a minute, once)")
            start = time.monotonic()
            _build(name, lambda part: install(part, modules, language=LANGUAGES))
            say(f"    done in {time.monotonic() - start:.1f} s")
    return name


def ensure_core():
    """Name of the template with the core modules our addons build on; made when missing."""
    return _ensure_base(PREFIX_CORE, CORE_MODULES)


def ensure_minimal():
    """Name of the template with the Danish chart and nothing more."""
    return _ensure_base(PREFIX_MINIMAL, MINIMAL_MODULES)


def _installed(name):
    """Modules installed in database ``name``, as a frozen set."""
    with _cursor(name) as cursor:
        cursor.execute("SELECT name FROM ir_module_module WHERE state = 'installed'")
        return frozenset(row[0] for row in cursor.fetchall())


def _named(addon):
    """Modules of others that ``addon`` and what it builds on name in their manifests, as a frozen set."""
    return frozenset(name for one in closure([addon]) for name in manifest(one)["depends"]) - set(our_addons())


def ensure_needs(addon):
    """Name of the template with the Danish chart and what ``addon`` names of others, no more; made when missing.

    It grows from the template of another addon of ours that has most of it, so that each module is installed once.
    """
    minimal = ensure_minimal()
    present = _installed(minimal)
    all_needs = {_named(one) - present for one in our_addons()}

    def grown(needs):
        if not needs:
            return minimal
        smaller = max((found for found in all_needs if found < needs), key=len, default=frozenset())
        base = grown(smaller)
        name = PREFIX_NEEDS + _hash(base, sorted(needs))
        with _lock():
            if not exists(name):

                def make(part):
                    copy(base, part)
                    install(part, sorted(needs - smaller))

                _build(name, make)
        return name

    return grown(_named(addon) - present)


def _largest(addon):
    """The addon of ours among those ``addon`` depends on directly that brings most with it, or None."""
    ours = set(our_addons()) & set(manifest(addon)["depends"])
    return max(sorted(ours), key=lambda one: (len(closure([one])), len(_named(one))), default=None)


def ensure_before(addon):
    """Name of the template on which ``addon`` is installed to see it alone; made when missing.

    Where it builds on others of ours, the largest of them is there already, installed once for all that build on it;
    otherwise there is what the addon names of others.
    """
    base = _largest(addon)
    if base is None:
        return ensure_needs(addon)
    before = ensure_before(base)
    name = PREFIX_WITH + _hash(before, base, files_key(closure([base])))
    with _lock():
        if not exists(name):

            def make(part):
                copy(before, part)
                install(part, [base])

            _build(name, make)
            _forget_old(PREFIX_WITH, len(our_addons()))
    return name


def ensure_addons(addons):
    """Name of the template with ``addons`` of ours (and what they need) on the core template."""
    core = ensure_core()
    addons = closure(addons)
    name = PREFIX_ADDONS + _hash(core, addons, files_key(addons))
    with _lock():
        if not exists(name):
            say(f"==> Installing {len(addons)} of our addons into the test database")
            start = time.monotonic()

            def make(part):
                copy(core, part)
                install(part, addons)

            _build(name, make)
            say(f"    done in {time.monotonic() - start:.1f} s")
            _forget_old(PREFIX_ADDONS, KEPT_TEMPLATES)
    return name


def _forget_old(prefix, kept):
    """Keep the newest ``kept`` templates whose names begin with ``prefix``."""
    with _cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s ORDER BY oid DESC", (prefix + "%",))
        names = [row[0] for row in cursor.fetchall() if not row[0].endswith("_part")]
    for name in names[kept:]:
        drop(name)


@contextmanager
def temporary(template, label):
    """A copy of ``template``, dropped at the end."""
    name = f"nordic_{label}_{os.getpid()}"
    copy(template, name)
    try:
        yield name
    finally:
        drop(name)
