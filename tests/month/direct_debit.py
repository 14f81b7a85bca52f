"""Step 3: Betalingsservice: agreements by 0603, the month's collections by 0601, the answers by 0602."""

from datetime import timedelta

from tests.simulators.betalingsservice import Betalingsservice

from . import payments
from .controls import danish

PBS, SUPPLIER = "01234567", "12345674"
DRAWN = (0, 1, 2, 5, 6)
REJECTED, CHARGED_BACK = 5, 6


def prepare(month):
    """The creditor agreement; five customers have signed up in their net bank, told of by a delivery 0603."""
    env = month.env
    creditor = env["betalingsservice.creditor"].create(
        {
            "name": "Nordlys abonnementer",
            "pbs_number": PBS,
            "data_supplier_number": SUPPLIER,
            "subsystem": "BS1",
            "group_ids": [(0, 0, {"number": "00001", "name": "Abonnement"})],
        }
    )
    creditor.action_create_provider()
    operator = Betalingsservice(PBS, SUPPLIER, "BS1", today=subscriptions_day(month))
    for position in DRAWN:
        partner = month.records["customers"][position]
        partner.ref = f"{1000 + position}"
        env["betalingsservice.agreement"].create(
            {"partner_id": partner.id, "group_id": creditor.group_ids.id, "state": "pending"}
        )
        operator.sign_up(partner.ref)
    env["betalingsservice.delivery"]._import_file(operator.answer_0603(), "D1234567-603.BS1")
    agreements = env["betalingsservice.agreement"].search([("state", "=", "active")])
    assert len(agreements) == len(DRAWN), agreements.mapped("state")
    month.records.update(creditor=creditor, operator=operator)
    return [f"{len(agreements)} aftaler meldt til af leverance 0603"]


def subscriptions_day(month):
    return month.before + timedelta(days=11)


def deliver(month):
    """One delivery 0601 with the month's collections; the operator takes it."""
    creditor, operator = month.records["creditor"], month.records["operator"]
    delivery = creditor._create_delivery()
    taken = operator.receive(delivery.attachment_id.raw)
    delivery.action_mark_sent()
    month.records["delivery"] = delivery
    total = sum(delivery.collection_ids.mapped("amount"))
    assert taken == len(DRAWN) == len(delivery.collection_ids)
    return [f"Leverance {delivery.name}: {taken} opkrævninger, {danish(total)}, modtaget af Betalingsservice"]


def pay_day(month):
    """The day the collections are drawn."""
    return max(month.records["delivery"].collection_ids.mapped("payment_date"))


def answer(month):
    """The payers' banks answer: four paid, one rejected; booked with one approval."""
    operator = month.records["operator"]
    operator.reject(month.records["customers"][REJECTED].ref)
    report = _import(month, operator.answer_0602(), "D1234568-602.BS1")
    states = month.records["delivery"].collection_ids.mapped("state")
    assert states.count("paid") == len(DRAWN) - 1 and states.count("rejected") == 1, states
    return [
        f"Svar 0602 {report.name}: {states.count('paid')} betalt ({danish(report.net_amount)}), 1 afvist: "
        "fakturaen kan betales med FIK igen"
    ]


def charge_back(month, day):
    """One payer takes the money back: the booked payment is reversed, the invoice is open again."""
    operator = month.records["operator"]
    partner = month.records["customers"][CHARGED_BACK]
    operator.charge_back(partner.ref, day)
    _import(month, operator.answer_0602(), "D1234569-602.BS1")
    collection = month.records["delivery"].collection_ids.filtered(lambda c: c.state == "charged_back")
    assert len(collection) == 1 and collection.move_ids.payment_state == "not_paid"
    return [f"Tilbageført den {day:%d.%m.%Y}: {collection.move_ids.name} {danish(collection.amount)} er åben igen"]


def _import(month, data, filename):
    delivery = month.env["betalingsservice.delivery"]._import_file(data, filename)
    assert delivery.state == "read", delivery.error_message
    report = delivery.report_id
    report.action_approve()
    for movement in report.movement_ids:
        if movement.amount:
            text = f"BETALINGSSERVICE {movement.reference or report.name}"
            payments.queue_bank_line(month, movement.date, movement.amount, text, f"BS{movement.id}")
    return report
