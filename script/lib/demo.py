"""``script/demo``: a Danish company's month in a real Odoo, its controls, then the web client."""

import argparse
import os
import subprocess
import sys
import time

import database
import postgres
from console import SetupError, main_guard, say
from layout import LOGS, ROOT, STATE, our_addons

DATABASE = "nordic_demo"
PORT = 8069
SUMMARY = STATE / "demo-summary.txt"
BUILT_FROM = STATE / "demo-addons.key"


def build():
    """Make the demo's database under another name and rename it when the month is through."""
    template = database.ensure_addons(our_addons())
    part = f"{DATABASE}_part"
    database.copy(template, part)
    say("==> A month at Nordlys Bryghus ApS")
    start = time.monotonic()
    summary = SUMMARY.with_suffix(".part")
    command = [sys.executable, ROOT / "tests" / "month" / "run.py", part, summary]
    done = subprocess.run(command, env=database.environment(), cwd=ROOT, check=False)
    if done.returncode:
        raise SetupError(f"The month did not run to its end (status {done.returncode}); the database is {part}.")
    database.drop(DATABASE)
    database.rename(part, DATABASE)
    summary.rename(SUMMARY)
    BUILT_FROM.write_text(database.files_key(our_addons()))
    say(f"    done in {time.monotonic() - start:.1f} s")


def update_if_changed():
    """Bring an older demo database to the state of the addons' files."""
    key = database.files_key(our_addons())
    if BUILT_FROM.exists() and BUILT_FROM.read_text() == key:
        return
    say("==> The addons have changed since the demo was made: updating (script/demo --fresh makes it anew)")
    from console import run

    names = ",".join(our_addons())
    arguments = ["-d", DATABASE, "-i", names, "-u", names, "--stop-after-init", "--no-http"]
    run(database.odoo_command(*arguments), env=database.environment(), log=LOGS / "demo-update.log", cwd=ROOT)
    BUILT_FROM.write_text(key)


def serve(port):
    say(f"\nOdoo is at http://localhost:{port}   login: admin   password: admin   (Ctrl+C ends it)")
    arguments = ["-d", DATABASE, f"--http-port={port}", "--max-cron-threads=1", "--log-level=warn"]
    process = subprocess.Popen(database.odoo_command(*arguments), env=database.environment(), cwd=ROOT)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.wait()
        say("")
        return 0


def main():
    parser = argparse.ArgumentParser(prog="script/demo", description=__doc__)
    parser.add_argument("--no-serve", action="store_true", help="end after the summary")
    parser.add_argument("--fresh", action="store_true", help="make the database anew")
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", PORT)), help=f"default {PORT}")
    arguments = parser.parse_args()
    with postgres.server():
        if arguments.fresh or not database.exists(DATABASE) or not SUMMARY.exists():
            build()
        else:
            say(f"The database {DATABASE} is there from an earlier run (script/demo --fresh makes it anew).")
            update_if_changed()
        say("\n" + SUMMARY.read_text())
        if arguments.no_serve:
            return 0
        return serve(arguments.port)


if __name__ == "__main__":
    main_guard(main)
