"""OIOUBL: parties, their numbers, contacts and addresses (section 3), tax schemes (section 6.3)."""

from . import lists_oioubl as lists
from .oioubl import (
    BILLS,
    OIOUBL,
    absent,
    at_most_one,
    attribute_in,
    below,
    characters,
    exactly_one,
    filled,
    not_both,
    not_empty,
    places,
    present,
    value_in,
)

SUPPLIER = "AccountingSupplierParty/Party"
CUSTOMER = "AccountingCustomerParty/Party"
_COMMON = f"{SUPPLIER}|{CUSTOMER}|PayeeParty|LINE/Delivery/DeliveryParty|Signature/SignatoryParty"
PARTIES = places(
    Invoice=f"{_COMMON}|BuyerCustomerParty/Party|SellerSupplierParty/Party|Delivery/DeliveryParty",
    CreditNote=_COMMON,
    ApplicationResponse="SenderParty|ReceiverParty|DocumentResponse/IssuerParty|DocumentResponse/RecipientParty"
    "|Signature/SignatoryParty",
)

# --- which party must have what ---
absent("AccountingSupplierParty", "F-INV029/F-CRN026", "DataSendingCapability")
absent("SellerSupplierParty", "F-INV070", "DataSendingCapability")
exactly_one("AccountingSupplierParty", "F-INV030/F-CRN027", "Party")
exactly_one("AccountingCustomerParty", "F-INV043/F-CRN039", "Party")
exactly_one("BuyerCustomerParty", "F-INV061", "Party")
exactly_one("SellerSupplierParty", "F-INV071", "Party")
filled(SUPPLIER, "F-INV031/F-CRN028", "EndpointID")
exactly_one(SUPPLIER, "F-INV034/F-CRN031", "PartyLegalEntity")
exactly_one("SellerSupplierParty/Party", "F-INV075", "PartyLegalEntity")
filled(CUSTOMER, "F-INV044/F-CRN040", "EndpointID")
exactly_one(CUSTOMER, "F-INV046/F-CRN042", "Contact")
at_most_one(CUSTOMER, "F-INV045/F-CRN164", "PartyLegalEntity")
filled(f"{CUSTOMER}/Contact", "F-INV051/F-CRN047", "ID")
at_most_one("PayeeParty", "F-INV319/F-CRN166", "PartyLegalEntity")
at_most_one("BuyerCustomerParty/Party", "F-INV320", "PartyLegalEntity")
at_most_one("Delivery/DeliveryParty", "F-INV299", "PartyLegalEntity")
at_most_one("LINE/Delivery/DeliveryParty", "F-INV300/F-CRN176", "PartyLegalEntity")
at_most_one("Signature/SignatoryParty", "F-INV297/F-CRN163/F-APR039", "PartyLegalEntity")
filled("SenderParty", "F-APR008", "EndpointID")
filled("ReceiverParty", "F-APR012", "EndpointID")
filled("DocumentResponse/IssuerParty", "F-APR047", "EndpointID")
filled("DocumentResponse/RecipientParty", "F-APR049", "EndpointID")
exactly_one("SenderParty", "F-APR040", "PartyLegalEntity")
exactly_one("DocumentResponse/IssuerParty", "F-APR048", "PartyLegalEntity")
at_most_one("ReceiverParty", "F-APR041", "PartyLegalEntity")
at_most_one("DocumentResponse/RecipientParty", "F-APR050", "PartyLegalEntity")

# --- every party ---
absent(PARTIES, "F-LIB166 F-LIB167 F-LIB168", "MarkCareIndicator MarkAttentionIndicator AgentParty")


@OIOUBL.rule("F-LIB022", PARTIES)
def party_is_named(party, document):
    numbers, names = party.all("PartyIdentification"), party.all("PartyName")
    lacks_number = not numbers or any(not each.text_at("ID") for each in numbers)
    return lacks_number and (not names or any(not each.text_at("Name") for each in names))


def _with_scheme(path, scheme):
    """The numbers of a party that carry a scheme."""

    def nodes(document):
        return [
            number
            for party in document.resolve(PARTIES)
            for number in party.all(path)
            if number.get("schemeID") == scheme
        ]

    return nodes


def _danish(value, shown):
    return not (len(value) == 10 and shown.startswith("DK"))


def _danish_number(rule, path, scheme, trimmed=False, text="danish_number"):
    """Written DK and 8 digits; that they are digits is not looked at."""
    OIOUBL.add(
        rule,
        _with_scheme(path, scheme),
        lambda n, d: _danish(n.text if trimmed else n.raw, n.raw) and {"value": n.text[:40]},
        text,
    )


attribute_in(below(PARTIES, "EndpointID"), "F-LIB179", "schemeID", lists.ENDPOINT_SCHEMES)
_danish_number("F-LIB180", "EndpointID", "DK:CVR")
characters(_with_scheme("EndpointID", "GLN"), "F-LIB181", 13)
characters(_with_scheme("EndpointID", "EAN"), "F-LIB216", 13)


@OIOUBL.rule("F-LIB183", below(PARTIES, "PartyIdentification"))
def party_scheme(identification, document):
    number = identification.one("ID")
    scheme = number.get("schemeID") if number else ""
    return scheme not in lists.PARTY_SCHEMES and {"value": scheme}


_PARTY_ID = "PartyIdentification/ID"
_danish_number("F-LIB184", _PARTY_ID, "DK:CVR")
characters(_with_scheme(_PARTY_ID, "DK:CPR"), "F-LIB217", 10)
characters(_with_scheme(_PARTY_ID, "GLN"), "F-LIB185", 13)
characters(_with_scheme(_PARTY_ID, "EAN"), "F-LIB218", 13)
characters(_with_scheme(_PARTY_ID, "DK:P"), "F-LIB287", 10)


@OIOUBL.rule("W-LIB219", PARTIES, text="language", values={"element": "PartyName"})
def party_name_language(party, document):
    names = party.all("PartyName")
    return len(names) > 1 and any("languageID" not in name.attributes for each in names for name in each.all("Name"))


@OIOUBL.rule("W-LIB220", PARTIES, text="language_twice", values={"element": "PartyName"})
def party_name_language_once(party, document):
    found = [name.attributes["languageID"] for name in party.all("PartyName/Name") if "languageID" in name.attributes]
    return len(found) != len(set(found))


_LEGAL = below(PARTIES, "PartyLegalEntity")
absent(_LEGAL, "F-LIB186", "CorporateRegistrationScheme")
filled(_LEGAL, "F-LIB187", "CompanyID")
attribute_in(below(PARTIES, "PartyLegalEntity/CompanyID"), "F-LIB189", "schemeID", ["DK:CVR", "DK:CPR", "ZZZ"])
_danish_number("F-LIB190", "PartyLegalEntity/CompanyID", "DK:CVR", trimmed=True)
characters(_with_scheme("PartyLegalEntity/CompanyID", "DK:CPR"), "F-LIB191", 10)


def _tax_registrations(document):
    """PartyTaxScheme of every party and of the tax representative."""
    return [node for party in document.resolve(PARTIES) for node in party.all("PartyTaxScheme")] + (
        list(document.nodes("TaxRepresentativeParty/PartyTaxScheme")) if document.name in BILLS else []
    )


_TAX_NUMBERS = below(_tax_registrations, "CompanyID")
absent(_tax_registrations, "F-LIB192", "TaxLevelCode")
filled(_tax_registrations, "F-LIB193", "CompanyID")
attribute_in(_TAX_NUMBERS, "F-LIB195", "schemeID", ["DK:SE", "ZZZ"])


@OIOUBL.rule("F-LIB196", _TAX_NUMBERS, text="danish_number")
def tax_number(number, document):
    return number.get("schemeID") == "DK:SE" and _danish(number.text, number.raw) and {"value": number.text[:40]}


# --- contacts, persons, places ---
def _contacts(document):
    roles = "AccountingSupplierParty|AccountingCustomerParty|BuyerCustomerParty|SellerSupplierParty"
    names = ("DespatchContact", "AccountingContact", "SellerContact", "DeliveryContact", "BuyerContact")
    found = [node for party in document.resolve(PARTIES) for node in party.all("Contact")]
    return found + [node for role in document.nodes(roles) for name in names for node in role.all(name)]


_CONTACT_PARTS = ("ID", "Name", "Telephone", "Telefax", "ElectronicMail", "Note")


@OIOUBL.rule("F-LIB235", _contacts)
def contact_says_something(contact, document):
    return not contact.has("OtherCommunication") and not any(contact.raw_at(part) for part in _CONTACT_PARTS)


_OTHER = below(_contacts, "OtherCommunication")
not_both(_OTHER, "F-LIB236", "ChannelCode", "Channel")
not_empty(_OTHER, "F-LIB237", "Value")


@OIOUBL.rule("F-LIB024", below(PARTIES, "Person"))
def person_is_named(person, document):
    return not person.raw_at("FamilyName") and not person.raw_at("FirstName")


@OIOUBL.rule("F-LIB221", below(PARTIES, "PhysicalLocation"), text="location")
def location_is_named(location, document):
    return not location.raw_at("ID") and not location.has("Address")


# --- tax representative ---
absent(
    "TaxRepresentativeParty",
    "F-LIB355 F-LIB356 F-LIB357 F-LIB358 F-LIB359 F-LIB360 F-LIB361 F-LIB362 F-LIB363",
    "WebsiteURI LogoReferenceID EndpointID PartyIdentification Language PhysicalLocation PartyLegalEntity Contact"
    " Person",
    only=BILLS,
)
filled("TaxRepresentativeParty", "F-LIB353 F-LIB354", "PartyName/Name PostalAddress/AddressFormatCode", only=BILLS)
present("TaxRepresentativeParty", "F-LIB371", "PartyTaxScheme", only=BILLS)
present("TaxRepresentativeParty/PartyTaxScheme", "F-LIB372", "TaxScheme", only=BILLS)


# --- addresses ---
_LINE_ADDRESSES = "LINE/Delivery/DeliveryLocation/Address|LINE/Item/OriginAddress"
_OTHER_ADDRESSES = places(
    Invoice=f"{_LINE_ADDRESSES}|Delivery/DeliveryLocation/Address|DeliveryTerms/DeliveryLocation/Address",
    CreditNote=_LINE_ADDRESSES,
)


def addresses(document):
    found = [a for party in document.resolve(PARTIES) for path in _PARTY_ADDRESSES for a in party.all(path)]
    return found + list(_OTHER_ADDRESSES(document))


_PARTY_ADDRESSES = ("PostalAddress", "PhysicalLocation/Address")
_FORMAT_LIST = "urn:oioubl:codelist:addressformatcode-1.1"
_UN_LIST = "UN/ECE 3477"
_FORMATS = ("StructuredDK", "StructuredLax", "StructuredID", "StructuredRegion", "Unstructured")


def of_format(code):
    """Addresses of one format; the code is compared as it stands."""
    return lambda document: [a for a in document.resolve(addresses) if a.raw_at("AddressFormatCode") == code]


def _format_codes(scheme):
    return lambda document: [
        code for a in document.resolve(addresses) for code in a.all("AddressFormatCode") if code.get("listID") == scheme
    ]


absent(addresses, "F-LIB210 F-LIB211 F-LIB212", "BlockName TimezoneOffset LocationCoordinate")
filled(addresses, "F-LIB025", "AddressFormatCode")
attribute_in(below(addresses, "AddressFormatCode"), "F-LIB026", "listID", [_FORMAT_LIST, _UN_LIST])
attribute_in(_format_codes(_FORMAT_LIST), "F-LIB207", "listAgencyID", "320")
value_in(_format_codes(_FORMAT_LIST), "F-LIB027", _FORMATS, trimmed=True)
attribute_in(_format_codes(_UN_LIST), "F-LIB208", "listAgencyID", "6")
value_in(_format_codes(_UN_LIST), "F-LIB209", [str(number) for number in range(1, 10)])
_TYPES = below(addresses, "AddressTypeCode")
attribute_in(_TYPES, "F-LIB204", "listID", "urn:oioubl:codelist:addresstypecode-1.1")
attribute_in(_TYPES, "F-LIB205", "listAgencyID", "320")
value_in(_TYPES, "F-LIB206", ["Home", "Business"])
not_empty(below(addresses, "Country"), "F-LIB213", "IdentificationCode")
value_in(below(addresses, "Country/IdentificationCode"), "F-LIB301", lists.COUNTRIES)
_IDS = below(addresses, "ID")
OIOUBL.add("F-LIB028", _IDS, lambda n, d: not n.get("schemeID"), "attribute", {"element": "schemeID", "allowed": ""})
OIOUBL.add(
    "F-LIB029", _IDS, lambda n, d: "schemeID" not in n.attributes, "attribute", {"element": "schemeID", "allowed": ""}
)

_DANISH = of_format("StructuredDK")
absent(_DANISH, "F-LIB032", "AddressLine")
filled(_DANISH, "F-LIB033", "PostalZone")


def _or_box(rule, name):
    OIOUBL.add(rule, _DANISH, lambda n, d: not n.text_at(name) and not n.text_at("Postbox"))


_or_box("F-LIB034", "StreetName")
_or_box("F-LIB035", "BuildingNumber")
absent(of_format("StructuredLax"), "F-LIB036", "AddressLine")


def _only_parts(rule, code, names):
    """A format whose addresses must not have these parts; one id for all of them."""

    def broken(address, document):
        found = [name for name in names if address.has(name)]
        return bool(found) and {"element": ", ".join(found)}

    OIOUBL.add(rule, of_format(code), broken, "absent")


not_empty(of_format("StructuredID"), "F-LIB037", "ID")
_only_parts("F-LIB038", "StructuredID", ("StreetName", "BuildingNumber", "CityName", "PostalZone", "Country"))
_only_parts("F-LIB040", "StructuredRegion", ("StreetName", "BuildingNumber", "CityName", "PostalZone"))
_only_parts("F-LIB031", "Unstructured", ("StreetName", "BuildingNumber", "CityName", "PostalZone", "Country"))


@OIOUBL.rule("F-LIB039", of_format("StructuredRegion"))
def region_is_named(address, document):
    return not any(address.raw_at(part) for part in ("Country/IdentificationCode", "Region", "District"))


# --- tax schemes: of parties here, of tax categories in oioubl_tax ---
def tax_scheme_rules(context):
    """Section 6.3, TaxScheme: at every place of ``context``."""
    filled(context, "F-LIB065 F-LIB066", "ID Name")

    def identifier(scheme, document):
        found = scheme.one("ID")
        return (found.get("schemeID") if found else "") not in _SCHEME_LISTS and {
            "value": found.get("schemeID") if found else ""
        }

    OIOUBL.add(
        "F-LIB070",
        context,
        identifier,
        "attribute",
        {"element": "schemeID", "allowed": ", ".join(sorted(_SCHEME_LISTS))},
    )
    OIOUBL.add("F-LIB067", context, _moms_with_type, "absent", {"element": "TaxTypeCode"})
    OIOUBL.add("F-LIB197", context, _duty_without_type)
    attribute_in(
        below(context, "TaxTypeCode"),
        "F-LIB071",
        "listID",
        ["urn:oioubl:codelist:taxtypecode-1.1", "urn:oioubl:codelist:taxtypecode-1.2"],
    )
    OIOUBL.add("F-LIB198", context, lambda n, d: n.raw_at("ID") == "63" and n.raw_at("Name") != "Moms", "moms_name")
    OIOUBL.add("F-LIB199", context, lambda n, d: n.raw_at("ID") != "63" and n.raw_at("Name") == "Moms", "moms_name")
    region = below(context, "JurisdictionRegionAddress")
    value_in(below(region, "Country/IdentificationCode"), "F-LIB337", lists.COUNTRIES)
    value_in(below(region, "AddressFormatCode"), "F-LIB233", "StructuredRegion")
    absent(region, " ".join(f"F-LIB{n:03}" for n in (*range(41, 61), 63, 234, 64)), _NOT_IN_REGION)


_SCHEME_LISTS = {f"urn:oioubl:id:taxschemeid-1.{number}" for number in (1, 2, 4, 5)}
_NOT_IN_REGION = (
    "ID AddressTypeCode Postbox Floor Room StreetName AdditionalStreetName BlockName BuildingName BuildingNumber"
    " InhouseMail Department MarkAttention MarkCare PlotIdentification CitySubdivisionName CityName PostalZone"
    " CountrySubentity CountrySubentityCode TimezoneOffset AddressLine LocationCoordinate"
)


def _moms_with_type(scheme, document):
    return scheme.raw_at("ID") == "63" and scheme.has("TaxTypeCode")


def _duty_without_type(scheme, document):
    if scheme.raw_at("ID") in ("63", "VAT"):
        return False
    return scheme.raw_at("TaxTypeCode") not in ("StandardRated", "ZeroRated", "ReverseCharge")
