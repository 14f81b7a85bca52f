"""The first day of the new month: agreements from templates, a change, an end, drafts with a fault, a prepaid year."""

import json
from datetime import timedelta

from tests.factories.odoo import PartnerFactory, ProductFactory

from .controls import danish


def run(month):
    env = month.env
    made = _from_templates(month)
    changed = _change(month)
    prepaid = _prepaid(month, made[0])
    renewals = _renewals(month)
    billing = _drafts(month)
    month.records.update(templates=made.template_id, drafts=billing)
    joint = billing.line_ids.filtered("joint_with")
    env.flush_all()
    monthly = danish(changed.monthly_after)
    return [
        f"Fra skabeloner: {len(made)} nye; ændret fra {changed.date:%d.%m.}: {monthly} om måneden",
        f"Periodiseret: {danish(prepaid.amount_deferred)} af {danish(prepaid.amount)}, forudbetalt for et år",
        f"Kladder: {billing.draft_count}, heraf én for {len(joint)} abonnementer; standset: {billing.fault_count}",
        f"Fornyelser fra butikken: {len(renewals)}, heraf {len(renewals.move_id)} faktureret",
    ]


def _from_templates(month):
    """Membership for a year, a service contract by the quarter, rent by the month."""
    env, start = month.env, month.after
    club = ProductFactory.create(env=env, name="Ølklub Premium, et år", list_price=1200.0)
    service = ProductFactory.create(env=env, name="Serviceaftale, fadølsanlæg", list_price=1350.0)
    call_out = ProductFactory.create(env=env, name="Udkald, time", list_price=620.0, default_code="UDK")
    rent = ProductFactory.create(env=env, name="Ølvogn, leje", list_price=2400.0)
    fee = ProductFactory.create(env=env, name="Indmeldelse", list_price=150.0)
    templates = env["subscription.template"].create(
        [
            {
                "name": "Medlemskab, år",
                "interval_unit": "year",
                "anchor": "first",
                "line_ids": [(0, 0, {"product_id": club.id}), (0, 0, {"product_id": fee.id, "kind": "one_off"})],
            },
            {
                "name": "Serviceaftale",
                "interval_unit": "quarter",
                "binding_months": 12,
                "notice_count": 3,
                "line_ids": [
                    (0, 0, {"product_id": service.id}),
                    (0, 0, {
                        "product_id": call_out.id, "kind": "usage", "usage_included": 2.0,
                        "tier_ids": [(0, 0, {"above": 10.0, "price_unit": 540.0})],
                    }),
                ],
            },
            {
                "name": "Udlejning",
                "anchor": "first",
                "notice_count": 1,
                "notice_end": "month",
                "line_ids": [(0, 0, {"product_id": rent.id})],
            },
        ]
    )  # fmt: skip
    names = ("Ølklubben Aarhus ApS", "Restaurant Lyng ApS", "Festpladsen ApS")
    customers = [PartnerFactory.create(env=env, name=name) for name in names]
    made = env["subscription.subscription"].create(
        [
            {"template_id": template.id, "partner_id": customer.id, "date_start": start}
            for template, customer in zip(templates, customers, strict=True)
        ]
    )
    made.action_start()
    return made


def _change(month):
    """Two kegs instead of one from the fifteenth; one customer takes less, one gets a joint invoice."""
    env, subscriptions = month.env, month.records["subscriptions"]
    more, less, joint = subscriptions[0], subscriptions[2], subscriptions[8]
    less.line_ids.quantity = max(1, less.line_ids.quantity - 1)
    joint.partner_id.subscription_joint_invoice = "joint"
    glasses = ProductFactory.create(env=env, name="Glasvask", list_price=180.0)
    second = env["subscription.subscription"].create(
        {
            "title": "Glasvask",
            "partner_id": joint.partner_id.id,
            "date_start": month.after,
            "invoice_date_rule": joint.invoice_date_rule,
            "line_ids": [(0, 0, {"product_id": glasses.id})],
        }
    )
    second.action_start()
    subscriptions._update_state()
    line = more.line_ids
    change = env["subscription.change"].create(
        {
            "subscription_id": more.id,
            "date": month.after + timedelta(days=14),
            "reason": "Større terrasse",
            "line_ids": [(0, 0, {"line_id": line.id, "quantity": line.quantity + 1})],
        }
    )
    change.action_confirm()
    return change


def _prepaid(month, membership):
    """The year is invoiced today and earned month by month."""
    env, company = month.env, month.env.company
    account = env["account.account"].create(
        {"name": "Forudfaktureret omsætning", "code": "7390", "account_type": "liability_current"}
    )
    journal = env["account.journal"].create({"name": "Periodisering", "code": "PER", "type": "general"})
    company.write({"deferral_start": month.after, "deferral_account_id": account.id, "deferral_journal_id": journal.id})
    billing = env["subscription.billing.run"].create(
        {"date_until": month.after, "posting": "post", "subscription_ids": [(6, 0, membership.ids)]}
    )
    billing.action_run()
    assert billing.done_count == 1, billing.line_ids.mapped("message")
    deferrals = env["subscription.deferral"].sudo()
    deferrals._make_from_lines(deferrals._find_lines(company, 100), company)
    while months := deferrals._take_months(company, month.after, 100):
        months._post_entries(company)
        env.flush_all()
    return billing.invoice_ids.deferral_ids


def _renewals(month):
    """Two that the shop charged itself, one of them only announced."""
    env = month.env
    terms = env["account.payment.term"].search([], limit=1)
    source = env["subscription.renewal.source"].create(
        {
            "name": "Webbutikken",
            "customer_rule": "create",
            "product_rule": "create",
            "way_ids": [(0, 0, {"code": "invoice", "kind": "terms", "payment_term_id": terms.id})],
        }
    )
    renewals = env["subscription.renewal"]
    for number, name, stage in (("F-1001", "Gitte Grøn", "captured"), ("F-1002", "Hans Holm", "authorised")):
        body = {
            "key": f"{number}-1", "renewal": number, "subscription": "ABO-7", "stage": stage, "currency": "DKK",
            "date": f"{month.after:%Y-%m-%d}", "payment": {"method": "invoice"},
            "customer": {"number": number, "name": name, "street": "Havnegade 2", "zip": "8000", "city": "Aarhus",
                         "country": "DK"},
            "lines": [{"text": "Månedens øl", "unit_price": 199.2}],
        }  # fmt: skip
        renewals |= renewals._receive(source.sudo(), json.dumps(body).encode())[0]
    renewals.sudo()._invoice_batch(renewals.sudo().filtered(lambda renewal: renewal.state == "ready"))
    assert renewals.mapped("state") == ["invoiced", "waiting"], renewals.mapped("message")
    return renewals


def _drafts(month):
    """Everything that is due today as drafts, and one that cannot be made."""
    env = month.env
    gone = ProductFactory.create(env=env, name="Køleanlæg, gammel model", list_price=300.0)
    bad = env["subscription.subscription"].create(
        {
            "title": "Køling",
            "partner_id": PartnerFactory.create(env=env, name="Kro og Køkken ApS").id,
            "date_start": month.after,
            "line_ids": [(0, 0, {"product_id": gone.id})],
        }
    )
    bad.action_start()
    gone.active = False
    billing = env["subscription.billing.run"].create({"date_until": month.after})
    billing.action_preview()
    billing.action_run()
    stopped = billing.line_ids.filtered(lambda line: line.state in ("fault", "failed"))
    assert billing.state == "done" and stopped.subscription_id == bad, stopped.mapped("message")
    billing.action_compare()
    assert abs(sum(billing.difference_ids.mapped("amount")) - billing.compared_difference) < 0.005
    return billing
