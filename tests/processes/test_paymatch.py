"""Two processes approve at once: each payout is posted once, and no invoice is paid twice.

Needs a database server and a template with the addons; skipped where there is none.
"""

import pytest
import workers

TEMPLATE = workers.TEMPLATE
DATABASE = "paymatch_two_processes"

pytestmark = workers.needs_database

# payouts 1 and 4 with an invoice of their own, 2 and 3 both with a payment of the same invoice
PREPARE = """
from odoo.addons.paymatch.tests.common import vipps_xml
company = danish_company()
env["paymatch.provider"].search([]).active = False
journal = env["account.journal"].search([("company_id", "=", company.id), ("type", "=", "general")], limit=1)
provider = env["paymatch.provider"].create({
    "name": "Vipps", "kind": "payout", "format": "vipps_xml", "company_id": company.id,
    "currency_id": company.currency_id.id, "journal_id": journal.id})
provider.action_create_accounts()
partner = env["res.partner"].create({"name": "Two"})
for order in ("RACE-1", "RACE-2", "RACE-4"):
    env["account.move"].create({
        "move_type": "out_invoice", "partner_id": partner.id, "invoice_date": "2026-03-01", "invoice_origin": order,
        "invoice_line_ids": [(0, 0, {"name": order, "price_unit": 100.0, "tax_ids": [(5, 0, 0)]})]}).action_post()
for number, order in ((1, "RACE-1"), (2, "RACE-2"), (3, "RACE-2"), (4, "RACE-4")):
    report = env["paymatch.report"]._import_file(
        vipps_xml(3000100 + number, [(order, 100, 1, f"T{number}")], currency=company.currency_id.name),
        f"race-{number}.xml", provider)
    # as if both had been matched before either was approved
    report.line_ids.filtered(lambda line: line.line_type == "sale").sudo().write({
        "match_state": "matched", "match_item_id": False,
        "match_move_id": env["account.move"].search([("invoice_origin", "=", order)]).id})
    report.sudo().is_matched = True
env.cr.commit()
"""
APPROVE = """
report = env["paymatch.report"].search([("name", "=", "{name}")])
report.line_ids.mapped("match_move_id.amount_residual")
ready()
call(report.action_approve)
"""
WRITE = """
report = env["paymatch.report"].search([("name", "=", "{name}")])
invoice = report.line_ids.match_move_id
ready()
call(lambda: env["account.payment.register"].with_context(
    active_model="account.move", active_ids=invoice.ids).create({{}})._create_payments())
"""
CHECK = """
for report in env["paymatch.report"].search([("name", "in", {names})]):
    print(report.name, int(report.is_approved), len(report.move_ids))
for invoice in env["account.move"].search([("invoice_origin", "like", "RACE-")], order="invoice_origin"):
    paid = sum(invoice.line_ids.matched_credit_ids.mapped("amount"))
    print(invoice.invoice_origin, invoice.amount_residual, paid)
"""


@pytest.fixture(scope="module", autouse=True)
def database():
    with workers.database(TEMPLATE, DATABASE):
        workers.output(DATABASE, PREPARE)
        yield


def test_approved_by_two_at_once_is_posted_once():
    answers = workers.together(DATABASE, *[APPROVE.format(name="3000101")] * 2)
    assert any(answer == ["DONE"] for answer in answers), answers
    found = workers.output(DATABASE, CHECK.format(names=["3000101"]))
    assert found[0] == "3000101 1 1"
    assert found[1] == "RACE-1 0.0 100.0"


def test_two_payouts_at_once_do_not_pay_an_invoice_twice():
    answers = workers.together(DATABASE, APPROVE.format(name="3000102"), APPROVE.format(name="3000103"))
    assert sorted(answer[0].split()[0] for answer in answers) == ["DONE", "REFUSED"], answers
    found = workers.output(DATABASE, CHECK.format(names=["3000102", "3000103"]))
    assert sorted(line.split()[1:] for line in found[:2]) == [["0", "0"], ["1", "1"]]
    assert found[3] == "RACE-2 0.0 100.0"


def test_payment_registered_while_approved():
    answers = workers.together(DATABASE, APPROVE.format(name="3000104"), WRITE.format(name="3000104"))
    assert ["DONE"] in answers, answers
    found = workers.output(DATABASE, CHECK.format(names=["3000104"]))
    assert found[3] == "RACE-4 0.0 100.0", "the invoice is paid by one of the two"
