"""The OCA's bank reconciliation in the same database: payouts are ours first, each screen undoes what the other did.

Installs odoo-addon-account-reconcile-oca (AGPL, tests only) beside the addons, into .local/peers. Needs a database
server, a template with the addons and the package index; skipped where one is missing.
"""

import pytest
import workers

DATABASE = "beside_oca"
PEERS = ["odoo-addon-account-reconcile-oca==19.0.1.1.1", "odoo-addon-account-statement-base==19.0.1.0.1"]
MODULES = ["account_statement_base", "account_reconcile_oca", "paymatch_account_reconcile_oca"]

pytestmark = workers.needs_database

CODE = """
from datetime import date
from tests.paymatch.make_vipps import vipps_settlement_xml
company = danish_company()
company.currency_id = env.ref("base.DKK")
bank = env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)
provider = env["paymatch.provider"].create({
    "name": "Vipps", "kind": "payout", "format": "vipps_xml", "bank_journal_id": bank.id,
    "currency_id": company.currency_id.id})
provider.action_create_accounts()
partners = env["res.partner"].create([{"name": f"Kunde {at}"} for at in range(3)])
income = env["account.account"].search([("account_type", "=", "income"), ("company_ids", "in", company.ids)], limit=1)

def invoice(order, amount, partner):
    move = env["account.move"].create({
        "move_type": "out_invoice", "partner_id": partner.id, "invoice_date": "2026-03-01", "invoice_origin": order,
        "currency_id": company.currency_id.id,
        "invoice_line_ids": [(0, 0, {"name": "x", "price_unit": amount, "account_id": income.id, "tax_ids": False})]})
    move.action_post()
    return move

def approved(number, order, amount):
    invoice(order, amount, partners[0])
    content = vipps_settlement_xml({"settlement_id": number, "date": date(2026, 3, 12)},
                                   [{"order": order, "amount": f"{amount}.00", "fee": "1.00"}])
    report = env["paymatch.report"]._import_file(content, f"{number}.xml", provider)
    report.action_approve()
    return report

def line(amount, text, **values):
    return env["account.bank.statement.line"].create(
        {"journal_id": bank.id, "date": "2026-03-13", "amount": amount, "payment_ref": text, **values})

first = approved(2000101, "S1", 100)
ours = line(99, "Utbet. 2000101 Vippsnr 123456")
print("TAKEN", first.state, int(ours.is_reconciled), len(first.movement_ids.statement_line_id & ours))
ours.unreconcile_bank_line()
print("UNDONE", first.state, int(ours.is_reconciled))
ours.action_paymatch_close()
print("AGAIN", first.state, int(ours.is_reconciled))

several = env["account.bank.statement.line"].create([
    {"journal_id": bank.id, "date": "2026-03-13", "amount": 10 + at, "payment_ref": f"Kunde {at}", "partner_id": one.id}
    for at, one in enumerate(partners)])
print("SEVERAL", sum(several.mapped("is_reconciled")))

for mode in ("edit", "keep"):
    bank.reconcile_mode = mode
    bank.suspense_account_id.reconcile = mode == "keep"  # as OCA wants it there
    at = 200 if mode == "edit" else 300
    twins = [approved(2000000 + at + number, f"{mode}{number}", at) for number in (1, 2)]
    left = line(at - 1, "Overforsel")
    print("LEFT", mode, int(left.is_reconciled))
    left.add_account_move_line_id = twins[0].movement_ids.in_transit_line_id
    left._onchange_add_account_move_line_id()
    left.reconcile_bank_line()
    env.flush_all()
    env.invalidate_all()
    there = twins[0].movement_ids
    print("THEIRS", mode, twins[0].state, twins[1].state, len(there.statement_line_id & left))
    try:
        twins[0].action_undo()
        print("GUARD", mode, "none")
    except UserError:
        print("GUARD", mode, "kept")
    left.unreconcile_bank_line()
    env.flush_all()
    env.invalidate_all()
    print("BACK", mode, twins[0].state)
env.cr.rollback()
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """A configuration that knows the OCA's modules, with them and the joint installed in a database of their own."""
    with workers.beside(DATABASE, PEERS, MODULES, tmp_path_factory.mktemp(DATABASE)) as path:
        yield path


def test_payouts_are_ours_first_and_each_screen_undoes_the_other(config):
    found = workers.run_beside(config, DATABASE, CODE)
    assert found["TAKEN"] == ["banked 1 1"], "by the number in the text, before OCA looks at it"
    assert found["UNDONE"] == ["approved 0"], "with OCA's button"
    assert found["AGAIN"] == ["banked 1"]
    assert found["SEVERAL"] == ["0"], "lines of several customers at once"
    assert found["LEFT"] == ["edit 0", "keep 0"], "two payouts of the amount and no name: nobody guesses"
    assert found["THEIRS"] == ["edit banked approved 1", "keep banked approved 1"], "chosen on OCA's screen"
    assert found["GUARD"] == ["edit kept", "keep kept"]
    assert found["BACK"] == ["edit approved", "keep approved"]
