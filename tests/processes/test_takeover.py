"""Contracts of the real OCA modules, invoiced there for some months, are taken over and go on here: nothing twice.

Installs odoo-addon-contract and odoo-addon-subscription-oca (AGPL, tests only) beside the addons, into .local/peers.
Needs a database server, a template with the addons and the package index; skipped where one is missing.
"""

import pytest
import workers

DATABASE = "subscription_takeover"
PEERS = ["odoo-addon-contract==19.0.1.2.1.2", "odoo-addon-subscription-oca==19.0.1.1.4.2"]

pytestmark = workers.needs_database

CODE = """
from datetime import date
company = danish_company()
partner = env["res.partner"].create({"name": "Two", "ref": "TO", "country_id": env.ref("base.dk").id})
# their subscription takes the account from the product and its category only
income = env["account.account"].search([("account_type", "=", "income"), ("company_ids", "in", company.ids)], limit=1)
product = env["product.product"].create(
    {"name": "Service", "type": "service", "list_price": 100, "property_account_income_id": income.id})
env["subscription.subscription"].search([]).state = "closed"

def contract(kind, start, months, price, last=False):
    rule = {"recurring_rule_type": kind, "recurring_interval": 1, "date_start": start, "recurring_next_date": start,
            "recurring_invoicing_type": "post-paid" if last else "pre-paid"}
    found = env["contract.contract"].create({
        **rule, "name": f"{kind} {price}", "partner_id": partner.id, "line_recurrence": False,
        "contract_line_ids": [(0, 0, {**rule, "product_id": product.id, "name": "Service", "quantity": 2,
                                      "uom_id": product.uom_id.id, "price_unit": price, "discount": 10})]})
    found._onchange_contract_type() if hasattr(found, "_onchange_contract_type") else None
    found.recurring_next_date = False
    found._compute_recurring_next_date()
    for _month in range(months):
        found._recurring_create_invoice()
    return found

plain = contract("monthly", date(2026, 8, 1), 3, 100)
end = contract("monthly", date(2026, 8, 31), 2, 70)
arrears = contract("monthly", date(2026, 8, 1), 2, 50, last=True)
year = contract("yearly", date(2026, 5, 15), 1, 1200)
contracts = plain | end | arrears | year
theirs = sum(l.price_subtotal / (12 if l.recurring_rule_type == "yearly" else 1) for l in contracts.contract_line_ids)
env.flush_all()
record = env["subscription.import"].create({"origin": "contract"})
record.action_check()
print("CONTRACT", record.ready_count, record.stopped_count, round(record.monthly_amount - theirs, 2))
record.action_run()
print("MADE", record.made_count, sum(contracts.mapped("active")))
for line in record.line_ids.sorted("number"):
    there = env["contract.contract"].with_context(active_test=False).browse(int(line.number.split("/")[1]))
    lines = there.with_context(active_test=False).contract_line_ids
    billed = max(lines.mapped("last_date_invoiced"))
    sub = line.subscription_id
    print("FROM", (sub.bill_from - billed).days, (sub.next_invoice_date - there.recurring_next_date).days)
before = env["account.move"].search_count([])
env["contract.contract"]._cron_recurring_create(date_ref=date(2027, 12, 31))
print("OLD", env["account.move"].search_count([]) - before)
run = env["subscription.billing.run"].create({
    "date_until": "2027-01-31", "invoice_date": "2027-01-31",
    "subscription_ids": [(6, 0, record.line_ids.subscription_id.ids)]})
run.action_run()
billed = [sub for sub in record.line_ids.subscription_id if sub.period_ids]
print("BILLED", run.state.upper(), len(billed),
      int(all(min(sub.period_ids.mapped("date_start")) == sub.bill_from for sub in billed)))

stage = env["sale.subscription.stage"].search([("type", "=", "in_progress")], limit=1)
template = env["sale.subscription.template"].create({"name": "M", "recurring_rule_type": "months"})
old = env["sale.subscription"].create({
    "partner_id": partner.id, "template_id": template.id,
    "pricelist_id": env["product.pricelist"].create({"name": "P", "currency_id": company.currency_id.id}).id,
    "date_start": date(2026, 9, 1), "recurring_next_date": date(2026, 9, 1), "stage_id": stage.id, "in_progress": True,
    "journal_id": env["account.journal"].search([("type", "=", "sale"), ("company_id", "=", company.id)], limit=1).id,
    "sale_subscription_line_ids": [(0, 0, {"product_id": product.id, "product_uom_qty": 3, "price_unit": 40})]})
old.sale_subscription_line_ids.price_unit = 40
for _month in range(2):
    old.generate_invoice()
env.flush_all()
record = env["subscription.import"].create({"origin": "subscription_oca"})
record.action_check()
print("OCA", record.ready_count, record.stopped_count, round(record.monthly_amount - old.recurring_total, 2))
record.action_run()
sub = record.line_ids.subscription_id
print("NEXT", int(old.active), (sub.bill_from - old.recurring_next_date).days,
      (sub.next_invoice_date - old.recurring_next_date).days)
record.action_undo()
print("UNDONE", int(old.active), len(sub.exists()))
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """A configuration that knows the peers, with both installed in a database of their own."""
    with workers.beside(DATABASE, PEERS, ["contract", "subscription_oca"], tmp_path_factory.mktemp(DATABASE)) as path:
        yield path


def test_contracts_of_oca_go_on_here(config):
    found = workers.run_beside(config, DATABASE, CODE)
    assert found["CONTRACT"] == ["4 0 0.0"], "as many, and the same monthly value"
    assert found["MADE"] == ["4 0"], "the old ones are archived"
    assert set(found["FROM"]) == {"1 0"}, "from the day after what was invoiced, due the same day"
    assert found["OLD"] == ["0"], "the other module makes nothing more"
    assert found["BILLED"] == ["DONE 3 1"], "the yearly one is not due; the others begin after what was invoiced there"
    assert found["OCA"] == ["1 0 0.0"]
    assert found["NEXT"] == ["0 0 0"]
    assert found["UNDONE"] == ["1 0"]
