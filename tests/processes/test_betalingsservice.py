"""Two processes make a delivery at once: each collection is delivered once.

Needs a database server and a template with the addons; skipped where there is none.
"""

import os

import pytest
import workers

TEMPLATE = os.environ.get("NORDIC_TEMPLATE")
DATABASE = "betalingsservice_two_processes"

pytestmark = pytest.mark.skipif(
    not (TEMPLATE and os.environ.get("PGHOST")),
    reason="needs PGHOST and NORDIC_TEMPLATE, a database with the addons: run it with script/test",
)

PREPARE = """
from datetime import date, timedelta
company = danish_company()
creditor = env["betalingsservice.creditor"].create({"name": "Race", "pbs_number": "07654321",
    "data_supplier_number": "12345678", "subsystem": "KR9", "group_ids": [(0, 0, {"number": "00001", "name": "A"})]})
for number in range(1, 6):
    partner = env["res.partner"].create({"name": f"Race {number}", "ref": str(7000 + number), "street": "A 1",
        "zip": "6600", "city": "Vejen", "country_id": env.ref("base.dk").id})
    env["betalingsservice.agreement"].create({"partner_id": partner.id, "group_id": creditor.group_ids.id,
        "state": "active", "mandate_number": f"{number:09d}"})
    env["account.move"].create({"move_type": "out_invoice", "partner_id": partner.id,
        "currency_id": env.ref("base.DKK").id, "invoice_date": date.today(), "invoice_payment_term_id": False,
        "invoice_date_due": date.today() + timedelta(days=20),
        "invoice_line_ids": [(0, 0, {"name": "A", "price_unit": 100, "tax_ids": [(5, 0, 0)]})]}).action_post()
env.cr.commit()
"""
DELIVER = """
creditor = env["betalingsservice.creditor"].search([("pbs_number", "=", "07654321")])
date_to = max(env["betalingsservice.collection"].search([("creditor_id", "=", creditor.id)]).mapped("payment_date"))
ready()
call(lambda: creditor._create_delivery(date_to))
"""
CHECK = """
creditor = env["betalingsservice.creditor"].search([("pbs_number", "=", "07654321")])
deliveries = env["betalingsservice.delivery"].search([("creditor_id", "=", creditor.id)])
print(len(deliveries), sum(deliveries.mapped("payment_count")), sum(deliveries.mapped("amount_total")))
print(env["betalingsservice.collection"].search_count([("delivery_id", "in", deliveries.ids)]))
"""


def test_two_deliveries_at_once():
    with workers.database(TEMPLATE, DATABASE):
        workers.output(DATABASE, PREPARE)
        answers = workers.together(DATABASE, DELIVER, DELIVER)
        assert sorted(answer[0].split()[0] for answer in answers) == ["DONE", "REFUSED"], answers
        assert workers.output(DATABASE, CHECK) == ["1 5 500.0", "5"]
