"""``script/core-tests``: Odoo's own tests in a database without our addons and in the same one with them.

What passes without them must pass with them, test by test. Both databases are copies of one template, so they differ
by the addons alone; Odoo's tests look for English words, so both are made English first.
"""

import argparse
import json
import re
import subprocess
from pathlib import Path

import database
import postgres
from console import SetupError, main_guard, say, step
from layout import LOGS, ROOT
from testrun import run_config

ADDONS = (
    "invoice_prepayment,invoice_prepayment_template,invoice_prepayment_stock,invoice_prepayment_mrp,"
    "invoice_prepayment_mrp_subcontracting,invoice_prepayment_mrp_subcontracting_purchase"
)
# Global discounts and the summary of taxes know nothing of deposits, and take longer than all the rest.
TAGS = "/sale,/account:TestTaxesDownPayment,-/sale:TestTaxesGlobalDiscountSale,-/sale:TestTaxesTaxTotalsSummarySale"
STARTED = re.compile(r" INFO \S+ odoo\.addons\.(\w+)\.tests\.\S+: Starting (\w+\.test_\w+) \.\.\.")
FAILED = re.compile(
    r" (?:ERROR|INFO) \S+ odoo\.addons\.(\w+)\.tests\.\S+: (FAIL|ERROR|skipped):? (?:Subtest )?(\w+\.test_\w+)"
)

SPEAK_ENGLISH = """
env["res.lang"]._activate_lang("en_US")
env["ir.default"].set("res.partner", "lang", "en_US")
partners = env["res.partner"].with_context(active_test=False)
partners.search([("lang", "!=", "en_US")]).lang = "en_US"
env["res.lang"].search([("code", "!=", "en_US")]).active = False
env.cr.commit()
"""


def outcomes(log):
    """{"addon:Class.test": "passed", "failed", "error" or "skipped"} of a log of Odoo's test runner."""
    found = {}
    for line in log.splitlines():
        if match := STARTED.search(line):
            found.setdefault(f"{match[1]}:{match[2]}", "passed")
        elif match := FAILED.search(line):
            found[f"{match[1]}:{match[3]}"] = {"FAIL": "failed", "ERROR": "error"}.get(match[2], "skipped")
    return found


def run_tests(template, label, tags):
    """Odoo's tests ``tags`` on a copy of ``template``; the log is kept."""
    log = LOGS / f"core-tests-{label}.log"
    config = run_config(f"core-{label}")
    try:
        with database.temporary(template, f"odoo_{label}") as name:
            command = database.odoo_command("shell", "-c", config, "-d", name, "--no-http", "--log-level=error")
            environment = {**database.environment(), "ODOO_RC": str(config)}
            subprocess.run(command, input=SPEAK_ENGLISH, text=True, check=True, cwd=ROOT, env=environment)
            command = database.odoo_command("-c", config, "-d", name, f"--test-tags={tags}", "--stop-after-init")
            with log.open("w") as output:
                subprocess.run(command, stdout=output, stderr=output, check=False, cwd=ROOT, env=environment)
    finally:
        config.unlink(missing_ok=True)
    return outcomes(log.read_text(errors="replace"))


def compare(without, having):
    """Tests whose outcome is not the same: ``{test: (without, with)}``."""
    return {
        test: (without.get(test, "not run"), having.get(test, "not run"))
        for test in sorted(without.keys() | having.keys())
        if without.get(test) != having.get(test)
    }


def main():
    parser = argparse.ArgumentParser(prog="script/core-tests", description=__doc__)
    parser.add_argument("--addons", default=ADDONS)
    parser.add_argument("--tags", default=TAGS, help=f"as Odoo's --test-tags (default: {TAGS})")
    parser.add_argument("--json", type=Path, help="write the outcome of every test")
    arguments = parser.parse_args()
    LOGS.mkdir(parents=True, exist_ok=True)
    with postgres.server():
        with step("Odoo's tests without our addons"):
            without = run_tests(database.ensure_core(), "without", arguments.tags)
        with step("Odoo's tests with them"):
            having = run_tests(database.ensure_addons(arguments.addons.split(",")), "with", arguments.tags)
    if not without:
        raise SetupError(f"No test ran; the logs are in {LOGS}.")
    different = compare(without, having)
    if arguments.json:
        rows = {test: (without.get(test), having.get(test)) for test in sorted(without.keys() | having.keys())}
        arguments.json.write_text(json.dumps(rows, indent=1))
    for outcome in ("passed", "failed", "error", "skipped"):
        counts = [list(found.values()).count(outcome) for found in (without, having)]
        say(f"{outcome:8} {counts[0]:5} without, {counts[1]:5} with")
    for test, (before, after) in different.items():
        say(f"{test}: {before} without, {after} with")
    say(f"{len(without)} tests, {len(different)} with another outcome")
    return 1 if different else 0


if __name__ == "__main__":
    main_guard(main)
