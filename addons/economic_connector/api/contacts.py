"""Customers of e-conomic (accounting-apis B3). Vendors have a register of their own, whose fields are not
documented to us. Plain Python."""

# field of ledger_bridge -> field of e-conomic; the country is a name there
NAMES = {
    "name": "name",
    "street": "address",
    "zip": "zip",
    "city": "city",
    "country": "country",
    "phone": "telephoneAndFaxNumber",
    "email": "email",
    "vat": "corporateIdentificationNumber",
    "gln": "ean",
    "website": "website",
}
KEYS = {"vat": "corporateIdentificationNumber", "email": "email", "number": "customerNumber"}


def normalise(row):
    """A customer as ``ledger_bridge`` knows a contact; the country stays a name."""
    values = {name: str(row.get(theirs) or "").strip() for name, theirs in NAMES.items()}
    number = str(row["customerNumber"])
    return values | {"remote_id": number, "number": number}


def create_body(values, settings):
    """:param dict settings: currency, group, terms and VAT zone; null is not accepted, so empty ones are left out"""
    return settings | {theirs: values[name] for name, theirs in NAMES.items() if values.get(name)}


def update_body(row, values):
    """PUT replaces the whole customer: everything that was read, with ``values`` in it."""
    body = dict(row) | {NAMES[name]: value for name, value in values.items()}
    return {name: value for name, value in body.items() if value not in (None, "")}
