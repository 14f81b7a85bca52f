"""A process is killed while it charges saved cards, and two charge at once: each invoice is asked for at most once.

By SIGKILL, at stated points. The provider is a file that gets a line for each request, so that what was asked is known
whatever the database forgot. Needs a database server and a template with the addon installed; else it is skipped.
"""

import pytest
import workers

TEMPLATE = workers.TEMPLATE
DATABASE = "subscription_card"
COUNT = 6

pytestmark = workers.needs_database

PREPARE = f"""
company = danish_company()
journal = env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)
clearing = env["account.account"].create({{
    "name": "Clearing", "code": "150098", "account_type": "asset_current", "reconcile": True}})
provider = env.ref("payment.payment_provider_demo").copy({{"company_id": company.id, "state": "test"}})
provider.journal_id = journal
line = journal.inbound_payment_method_line_ids.filtered(lambda each: each.payment_provider_id == provider)
line.payment_account_id = clearing
product = env["product.product"].create({{"name": "Card", "type": "service", "list_price": 100}})
way = env["subscription.payment.way"].create({{"name": "Card", "method": "card"}})
partners = env["res.partner"].create(
    [{{"name": f"Card {{n}}", "country_id": company.country_id.id}} for n in range({COUNT})])
env["payment.token"].create([{{
    "provider_id": provider.id, "payment_method_id": env.ref("payment_demo.payment_method_demo").id,
    "payment_details": "1234", "partner_id": partner.id, "provider_ref": "x", "demo_simulated_state": "done"}}
    for partner in partners])
subscriptions = env["subscription.subscription"].create([
    {{"partner_id": partner.id, "date_start": "2026-01-01", "date_end": "2026-01-31", "way_id": way.id,
      "line_ids": [(0, 0, {{"product_id": product.id}})]}} for partner in partners])
subscriptions._start()
run = env["subscription.billing.run"].create(
    {{"date_until": "2026-01-10", "invoice_date": "2026-01-10", "posting": "post",
      "subscription_ids": [(6, 0, subscriptions.ids)]}})
run.action_run()
assert len(run.invoice_ids) == {COUNT}, run.line_ids.mapped("message")
env.cr.commit()
"""
# each request is a line of the file; the process may stop at its n-th, or when that one is answered and not yet noted
CHARGE = """
import os
model = type(env["payment.transaction"])
original, calls = model._send_payment_request, []
def send(self):
    calls.append(1)
    with open({path!r}, "a") as asked:
        asked.write(f"{{self.invoice_ids.id}}\\n")
        asked.flush()
        os.fsync(asked.fileno())
    if len(calls) == {nth}:
        ready()
    original(self)
    if len(calls) == {answered}:
        self.env.flush_all()
        ready()
model._send_payment_request = send
{before}
env["subscription.card.charge"]._cron_charge()
env.cr.commit()
"""
STATES = """
from collections import Counter
charges = env["subscription.card.charge"].search([])
print(sorted(Counter(charges.mapped("state")).items()))
print(sorted(Counter(charges.move_id.mapped("amount_residual")).items()), len(charges.transaction_ids))
"""


@pytest.fixture(autouse=True)
def database():
    with workers.database(TEMPLATE, DATABASE):
        workers.output(DATABASE, PREPARE)
        yield


def _code(path, nth=0, answered=0, before=""):
    return CHARGE.format(path=str(path), nth=nth, answered=answered, before=before)


def test_killed_while_the_provider_answers(tmp_path):
    """One process is dead before the answer, the next before it is noted: those two are never asked for again."""
    path = tmp_path / "asked"
    workers.killed(DATABASE, _code(path, nth=3))
    workers.killed(DATABASE, _code(path, answered=2))
    workers.output(DATABASE, _code(path))
    workers.output(DATABASE, 'env["subscription.card.charge"].search([("state", "=", "sent")]).asked_at = "2026-01-10"'
                   "\nenv.cr.commit()")  # fmt: skip
    workers.output(DATABASE, _code(path))
    asked = path.read_text().split()
    assert len(asked) == len(set(asked)) == COUNT
    states, residuals = workers.output(DATABASE, STATES)
    assert states == f"[('done', {COUNT - 2}), ('uncertain', 2)]"
    assert residuals == f"[(0.0, {COUNT - 2}), (125.0, 2)] {COUNT}"


def test_two_at_once(tmp_path):
    path = tmp_path / "asked"
    workers.together(DATABASE, *[_code(path, before="ready()")] * 2)
    asked = path.read_text().split()
    assert len(asked) == len(set(asked)), "no invoice is asked for twice"
    workers.output(DATABASE, _code(path))
    asked = path.read_text().split()
    assert len(asked) == len(set(asked)) == COUNT
    states, residuals = workers.output(DATABASE, STATES)
    assert (states, residuals) == (f"[('done', {COUNT})]", f"[(0.0, {COUNT})] {COUNT}")
