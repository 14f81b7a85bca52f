"""Run Odoo with this checkout's configuration and database server: ``script/odoo ...``."""

import subprocess
import sys

import database
import postgres
from console import main_guard


def odoo():
    with postgres.server():
        return subprocess.run(database.odoo_command(*sys.argv[1:]), env=database.environment(), check=False).returncode


if __name__ == "__main__":
    main_guard(odoo)
