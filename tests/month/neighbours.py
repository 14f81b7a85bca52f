"""The sister companies: a Norwegian and a Swedish brewery that send and receive e-invoices in their own language.

Made in environments of their own: a new company makes core install what its country has, and the registry is new then.
All names and numbers are invented; they only have the right check digits.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal as D

from odoo.addons.nordic_einvoice import formats
from odoo.addons.nordic_einvoice.formats import records as r

from . import bills, logo
from . import company as demo_company

#: the Danish company of the demo, as its sisters' customer
NORDLYS = {
    **{name: demo_company.COMPANY[name] for name in ("name", "street", "zip", "city", "vat", "company_registry")},
    "country": "dk",
    "peppol_eas": "0184",
    "peppol_endpoint": demo_company.COMPANY["company_registry"],
    "buyer_reference": "Bente Bogholder",
}
MODULES = ("base", "web", "mail", "account", "product", "sale", "transfer_log", "nordic_payment_reference")


@dataclass(frozen=True)
class Neighbour:
    """One sister company. ``sales``: (customer, text, quantity, price, sales tax); ``vendor``: (name, number)."""

    country: str
    language: str
    login: str
    user: str
    company: dict
    scheme: str
    account: str
    card_type: str
    taxes: dict
    customers: dict
    sales: tuple
    vendor: tuple
    vendor_payment: dict
    bought: tuple
    currency: str


NORWAY = Neighbour(
    country="no",
    language="nb_NO",
    login="kari",
    user="Kari Nordmann",
    company={
        "name": "Fjell Bryggeri AS",
        "street": "Storgata 1",
        "zip": "0155",
        "city": "Oslo",
        "vat": "NO310999903MVA",
        "company_registry": "310999903",
        "email": "regnskap@fjell.example",
    },
    scheme="0192",
    account="8601 11 17947",
    card_type="kid10",
    taxes={"home": "tax3", "abroad": "tax19"},
    customers={
        "business": {
            "name": "Havna Taproom AS",
            "street": "Kirkegata 7",
            "zip": "4035",
            "city": "Stavanger",
            "country": "no",
            "vat": "NO310999938MVA",
            "company_registry": "310999938",
            "peppol_eas": "0192",
            "peppol_endpoint": "310999938",
            "buyer_reference": "Ada",
        },
        "abroad": NORDLYS,
    },
    sales=(("business", "Fatøl, 30 l", 12, 1150, "home"), ("abroad", "Ølkar, brukt", 1, 18500, "abroad")),
    vendor=("Malt og Humle AS", "310999601"),
    vendor_payment={"payment_id": "22070015", "account": "86011117947"},
    bought=(("Pilsnermalt, 25 kg", 40, "189.00"), ("Frakt", 1, "650.00")),
    currency="NOK",
)
SWEDEN = Neighbour(
    country="se",
    language="sv_SE",
    login="lars",
    user="Lars Svensson",
    company={
        "name": "Skärgårdens Bryggeri AB",
        "street": "Storgatan 5",
        "zip": "11122",
        "city": "Stockholm",
        "vat": "SE559999123801",
        "company_registry": "5599991238",
        "email": "ekonomi@skargarden.example",
    },
    scheme="0007",
    account="5805-6201",
    card_type="ocr",
    taxes={"home": "sale_tax_25_goods", "abroad": "sale_tax_goods_EC"},
    customers={
        "business": {
            "name": "Krogen vid Vattnet AB",
            "street": "Hamngatan 2",
            "zip": "41101",
            "city": "Göteborg",
            "country": "se",
            "vat": "SE559999456201",
            "company_registry": "5599994562",
            "peppol_eas": "0007",
            "peppol_endpoint": "5599994562",
            "buyer_reference": "Eva Ek",
        },
        "abroad": NORDLYS,
    },
    sales=(("business", "Fatöl, 30 l", 20, 980, "home"), ("abroad", "Jästank, begagnad", 1, 24000, "abroad")),
    vendor=("Humlegården Malt AB", "5599997896"),
    vendor_payment={"payment_id": "220700116", "account": "58056201", "branch": "SE:BANKGIRO"},
    bought=(("Pilsnermalt, 25 kg", 30, "172.00"), ("Frakt", 1, "540.00")),
    currency="SEK",
)
NEIGHBOURS = (NORWAY, SWEDEN)


def walk(open_env, day):
    """Make both companies and let each send and receive.

    :param open_env: context manager that opens a superuser's environment and commits at its end
    :param date day: of the documents
    :return: [str] lines of the summary
    """
    with open_env() as env:
        _languages(env)
        for one in NEIGHBOURS:
            env["res.company"].create({**_company_values(env, one), "currency_id": env.ref(f"base.{one.currency}").id})
    with open_env() as env:
        for one in NEIGHBOURS:
            _set_up(env, one, _company(env, one))
    lines = []
    for one in NEIGHBOURS:
        with open_env() as env:
            lines += _trade(env, one, day)
    return lines


def _company(env, one):
    return env["res.company"].search([("name", "=", one.company["name"])])


def _languages(env):
    codes = [one.language for one in NEIGHBOURS]
    for code in codes:
        env["res.lang"]._activate_lang(code)
    domain = [("state", "=", "installed"), "|", ("name", "in", MODULES), ("name", "=like", "nordic_einvoice%")]
    env["ir.module.module"].search(domain)._update_translations(codes)


def _company_values(env, one):
    return {
        "name": one.company["name"],
        "country_id": env.ref(f"base.{one.country}").id,
    }


def _set_up(env, one, company):
    """Chart of accounts, address and numbers, account and agreement; a bookkeeper who sees this company alone."""
    env["account.chart.template"].try_loading(one.country, company, install_demo=False)
    address = {name: one.company[name] for name in ("street", "zip", "city")}
    # the e-mail comes after the company: core would ask a service on the net about a new company's domain
    address["email"] = one.company["email"]
    company.partner_id.write({"lang": one.language, "tz": "Europe/Oslo", **address})
    company.write({"company_registry": one.company["company_registry"], "vat": one.company["vat"]})
    company.partner_id.write({"peppol_eas": one.scheme, "peppol_endpoint": one.company["company_registry"]})
    company.einvoice_has_tax_registration = True
    company.logo = logo.png(one.company["name"])
    own = env(context={"allowed_company_ids": company.ids, "lang": one.language})
    own["res.partner.bank"].create(
        {"acc_number": one.account, "partner_id": company.partner_id.id, "allow_out_payment": True}
    )
    own["payment.reference.agreement"].create({"card_type": one.card_type, "company_id": company.id})
    groups = (
        "base.group_user",
        "base.group_partner_manager",
        "account.group_account_manager",
        "sales_team.group_sale_manager",
    )
    own["res.users"].create(
        {
            "name": one.user,
            "login": one.login,
            "password": one.login,
            "email": one.company["email"],
            "lang": one.language,
            "tz": "Europe/Oslo",
            "company_id": company.id,
            "company_ids": [(6, 0, company.ids)],
            "group_ids": [(6, 0, [env.ref(name).id for name in groups])],
        }
    )


def _trade(env, one, day):
    user = env["res.users"].search([("login", "=", one.login)])
    company = user.company_id
    env = env(user=user, context={"allowed_company_ids": company.ids, "lang": one.language})
    company = company.with_env(env)
    assert company.vat == one.company["vat"], company.vat
    texts = [f"{company.name} (bruger {one.login}, adgangskode {one.login})"]
    customers = {name: _customer(env, values) for name, values in one.customers.items()}
    for name, text, quantity, price, tax in one.sales:
        texts.append(f"   {_sell(env, one, customers[name], day, (text, quantity, price, tax))}")
    texts.append(f"   {_buy(env, one, company, day)}")
    return texts


def _customer(env, values):
    values = dict(values)
    country = env.ref(f"base.{values.pop('country')}")
    company = env.company
    return env["res.partner"].create(
        {"is_company": True, "country_id": country.id, "company_id": company.id, "lang": env.lang, **values}
    )


def _sell(env, one, customer, day, line):
    text, quantity, price, tax = line
    tax = env["account.chart.template"].with_company(env.company).ref(one.taxes[tax])
    move = env["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": customer.id,
            "invoice_date": day,
            "invoice_date_due": day + timedelta(days=14),
            "delivery_date": day,
            "invoice_line_ids": [
                (0, 0, {"name": text, "quantity": quantity, "price_unit": price, "tax_ids": [(6, 0, tax.ids)]})
            ],
        }
    )
    move.action_post()
    move.action_create_einvoice()
    document = move.einvoice_document_ids
    faults = document.finding_ids.filtered(lambda finding: finding.severity == "fatal")
    assert document.state == "checked" and not faults, (document.error_message, faults.mapped("message"))
    run = [layer for layer, state in document.validation_layers.items() if state == "run"]
    assert {"xsd", "peppol", "national"} <= set(run), run
    total = f"{move.amount_total:.2f} {move.currency_id.name}"
    return f"{move.name} til {customer.name}, {total}: kontrolleret af {', '.join(run)}, 0 fejl"


def _buy(env, one, company, day):
    """A bill of a vendor that is known by its number becomes a draft by itself."""
    name, number = one.vendor
    vat = {"no": f"NO{number}MVA", "se": f"SE{number}01"}[one.country]
    vendor = _customer(env, {"name": name, "country": one.country, "vat": vat, "company_registry": number})
    env["res.partner.bank"].create(
        {"acc_number": one.vendor_payment["account"], "partner_id": vendor.id, "allow_out_payment": True}
    )
    content = formats.write(_bill(one, company, day, vat), formats.codes.BIS3)
    document = env["nordic.einvoice.document"]._einvoice_receive(content, f"{number}.xml", "upload", company=company)
    bill = document.move_id
    assert bill and bill.amount_total == document.amount_total, document.error_message
    assert bill.partner_bank_id and bill.payment_reference == one.vendor_payment["payment_id"], bill.payment_reference
    return f"Modtaget {document.name} fra {name}: kladde på {bill.amount_total:.2f} {bill.currency_id.name}"


def _bill(one, company, day, vat):
    name, number = one.vendor
    legal = r.Identifier(number, one.scheme)
    supplier = r.Party(
        name=name,
        registration_name=name,
        endpoint=legal,
        vat=vat,
        legal_id=legal,
        address=r.Address(country=one.country.upper(), city=one.company["city"], zip=one.company["zip"]),
    )
    own = r.Identifier(company.company_registry, one.scheme)
    customer = replace(supplier, name=company.name, registration_name=company.name, endpoint=own, legal_id=own,
                       vat=company.vat)  # fmt: skip
    tax = r.TaxCategory("S", D(25))
    return bills.bill(
        "2207",
        day,
        [(*line, tax) for line in one.bought],
        days=30,
        currency=one.currency,
        supplier=supplier,
        customer=customer,
        buyer_reference=one.user,
        payment_means=(r.PaymentMeans(code="30", **one.vendor_payment),),
    )
