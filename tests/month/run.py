"""Walk the month in a database: run.py DATABASE SUMMARY (called by script/demo)."""

import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "script" / "lib")]

START_SECONDS = 60


@contextmanager
def web_server(dbname):
    """Odoo's web server on a free port: printing loads its stylesheets from there."""
    import database
    from testrun import free_port

    port = free_port()
    arguments = ["-d", dbname, f"--http-port={port}", "--max-cron-threads=0", "--log-level=error"]
    process = subprocess.Popen(database.odoo_command(*arguments), env=database.environment(), cwd=ROOT)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url, process)
        yield url
    finally:
        process.terminate()
        process.wait()


def _wait(url, process):
    for _ in range(START_SECONDS * 2):
        if process.poll() is not None:
            raise RuntimeError("the web server for printing ended")
        try:
            requests.get(f"{url}/web/health", timeout=5)
        except requests.RequestException:
            time.sleep(0.5)
        else:
            return
    raise RuntimeError(f"the web server for printing did not answer within {START_SECONDS} s")


def print_invoice(dbname):
    """Print one invoice and see the line payers type; the PDF is attached to it."""
    import odoo_env

    from tests.month import month, payments

    with web_server(dbname) as url, odoo_env.environment(dbname) as env:
        env["ir.config_parameter"].set_param("report.url", url)
        walked = month.Month(env=env, today=date.today())
        walked.company = month.company_setup.load(env)
        moves = walked.company.env["account.move"].search([("payment_card_type", "=", "71")], order="id")
        moves = moves.filtered(lambda move: move.payment_id_number and move.amount_residual)
        move = moves.filtered(lambda move: move._payment_line_text())[:1]
        pdf = payments.check_pdf(walked, move)
        env["ir.config_parameter"].search([("key", "=", "report.url")]).unlink()
        return f"Trykt faktura {move.name}: {len(pdf) // 1024} kB PDF med {move._payment_line_text()}"


def main(dbname, summary):
    import odoo_env

    odoo_env.configure(dbname)
    from odoo.sql_db import close_db

    from tests.month import month, neighbours, scenario
    from tests.simulators.dinero import DineroSimulator

    with DineroSimulator() as simulator, odoo_env.environment(dbname) as env:
        lines = scenario.walk(env, date.today(), simulator, commit=env.cr.commit)
        env["account.move"]._cron_update_overdue()  # what the nightly jobs would have marked by today
        env["subscription.subscription"]._refresh_new_prices()
    lines.append(print_invoice(dbname))
    day = month.first_of(date.today(), -1) + timedelta(days=20)
    lines += ["", "Søsterselskaber", *neighbours.walk(lambda: odoo_env.environment(dbname), day)]
    close_db(dbname)
    Path(summary).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
