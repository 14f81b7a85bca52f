"""The Danish company of the demo: Nordlys Bryghus ApS, a brewery with members, a web shop and orders made to measure.

All names, numbers and addresses are invented; the CVR number only has the right check digit.
"""

from dataclasses import dataclass

from . import logo

COMPANY = {
    "name": "Nordlys Bryghus ApS",
    "street": "Bryggervej 12",
    "zip": "8000",
    "city": "Aarhus C",
    "phone": "+45 00 00 00 00",
    "email": "bogholder@nordlys.example",
    "website": "https://nordlys.example",
    "vat": "DK12345674",
    "company_registry": "12345674",
}
LANGUAGE = "da_DK"
TIMEZONE = "Europe/Copenhagen"
IBAN = "DK5000400440116243"


@dataclass
class Company:
    """The company's records that every step of the month needs."""

    env: object
    company: object
    bank: object
    sales: object
    tax: object
    tax_exempt: object
    receivable: object


def create(env):
    """Turn the database's first company into the demo's company; Danish chart, bank account, Danish user.

    :param env: environment of the superuser on a database with the addons installed
    :return: Company
    """
    company = env.ref("base.main_company")
    company.write({**COMPANY, "country_id": env.ref("base.dk").id})
    company.partner_id.write({"lang": LANGUAGE, "tz": TIMEZONE})
    if company.chart_template != "dk":
        env["account.chart.template"].try_loading("dk", company, install_demo=False)
    _letterhead(company)
    admin = env.ref("base.user_admin")
    admin.write({"lang": LANGUAGE, "tz": TIMEZONE, "name": "Bente Bogholder", "email": COMPANY["email"]})
    groups = (
        "account.group_account_manager",
        "sales_team.group_sale_manager",
        "mrp.group_mrp_manager",
    )
    admin.write({"group_ids": [(4, env.ref(name).id) for name in groups]})
    env.ref("base.user_root").write({"tz": TIMEZONE})
    return load(env)


def _letterhead(company):
    """A Danish invoice names its seller's CVR number."""
    address = [COMPANY["name"], COMPANY["street"], f"{COMPANY['zip']} {COMPANY['city']}"]
    company.write(
        {
            "logo": logo.png("Nordlys Bryghus"),
            "company_details": "<br>".join([*address, f"CVR-nr. {COMPANY['company_registry']}"]),
            "report_footer": f"<p>{COMPANY['phone']} · {COMPANY['email']} · {COMPANY['website']}</p>",
        }
    )


def load(env):
    """The Company of a database in which ``create`` has run."""
    env = env(user=env.ref("base.user_admin"), context={"lang": LANGUAGE, "tz": TIMEZONE})
    company = env.ref("base.main_company")
    journals = env["account.journal"].with_company(company)
    bank = journals.search([("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)
    if not bank.bank_account_id:
        bank.bank_account_id = env["res.partner.bank"].create(
            {"acc_number": IBAN, "partner_id": company.partner_id.id, "allow_out_payment": True}
        )
    sales = journals.search([("type", "=", "sale"), ("company_id", "=", company.id)], limit=1)
    taxes = env["account.chart.template"].with_company(company)
    return Company(
        env=env,
        company=company,
        bank=bank,
        sales=sales,
        tax=company.account_sale_tax_id,
        tax_exempt=taxes.ref("tax_s_0", raise_if_not_found=False) or env["account.tax"],
        receivable=company.partner_id.property_account_receivable_id,
    )
