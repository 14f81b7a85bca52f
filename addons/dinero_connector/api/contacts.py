"""Contacts of Dinero (accounting-apis A6.1): customers and vendors share one register. Plain Python."""

# field of ledger_bridge -> field of Dinero
NAMES = {
    "name": "Name",
    "street": "Street",
    "zip": "ZipCode",
    "city": "City",
    "country": "CountryKey",
    "phone": "Phone",
    "email": "Email",
    "vat": "VatNumber",
    "gln": "EanNumber",
    "website": "Webpage",
}
KEYS = {"vat": "VatNumber", "email": "Email", "gln": "EanNumber", "number": "ExternalReference"}
# what an update takes; it replaces every field, so each that is left out would be emptied
WRITABLE = (
    "ExternalReference",
    "Name",
    "Street",
    "ZipCode",
    "City",
    "CountryKey",
    "Phone",
    "Email",
    "Webpage",
    "AttPerson",
    "VatNumber",
    "EanNumber",
    "SENumber",
    "PNumber",
    "IsPerson",
    "IsMember",
    "UseCvr",
    "PaymentConditionType",
    "PaymentConditionNumberOfDays",
    "CompanyTypeKey",
    "InvoiceMailOutOptionKey",
    "PreferredInvoiceLanguageKey",
    "PreferredInvoiceCurrencyKey",
    "MemberNumber",
)


def normalise(row):
    """A row with keys in lower case as ``ledger_bridge`` knows a contact."""
    values = {name: str(row.get(theirs.lower()) or "").strip() for name, theirs in NAMES.items()}
    return values | {"remote_id": row["contactguid"], "number": str(row.get("externalreference") or "")}


def create_body(values, guid, reference, days=None):
    """ContactCreateModel. A person has no VAT and EAN number; ``UseCvr`` would let Dinero overwrite name and
    address.

    :param days: payment terms for what is invoiced over there, days net; ``None``: Dinero's own
    """
    body = {theirs: values.get(name) or None for name, theirs in NAMES.items()}
    is_company = bool(values.get("is_company") or values.get("vat") or values.get("gln"))
    if days is not None:
        body |= {"PaymentConditionType": "Netto", "PaymentConditionNumberOfDays": days}
    return body | {
        "ContactGuid": guid,
        "ExternalReference": reference,
        "IsPerson": not is_company,
        "IsMember": False,
        "UseCvr": False,
    }


def update_body(row, values):
    """The whole contact as it is over there, with ``values`` in it.

    :param dict row: the answer to a read, keys in lower case
    """
    body = {name: row.get(name.lower()) for name in WRITABLE}
    for name in ("IsPerson", "IsMember", "UseCvr"):
        body[name] = bool(body[name])
    body |= {NAMES[name]: value or None for name, value in values.items()}
    if body["VatNumber"] or body["EanNumber"]:
        body["IsPerson"] = False
    return body
