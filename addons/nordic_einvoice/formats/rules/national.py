"""National rules of Peppol BIS Billing 3: Norway and Sweden (sections 4.1 and 4.3); Denmark is in ``national_dk``.

Finland has none. Which country's rules apply: Norway asks the seller's VAT number first, Denmark the addresses only,
Sweden both.
"""

import re

from .engine import WARNING, RuleSet
from .numbers import is_digits, luhn_ok, norway_ok
from .peppol import COUNTRY, CUSTOMER, INVOICES, SUPPLIER

NATIONAL = RuleSet(INVOICES)
_NO_VAT = re.compile(r"NO([0-9]{9})MVA")


def supplier_country(document):
    """The country whose rules the seller is under, by VAT number, representative, address; "XX" when none says."""
    root = document.root
    for party in (*root.all(SUPPLIER), *root.all("TaxRepresentativeParty")):
        for registration in party.all("PartyTaxScheme"):
            number = registration.raw_at("CompanyID")
            if number and registration.raw_at("TaxScheme/ID") == "VAT":
                return number[:2].strip().upper()
    return root.raw_at(f"{SUPPLIER}/{COUNTRY}").strip().upper() or "XX"


def supplier_address(document):
    return document.root.raw_at(f"{SUPPLIER}/{COUNTRY}")


def customer_address(document):
    return document.root.raw_at(f"{CUSTOMER}/{COUNTRY}")


def foreign_countries(document):
    """Countries with one-sided rules of their own that are not implemented here (section 4.5)."""
    found = {supplier_country(document), supplier_address(document).strip().upper()}
    if {supplier_address(document).strip().upper(), customer_address(document).strip().upper()} == {"DE"}:
        found.add("DE both")
    return sorted(found & {"GR", "EL", "IS", "IT", "NL", "DE both"})


# --- Norway ---
def _norwegian(document):
    return document.nodes(SUPPLIER) if supplier_country(document) == "NO" else ()


def _registrations(party, scheme):
    return [
        number
        for registration in party.all("PartyTaxScheme")
        if registration.text_at("TaxScheme/ID") == scheme
        for number in registration.all("CompanyID")
    ]


@NATIONAL.rule("NO-R-001", _norwegian)
def no_001(party, document):
    """NO, 9 digits with a check digit, MVA; a seller without a number beginning with NO passes."""
    for number in _registrations(party, "VAT"):
        match = _NO_VAT.fullmatch(number.raw)
        if number.raw.startswith("NO") and not (match and norway_ok(match.group(1))):
            return {"value": number.text[:40]}
    return False


@NATIONAL.rule("NO-R-002", _norwegian, severity=WARNING)
def no_002(party, document):
    return not any(number.text == "Foretaksregisteret" for number in _registrations(party, "TAX"))


# --- Sweden ---
def _is_swedish(document):
    return supplier_address(document) == "SE"


def _vat_numbers(document):
    if not _is_swedish(document):
        return ()
    return [
        number
        for registration in document.nodes(f"{SUPPLIER}/PartyTaxScheme")
        if registration.raw_at("TaxScheme/ID") == "VAT"
        for number in registration.all("CompanyID")
        if number.raw.startswith("SE")
    ]


@NATIONAL.rule("SE-R-001", _vat_numbers)
def se_001(number, document):
    return len(number.text) != 14 and {"value": number.text[:40]}


@NATIONAL.rule("SE-R-002", _vat_numbers)
def se_002(number, document):
    from .tree import number as parsed

    return parsed(number.text[2:14]) is None and {"value": number.text[:40]}


def _company_numbers(document):
    return document.nodes(f"{SUPPLIER}/PartyLegalEntity/CompanyID") if _is_swedish(document) else ()


@NATIONAL.rule("SE-R-003", _company_numbers)
def se_003(number, document):
    return number.num is None and {"value": number.text[:40]}


@NATIONAL.rule("SE-R-004", _company_numbers)
def se_004(number, document):
    return len(number.text) != 10 and {"value": number.text[:40]}


@NATIONAL.rule("SE-R-013", _company_numbers)
def se_013(number, document):
    """Digits only; the check digit is the tenth whatever follows it."""
    value = number.text
    return not (is_digits(value) and luhn_ok(value[:10])) and {"value": value[:40]}


def _other_registrations(document):
    if not _company_numbers(document):
        return ()
    return [
        number
        for registration in document.nodes(f"{SUPPLIER}/PartyTaxScheme")
        if registration.raw_at("TaxScheme/ID").upper() != "VAT"
        for number in registration.all("CompanyID")
    ]


@NATIONAL.rule("SE-R-005", _other_registrations)
def se_005(number, document):
    return number.text.upper() != "GODKÄND FÖR F-SKATT" and {"value": number.text[:60]}


def _standard_rated(document):
    if not _vat_numbers(document):
        return ()
    return [node for node in document.nodes("//TaxCategory|//ClassifiedTaxCategory") if node.raw_at("ID") == "S"]


@NATIONAL.rule("SE-R-006", _standard_rated)
def se_006(category, document):
    percent = category.one("Percent")
    return (percent.num if percent else None) not in (25, 12, 6) and {"value": percent.text if percent else ""}


def _giro_accounts(branch):
    def nodes(document):
        if not _is_swedish(document):
            return ()
        return [
            account
            for means in document.nodes("PaymentMeans")
            if means.text_at("PaymentMeansCode") == "30"
            and means.text_at("PayeeFinancialAccount/FinancialInstitutionBranch/ID") == branch
            for account in means.all("PayeeFinancialAccount/ID")
        ]

    return nodes


_PLUSGIRO, _BANKGIRO = _giro_accounts("SE:PLUSGIRO"), _giro_accounts("SE:BANKGIRO")


@NATIONAL.rule("SE-R-007", _PLUSGIRO, severity=WARNING)
def se_007(account, document):
    return account.num is None and {"value": account.text[:40]}


@NATIONAL.rule("SE-R-010", _PLUSGIRO, severity=WARNING)
def se_010(account, document):
    return not 2 <= len(account.text) <= 8 and {"value": account.text[:40]}


@NATIONAL.rule("SE-R-008", _BANKGIRO, severity=WARNING)
def se_008(account, document):
    return account.num is None and {"value": account.text[:40]}


@NATIONAL.rule("SE-R-009", _BANKGIRO, severity=WARNING)
def se_009(account, document):
    return len(account.text) not in (7, 8) and {"value": account.text[:40]}


def _swedish_payments(document):
    return document.nodes("PaymentMeans") if _is_swedish(document) else ()


@NATIONAL.rule("SE-R-011", _swedish_payments, severity=WARNING)
def se_011(means, document):
    return means.raw_at("PaymentMeansCode") in ("50", "56")


@NATIONAL.rule("SE-R-012", _swedish_payments, severity=WARNING)
def se_012(means, document):
    return means.raw_at("PaymentMeansCode") == "31" and customer_address(document) == "SE"
