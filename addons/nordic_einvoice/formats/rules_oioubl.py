"""Own checks of OIOUBL 2.1 rules (schematron 1.17): totals, lines, parties and payment of invoice and credit note.

A part of the rule set: the layer therefore reports itself as not (completely) run. Ids are the official ones.
"""

import re
from decimal import ROUND_HALF_EVEN, Decimal

from . import codes
from .rule_tools import ZERO, every, local_name, norm, num, number_at, one, raw, text, where

FATAL, WARNING = "fatal", "warning"
NOTE = "checked in part: {} of the official rules, by own code"
ONE = Decimal(1)
VAT_NAMES = frozenset(["B", "M", "L", "K", "O", "G", "ZeroRated", "StandardRated", "ReverseCharge"])
PARTIES = ("AccountingSupplierParty/Party", "AccountingCustomerParty/Party")


def check(root, layer):
    found = []
    for rule in (head, parties, payment, taxes, totals, lines):
        found += rule(root, local_name(root) == "CreditNote")
    return found, False, NOTE.format(48)


def _fault(rule, element, message, severity=FATAL):
    return rule, severity, where(element), message


def _f2(value):
    return value.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)


def _sum(elements):
    return sum((num(each) or ZERO for each in elements), ZERO)


# --- sections 1 and 2 ----------------------------------------------------------------------------------------------
def head(root, is_credit):
    if norm(one(root, "UBLVersionID")) not in ("2.0", "2.1"):
        yield _fault("F-LIB001", root, "The UBL version must be 2.0 or 2.1.")
    if not norm(one(root, "ID")):
        yield _fault("F-CRN006" if is_credit else "F-INV009", root, "The number of the document is missing.")
    if not norm(one(root, "DocumentCurrencyCode")):
        yield _fault("F-CRN004" if is_credit else "F-INV007", root, "The currency is missing.")
    if one(root, "TaxTotal") is None:
        yield _fault("F-CRN005" if is_credit else "F-INV008", root, "The VAT total is missing.")
    for order in every(root, "OrderReference"):
        if not text(order, "ID"):
            yield _fault("F-CRN022" if is_credit else "F-INV024", order, "The order number is empty.")
    profile = one(root, "ProfileID")
    if profile is None or not re.fullmatch(r"urn:oioubl:id:profileid-1\.[1-6]", profile.get("schemeID", "")):
        yield _fault("W-LIB003", root, "The profile names no known list.", WARNING)


# --- section 3 -----------------------------------------------------------------------------------------------------
def parties(root, is_credit):
    for path, rule_endpoint in zip(PARTIES, (("F-INV031", "F-CRN028"), ("F-INV044", "F-CRN040")), strict=True):
        for party in every(root, path):
            if not text(party, "EndpointID"):
                whose = "seller" if "Supplier" in path else "buyer"
                yield _fault(rule_endpoint[is_credit], party, f"The electronic address of the {whose} is missing.")
            yield from _party(party)
    for party in every(root, PARTIES[0]):
        if len(every(party, "PartyLegalEntity")) != 1:
            yield _fault("F-CRN031" if is_credit else "F-INV034", party, "The seller's CVR number is missing.")
    for party in every(root, PARTIES[1]):
        contacts = every(party, "Contact")
        if len(contacts) != 1:
            yield _fault("F-CRN042" if is_credit else "F-INV046", party, "The buyer's contact (reference) is missing.")
        for contact in contacts:
            if not text(contact, "ID"):
                yield _fault("F-CRN047" if is_credit else "F-INV051", contact, "The buyer's reference is missing.")


def _party(party):
    endpoint = one(party, "EndpointID")
    if endpoint is not None:
        scheme, value = endpoint.get("schemeID", ""), raw(endpoint)
        if not scheme:
            yield _fault("F-LIB179", endpoint, "The electronic address has no scheme.")
        if scheme == "DK:CVR" and not (len(value) == 10 and value.startswith("DK")):
            yield _fault("F-LIB180", endpoint, "A CVR number is written DK and 8 digits.")
        if scheme == "GLN" and len(value) != 13:
            yield _fault("F-LIB181", endpoint, "A GLN has 13 digits.")
    yield from _numbers(party)


def _numbers(party):
    for number in every(party, "PartyIdentification/ID"):
        if not number.get("schemeID"):
            yield _fault("F-LIB183", number, "An identifier of a party needs its scheme.")
    for number in every(party, "PartyLegalEntity/CompanyID"):
        if number.get("schemeID") not in ("DK:CVR", "DK:CPR", "ZZZ"):
            yield _fault("F-LIB189", number, "The register number must be a CVR or CPR number or ZZZ.")
    for entity in every(party, "PartyLegalEntity"):
        if not text(entity, "CompanyID"):
            yield _fault("F-LIB187", entity, "The register number is empty.")
    for number in every(party, "PartyTaxScheme/CompanyID"):
        if number.get("schemeID") not in ("DK:SE", "ZZZ"):
            yield _fault("F-LIB195", number, "The VAT number must be an SE number or ZZZ.")
        if number.get("schemeID") == "DK:SE" and not (len(norm(number)) == 10 and raw(number).startswith("DK")):
            yield _fault("F-LIB196", number, "An SE number is written DK and 8 digits.")
    yield from _addresses(party)


def _addresses(party):
    for address in every(party, "PostalAddress"):
        if not text(address, "AddressFormatCode"):
            yield _fault("F-LIB025", address, "The kind of address is missing.")
        if raw(one(address, "AddressFormatCode")) == "StructuredDK":
            if not text(address, "PostalZone"):
                yield _fault("F-LIB033", address, "The postal code is missing.")
            if not (text(address, "StreetName") or text(address, "Postbox")):
                yield _fault("F-LIB034", address, "The street is missing.")
            if not (text(address, "BuildingNumber") or text(address, "Postbox")):
                yield _fault("F-LIB035", address, "The house number is missing.")


# --- section 5 (invoices only) ---------------------------------------------------------------------------------------
def payment(root, is_credit):
    if is_credit:
        return
    for means in every(root, "PaymentMeans"):
        code = raw(one(means, "PaymentMeansCode"))
        if code not in codes.OIOUBL_PAYMENT_CODES:
            yield _fault("F-LIB100", means, f"The way of payment {code or '(none)'} is not allowed in OIOUBL.")
        elif code == "93":
            yield from _fik(means)
        elif code == "42":
            yield from _bank(means)
        elif code == "58" and not text(means, "PayeeFinancialAccount/ID"):
            yield _fault("F-LIB377", means, "The IBAN is missing.")
    terms = every(root, "PaymentTerms")
    if terms:
        payable = number_at(root, "LegalMonetaryTotal/PayableAmount") or ZERO
        amounts = every(root, "PaymentTerms/Amount")
        if _f2(payable) not in (_f2(_sum(amounts)), _f2(_sum(every(terms[0], "Amount")))):
            yield _fault("F-INV134", terms[0], "The amount of the payment terms is not the amount to pay.")


def _fik(means):
    card, number = raw(one(means, "PaymentID")), raw(one(means, "InstructionID"))
    if card not in codes.FIK_CARD_TYPES:
        yield _fault("F-LIB155", means, "FIK needs card type 71, 73 or 75.")
    length = {"71": ("F-LIB156", 15), "75": ("F-LIB157", 16)}.get(card)
    if length and len(number) != length[1]:
        yield _fault(length[0], means, f"The payment id of card type {card} must have {length[1]} digits.")
    if card in ("71", "75") and not re.fullmatch(r"[0-9]+", number):
        yield _fault("F-LIB336", means, "The payment id must be digits.")
    if card == "73" and number:
        yield _fault("F-LIB275", means, "Card type 73 has no payment id.")
    if len(raw(one(means, "CreditAccount/AccountID"))) != 8:
        yield _fault("F-LIB305", means, "The FIK creditor number must have 8 digits.")


def _bank(means):
    account, branch = "PayeeFinancialAccount/ID", "PayeeFinancialAccount/FinancialInstitutionBranch/ID"
    if one(means, account) is None:
        yield _fault("F-LIB126", means, "The account number is missing.")
    elif len(raw(one(means, account))) > 10:
        yield _fault("F-LIB131", means, "A Danish account number has at most 10 digits.")
    if one(means, branch) is None:
        yield _fault("F-LIB127", means, "The registration number is missing.")
    elif len(raw(one(means, branch))) > 4 or not num(one(means, branch)):
        yield _fault("F-LIB132", means, "A registration number has 4 digits.")
    if len(raw(one(means, "PayeeFinancialAccount/PaymentNote"))) > 20:
        yield _fault("F-LIB129", means, "The payment note has at most 20 characters.")


# --- section 6 -----------------------------------------------------------------------------------------------------
def taxes(root, is_credit):
    own_lines = every(root, f"{local_name(root)}Line")
    for total in every(root, "TaxTotal") + [t for line in own_lines for t in every(line, "TaxTotal")]:
        amount = number_at(total, "TaxAmount")
        if every(total, "TaxSubtotal") and amount is not None and amount != _sum(every(total, "TaxSubtotal/TaxAmount")):
            yield _fault("F-LIB385", total, "The VAT is not the sum of its parts.")
    for category in root.iter():
        if local_name(category) in ("TaxCategory", "ClassifiedTaxCategory") and text(category, "ID") == "StandardRated":
            if not number_at(category, "Percent", None):
                yield _fault("F-LIB382", category, "StandardRated needs a VAT rate above 0.")
    for line in own_lines:
        for subtotal in every(line, "TaxTotal/TaxSubtotal"):
            yield from _line_tax(subtotal)
    yield from _categories(root, own_lines)


def _line_tax(subtotal):
    category = text(subtotal, "TaxCategory/ID")
    percent, amount = number_at(subtotal, "TaxCategory/Percent", None), number_at(subtotal, "TaxAmount")
    taxable = number_at(subtotal, "TaxableAmount")
    if None in (amount, taxable):
        return
    if category == "ZeroRated" and (amount or percent):
        yield _fault("F-LIB400", subtotal, "ZeroRated allows neither VAT nor a rate.")
    if category == "StandardRated" and percent and abs(amount - _f2(taxable * percent / 100)) > ONE:
        yield _fault("F-LIB401", subtotal, "The VAT of the line is not its amount times the rate.")


def _categories(root, own_lines):
    head_names = {text(s, "TaxCategory/ID") for s in every(root, "TaxTotal/TaxSubtotal")} & VAT_NAMES
    names = {text(s, "TaxCategory/ID") for line in own_lines for s in every(line, "TaxTotal/TaxSubtotal")}
    names |= {norm(category) for category in every(root, "AllowanceCharge/TaxCategory/ID")}
    if head_names != names & VAT_NAMES:
        yield _fault("F-LIB404", root, "The VAT categories of the document are not those of its lines.")
    for subtotal in every(root, "TaxTotal/TaxSubtotal"):
        name = text(subtotal, "TaxCategory/ID")
        if name not in ("StandardRated", "ZeroRated", "ReverseCharge"):
            continue
        same = [
            s for line in own_lines for s in every(line, "TaxTotal/TaxSubtotal") if text(s, "TaxCategory/ID") == name
        ]
        if not same:
            continue
        base = _sum([each for s in same for each in every(s, "TaxableAmount")])
        for allowance in every(root, "AllowanceCharge"):
            if text(allowance, "TaxCategory/ID") == name:
                sign = 1 if text(allowance, "ChargeIndicator") == "true" else -1
                base += sign * (number_at(allowance, "Amount") or ZERO)
        if abs((number_at(subtotal, "TaxableAmount") or ZERO) - base) > ONE:
            yield _fault("F-LIB402", subtotal, f"The base of {name} is not the sum of its lines.")


# --- section 9 -----------------------------------------------------------------------------------------------------
def totals(root, is_credit):
    node = one(root, "LegalMonetaryTotal")
    if node is None:
        return

    def value(name):
        return number_at(node, name) or ZERO

    def rule(invoice, credit):
        return credit if is_credit else invoice

    tax = _sum(every(root, "TaxTotal/TaxSubtotal/TaxAmount"))
    own_lines = [
        line
        for line in every(root, f"{local_name(root)}Line")
        if is_credit or text(line, "FreeOfChargeIndicator") in ("", "false")
    ]
    line_sum = _sum([amount for line in own_lines for amount in every(line, "LineExtensionAmount")])
    if abs(value("LineExtensionAmount") - line_sum) > Decimal("0.0055"):
        yield _fault(rule("F-INV126", "F-CRN072"), node, "The sum of the lines is wrong.")
    if one(node, "TaxExclusiveAmount") is not None and _f2(value("TaxExclusiveAmount")) != _f2(tax):
        yield _fault(rule("F-INV127", "F-CRN073"), node, "The total VAT is wrong.")
    gross = value("LineExtensionAmount") + tax + value("ChargeTotalAmount") - value("AllowanceTotalAmount")
    gross += value("PayableRoundingAmount")
    if one(node, "TaxInclusiveAmount") is not None and _f2(value("TaxInclusiveAmount")) != _f2(gross):
        yield _fault(rule("F-INV128", "F-CRN074"), node, "The total with VAT is wrong.")
    if _f2(value("PayableAmount")) != _f2(gross - value("PrepaidAmount")):
        yield _fault(rule("F-INV133", "F-CRN079"), node, "The amount to pay is wrong.")
    if not -10 <= value("PayableRoundingAmount") <= 10:
        yield _fault(rule("F-INV338", "F-CRN208"), node, "The rounding may be at most 10.")
    if not is_credit and one(node, "PrepaidAmount") is not None:
        if _f2(value("PrepaidAmount")) != _f2(_sum(every(root, "PrepaidPayment/PaidAmount"))):
            yield _fault("F-INV131", node, "The amount paid in advance is not the sum of the prepayments.")
    for name, sign, ids in (
        ("AllowanceTotalAmount", "false", ("F-INV129", "F-CRN075")),
        ("ChargeTotalAmount", "true", ("F-INV130", "F-CRN076")),
    ):
        parts = [a for a in every(root, "AllowanceCharge") if raw(one(a, "ChargeIndicator")) == sign]
        stated = one(node, name)
        if stated is not None and _f2(num(stated) or ZERO) != _f2(_sum([x for a in parts for x in every(a, "Amount")])):
            yield _fault(ids[is_credit], node, "The sum of the allowances or charges is wrong.")


# --- section 10 ----------------------------------------------------------------------------------------------------
def lines(root, is_credit):
    quantity_name = "CreditedQuantity" if is_credit else "InvoicedQuantity"
    has_exchange_rate = one(root, "PricingExchangeRate") is not None
    for line in every(root, f"{local_name(root)}Line"):
        quantity, price = number_at(line, quantity_name, None), number_at(line, "Price/PriceAmount", None)
        if quantity is not None and quantity == 0:
            yield _fault("F-CRN088" if is_credit else "F-INV147", line, "The quantity of a line may not be 0.")
        if not text(line, "Item/Name") and one(line, "Item") is not None:
            yield _fault("F-CRN110" if is_credit else "F-INV163", line, "The line has no text.")
        if one(line, "TaxTotal") is None:
            yield _fault("F-CRN081" if is_credit else "F-INV138", line, "The line has no VAT.")
        for allowance in every(line, "AllowanceCharge"):
            if not is_credit and len(every(allowance, "TaxCategory")) != 1:
                yield _fault("F-LIB226", allowance, "The allowance or charge has no VAT category.")
        if None in (quantity, price) or text(line, "FreeOfChargeIndicator") not in ("", "false"):
            continue
        if not has_exchange_rate:
            yield from _line_amount(line, quantity * price, is_credit)


def _line_amount(line, product, is_credit):
    """Section 10.2, for documents without an exchange rate of prices and units that do not differ."""
    base = one(line, "Price/BaseQuantity")
    if is_credit and base is None:
        return
    quantity = one(line, "CreditedQuantity" if is_credit else "InvoicedQuantity")
    units = None if base is None else (quantity.get("unitCode"), base.get("unitCode"))
    if units and None not in units and units[0] != units[1]:
        return
    divisor = ONE if base is None else num(base)
    if divisor is None:
        return
    are_equal = bool(units and None not in units)
    ids = ("F-INV340", "F-CRN210") if are_equal else ("F-INV348", "F-CRN216")
    amount = number_at(line, "LineExtensionAmount") or ZERO
    if divisor == 0 or abs(amount - product / divisor) > ONE:
        yield _fault(ids[is_credit], line, f"The line total {amount} is not quantity times price.")
