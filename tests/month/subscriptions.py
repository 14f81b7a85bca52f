"""Step 1: twelve subscriptions billed for the month in one run, exactly once."""

from datetime import timedelta

from tests.factories.odoo import PartnerFactory, ProductFactory

from .controls import danish

MEMBERS = 5


def prepare(month):
    """Twelve subscriptions: monthly, one every 14 days, one for a group of five, one with a one-off line."""
    env, start = month.env, month.start
    rent = ProductFactory.create(env=env, name="Fadølsanlæg, leje", list_price=480.0)
    beer = ProductFactory.create(env=env, name="Fustage 25 l, abonnement", list_price=1150.0)
    club = ProductFactory.create(env=env, name="Ølklub, medlemskab", list_price=96.0)
    setup = ProductFactory.create(env=env, name="Oprettelse", list_price=250.0)
    customers = [PartnerFactory.create(env=env, name=f"Café {name} ApS") for name in NAMES]
    members = [PartnerFactory.create(env=env, name=f"{name}", is_company=False) for name in MEMBER_NAMES]
    model = env["subscription.subscription"]
    subscriptions = model.browse()
    for number, customer in enumerate(customers):
        lines = [{"product_id": (rent if number % 2 else beer).id, "quantity": 1 + number % 3}]
        if number == 3:
            lines.append({"product_id": setup.id, "quantity": 1, "is_one_off": True})
        values = {"title": "Fadøl", "partner_id": customer.id}
        if number == 4:
            values.update(interval_count=14, interval_unit="day", title="Fustager hver 14. dag")
        subscriptions |= _subscription(month, values, lines, start)
    group = env["subscription.group"].create(
        {
            "name": "Ølklubben Aarhus",
            "member_ids": [(0, 0, {"kind": "partner", "partner_id": member.id}) for member in members],
        }
    )
    subscriptions |= _subscription(
        month, {"title": "Ølklubben", "group_id": group.id}, [{"product_id": club.id, "quantity": 1}], start
    )
    subscriptions.action_start()
    month.records.update(customers=customers, members=members, subscriptions=subscriptions, club=club)


NAMES = ("Agern", "Birk", "Citron", "Dild", "Enebær", "Fyr", "Gran", "Humle", "Iris", "Jord", "Klit")
MEMBER_NAMES = ("Anna Ager", "Bo Bæk", "Carla Dal", "Dan Eng", "Eva Fjord")


def _subscription(month, values, lines, start):
    return month.env["subscription.subscription"].create(
        {
            "date_start": start,
            "invoice_date_rule": "due",
            "line_ids": [(0, 0, line) for line in lines if not line.get("is_one_off")],
            "one_off_line_ids": [(0, 0, line) for line in lines if line.get("is_one_off")],
            **values,
        }
    )


def run(month):
    """Preview, then bill and post; a second run bills nothing."""
    env = month.env
    values = {"date_until": month.end, "posting": "post"}
    billing = env["subscription.billing.run"].create(dict(values))
    billing.action_preview()
    previewed = billing.amount_total
    billing.action_run()
    month.records["run"] = billing
    again = env["subscription.billing.run"].create(dict(values))
    again.action_preview()
    again.action_run()
    invoices = billing.invoice_ids
    assert billing.state == "done", billing.fault_line_ids.mapped("message")
    assert not again.invoice_ids, "the second run billed something"
    lines = invoices.invoice_line_ids.filtered(lambda line: line.display_type == "product")
    standing = lines.filtered(lambda line: not line.subscription_period_ids.line_id.is_one_off)
    assert all(line.start_date and line.end_date for line in standing), "a line without its period"
    month.records["invoices"] = invoices
    first = lines.sorted("start_date")[0]
    count = len(month.records["subscriptions"])
    return [
        f"{count} abonnementer, {len(invoices)} fakturaer, {danish(previewed)} inkl. moms",
        f"Periode på linjen: {first.start_date:%d.%m.%Y} - {first.end_date:%d.%m.%Y}; kørt igen: 0 fakturaer",
    ]


def billing_day(month):
    """Well before Betalingsservice's cut-off for the month."""
    return month.before + timedelta(days=11)
