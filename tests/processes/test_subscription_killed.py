"""A process is killed while it bills, makes invoices from a file, or puts prices in force: each thing exactly once.

Killed at stated points with the work of its transaction done and not committed, by SIGKILL, and started again. Needs a
database server and a template with the addon installed; skipped where there is none.
"""

import pytest
import workers

TEMPLATE = workers.TEMPLATE
DATABASE = "subscription_killed"
COUNT = 60

pytestmark = workers.needs_database

PREPARE = f"""
import base64
company = danish_company()
product = env["product.product"].create({{
    "name": "Kill", "type": "service", "list_price": 100, "default_code": "KILL"}})
partners = env["res.partner"].create([{{"name": f"Kill {{n}}", "ref": f"KILL{{n}}"}} for n in range({COUNT})])
subscriptions = env["subscription.subscription"].create([
    {{"partner_id": p.id, "date_start": "2027-03-01", "line_ids": [(0, 0, {{"product_id": product.id}})]}}
    for p in partners
])
subscriptions._start()
run = env["subscription.billing.run"].create(
    {{"date_until": "2027-03-10", "invoice_date": "2027-03-10", "posting": "post"}})
run.action_preview()
run.state = "queued"
rows = ["Fakturanr;Kundenr;Varenr;Antal"] + [f"F{{n}};KILL{{n}};KILL;1" for n in range({COUNT})]
record = env["subscription.invoice.import"].create({{
    "name": "kill.csv", "file": base64.b64encode("\\n".join(rows).encode()),
    "posting": "post", "invoice_date": "2027-03-10"}})
record.action_check()
record.state = "queued"
rule = env["subscription.index.rule"].create({{
    "name": "Kill", "method": "percent", "percent": 10.0, "date_first": "2027-04-01", "notice_days": 0}})
subscriptions.index_rule_id = rule
env.cr.commit()
"""
# stop at the n-th call of a method, when its work is done and not committed
STOP = """
model = type(env["{model}"])
original, calls = model.{method}, []
def stopping(self, *arguments, **options):
    result = original(self, *arguments, **options)
    calls.append(1)
    if len(calls) == {nth}:
        env.flush_all()
        ready()
    return result
model.{method} = stopping
{work}
"""
WORK = {
    "run": 'env["subscription.billing.run"]._cron_process_runs(batch_size=10)',
    "import": 'env["subscription.invoice.import"]._cron_process(batch_size=10)',
}
CHECK = {
    "run": """
env.cr.execute("SELECT count(*), count(DISTINCT (line_id, partner_id, date_start)) FROM subscription_period"
               " WHERE state != 'released'")
print(*env.cr.fetchone())
env.cr.execute("SELECT count(*), count(DISTINCT sequence_number), max(sequence_number) - min(sequence_number) + 1"
               " FROM account_move WHERE subscription_run_id IS NOT NULL AND state = 'posted'")
print(*env.cr.fetchone())
env.cr.execute("SELECT count(*) FROM account_move WHERE subscription_run_id IS NOT NULL AND state = 'draft'")
print(*env.cr.fetchone(), *env["subscription.billing.run"].search([]).mapped("state"))
""",
    "import": """
env.cr.execute("SELECT count(*), count(DISTINCT move_id) FROM subscription_invoice_import_line WHERE state = 'made'")
print(*env.cr.fetchone())
env.cr.execute("SELECT count(*), count(DISTINCT sequence_number), max(sequence_number) - min(sequence_number) + 1"
               " FROM account_move WHERE invoice_origin LIKE 'F%' AND state = 'posted'")
print(*env.cr.fetchone())
env.cr.execute("SELECT count(*) FROM account_move WHERE invoice_origin LIKE 'F%' AND state = 'draft'")
print(*env.cr.fetchone(), *env["subscription.invoice.import"].search([]).mapped("state"))
""",
}
POINTS = [
    ("account.move", "create", 3),
    ("account.move", "_post", 1),
    ("account.move", "_post", 4),
    ("ir.cron", "_commit_progress", 2),
]


@pytest.fixture(autouse=True)
def database():
    with workers.database(TEMPLATE, DATABASE):
        workers.output(DATABASE, PREPARE)
        yield


@pytest.mark.parametrize("kind", ["run", "import"])
def test_killed_again_and_again(kind):
    """At each point in turn on the same work, then run to its end."""
    for model, method, nth in POINTS:
        workers.killed(DATABASE, STOP.format(model=model, method=method, nth=nth, work=WORK[kind]))
    workers.output(DATABASE, WORK[kind])
    assert workers.output(DATABASE, CHECK[kind]) == [f"{COUNT} {COUNT}", f"{COUNT} {COUNT} {COUNT}", "0 done"]
    workers.output(DATABASE, WORK[kind])
    assert workers.output(DATABASE, CHECK[kind])[0] == f"{COUNT} {COUNT}", "nothing is left to do"


INDEXATION = """
record = env["subscription.indexation"].search([], limit=1) or env["subscription.indexation"].create(
    {"date_until": "2027-04-30"})
if not record.line_ids:
    record.action_check()
    env.cr.commit()
"""
PRICES = """
lines = env["subscription.line"].search([("subscription_id.index_rule_id", "!=", False)])
changes = env["subscription.indexation.line"].search([("state", "=", "applied")])
print(len(lines), sorted(set(lines.mapped("price_unit"))), len(changes), len(set(changes.line_id.ids)))
"""


def test_prices_put_in_force_once():
    """Killed with all prices written and not committed; then in force twice over."""
    stop = STOP.format(
        model="subscription.indexation", method="_apply", nth=1, work=INDEXATION + "record.action_apply()"
    )
    workers.killed(DATABASE, stop)
    assert workers.output(DATABASE, PRICES) == [f"{COUNT} [100.0] 0 0"]
    workers.output(DATABASE, INDEXATION + "record.action_apply()\nenv.cr.commit()")
    assert workers.output(DATABASE, PRICES) == [f"{COUNT} [110.0] {COUNT} {COUNT}"]
    again = 'record = env["subscription.indexation"].create({"date_until": "2027-04-30"})\nrecord.action_check()\n'
    workers.output(DATABASE, again + "if record.line_ids: call(record.action_apply)")
    assert workers.output(DATABASE, PRICES) == [f"{COUNT} [110.0] {COUNT} {COUNT}"]
