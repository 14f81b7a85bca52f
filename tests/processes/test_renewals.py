"""Renewals from outside, with real second processes: two work at once, two receive the same, and one is killed at work.

Each renewal is one invoice and one payment, numbers have no gap, and batches are taken with SKIP LOCKED, so that both
processes do some of the work. Needs a database server and a template with the addons; skipped where there is none.
"""

import pytest
import workers

TEMPLATE = workers.TEMPLATE
DATABASE = "subscription_renewals"
COUNT = 60

pytestmark = workers.needs_database

MESSAGE = """
import json
def message(number):
    return json.dumps({"key": number, "renewal": number, "stage": "captured", "currency": "DKK", "total": 125,
                       "payment": {"method": "card"}, "customer": {"number": "C" + number, "name": "Kunde " + number},
                       "lines": [{"text": "Uge", "unit_price": 100}]}).encode()
def source():
    return env["subscription.renewal.source"].search([("name", "=", "Two")])
"""
PREPARE = f"""{MESSAGE}
company = danish_company()
account = env["account.account"].create({{"name": "Kort", "code": "699001", "account_type": "asset_current",
                                          "reconcile": True, "company_ids": [(6, 0, company.ids)]}})
bank = env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)
method = bank.inbound_payment_method_line_ids[0].copy({{"name": "Kort"}})
method.payment_account_id = account
env["subscription.renewal.source"].create({{"name": "Two", "rate_limit": 10000, "way_ids": [
    (0, 0, {{"code": "card", "kind": "paid", "payment_method_line_id": method.id}})]}})
for number in range({COUNT}):
    env["subscription.renewal"]._receive(source(), message(f"N{{number}}"))
env.cr.commit()
"""
# invoiced, posted and paid, and not committed
KILLED = """
renewals = env["subscription.renewal"]
batch = renewals._take(renewals._is_ready(), 0, 20)
renewals._invoice_batch(batch)
renewals._pay_batch(batch)
env.flush_all()
ready()
"""
WORK = """
mine = 0
from odoo.addons.subscription_billing.models.subscription_renewal_process import SubscriptionRenewal
invoice = SubscriptionRenewal._invoice_batch
def counted(self, batch):
    global mine
    mine += len(batch)
    return invoice(self, batch)
SubscriptionRenewal._invoice_batch = counted
env["subscription.renewal"].search_count([])
ready()
env["subscription.renewal"]._cron_process(batch_size=5)
env.cr.commit()
print("MINE", mine)
"""
RECEIVE = f"""{MESSAGE}
found = source()
ready()
from odoo.addons.subscription_billing.models.subscription_renewal import RenewalRefused
try:
    env["subscription.renewal"]._receive(found, message("SAME"))
    env.cr.commit()
    print("TAKEN")
except RenewalRefused as error:
    env.cr.rollback()
    print("REFUSED", error.status)
"""
CHECK = """
env.cr.execute("SELECT count(*), count(DISTINCT move_id), count(DISTINCT payment_id) FROM subscription_renewal"
               " WHERE state = 'invoiced'")
print("RENEWALS", *env.cr.fetchone())
env.cr.execute("SELECT count(*), max(sequence_number) - min(sequence_number) + 1, sum(amount_residual)::int"
               " FROM account_move WHERE id IN (SELECT move_id FROM subscription_renewal) AND state = 'posted'")
print("INVOICES", *env.cr.fetchone())
env.cr.execute("SELECT count(*), sum(amount)::int FROM account_payment WHERE memo LIKE 'N%'")
print("PAYMENTS", *env.cr.fetchone())
env.cr.execute("SELECT count(*) FROM res_partner WHERE ref LIKE 'CN%'")
print("CUSTOMERS", *env.cr.fetchone())
env.cr.execute("SELECT count(*) FROM subscription_renewal_message WHERE key = 'SAME'")
print("SAME", *env.cr.fetchone())
"""


@pytest.fixture(scope="module", autouse=True)
def database():
    with workers.database(TEMPLATE, DATABASE):
        workers.output(DATABASE, PREPARE)
        yield


def test_one_killed_and_two_at_once():
    workers.killed(DATABASE, KILLED)
    done = workers.together(DATABASE, WORK, WORK)
    shares = [int(line.split()[1]) for lines in done for line in lines if line.startswith("MINE")]
    assert len(shares) == 2 and all(shares), f"both did some of the work: {shares}"
    answers = [lines[-1] for lines in workers.together(DATABASE, RECEIVE, RECEIVE)]
    assert "TAKEN" in answers and set(answers) <= {"TAKEN", "REFUSED 503"}
    workers.output(DATABASE, 'env["subscription.renewal"]._cron_process()\nenv.cr.commit()')
    found = dict(line.split(" ", 1) for line in workers.output(DATABASE, CHECK) if line.isupper() or line[0].isupper())
    assert found["RENEWALS"] == f"{COUNT + 1} {COUNT + 1} {COUNT + 1}"
    assert found["INVOICES"] == f"{COUNT + 1} {COUNT + 1} 0"
    assert found["PAYMENTS"] == f"{COUNT} {COUNT * 125}"
    assert found["CUSTOMERS"] == str(COUNT)
    assert found["SAME"] == "1"
