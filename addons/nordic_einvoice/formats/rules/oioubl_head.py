"""OIOUBL: root, profile, versions, head of the document, references (sections 1 and 2), periods and rates (8)."""

from .. import codes
from . import lists_oioubl as lists
from .oioubl import (
    BILLS,
    OIOUBL,
    absent,
    at_most_one,
    attribute_in,
    characters,
    decimal_places,
    filled,
    languages,
    not_both,
    not_empty,
    places,
    positive,
    present,
    value_in,
)
from .tree import number
from .wordlist import words

_PROFILE_LIST = "urn:oioubl:id:profileid-1."
_PROFILES = {
    "1": ("F-LIB004", lists.PROFILES_1_1),
    "2": ("F-LIB302", lists.PROFILES_1_2),
    "3": ("F-LIB308", lists.PROFILES_1_3),
    "4": ("F-LIB325", lists.PROFILES_1_4),
    "5": ("F-LIB327", lists.PROFILES_1_5),
    "6": ("F-LIB351", lists.PROFILES_1_6),
}
_NEEDS_ORDER = {
    "Procurement-OrdSimR-BilSim-1.0",
    "Procurement-OrdAdv-BilSim-1.0",
    "urn:www.nesubl.eu:profiles:profile7:ver1.0",
    "urn:www.nesubl.eu:profiles:profile7:ver2.0",
}


# --- root, profile, versions ---
@OIOUBL.rule("F-INV001 F-CRN001 F-APR001", ".")
def root_name(root, document):
    """Cannot fire: the rules of a document are chosen by the name of its root."""
    return root.name not in ("Invoice", "CreditNote", "ApplicationResponse")


@OIOUBL.rule("F-INV336 F-CRN204 F-APR056", ".", text="F-INV336.root")
def root_namespace(root, document):
    return document.namespace != f"{codes.NS_UBL}{document.name}-2"


@OIOUBL.rule("F-LIB001", ".")
def version(root, document):
    return root.raw_at("UBLVersionID") not in ("2.0", "2.1") and {"value": root.text_at("UBLVersionID")}


@OIOUBL.rule("F-LIB002", ".")
def customization(root, document):
    value = root.raw_at("CustomizationID")
    return value not in codes.OIOUBL_CUSTOMIZATIONS and {"value": value[:60]}


def _profile(root):
    return root.one("ProfileID")


def _scheme_of_profile(root):
    profile = _profile(root)
    return profile.get("schemeID") if profile else ""


@OIOUBL.rule("W-LIB003", ".")
def profile_list(root, document):
    scheme = _scheme_of_profile(root)
    return not (scheme.startswith(_PROFILE_LIST) and scheme.removeprefix(_PROFILE_LIST) in _PROFILES)


@OIOUBL.rule("W-LIB203", ".")
def profile_agency(root, document):
    profile = _profile(root)
    return not profile or profile.get("schemeAgencyID") != "320"


def _profile_rule(number, rule, known):
    @OIOUBL.rule(rule, ".", text="F-LIB004")
    def broken(root, document):
        return (
            _scheme_of_profile(root) == _PROFILE_LIST + number
            and root.raw_at("ProfileID") not in known
            and {"value": root.text_at("ProfileID")[:80]}
        )


for version_number, (profile_rule, profiles) in _PROFILES.items():
    _profile_rule(version_number, profile_rule, profiles)


@OIOUBL.rule("F-LIB328", ".", text="profile_of_another", values={"value": "Procurement-OrdRes-1.0"})
def order_profile(root, document):
    return root.raw_at("ProfileID") == "Procurement-OrdRes-1.0"


@OIOUBL.rule("F-LIB352", ".", text="profile_of_another", values={"value": "Procurement-BilSimReminderOnly-1.0"})
def reminder_profile(root, document):
    return root.raw_at("ProfileID") == "Procurement-BilSimReminderOnly-1.0"


@OIOUBL.rule("F-LIB313", ".")
def extensions(root, document):
    every = root.all("UBLExtensions/UBLExtension")
    if not any(each.raw_at("ExtensionAgencyID") == "Digitaliseringsstyrelsen" for each in every):
        return False
    return any(not "1001" <= number.raw <= "1999" for each in every for number in each.all("ID"))


@OIOUBL.rule("F-INV002 F-CRN002", ".")
def order_is_there(root, document):
    return root.raw_at("ProfileID") in _NEEDS_ORDER and not root.has("OrderReference")


def _amounts(document):
    return [node for name, nodes in document.named.items() if name.endswith("Amount") for node in nodes]


_amounts.of_shape = lambda document: [f"//{name}" for name in document.named if name.endswith("Amount")]


@OIOUBL.rule("F-LIB403", _amounts)
def currency_of_amounts(amount, document):
    currency = amount.attributes.get("currencyID")
    return currency is not None and currency not in lists.CURRENCIES and {"value": currency, "element": amount.name}


# --- head ---
not_empty(".", "F-INV007/F-CRN004", "DocumentCurrencyCode")
present(".", "F-INV008/F-CRN005", "TaxTotal")
filled(".", "F-INV009/F-CRN006/F-APR005", "ID")
not_both(
    ".|LINE|AllowanceCharge|LINE/AllowanceCharge|BillingReference/BillingReferenceLine/AllowanceCharge"
    "|LINE/BillingReference/BillingReferenceLine/AllowanceCharge",
    "F-LIB021",
    "AccountingCost",
    "AccountingCostCode",
    only=BILLS,
)
at_most_one(".", "F-INV004/F-CRN159", "InvoicePeriod")
characters("UUID", "F-LIB006", 36)
characters("OrderReference/UUID", "F-LIB006", 36, only=BILLS)
_TYPE_LIST = "urn:oioubl:codelist:invoicetypecode-1."
attribute_in("InvoiceTypeCode", "W-INV010", "listID", [f"{_TYPE_LIST}1", f"{_TYPE_LIST}2"])
attribute_in("InvoiceTypeCode", "W-INV005", "listAgencyID", "320")
value_in("InvoiceTypeCode", "F-INV011", ["325", "380", "393"], condition=lambda n: n.get("listID") == f"{_TYPE_LIST}1")
value_in(
    "InvoiceTypeCode",
    "F-INV337",
    ["325", "380", "390", "393"],
    condition=lambda n: n.get("listID") == f"{_TYPE_LIST}2",
)


@OIOUBL.rule("W-LIB011", "Note", text="language", values={"element": "Note"})
def note_language(note, document):
    return len(note.parent.by["Note"]) > 1 and "languageID" not in note.attributes


@OIOUBL.rule("W-LIB012", "Note", text="language_twice", values={"element": "Note"})
def note_language_once(note, document):
    """Every element that follows counts, not notes only."""
    if "languageID" not in note.attributes:
        return False
    siblings = note.parent.children()
    later = siblings[siblings.index(note) + 1 :]
    return any(each.attributes.get("languageID") == note.attributes["languageID"] for each in later)


# --- currencies ---
def _same_currency(ids, context, path):
    def broken(code, document):
        others = [
            node.attributes["currencyID"]
            for node in document.nodes(path)
            if "currencyID" in node.attributes and node.attributes["currencyID"] != code.raw
        ]
        return bool(others) and {"value": others[0], "currency": code.text, "element": path.rpartition("/")[2]}

    OIOUBL.add(ids, context, broken, "currency")


_same_currency("F-INV012 F-CRN007", "DocumentCurrencyCode", "LINE/LineExtensionAmount")
_same_currency("F-INV013 F-CRN008", "DocumentCurrencyCode", "LegalMonetaryTotal/LineExtensionAmount")
_same_currency("F-INV014 F-CRN009", "DocumentCurrencyCode", "LegalMonetaryTotal/PayableAmount")
_same_currency("F-INV339 F-CRN209", "TaxCurrencyCode", "//TransactionCurrencyTaxAmount")
_same_currency("F-INV019 F-CRN014", "PricingCurrencyCode", "LINE/Price/PriceAmount")

_CURRENCY_CODES = (
    "DocumentCurrencyCode|PricingCurrencyCode|PaymentCurrencyCode|PaymentAlternativeCurrencyCode|TaxCurrencyCode"
)
attribute_in(_CURRENCY_CODES, "F-LIB296", "listID", "ISO 4217 Alpha", when_present=True, only=BILLS)
attribute_in(_CURRENCY_CODES, "F-LIB297", "listAgencyID", "6", when_present=True, only=BILLS)
value_in(_CURRENCY_CODES, "F-LIB298", lists.CURRENCIES, only=BILLS)
value_in("TaxCurrencyCode", "F-INV016 F-CRN011", ["DKK", "EUR"])


def _on_root(ids, context, path):
    """What must stand in the document when the place exists."""
    OIOUBL.add(ids, context, lambda node, document: not document.root.has(path), "present", {"element": path})


_on_root("F-INV018 F-CRN013", "TaxCurrencyCode", "TaxTotal/TaxSubtotal/TransactionCurrencyTaxAmount")
_on_root("F-INV020 F-CRN015", "PricingCurrencyCode", "PricingExchangeRate")
_on_root("F-INV021 F-CRN016", "PaymentCurrencyCode", "PaymentExchangeRate")
_on_root("F-INV022 F-CRN017", "PaymentAlternativeCurrencyCode", "PaymentAlternativeExchangeRate")

# --- references ---
filled("OrderReference", "F-INV024/F-CRN022", "ID")
absent(
    "BillingReference",
    "F-INV025/F-CRN023 F-INV026/F-CRN024 F-INV295/F-CRN162",
    "DebitNoteDocumentReference AdditionalDocumentReference BillingReferenceLine",
)
filled("Signature", "F-INV027/F-CRN025/F-APR006", "ID")
filled("DiscrepancyResponse", "F-CRN161", "ReferenceID")
not_both("DiscrepancyResponse", "F-CRN188", "ResponseCode", "Description")
_DISCREPANCY = "DiscrepancyResponse/ResponseCode"
attribute_in(_DISCREPANCY, "F-CRN018", "listID", "urn:oioubl:codelist:discrepancyresponsecode-1.1")
attribute_in(_DISCREPANCY, "F-CRN160", "listAgencyID", "320")
value_in(
    _DISCREPANCY,
    "F-CRN193",
    words(
        "Billing1 Billing2 Billing3 Condition1 Condition2 Condition3 Condition4 Condition5 Condition6 Delivery1"
        " Delivery2 Delivery3 Quality1 Quality2 ZZZ"
    ),
)

_BILLED = "Invoice SelfBilledInvoice CreditNote SelfBilledCreditNote Reminder"
_BILLING = "|".join(
    f"{above}BillingReference/{kind}DocumentReference" for above in ("", "LINE/") for kind in _BILLED.split()
)
_KNOWN = (
    "OrderReference/DocumentReference|DespatchDocumentReference|ReceiptDocumentReference|ContractDocumentReference"
    f"|{_BILLING}|LINE/DespatchLineReference/DocumentReference|LINE/ReceiptLineReference/DocumentReference"
    "|LINE/Item/CatalogueDocumentReference|//ForeignExchangeContract/ContractDocumentReference"
)
_KNOWN_INVOICE = f"{_KNOWN}|OriginatorDocumentReference|LINE/OrderLineReference/OrderReference/DocumentReference"
_ADDITIONAL = (
    "AdditionalDocumentReference|Signature/OriginalDocumentReference|LINE/DocumentReference"
    "|LINE/Item/ItemSpecificationDocumentReference|LINE/Item/TransactionConditions/DocumentReference"
)


def _attachment(path, pattern):
    return "|".join(f"{each}/{pattern}" for each in path.split("|"))


def _at(path_invoice, path_credit, path_response=""):
    return places(Invoice=path_invoice, CreditNote=path_credit, ApplicationResponse=path_response)


_KNOWN_PLACES = _at(_KNOWN_INVOICE, _KNOWN)
absent(_KNOWN_PLACES, "F-LIB170 F-LIB172", "DocumentType DocumentTypeCode", only=BILLS)
not_both(_KNOWN_PLACES, "F-LIB169", "Attachment", "XPath", only=BILLS)
_ADDITIONAL_PLACES = _at(_ADDITIONAL, _ADDITIONAL, "Signature/OriginalDocumentReference")
not_both(_ADDITIONAL_PLACES, "F-LIB093", "Attachment", "XPath")


@OIOUBL.rule("F-LIB092", _ADDITIONAL_PLACES)
def reference_has_a_type(reference, document):
    return not reference.has("DocumentType") and not reference.has("DocumentTypeCode")


@OIOUBL.rule("F-LIB335", _ADDITIONAL_PLACES)
def personal_reference(reference, document):
    return reference.raw_at("DocumentTypeCode") == "PersonalSecure" and reference.raw_at("ID") not in ("1", "2")


def _attachments(ids, credit, invoice=None, response=""):
    """Files of a reference: one of two ways, a type in the list, an address, an id of the right length."""
    both, mime, external, uuid = ids.split()
    invoice = invoice or credit

    def at(pattern):
        return _at(
            _attachment(invoice, pattern), _attachment(credit, pattern), response and _attachment(response, pattern)
        )

    not_both(at("Attachment"), both, "EmbeddedDocumentBinaryObject", "ExternalReference")
    attribute_in(at("Attachment/EmbeddedDocumentBinaryObject"), mime, "mimeCode", lists.MIME)
    not_empty(at("Attachment/ExternalReference"), external, "URI")
    characters(at("UUID"), uuid, 36)


_attachments("F-LIB171 F-LIB174 F-LIB096 F-LIB173", _KNOWN, _KNOWN_INVOICE)
_attachments("F-LIB095 F-LIB098 F-LIB279 F-LIB097", _ADDITIONAL, response="Signature/OriginalDocumentReference")
_SIGNED = "Signature/DigitalSignatureAttachment"
not_both(_SIGNED, "F-LIB284", "EmbeddedDocumentBinaryObject", "ExternalReference")
attribute_in(f"{_SIGNED}/EmbeddedDocumentBinaryObject", "F-LIB285", "mimeCode", lists.MIME)
not_empty(f"{_SIGNED}/ExternalReference", "F-LIB286", "URI")

# --- periods ---
_PERIODS = (
    "InvoicePeriod|LINE/InvoicePeriod|//PhysicalLocation/ValidityPeriod|//ForeignExchangeContract/ValidityPeriod"
    "|LINE/Price/ValidityPeriod|LINE/Item/AdditionalItemProperty/UsabilityPeriod"
    "|LINE/Delivery/RequestedDeliveryPeriod|LINE/Delivery/DeliveryLocation/ValidityPeriod"
)
PERIODS = places(
    Invoice=f"{_PERIODS}|Delivery/RequestedDeliveryPeriod|Delivery/DeliveryLocation/ValidityPeriod"
    "|DeliveryTerms/DeliveryLocation/ValidityPeriod|PaymentTerms/SettlementPeriod|PaymentTerms/PenaltyPeriod",
    CreditNote=_PERIODS,
    ApplicationResponse="//PhysicalLocation/ValidityPeriod",
)
absent(PERIODS, "F-LIB076 F-LIB077", "DurationMeasure DescriptionCode")


def _needs_date(rule, time, date):
    OIOUBL.add(
        rule, PERIODS, lambda n, d: n.has(time) and not n.raw_at(date), "needs", {"element": time, "other": date}
    )


_needs_date("F-LIB078", "StartTime", "StartDate")
_needs_date("F-LIB079", "EndTime", "EndDate")


def _order(rule, start, end, mark):
    def broken(period, document):
        if not period.has(start) or not period.has(end):
            return False
        first, last = period.raw_at(start).replace(mark, ""), period.raw_at(end).replace(mark, "")
        first, last = number(first), number(last)
        return first is None or last is None or last < first

    OIOUBL.add(rule, PERIODS, broken, "period")


_order("F-LIB080", "StartDate", "EndDate", "-")
_order("F-LIB081", "StartTime", "EndTime", ":")

# Of a credit note the official file lists InvoicePeriod and DiscrepancyResponse twice: the second entry is dead.
_DESCRIBED = (
    "LINE/InvoicePeriod|LINE/Item|//Response|//PhysicalAttribute|//MeasurementDimension|LINE/Item/TransactionConditions"
)
_DESCRIBED_PLACES = places(
    Invoice=f"InvoicePeriod|{_DESCRIBED}", CreditNote=_DESCRIBED, ApplicationResponse="//Response"
)
languages(_DESCRIBED_PLACES, "W-LIB222", "", "Description")

# --- exchange rates ---
_RATES = "TaxExchangeRate|PricingExchangeRate|PaymentExchangeRate|PaymentAlternativeExchangeRate"
filled(_RATES, "F-LIB083 F-LIB084", "SourceCurrencyCode TargetCurrencyCode")
for name, sign, form in (
    ("SourceCurrencyBaseRate", "F-LIB085", "F-LIB086"),
    ("TargetCurrencyBaseRate", "F-LIB087", "F-LIB088"),
    ("CalculationRate", "F-LIB089", "F-LIB090"),
):
    positive(_attachment(_RATES, name), sign)
    decimal_places(_attachment(_RATES, name), form, 4, 4)
value_in(_attachment(_RATES, "MathematicOperatorCode"), "F-LIB310", ["multiply", "divide"])
_CONTRACTS = _attachment(_RATES, "ForeignExchangeContract")
filled(_CONTRACTS, "F-LIB238", "ID")
not_both(_CONTRACTS, "F-LIB239", "ContractTypeCode", "ContractType")
at_most_one(_CONTRACTS, "F-LIB240", "ContractDocumentReference")


@OIOUBL.rule("W-INV323 W-CRN154", "PricingExchangeRate")
def pricing_rate(rate, document):
    return not rate.has("CalculationRate") or not rate.has("MathematicOperatorCode")
