"""The ledger of an older version is updated: what it claims stays claimed, and changes can take back parts of it.

The table is made as the version before changes in a charged period had it, with and without the comments Odoo goes by.
Needs a database server and a template with the addons; skipped where there is none.
"""

import subprocess
import sys

import pytest
import workers

TEMPLATE = workers.TEMPLATE
DATABASE = "subscription_update"

pytestmark = workers.needs_database

OLD = """
from dateutil.relativedelta import relativedelta
company = danish_company()
month = company._subscription_today().replace(day=1)
product = env["product.product"].create({{"name": "Old", "type": "service", "list_price": 100}})
subscription = env["subscription.subscription"].create({{
    "partner_id": env["res.partner"].create({{"name": "Old"}}).id, "date_start": month,
    "line_ids": [(0, 0, {{"product_id": product.id}})]}})
subscription._start()
run = env["subscription.billing.run"].create({{
    "date_until": month, "invoice_date": month, "posting": "post", "subscription_ids": [(6, 0, subscription.ids)]}})
run.action_run()
env.flush_all()
definition = "(subscription_id, line_id, partner_id, date_start) WHERE state != 'released'"
name = '"subscription_period_claim_uniq"'
env.cr.execute(f"DROP INDEX {{name}}")
env.cr.execute(f"CREATE UNIQUE INDEX {{name}} ON subscription_period {{definition}}")
if {has_comment}:
    env.cr.execute(f"COMMENT ON INDEX {{name}} IS %s", ["UNIQUE INDEX " + definition])
env.cr.execute("ALTER TABLE subscription_period DROP COLUMN is_credit, DROP COLUMN credited_period_id")
env.cr.execute("UPDATE ir_module_module SET latest_version = '19.0.1.0.0' WHERE name = 'subscription_billing'")
env.cr.commit()
"""
NEW = """
from datetime import timedelta
from psycopg2.errors import UniqueViolation
env.cr.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'subscription_period_claim_uniq'")
print("INDEX", "is_credit" in env.cr.fetchone()[0])
period = env["subscription.period"].search([("state", "=", "invoiced")])
print("PERIODS", len(period), period.is_credit, len(period.credited_period_id))
try:
    with env.cr.savepoint():
        period.copy({"move_line_id": False}).flush_recordset()
except UniqueViolation:
    print("CLAIMED")
subscription = period.subscription_id
# the change counts from the first day after what the line began with: the row taken back begins with the period's day
change = env["subscription.change"].create({
    "subscription_id": subscription.id, "date": period.date_start + timedelta(days=1), "settlement": "now",
    "line_ids": [(0, 0, {"action": "change", "line_id": subscription.line_ids.id, "price_unit": 200.0})]})
change.action_confirm()
run = env["subscription.billing.run"].create({
    "date_until": change.date, "invoice_date": change.date, "posting": "post",
    "subscription_ids": [(6, 0, subscription.ids)]})
run.action_run()
print("BILLED", run.done_count, run.fault_count, sum(subscription.period_ids.mapped("is_credit")))
"""


@pytest.mark.parametrize("has_comment", [True, False])
def test_the_claims_of_an_older_version_stay_and_leave_room_for_what_is_taken_back(has_comment):
    with workers.database(TEMPLATE, DATABASE):
        workers.output(DATABASE, OLD.format(has_comment=has_comment))
        arguments = ["-c", ".local/odoo.conf", "-d", DATABASE, "-u", "subscription_billing", "--stop-after-init"]
        command = [sys.executable, "-m", "odoo", *arguments, "--no-http", "--log-level=warn"]
        done = subprocess.run(command, cwd=workers.ROOT, capture_output=True, text=True, check=False, timeout=900)
        assert done.returncode == 0, done.stderr[-3000:]
        assert "subscription_period" not in done.stderr, done.stderr[-3000:]
        found = workers.output(DATABASE, NEW)
        assert found == ["INDEX True", "PERIODS 1 False 0", "CLAIMED", "BILLED 1 0 1"]
