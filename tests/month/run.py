"""Walk the month in a database: run.py DATABASE SUMMARY (called by script/demo)."""

import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "script" / "lib")]


def main(dbname, summary):
    import odoo_env

    odoo_env.configure(dbname)
    from odoo.sql_db import close_db

    from tests.month import scenario

    with odoo_env.environment(dbname) as env:
        lines = scenario.walk(env, date.today(), commit=env.cr.commit)
    close_db(dbname)
    Path(summary).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
