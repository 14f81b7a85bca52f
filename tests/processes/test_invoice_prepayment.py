"""Two processes invoice the same deposit or the same order at once: there is one invoice.

Needs a database server and a template with the addons; skipped where there is none.
"""

import pytest
import workers

TEMPLATE = workers.TEMPLATE
DATABASE = "prepayment_two_processes"

pytestmark = workers.needs_database

PREPARE = """
company = danish_company()
company.prepayment_automation = "draft"
tax = company.account_sale_tax_id
product = env["product.product"].create({
    "name": "Race", "type": "service", "invoice_policy": "order", "taxes_id": [(6, 0, tax.ids)]})
env["prepayment.policy"].search([]).active = False
env["prepayment.policy"].create({"name": "Race", "percent": 30, "line_ids": [
    (0, 0, {"name": "First", "percent": 30, "sequence": 1, "event": "confirmation"}),
    (0, 0, {"name": "Second", "percent": 40, "sequence": 2, "event": "production"})]})
partner = env["res.partner"].create({"name": "Race"})
for name in ("RACE-CONFIRM", "RACE-DEPOSIT", "RACE-FINAL", "RACE-EVENT"):
    order = env["sale.order"].create({
        "partner_id": partner.id, "name": name,
        "order_line": [(0, 0, {"product_id": product.id, "price_unit": 1000})]})
    if name != "RACE-CONFIRM":
        order.action_confirm()
    order._get_prepayment_invoices().action_post()
env.cr.commit()
"""
WORK = """
order = env["sale.order"].search([("name", "=", "{name}")])
order.prepayment_milestone_ids.mapped("move_id.amount_total")
ready()
call(order.{method})
"""
CHECK = """
order = env["sale.order"].search([("name", "=", "{name}")])
moves = order.invoice_ids.filtered(lambda move: move.state != "cancel")
print(order.state, *sorted(f"{{move.prepayment_invoice_type}}={{move.amount_total:.2f}}" for move in moves))
"""
EXPECTED = {
    ("RACE-CONFIRM", "action_confirm"): "sale prepayment=375.00",
    ("RACE-DEPOSIT", "action_create_prepayment_invoice"): "sale prepayment=375.00 prepayment=500.00",
    ("RACE-FINAL", "action_create_final_invoice"): "sale final=875.00 prepayment=375.00",
}


@pytest.fixture(scope="module", autouse=True)
def database():
    with workers.database(TEMPLATE, DATABASE):
        workers.output(DATABASE, PREPARE)
        yield


@pytest.mark.parametrize(("name", "method"), EXPECTED)
def test_two_at_once_make_one_invoice(name, method):
    answers = workers.together(DATABASE, *[WORK.format(name=name, method=method)] * 2)
    assert any(answer == ["DONE"] for answer in answers), answers
    assert all(answer and answer[0].split()[0] in ("DONE", "REFUSED") for answer in answers), answers
    assert workers.output(DATABASE, CHECK.format(name=name)) == [EXPECTED[name, method]]


def test_production_start_seen_by_two_makes_one_deposit():
    code = """
order = env["sale.order"].search([("name", "=", "RACE-EVENT")])
order.prepayment_milestone_ids.mapped("move_id.amount_total")
ready()
call(lambda: order._prepayment_event("production_start"))
"""
    workers.together(DATABASE, code, code)
    found = workers.output(DATABASE, CHECK.format(name="RACE-EVENT"))
    assert found == ["sale prepayment=375.00 prepayment=500.00"]
