"""Own checks of Peppol BIS Billing 3.0 rules (edition 3.0.21) and of the rules of Norway, Denmark and Sweden.

The national rules of Denmark, Norway and Sweden are complete (Finland has none); of the common Peppol rules there is a
part, so that layer reports itself as not (completely) run. Ids are the official ones.
``check(root, layer)`` gives ``([(rule, severity, location, message)], is_complete, note)``.
"""

import re
from decimal import Decimal

from . import codes
from .rule_tools import (
    ZERO,
    every,
    gln_ok,
    local_name,
    luhn_ok,
    mod11_ok,
    norm,
    num,
    number_at,
    one,
    raw,
    round2,
    text,
    where,
)  # fmt: skip

FATAL, WARNING = "fatal", "warning"
NOTE = "checked in part: {} of the official rules, by own code"
TOLERANCE = Decimal("0.02")
SUPPLIER = "AccountingSupplierParty/Party"
CUSTOMER = "AccountingCustomerParty/Party"
COUNTRY = "PostalAddress/Country/IdentificationCode"

# Amounts that must be in the document currency (PEPPOL-EN16931-R051)
_AMOUNTS = frozenset(
    [
        "Amount",
        "BaseAmount",
        "PriceAmount",
        "TaxableAmount",
        "LineExtensionAmount",
        "TaxExclusiveAmount",
        "TaxInclusiveAmount",
        "AllowanceTotalAmount",
        "ChargeTotalAmount",
        "PrepaidAmount",
        "PayableRoundingAmount",
        "PayableAmount",
    ]
)
# Electronic address schemes of Peppol 3.0.21 a Nordic party meets, all others (CL008) are left to the official rules
_IDENTIFIERS = ("EndpointID", "ID", "CompanyID")

_SCHEMES = {
    "0088": ("PEPPOL-COMMON-R040", lambda e: gln_ok(norm(e)), "The GLN {} has a wrong check digit."),
    "0192": ("PEPPOL-COMMON-R041", lambda e: mod11_ok(norm(e)), "The Norwegian organisation number {} is wrong."),
    "0184": (
        "PEPPOL-COMMON-R042",
        lambda e: bool(re.fullmatch(r"(DK)?[0-9]{8}", raw(e))),
        "The CVR number {} is wrong.",
    ),
    "0096": ("PEPPOL-COMMON-R052", lambda e: bool(re.fullmatch(r"[0-9]{10}", raw(e))), "The P number {} is wrong."),
    "0198": ("PEPPOL-COMMON-R053", lambda e: bool(re.fullmatch(r"DK[0-9]{8}", raw(e))), "The SE number {} is wrong."),
    "0007": (
        "PEPPOL-COMMON-R049",
        lambda e: len(norm(e)) == 10 and luhn_ok(norm(e)),
        "The Swedish organisation number {} is wrong.",
    ),
}


def check(root, layer):
    rules = _PEPPOL if layer == "peppol" else _NATIONAL
    found = []
    for rule in rules:
        found += rule(root)
    if layer == "peppol":
        return found, False, NOTE.format(32)
    country = _supplier_country(root)
    addresses = {text(root, f"{SUPPLIER}/{COUNTRY}").upper(), country}
    foreign = sorted(addresses & {"DE", "GR", "EL", "IS", "IT", "NL"})
    return found, not foreign, f"the rules of {', '.join(foreign)} are not checked" if foreign else ""


def _fault(rule, element, message, severity=FATAL):
    return rule, severity, where(element), message


# --- document ----------------------------------------------------------------------------------------------------
def document(root):
    customization, profile = norm(one(root, "CustomizationID")), one(root, "ProfileID")
    if profile is None:
        yield _fault("PEPPOL-EN16931-R001", root, "The business process (ProfileID) is missing.")
    if not re.fullmatch(
        r"urn:fdc:peppol\.eu:2017:poacc:billing:01:1\.0|urn:peppol:bis:billing_with_response"
        r"|urn:peppol:france:billing:(non-)?regulated",
        norm(profile),
    ):
        yield _fault("PEPPOL-EN16931-R007", root, "The business process (ProfileID) is not one of Peppol's.")
    both_german = text(root, f"{SUPPLIER}/{COUNTRY}").upper() == text(root, f"{CUSTOMER}/{COUNTRY}").upper() == "DE"
    if len(every(root, "Note")) > 1 and not both_german:
        yield _fault("PEPPOL-EN16931-R002", root, "Only one note is allowed on the document.")
    if one(root, "BuyerReference") is None and one(root, "OrderReference/ID") is None:
        yield _fault("PEPPOL-EN16931-R003", root, "The buyer's reference or order number is missing.")
    if not customization.startswith(codes.BIS3_CUSTOMIZATION) or "::" in customization:
        yield _fault(
            "PEPPOL-EN16931-R004", root, "The document does not name the Peppol BIS Billing 3.0 specification."
        )
    currency, tax_currency = norm(one(root, "DocumentCurrencyCode")), one(root, "TaxCurrencyCode")
    if tax_currency is not None and norm(tax_currency) == currency:
        yield _fault("PEPPOL-EN16931-R005", tax_currency, "The VAT currency must differ from the document currency.")
    for path, rule, whose in (
        (CUSTOMER, "PEPPOL-EN16931-R010", "buyer"),
        (SUPPLIER, "PEPPOL-EN16931-R020", "seller"),
    ):
        for party in every(root, path.partition("/")[0]):
            if one(party, "Party/EndpointID") is None:
                yield _fault(rule, party, f"The electronic address of the {whose} is missing.")
    yield from _tax_totals(root, currency, tax_currency)
    if local_name(root) == "CreditNote":
        if sum(raw(e) == "50" for e in every(root, "AdditionalDocumentReference/DocumentTypeCode")) > 1:
            yield _fault("PEPPOL-EN16931-R080", root, "Only one project reference is allowed on a credit note.")


def _tax_totals(root, currency, tax_currency):
    totals = every(root, "TaxTotal")
    with_parts = [each for each in totals if one(each, "TaxSubtotal") is not None]
    if len(with_parts) != 1:
        yield _fault("PEPPOL-EN16931-R053", root, "Exactly one VAT total with a breakdown is needed.")
    if len(totals) - len(with_parts) != (1 if tax_currency is not None else 0):
        yield _fault(
            "PEPPOL-EN16931-R054", root, "One VAT total without breakdown is needed with a VAT currency, else none."
        )
    if tax_currency is None:
        return
    amounts = every(root, "TaxTotal/TaxAmount")
    tax = [num(a) for a in amounts if a.get("currencyID") == norm(tax_currency) and num(a) is not None]
    own = [num(a) for a in amounts if a.get("currencyID") == currency and num(a) is not None]
    same_sign = (
        any(t <= 0 for t in tax) and any(o <= 0 for o in own) or any(t >= 0 for t in tax) and any(o >= 0 for o in own)
    )
    if not same_sign:
        yield _fault("PEPPOL-EN16931-R055", root, "VAT in the two currencies must have the same sign.")


def empty_elements(root):
    for element in root.iter():
        if isinstance(element.tag, str) and not len(element) and not (element.text or "").strip():
            yield _fault("PEPPOL-EN16931-R008", element, "The document has an empty element.")


def currencies(root):
    currency = raw(one(root, "DocumentCurrencyCode"))
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        name = local_name(element)
        if name == "TaxAmount":
            parent = element.getparent()
            counts = local_name(parent) == "TaxSubtotal" or (
                local_name(parent) == "TaxTotal" and one(parent, "TaxSubtotal") is not None
            )
        else:
            counts = name in _AMOUNTS
        if counts and element.get("currencyID", "") != currency:
            yield _fault("PEPPOL-EN16931-R051", element, "The amount is not in the currency of the document.")


def identifiers(root):
    for element in root.iter():
        if not isinstance(element.tag, str) or local_name(element) not in _IDENTIFIERS:
            continue
        name, parent = local_name(element), element.getparent()
        if name == "ID" and (parent is None or local_name(parent) != "PartyIdentification"):
            continue
        rule = _SCHEMES.get(element.get("schemeID"))
        if rule and not rule[1](element):
            yield _fault(rule[0], element, rule[2].format(norm(element)[:40]))


def mandates(root):
    for means in every(root, "PaymentMeans"):
        if text(means, "PaymentMeansCode") in ("49", "59") and one(means, "PaymentMandate/ID") is None:
            yield _fault("PEPPOL-EN16931-R061", means, "Direct debit needs the mandate's number.")


# --- allowances, lines ---------------------------------------------------------------------------------------------
def _lines(root):
    return every(root, f"{local_name(root)}Line")


def allowances(root):
    for element in every(root, "AllowanceCharge") + [
        a for line in _lines(root) for a in every(line, "AllowanceCharge")
    ]:
        factor, base = one(element, "MultiplierFactorNumeric"), one(element, "BaseAmount")
        if factor is not None and base is None:
            yield _fault("PEPPOL-EN16931-R041", element, "A percentage needs the amount it is taken of.")
            continue
        if base is not None and factor is None:
            yield _fault("PEPPOL-EN16931-R042", element, "The amount a percentage is taken of needs the percentage.")
            continue
        if factor is not None:
            amount, of, percent = number_at(element, "Amount"), num(base), num(factor)
            if None not in (amount, of, percent) and abs(amount - of * percent / 100) > TOLERANCE:
                yield _fault(
                    "PEPPOL-EN16931-R040", element, "The allowance or charge is not base amount times percentage."
                )
        if text(element, "ChargeIndicator") not in ("true", "false"):
            yield _fault("PEPPOL-EN16931-R043", element, "ChargeIndicator must be true or false.")


def lines(root):
    quantity_name = "CreditedQuantity" if local_name(root) == "CreditNote" else "InvoicedQuantity"
    period = one(root, "InvoicePeriod")
    for line in _lines(root):
        if len(every(line, "DocumentReference")) > 1:
            yield _fault("PEPPOL-EN16931-R100", line, "A line may refer to one object only.")
        references = every(line, "DocumentReference")
        if references and not any(raw(c) == "130" for c in every(line, "DocumentReference/DocumentTypeCode")):
            yield _fault("PEPPOL-EN16931-R101", line, "The reference of a line must be to an invoiced object (130).")
        yield from _line_amount(line, quantity_name)
        base = one(line, "Price/BaseQuantity")
        if base is not None:
            if num(base) is None or num(base) <= 0:
                yield _fault("PEPPOL-EN16931-R121", line, "The base quantity of a price must be above 0.")
            quantity = one(line, quantity_name)
            if base.get("unitCode") is not None and quantity is not None:
                if base.get("unitCode") != quantity.get("unitCode"):
                    yield _fault("PEPPOL-EN16931-R130", base, "The price and the quantity have different units.")
        for price in every(line, "Price/AllowanceCharge"):
            if text(price, "ChargeIndicator") != "false":
                yield _fault("PEPPOL-EN16931-R044", price, "A charge on the price is not allowed.")
            if one(price, "BaseAmount") is not None:
                net, gross = number_at(line, "Price/PriceAmount"), num(one(price, "BaseAmount"))
                off = num(one(price, "Amount"))
                if None in (net, gross, off) or net != gross - off:
                    yield _fault(
                        "PEPPOL-EN16931-R046", price, "The net price is not the gross price less the discount."
                    )
        yield from _line_period(line, period)


def _line_amount(line, quantity_name):
    quantity = number_at(line, quantity_name, Decimal(1))
    price, base = number_at(line, "Price/PriceAmount"), number_at(line, "Price/BaseQuantity", Decimal(1))
    charges, discounts, amount = ZERO, ZERO, number_at(line, "LineExtensionAmount")
    for allowance in every(line, "AllowanceCharge"):
        value = number_at(allowance, "Amount")
        if value is None:
            return
        if text(allowance, "ChargeIndicator") == "true":
            charges += value
        elif text(allowance, "ChargeIndicator") == "false":
            discounts += value
    if None in (quantity, price, base, amount):
        return
    expected = quantity * (price / (base or Decimal(1))) + round2(charges) - round2(discounts)
    if abs(amount - expected) > TOLERANCE:
        yield _fault(
            "PEPPOL-EN16931-R120",
            line,
            f"The line total {amount} is not quantity times price with allowances ({expected}).",
        )


def _line_period(line, period):
    if period is None or one(line, "InvoicePeriod") is None:
        return
    for name, rule, is_wrong, word in (
        ("StartDate", "PEPPOL-EN16931-R110", lambda own, whole: own < whole, "begins before"),
        ("EndDate", "PEPPOL-EN16931-R111", lambda own, whole: own > whole, "ends after"),
    ):
        own, whole = one(line, f"InvoicePeriod/{name}"), one(period, name)
        if own is not None and whole is not None and is_wrong(norm(own), norm(whole)):
            yield _fault(rule, own, f"The period of a line {word} the period of the document.")


# --- Norway --------------------------------------------------------------------------------------------------------
def _supplier_country(root):
    for party in (one(root, SUPPLIER), one(root, "TaxRepresentativeParty")):
        if party is None:
            continue
        for scheme in every(party, "PartyTaxScheme"):
            if raw(one(scheme, "TaxScheme/ID")) == "VAT" and raw(one(scheme, "CompanyID")):
                return raw(one(scheme, "CompanyID"))[:2].strip().upper()
    return text(root, f"{SUPPLIER}/{COUNTRY}").upper() or "XX"


def norway(root):
    if _supplier_country(root) != "NO":
        return
    for party in every(root, SUPPLIER):
        vat = [
            c for s in every(party, "PartyTaxScheme") if text(s, "TaxScheme/ID") == "VAT" for c in every(s, "CompanyID")
        ]
        for company in (c for c in vat if raw(c).startswith("NO")):
            if not re.fullmatch(r"NO[0-9]{9}MVA", raw(company)) or not mod11_ok(raw(company)[2:11]):
                yield _fault("NO-R-001", company, "A Norwegian VAT number is NO, 9 digits with a check digit, MVA.")
        registered = [
            c for s in every(party, "PartyTaxScheme") if text(s, "TaxScheme/ID") == "TAX" for c in every(s, "CompanyID")
        ]
        if not any(norm(c) == "Foretaksregisteret" for c in registered):
            yield _fault("NO-R-002", party, "Companies in Foretaksregisteret must state it.", WARNING)


# --- Denmark -------------------------------------------------------------------------------------------------------
def denmark(root):
    if raw(one(root, f"{SUPPLIER}/{COUNTRY}")) != "DK":
        return
    company = one(root, f"{SUPPLIER}/PartyLegalEntity/CompanyID")
    if not norm(company):
        yield _fault("DK-R-002", root, "The seller's CVR number is missing.")
    if company is not None and " ".join(company.get("schemeID", "").split()) != "0184":
        yield _fault("DK-R-014", company, "The seller's register number must be a CVR number (0184).")
    if raw(one(root, f"{CUSTOMER}/{COUNTRY}")) != "DK":
        return
    if local_name(root) == "CreditNote":
        payable = num(one(root, "LegalMonetaryTotal/PayableAmount"))
        if payable is None or payable < 0:
            yield _fault("DK-R-016", root, "The total of a credit note may not be negative.")
    for element in every(root, f"{SUPPLIER}/PartyIdentification") + every(root, f"{CUSTOMER}/PartyIdentification"):
        number = one(element, "ID")
        if number is not None and not number.get("schemeID", "").strip():
            yield _fault("DK-R-013", element, "An identifier of a party needs its scheme.")
    company = one(root, f"{CUSTOMER}/PartyLegalEntity/CompanyID")
    if company is not None and " ".join(company.get("schemeID", "").split()) != "0184":
        yield _fault("DK-R-017", company, "The buyer's register number must be a CVR number (0184).")
    yield from _danish_lines(root)
    if local_name(root) == "Invoice":
        for means in every(root, "PaymentMeans"):
            yield from _danish_payment(means)


def _danish_lines(root):
    for line in _lines(root):
        classes = every(line, "Item/CommodityClassification/ItemClassificationCode")
        versions = {c.get("listVersionID") for c in classes}
        if any(c.get("listID") == "TST" for c in classes) and not versions & {
            "19.05.01",
            "19.0501",
            "26.08.01",
            "26.0801",
        }:
            yield _fault("DK-R-003", line, "UNSPSC must be version 19.05.01 or 26.08.01.")
    for element in root.iter():
        if local_name(element) != "AllowanceCharge" or raw(one(element, "AllowanceChargeReasonCode")) != "ZZZ":
            continue
        reason = one(element, "AllowanceChargeReason")
        number = num(reason)
        is_code = len(norm(reason)) == 4 and number is not None and 0 <= number <= 9999
        is_pair = "#" in raw(reason) and not raw(reason).startswith("#") and not raw(reason).endswith("#")
        if not is_code and not is_pair:
            yield _fault("DK-R-004", element, "The reason code ZZZ needs a 4-digit duty code as its reason.")


def _danish_payment(means):
    code, payment_id = raw(one(means, "PaymentMeansCode")), raw(one(means, "PaymentID"))
    account = one(means, "PayeeFinancialAccount/ID")
    if code not in codes.DK_PAYMENT_CODES:
        yield _fault("DK-R-005", means, f"The way of payment {code or '(none)'} is not allowed between Danish parties.")
    if code in ("31", "42") and not (
        norm(account) and text(means, "PayeeFinancialAccount/FinancialInstitutionBranch/ID")
    ):
        yield _fault("DK-R-006", means, "A Danish bank account needs registration number and account number.")
    if code == "49" and not (
        text(means, "PaymentMandate/ID") and text(means, "PaymentMandate/PayerFinancialAccount/ID")
    ):
        yield _fault("DK-R-007", means, "Direct debit needs the mandate and the payer's account.")
    if code == "50":
        if not re.match(r"(01|04|15)#", payment_id) or not re.fullmatch(r"[0-9]{7,8}", raw(account)):
            yield _fault(
                "DK-R-008", means, "A giro payment needs card type 01, 04 or 15 and a giro account of 7 or 8 digits."
            )
        if re.match(r"(04|15)#", payment_id) and len(payment_id) != 19:
            yield _fault("DK-R-009", means, "The payment id of a giro payment must have 16 digits.")
    if code == "93":
        if not re.match(r"7[135]#", payment_id) or len(raw(account)) != 8:
            yield _fault("DK-R-010", means, "FIK needs card type 71, 73 or 75 and a creditor number of 8 digits.")
        if re.match(r"7[15]#", payment_id) and len(payment_id) not in (18, 19):
            yield _fault("DK-R-011", means, "The payment id of FIK must have 15 (71) or 16 (75) digits.")


# --- Sweden --------------------------------------------------------------------------------------------------------
def sweden(root):
    if raw(one(root, f"{SUPPLIER}/{COUNTRY}")) != "SE":
        return
    has_vat = False
    schemes = every(root, f"{SUPPLIER}/PartyTaxScheme")
    for company in [c for s in schemes if raw(one(s, "TaxScheme/ID")) == "VAT" for c in every(s, "CompanyID")]:
        if not raw(company).startswith("SE"):
            continue
        has_vat = True
        if len(norm(company)) != 14:
            yield _fault("SE-R-001", company, "A Swedish VAT number has 14 characters.")
        if not re.fullmatch(r"\s*[+-]?[0-9]+(\.[0-9]*)?\s*", norm(company)[2:14]):
            yield _fault("SE-R-002", company, "A Swedish VAT number is SE and 12 digits.")
    yield from _swedish_legal_entity(root, schemes)
    if has_vat:
        for category in root.iter():
            if local_name(category) in ("TaxCategory", "ClassifiedTaxCategory") and raw(one(category, "ID")) == "S":
                if number_at(category, "Percent", None) not in (25, 12, 6):
                    yield _fault("SE-R-006", category, "Sweden has the VAT rates 25, 12 and 6.")
    yield from _swedish_payment(root)


def _swedish_legal_entity(root, schemes):
    companies = every(root, f"{SUPPLIER}/PartyLegalEntity/CompanyID")
    for company in companies:
        number = norm(company)
        if num(company) is None:
            yield _fault("SE-R-003", company, "A Swedish organisation number is written with digits only.")
        if len(number) != 10:
            yield _fault("SE-R-004", company, "A Swedish organisation number has 10 digits.")
        if not re.fullmatch(r"[0-9]+", number) or not luhn_ok(number[:10]):
            yield _fault("SE-R-013", company, "The Swedish organisation number has a wrong check digit.")
    if not companies:
        return
    for scheme in schemes:
        if raw(one(scheme, "TaxScheme/ID")).upper() == "VAT":
            continue
        for company in every(scheme, "CompanyID"):
            if norm(company).upper() != "GODKÄND FÖR F-SKATT":
                yield _fault("SE-R-005", company, "The second tax registration must read Godkänd för F-skatt.")


def _swedish_payment(root):
    for means in every(root, "PaymentMeans"):
        code = raw(one(means, "PaymentMeansCode"))
        branch = text(means, "PayeeFinancialAccount/FinancialInstitutionBranch/ID")
        shortest, rule_number, rule_length = {
            "SE:PLUSGIRO": (2, "SE-R-007", "SE-R-010"),
            "SE:BANKGIRO": (7, "SE-R-008", "SE-R-009"),
        }.get(branch, (0, "", ""))
        if code.strip() == "30" and shortest:
            for account in every(means, "PayeeFinancialAccount/ID"):
                if num(account) is None:
                    yield _fault(rule_number, account, "The giro number is written with digits only.", WARNING)
                if not shortest <= len(norm(account)) <= 8:
                    yield _fault(rule_length, account, "The giro number has a wrong length.", WARNING)
        if code in ("50", "56"):
            yield _fault("SE-R-011", means, "Swedish giro payments use the code 30.", WARNING)
        if code == "31" and raw(one(root, f"{CUSTOMER}/{COUNTRY}")) == "SE":
            yield _fault("SE-R-012", means, "Swedish domestic payments use the code 30.", WARNING)


_PEPPOL = (document, empty_elements, currencies, identifiers, mandates, allowances, lines)
_NATIONAL = (norway, denmark, sweden)
