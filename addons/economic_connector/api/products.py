"""Products of e-conomic (accounting-apis B3). The number is the identity and chosen by us; VAT and account follow the
product group. ``barCode`` and ``unit`` are not in the sources we have: what is not kept is noticed when it is read
back. Plain Python."""

from decimal import Decimal

from odoo.addons.ledger_bridge import products as bridge

from .client import EconomicError

# fields of ledger_bridge that are texts there
TEXTS = {"name": "name", "number": "productNumber", "barcode": "barCode"}
FIELDS = ("name", "number", "barcode", "price", "unit", "account")
NEEDED = ("name", "number", "account")
KEYS = {"number": "productNumber", "name": "name"}
NUMBER_LENGTH, NAME_LENGTH = 25, 300


def normalise(row):
    """A row as ``ledger_bridge`` knows a product; ``account`` is the product group, ``unit`` the unit's number."""
    values = {name: str(row.get(theirs) or "").strip() for name, theirs in TEXTS.items()}
    price = row.get("salesPrice")
    return values | {
        "remote_id": values["number"],
        "price": bridge.price_text(price) if isinstance(price, (int, Decimal)) and not isinstance(price, bool) else "",
        "unit": _number(row, "unit", "unitNumber"),
        "account": _number(row, "productGroup", "productGroupNumber"),
        "description": "",
    }


def _number(row, name, key):
    part = row.get(name)
    if part is None:
        return ""
    if not isinstance(part, dict):
        raise EconomicError("no_answer", f"{name} in e-conomic's answer cannot be read")
    return str(part.get(key) or "")


def create_body(values):
    """Null is not accepted, so empty ones are left out."""
    return {name: value for name, value in _fields(values).items() if value not in (None, "")}


def update_body(row, values):
    """PUT replaces the whole product: everything that was read, with ``values`` in it."""
    body = dict(row) | _fields(values)
    return {name: value for name, value in body.items() if value not in (None, "")}


def _fields(values):
    body = {theirs: values[name] for name, theirs in TEXTS.items() if name in values}
    if "price" in values:
        body["salesPrice"] = Decimal(values["price"]) if values["price"] else None
    if "unit" in values:
        body["unit"] = {"unitNumber": int(values["unit"])} if values["unit"] else None
    if "account" in values:
        body["productGroup"] = {"productGroupNumber": int(values["account"])} if values["account"] else None
    return body
