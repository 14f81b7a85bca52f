"""Set everything up. Standard library only: this runs before any package is installed."""

import fcntl
import time

import browser
import odoo_source
import pdf
import postgres
import python_env
from console import main_guard, say
from layout import CONFIG, DATA_DIR, LOCAL, LOGS, STATE, VENV


def bootstrap():
    """Python packages, Odoo, PostgreSQL, wkhtmltopdf, Chromium; each step is skipped when done."""
    start = time.monotonic()
    for folder in (LOCAL, STATE, LOGS, DATA_DIR):
        folder.mkdir(parents=True, exist_ok=True)
    with (LOCAL / "bootstrap.lock").open("a") as lock:
        # Two scripts started at once: the second waits instead of taking the first one's half for a broken one.
        fcntl.flock(lock, fcntl.LOCK_EX)
        _steps(start)


def _steps(start):
    python_env.ensure()
    odoo = odoo_source.ensure()
    postgres.ensure()
    pdf.ensure()
    browser.ensure()
    write_config(odoo)
    say(f"Ready in {time.monotonic() - start:.1f} s: Odoo at {odoo}, Python at {VENV}")


def write_config(odoo):
    """Odoo's configuration for local use; the database server comes from PG* variables."""
    from layout import ADDONS, site_packages

    paths = [*odoo_source.core_addons(odoo)[1:], site_packages() / "odoo" / "addons", ADDONS]
    text = "\n".join(
        (
            "[options]",
            f"addons_path = {','.join(map(str, paths))}",
            f"data_dir = {DATA_DIR}",
            "admin_passwd = local-use-only",
            "http_interface = 127.0.0.1",
            "list_db = False",
            "max_cron_threads = 0",
            "db_template = template0",
            "",
        )
    )
    if not CONFIG.exists() or CONFIG.read_text() != text:
        CONFIG.write_text(text)


if __name__ == "__main__":
    main_guard(bootstrap)
