"""Two processes make a delivery at once, and one is killed on the way: each invoice is delivered exactly once.

Needs a database server and a template with the addons; skipped where there is none.
"""

import workers

TEMPLATE = workers.TEMPLATE
DATABASE = "betalingsservice_two_processes"

pytestmark = workers.needs_database

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
#: Stops for good where ``PLACE`` says, as a process that loses its power.
STOP = """
from odoo.addons.betalingsservice.formats import delivery_0601
from odoo.addons.betalingsservice.models.betalingsservice_delivery import BetalingsserviceDelivery as Delivery
from odoo.addons.betalingsservice.models.betalingsservice_delivery_out import BetalingsserviceDelivery as Out

def stop_before(owner, name):
    original = getattr(owner, name)
    def stopped(*args, **kwargs):
        ready()
        return original(*args, **kwargs)
    setattr(owner, name, stopped)

def stop_after(owner, name):
    original = getattr(owner, name)
    def stopped(*args, **kwargs):
        result = original(*args, **kwargs)
        ready()
        return result
    setattr(owner, name, stopped)

creditor = env["betalingsservice.creditor"].search([("pbs_number", "=", "07654321")])
date_to = max(env["betalingsservice.collection"].search([("creditor_id", "=", creditor.id)]).mapped("payment_date"))
"""
STOPS = {
    "between claim and file": 'stop_before(delivery_0601, "write_lines"); creditor._create_delivery(date_to)',
    "while the file is written": 'stop_before(Out, "_check_file"); creditor._create_delivery(date_to)',
    "between file and mark": 'stop_after(Delivery, "_attach"); creditor._create_delivery(date_to)',
    "before the end of the transaction": "creditor._create_delivery(date_to); env.flush_all(); ready()",
}
SEND = """
delivery = env["betalingsservice.delivery"].search([("creditor_id.pbs_number", "=", "07654321")])
content = delivery._file_content()
"""
EACH_ONCE = """
lines = env["betalingsservice.collection.line"].search([("collection_id.creditor_id.pbs_number", "=", "07654321")])
print(len(lines), len(lines.move_id), len(lines.filtered("is_active")))
deliveries = lines.collection_id.delivery_id
print(len(deliveries), sum(deliveries.mapped("payment_count")), set(lines.collection_id.mapped("state")))
from odoo.addons.betalingsservice.formats import delivery_0601
sections = [section for d in deliveries for section in delivery_0601.read(d._file_content()).sections]
written = [collection.reference for section in sections for collection in section.collections]
print(sorted(written) == sorted(lines.collection_id.mapped("reference")))
"""


def test_two_deliveries_at_once():
    with workers.database(TEMPLATE, DATABASE):
        workers.output(DATABASE, PREPARE)
        answers = workers.together(DATABASE, DELIVER, DELIVER)
        assert sorted(answer[0].split()[0] for answer in answers) == ["DONE", "REFUSED"], answers
        assert workers.output(DATABASE, CHECK) == ["1 5 500.0", "5"]


def test_killed_while_a_delivery_is_made():
    with workers.database(TEMPLATE, DATABASE):
        workers.output(DATABASE, PREPARE)
        for place, code in STOPS.items():
            workers.killed(DATABASE, STOP + code)
            assert workers.output(DATABASE, CHECK) == ["0 0 0", "0"], place
        assert [answer[0] for answer in workers.together(DATABASE, DELIVER)] == ["DONE"]
        assert workers.output(DATABASE, EACH_ONCE) == ["5 5 5", "1 5 {'to_send'}", "True"]


def test_killed_between_the_file_and_marking_it_as_sent():
    with workers.database(TEMPLATE, DATABASE):
        workers.output(DATABASE, PREPARE)
        assert [answer[0] for answer in workers.together(DATABASE, DELIVER)] == ["DONE"]
        workers.killed(DATABASE, STOP + SEND + "delivery.action_mark_sent(); env.flush_all(); ready()")
        assert workers.output(DATABASE, EACH_ONCE) == ["5 5 5", "1 5 {'to_send'}", "True"]
        (answer,) = workers.together(DATABASE, DELIVER)
        assert answer[0].startswith("REFUSED"), "everything is in a delivery already"
        sent = SEND + "delivery.action_mark_sent()\nenv.cr.commit()\nprint(content == delivery._file_content())"
        assert workers.output(DATABASE, sent) == ["True"]
        assert workers.output(DATABASE, EACH_ONCE) == ["5 5 5", "1 5 {'delivered'}", "True"]
