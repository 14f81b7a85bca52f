"""Products of Dinero (accounting-apis A6.2). No barcode; the answer to a read is assumed to have the fields of the
create. Plain Python."""

from decimal import Decimal

from odoo.addons.ledger_bridge import products as bridge

# field of ledger_bridge -> field of Dinero
NAMES = {
    "name": "Name",
    "number": "ProductNumber",
    "price": "BaseAmountValue",
    "unit": "Unit",
    "account": "AccountNumber",
    "description": "Comment",
}
KEYS = {"number": "ProductNumber", "name": "Name"}
NEEDED = ("name", "price", "unit", "account")
COMMENT_LENGTH = 128
# what an update takes; it is taken to replace every field
WRITABLE = (
    "ProductNumber",
    "Name",
    "BaseAmountValue",
    "Quantity",
    "AccountNumber",
    "Unit",
    "ExternalReference",
    "Comment",
)
# the closed list (A6.2)
UNITS = (
    "hours",
    "parts",
    "km",
    "day",
    "week",
    "month",
    "kilogram",
    "cubicMetre",
    "set",
    "litre",
    "box",
    "case",
    "carton",
    "metre",
    "package",
    "shipment",
    "squareMetre",
    "session",
    "tonne",
)
# unit of Odoo -> its meaning there
KNOWN_UNITS = {
    "uom.product_uom_unit": "parts",
    "uom.product_uom_hour": "hours",
    "uom.product_uom_day": "day",
    "uom.product_uom_kgm": "kilogram",
    "uom.product_uom_ton": "tonne",
    "uom.product_uom_litre": "litre",
    "uom.product_uom_cubic_meter": "cubicMetre",
    "uom.product_uom_meter": "metre",
    "uom.product_uom_km": "km",
    "uom.product_uom_square_meter": "squareMetre",
}


def normalise(row):
    """A row with keys in lower case as ``ledger_bridge`` knows a product."""
    values = {name: str(row.get(theirs.lower()) or "").strip() for name, theirs in NAMES.items()}
    price = row.get("baseamountvalue")
    is_price = isinstance(price, (int, Decimal)) and not isinstance(price, bool)
    return values | {"remote_id": str(row["productguid"]), "price": bridge.price_text(price, 6) if is_price else ""}


def create_body(values, reference):
    """ProductCreateModel. Its guid is Dinero's; our reference finds it again."""
    return _fields(values) | {"Quantity": 1, "ExternalReference": reference}


def update_body(row, values):
    """The whole product as it is over there, with ``values`` in it.

    :param dict row: the answer to a read, keys in lower case
    """
    body = {name: row.get(name.lower()) for name in WRITABLE}
    return body | {"Quantity": body["Quantity"] or 1} | _fields(values)


def _fields(values):
    body = {NAMES[name]: value or None for name, value in values.items() if name in NAMES}
    if body.get("BaseAmountValue"):
        body["BaseAmountValue"] = Decimal(body["BaseAmountValue"])
    if body.get("AccountNumber"):
        body["AccountNumber"] = int(body["AccountNumber"])
    return body
