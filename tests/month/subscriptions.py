"""Step 1: twelve subscriptions billed for the month in one run, exactly once; then prices, usage and a look ahead."""

import base64
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


def count_values(month):
    """The monthly value of what has started: the first movements."""
    movements = month.env["subscription.mrr.movement"]._record(month.env.company)
    month.records["subscriptions"][6].date_end = month.end  # the customer has given notice
    return [f"Månedsværdi: {danish(sum(movements.mapped('amount')))} fra {len(movements)} abonnementer"]


def look_ahead(month):
    """Prices that rise in three months, usage that waits for its month, invoices from a file, a year ahead."""
    env = month.env
    rented = month.records["subscriptions"].filtered(lambda found: found.line_ids.product_id.list_price == 480.0)
    first = rented[0]
    first.line_ids.quantity += 1
    return [_regulate(month, rented), _use(month, first), _import_invoices(month), *_forecast(env, month)]


def _regulate(month, subscriptions):
    """The net price index with values of our own, and a round of regulations that is checked and not in force."""
    env = month.env
    index = env.ref("subscription_billing.price_index_dk_net")
    first = month.after.replace(day=1)
    months = [_months_before(first, number) for number in range(30, 0, -1)]
    index.value_ids = [
        (0, 0, {"month": day, "value": 118 + 0.2 * number, "origin": "Eksempel"}) for number, day in enumerate(months)
    ]
    day = _months_before(first, -3)
    rule = env["subscription.index.rule"].create(
        {
            "name": "Nettoprisindeks, hvert år",
            "method": "index",
            "index_id": index.id,
            "index_lag": 6,
            "date_first": day,
            "has_floor": True,
            "rounding_step": 0.5,
        }
    )
    subscriptions.index_rule_id = rule
    indexation = env["subscription.indexation"].create({"date_until": day})
    indexation.action_check()
    assert indexation.ready_count == len(subscriptions), indexation.line_ids.mapped("message")
    month.records["indexation"] = indexation
    return f"Prisregulering: {indexation.ready_count} priser, {danish(indexation.year_effect)} om året"


def _months_before(day, number):
    months = day.year * 12 + day.month - 1 - number
    return day.replace(year=months // 12, month=months % 12 + 1)


def _use(month, subscription):
    """Gas by the kilogram: 20 included each month, cheaper above 100. Two readings wait for their month to end."""
    env = month.env
    gas = ProductFactory.create(env=env, name="Kulsyre, kg", list_price=18.0, default_code="CO2")
    subscription.usage_line_ids = [
        (
            0,
            0,
            {
                "product_id": gas.id,
                "is_usage": True,
                "date_start": month.after,
                "usage_included": 20.0,
                "tier_ids": [(0, 0, {"above": 100.0, "price_unit": 15.0})],
            },
        )
    ]
    rows = [
        f"{subscription.name};CO2;{month.after:%d-%m-%Y};{kilos};MÅLER-{n}" for n, kilos in enumerate(("32,5", "41"))
    ]
    listed = env["subscription.usage.import"].create(
        {
            "name": "aflaesninger.csv",
            "file": base64.b64encode("\n".join(["Abonnement;Varenr;Dato;Antal;Reference", *rows]).encode()),
        }
    )
    listed.action_record()
    assert subscription.usage_line_ids.usage_open == 73.5
    return "Forbrug: 2 aflæsninger, 73,5 kg venter på månedens udgang"


def _import_invoices(month):
    """A list with one row that is wrong: checked, not made."""
    names = [customer.name for customer in month.records["customers"][:3]]
    rows = [f"A{n};{name};Glas, kasse;2;145,00" for n, name in enumerate(names)]
    data = "\n".join(["Fakturanr;Kunde;Tekst;Antal;Pris", *rows, "A9;Findes ikke;Glas, kasse;1;145,00"])
    listed = month.env["subscription.invoice.import"].create(
        {"name": "glas.csv", "file": base64.b64encode(data.encode()), "invoice_date": month.after}
    )
    listed.action_check()
    assert (listed.ready_count, listed.stopped_count) == (3, 1), listed.line_ids.mapped("message")
    return "Fakturaer fra fil: 3 klar, 1 med fejl"


def _forecast(env, month):
    forecast = env["subscription.forecast"]._compute_company(env.company)
    planned = forecast.line_ids.filtered(lambda line: line.kind == "planned")
    assert planned and not forecast.stopped_count
    movements = env["subscription.mrr.movement"]._record(env.company)
    kinds = {kind: sum(found.mapped("amount")) for kind, found in movements.grouped("kind").items()}
    assert set(kinds) == {"new", "expansion", "contraction", "churn"}, kinds
    return [
        f"Prognose: {len(planned)} fakturaer i de næste 12 måneder, {danish(sum(planned.mapped('amount_total')))}",
        f"Bevægelser om måneden: nye {danish(kinds['new'])}, udvidelse {danish(kinds['expansion'])}, "
        f"nedgang {danish(kinds['contraction'])}, ophørt {danish(kinds['churn'])}",
    ]
