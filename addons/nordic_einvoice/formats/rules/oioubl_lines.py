"""OIOUBL: lines and their items (section 10)."""

from .lists_certificates import CERTIFICATES
from .lists_units import UNITS
from .numbers import ONE, ZERO, round2
from .oioubl import (
    BILLS,
    INVOICE,
    OIOUBL,
    absent,
    at_most_one,
    attribute_in,
    decimal_places,
    exactly_one,
    filled,
    languages,
    not_both,
    not_empty,
    places,
    positive,
    present,
)

INVOICE_LINE = places(Invoice="LINE")
CREDIT_LINE = places(CreditNote="LINE")

# --- presence ---
absent(INVOICE_LINE, "F-INV135 F-INV136", "PaymentTerms DeliveryTerms")
filled(INVOICE_LINE, "F-INV137", "InvoicedQuantity")
not_empty(CREDIT_LINE, "F-CRN196", "CreditedQuantity")
present("LINE", "F-INV138/F-CRN081", "TaxTotal")
exactly_one(INVOICE_LINE, "F-INV139", "Price")
filled("LINE", "F-INV140/F-CRN084", "ID")


def _or_reference(rule, name):
    OIOUBL.add(
        rule,
        CREDIT_LINE,
        lambda line, document: not line.has(name) and not line.has("BillingReference"),
        "present",
        {"element": name},
    )


_or_reference("F-CRN083", "Price")
_or_reference("F-CRN082", "Item")


def _repeated_lines(document):
    """Lines whose id a later line has too."""
    last = {}
    for line in document.lines:
        last[line.raw_at("ID")] = line
    return [line for line in document.lines if last[line.raw_at("ID")] is not line]


OIOUBL.add("W-INV237", _repeated_lines, lambda line, document: True)


@OIOUBL.rule("F-INV142", INVOICE_LINE)
def order_line(line, document):
    return line.has("OrderLineReference") and not document.root.has("OrderReference")


filled("LINE/OrderLineReference", "F-INV153", "LineID")
filled("LINE/DespatchLineReference", "F-INV314/F-CRN170", "LineID")
filled("LINE/ReceiptLineReference", "F-INV315/F-CRN171", "LineID")
_REFERENCE = "LINE/BillingReference"
absent(
    _REFERENCE,
    "F-INV303/F-CRN172 F-INV304/F-CRN173",
    "DebitNoteDocumentReference AdditionalDocumentReference",
)
at_most_one(_REFERENCE, "F-INV305/F-CRN174", "BillingReferenceLine")
at_most_one(f"{_REFERENCE}/BillingReferenceLine", "F-INV306/F-CRN175", "AllowanceCharge")


@OIOUBL.rule("F-INV147 F-CRN088", "LINE")
def quantity_is_not_zero(line, document):
    quantity = line.one(document.quantity_name)
    return quantity is not None and quantity.num == 0


_QUANTITIES = "LINE/InvoicedQuantity|LINE/CreditedQuantity|LINE/Price/BaseQuantity"


@OIOUBL.rule("F-LIB007", _QUANTITIES, only=BILLS, text="attribute", values={"element": "unitCode", "allowed": ""})
def unit_is_there(quantity, document):
    return "unitCode" not in quantity.attributes and {"value": ""}


@OIOUBL.rule("W-LIB008", _QUANTITIES, only=BILLS, text="F-LIB318")
def unit_is_no_letter(quantity, document):
    return len(quantity.get("unitCode")) <= 1 and {"value": quantity.get("unitCode")}


@OIOUBL.rule("F-LIB318", _QUANTITIES, only=BILLS)
def unit_is_known(quantity, document):
    return quantity.get("unitCode") not in UNITS and {"value": quantity.get("unitCode")}


decimal_places(places(Invoice="LINE/LineExtensionAmount"), "F-INV149", 2, 99)
decimal_places(places(CreditNote="LINE/LineExtensionAmount"), "F-CRN089", 2, 99)
decimal_places(places(CreditNote="LINE/LineExtensionAmount"), "F-CRN090", 0, 4)
filled(CREDIT_LINE, "F-CRN207", "LineExtensionAmount")
_RESPONSE = "LINE/DiscrepancyResponse"
filled(_RESPONSE, "F-CRN168", "ReferenceID")
not_both(_RESPONSE, "F-CRN169", "ResponseCode", "Description")
attribute_in(f"{_RESPONSE}/ResponseCode", "F-CRN091", "listID", "urn:oioubl:codelist:lineresponsecode-1.0")
attribute_in(f"{_RESPONSE}/ResponseCode", "F-CRN167", "listAgencyID", "320")
positive("LINE/Price/BaseQuantity|LINE/Price/OrderableUnitFactorRate", "F-LIB019", only=BILLS)

# --- quantity x price ---
_DIFFERENT, _EQUAL, _NEITHER = "different", "equal", "neither"
# (operator of the exchange rate, OrderableUnitFactorRate is there) -> ids by state of the units, invoice / credit note
_PRODUCT_IDS = {
    ("", None): ("F-INV343 F-CRN194", "F-INV340 F-CRN210", "F-INV348 F-CRN216"),
    ("multiply", False): ("F-INV326 F-CRN212", "F-INV344 F-CRN213", "F-INV346 F-CRN198"),
    ("divide", False): ("F-INV327 F-CRN214", "F-INV345 F-CRN215", "F-INV347 F-CRN199"),
    ("multiply", True): ("F-INV328 F-CRN200", "F-INV341 F-CRN217", "F-INV349 F-CRN218"),
    ("divide", True): ("F-INV329 F-CRN201", "F-INV342 F-CRN219", "F-INV350 F-CRN220"),
}


def _state(line, document):
    """How the units of quantity and base quantity relate."""
    quantity, base = line.one(document.quantity_name), line.one("Price/BaseQuantity")
    units = [each.attributes.get("unitCode") for each in (quantity, base) if each is not None]
    if len(units) < 2 or None in units:
        return _NEITHER
    return _EQUAL if units[0] == units[1] else _DIFFERENT


def _exchange(document):
    """(operator, rate) of PricingExchangeRate; ("", None) without one; (None, None) when it cannot be applied."""
    rate = document.root.one("PricingExchangeRate")
    if rate is None:
        return "", None
    operator, value = rate.raw_at("MathematicOperatorCode"), rate.num_at("CalculationRate")
    return (operator, value) if value is not None and operator in ("multiply", "divide") else (None, None)


def _priced_lines(document):
    """{(operator, factor is there or None without exchange rate, state of units): lines} that are not free."""
    operator, _rate = document.resolve(_exchange)
    found = {}
    for line in document.lines:
        if line.raw_at("FreeOfChargeIndicator") in ("", "false"):
            has_factor = line.has("Price/OrderableUnitFactorRate") if operator else None
            found.setdefault((operator, has_factor, _state(line, document)), []).append(line)
    return found


def _product_rule(operator, has_factor, state, ids):
    def lines(document):
        return document.resolve(_priced_lines).get((operator, has_factor, state), ())

    def broken(line, document):
        factor = line.num_at("Price/OrderableUnitFactorRate")
        return _is_off(line, document, document.resolve(_exchange), state, factor)

    OIOUBL.add(ids, lines, broken, "F-INV348")


def _is_off(line, document, exchange, state, factor):
    quantity, price = line.num_at(document.quantity_name), line.num_at("Price/PriceAmount")
    base = line.num_at("Price/BaseQuantity")
    if quantity is None or price is None or (document.is_credit and base is None):
        return False
    operator, rate = exchange
    found = line.num_at("LineExtensionAmount", ZERO)
    if state == _DIFFERENT:
        if factor is None:
            return False
        expected = price * quantity * factor
    elif base == 0:
        return {"found": str(found), "expected": "?"}
    else:
        expected = price * quantity / (base if base is not None else ONE)
    if operator == "divide" and rate == 0:
        return {"found": str(found), "expected": "?"}
    if operator:
        expected = expected * rate if operator == "multiply" else expected / rate
    else:
        found = round2(found)
    return abs(found - expected) > ONE and {"found": str(found), "expected": str(round2(expected))}


for (operator_code, with_factor), ids_by_state in _PRODUCT_IDS.items():
    for unit_state, rule_ids in zip((_DIFFERENT, _EQUAL, _NEITHER), ids_by_state, strict=True):
        _product_rule(operator_code, with_factor, unit_state, rule_ids)

# --- item ---
_ITEM = "LINE/Item"
filled(_ITEM, "F-INV163/F-CRN110", "Name")
absent(_ITEM, "F-INV211/F-CRN109", "OriginCountry")
at_most_one(
    _ITEM,
    "F-INV307/F-CRN177 F-INV308/F-CRN178 F-INV309/F-CRN179 F-INV312/F-CRN180 F-INV313/F-CRN181 F-INV321/F-CRN182",
    "Keyword BrandName ModelName ManufacturersItemIdentification AdditionalItemIdentification"
    " ItemSpecificationDocumentReference",
)
filled(f"{_ITEM}/SellersItemIdentification", "F-INV167/F-CRN115", "ID")
_IDENTIFICATIONS = "|".join(
    f"{_ITEM}/{name}ItemIdentification" for name in ("Buyers", "Manufacturers", "Standard", "Catalogue", "Additional")
)
filled(_IDENTIFICATIONS, "F-LIB177", "ID", only=BILLS)
absent(_IDENTIFICATIONS, "F-LIB175 F-LIB176", "PhysicalAttribute MeasurementDimension", only=BILLS)
_SELLERS = f"{_ITEM}/SellersItemIdentification"
filled(f"{_SELLERS}/PhysicalAttribute", "F-INV170/F-CRN118", "AttributeID")
filled(f"{_SELLERS}/MeasurementDimension", "F-INV227/F-CRN189", "AttributeID")
filled(places(CreditNote=f"{_SELLERS}/PhysicalAttribute"), "F-CRN119", "Description")
attribute_in(f"{_ITEM}/CommodityClassification/ItemClassificationCode", "W-INV184 W-CRN132", "listID", "UNSPSC")
_PROPERTIES = f"{_ITEM}/AdditionalItemProperty"
filled(_PROPERTIES, "F-INV234/F-CRN133 F-INV235/F-CRN151", "Name Value")
filled(f"{_PROPERTIES}/ItemPropertyGroup", "F-INV185/F-CRN152", "ID")
_INSTANCE = f"{_ITEM}/ItemInstance/AdditionalItemProperty"
filled(_INSTANCE, "F-INV228/F-CRN190 F-INV310/F-CRN191", "Name Value")
filled(f"{_INSTANCE}/ItemPropertyGroup", "F-INV311/F-CRN192", "ID")
_LOT = f"{_ITEM}/ItemInstance/LotIdentification/AdditionalItemProperty"
filled(_LOT, "F-INV316/F-CRN185 F-INV317/F-CRN186", "Name Value")
filled(f"{_LOT}/ItemPropertyGroup", "F-INV318/F-CRN187", "ID")
_CERTIFICATE = f"{_ITEM}/Certificate"
not_empty(
    _CERTIFICATE,
    "F-INV335/F-CRN203 F-INV336/F-CRN204 F-INV338/F-CRN205",
    "ID CertificateTypeCode CertificateType",
)


@OIOUBL.rule("F-INV351 F-CRN211", f"{_CERTIFICATE}/ID")
def certificate(number, document):
    return number.raw not in CERTIFICATES and {"value": number.text[:60]}


_PRICE = "LINE/Price"
attribute_in(f"{_PRICE}/PriceTypeCode", "F-INV196 F-CRN141", "listID", "UN/ECE 5387")
languages(_PRICE, "W-INV194 W-CRN139", "W-INV195 W-CRN140", "PriceChangeReason")
absent(places(Invoice=_PRICE), "W-INV322", "ValidityPeriod", only=INVOICE)


# --- climate figures of an item ---
def _properties(name):
    return lambda document: [each for each in document.nodes(_PROPERTIES) if each.raw_at("Name") == name]


def _value_of(item, name):
    for each in item.all("AdditionalItemProperty"):
        if each.raw_at("Name") == name:
            value = each.one("Value")
            return value.num if value else None
    return None


def _is_no_number(each, document):
    value = each.one("Value")
    return (value is None or value.num is None) and {"value": each.text_at("Value")}


OIOUBL.add("OIOUBL-Common-GP004", _properties("EmissionFactor"), _is_no_number, "climate_number", only=BILLS)
OIOUBL.add("OIOUBL-Common-GP009", _properties("CalculationRate"), _is_no_number, "climate_number", only=BILLS)


@OIOUBL.rule("OIOUBL-Common-GP005", _properties("NetEmissionQuantity"), only=BILLS)
def net_emission(each, document):
    """Emission = factor x quantity, both sides with four decimals."""
    item = each.parent
    factor, found = _value_of(item, "EmissionFactor"), _value_of(item, "NetEmissionQuantity")
    quantity = item.parent.num_at(document.quantity_name)
    if None in (factor, found, quantity):
        return True
    return round(found, 4) != round(factor * quantity, 4)


@OIOUBL.rule("OIOUBL-Common-GP006", _properties("EmissionFactorSource"), only=BILLS)
def emission_source(each, document):
    return each.raw_at("Value") not in ("Database", "Internal") and {"value": each.text_at("Value")}


@OIOUBL.rule("OIOUBL-Common-GP007", _properties("EmissionFactor"), only=BILLS)
def emission_has_source(each, document):
    return not any(
        other.raw_at("Name") == "EmissionFactorSource" for other in each.parent.all("AdditionalItemProperty")
    )


@OIOUBL.rule("OIOUBL-Common-GP008", _properties("EmissionFactorCalculationUnit"), only=BILLS, text="F-LIB318")
def emission_unit(each, document):
    return each.raw_at("Value") not in UNITS and {"value": each.text_at("Value")}
