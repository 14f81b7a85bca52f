"""Peppol BIS Billing 3.0.21: the document as a whole (section 3.1 of the rule table).

The rule set ``PEPPOL`` is filled by this file and by ``peppol_amounts``, ``peppol_identifiers``, ``peppol_codes``.
"""

import re

from .. import codes
from .engine import RuleSet

INVOICES = ("Invoice", "CreditNote")
PEPPOL = RuleSet(INVOICES)

SUPPLIER = "AccountingSupplierParty/Party"
CUSTOMER = "AccountingCustomerParty/Party"
COUNTRY = "PostalAddress/Country/IdentificationCode"

_BILLING = {
    "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0",
    "urn:peppol:france:billing:regulated",
    "urn:peppol:france:billing:non-regulated",
}
_WITH_RESPONSE = "urn:peppol:bis:billing_with_response"
# Amounts that are in the document currency (R051); TaxAmount has conditions of its own
AMOUNTS = (
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
)
ANY_AMOUNT = "|".join(f"//{name}" for name in AMOUNTS)


def profile_is_known(document):
    profile = document.root.text_at("ProfileID")
    return profile in _BILLING or profile == _WITH_RESPONSE


def both_german(document):
    """Only then German rules apply; addresses count, VAT numbers do not."""
    return all(document.root.text_at(f"{party}/{COUNTRY}").upper() == "DE" for party in (SUPPLIER, CUSTOMER))


def empty_elements(document):
    return [
        node
        for nodes in document.named.values()
        for node in nodes
        if not node.by and (not node.raw or node.raw.isspace()) and not node.text
    ]


@PEPPOL.rule("PEPPOL-EN16931-R008", empty_elements)
def r008(node, document):
    return {"element": node.name}


@PEPPOL.rule("PEPPOL-EN16931-R080", ".", only=("CreditNote",))
def r080(root, document):
    return sum(code.raw == "50" for code in root.all("AdditionalDocumentReference/DocumentTypeCode")) > 1


@PEPPOL.rule("PEPPOL-EN16931-R001", ".")
def r001(root, document):
    return not root.has("ProfileID")


@PEPPOL.rule("PEPPOL-EN16931-R007", ".")
def r007(root, document):
    return not profile_is_known(document) and {"value": root.text_at("ProfileID")[:80]}


@PEPPOL.rule("PEPPOL-EN16931-R002", ".")
def r002(root, document):
    return len(root.all("Note")) > 1 and not both_german(document)


@PEPPOL.rule("PEPPOL-EN16931-R003", ".")
def r003(root, document):
    return not root.has("BuyerReference") and not root.has("OrderReference/ID")


@PEPPOL.rule("PEPPOL-EN16931-R004", ".")
def r004(root, document):
    value = root.text_at("CustomizationID")
    return not value.startswith(codes.BIS3_CUSTOMIZATION) or "::" in value


def _with_parts(root):
    return [total for total in root.all("TaxTotal") if total.has("TaxSubtotal")]


@PEPPOL.rule("PEPPOL-EN16931-R053", ".")
def r053(root, document):
    return len(_with_parts(root)) != 1


@PEPPOL.rule("PEPPOL-EN16931-R054", ".")
def r054(root, document):
    without = len(root.all("TaxTotal")) - len(_with_parts(root))
    return without != (1 if root.has("TaxCurrencyCode") else 0)


@PEPPOL.rule("PEPPOL-EN16931-R055", ".")
def r055(root, document):
    if not root.has("TaxCurrencyCode"):
        return False
    amounts = root.all("TaxTotal/TaxAmount")

    def values(currency):
        return [each.must_num() for each in amounts if each.get("currencyID") == root.text_at(currency)]

    tax, own = values("TaxCurrencyCode"), values("DocumentCurrencyCode")
    not_above = any(t <= 0 for t in tax) and any(o <= 0 for o in own)
    not_below = any(t >= 0 for t in tax) and any(o >= 0 for o in own)
    return not (not_above or not_below)


@PEPPOL.rule("PEPPOL-EN16931-R005", "TaxCurrencyCode")
def r005(code, document):
    return code.text == document.root.text_at("DocumentCurrencyCode")


@PEPPOL.rule("PEPPOL-EN16931-R010", "AccountingCustomerParty")
def r010(party, document):
    return not party.has("Party/EndpointID")


@PEPPOL.rule("PEPPOL-EN16931-R020", "AccountingSupplierParty")
def r020(party, document):
    return not party.has("Party/EndpointID")


@PEPPOL.rule("PEPPOL-EN16931-R061", "PaymentMeans")
def r061(means, document):
    return means.text_at("PaymentMeansCode") in ("49", "59") and not means.has("PaymentMandate/ID")


def _other_currency(node, document):
    """A missing currencyID counts as another currency; values are compared as they stand."""
    currency = document.root.raw_at("DocumentCurrencyCode")
    found = node.get("currencyID")
    return found != currency and {"element": node.name, "value": found, "currency": currency}


PEPPOL.add("PEPPOL-EN16931-R051", ANY_AMOUNT, _other_currency)


@PEPPOL.rule("PEPPOL-EN16931-R051", "//TaxAmount")
def r051(amount, document):
    """The VAT in the accounting currency, a TaxTotal without parts, is exempt."""
    above = amount.parent
    counts = above.name == "TaxSubtotal" or (above.name == "TaxTotal" and above.has("TaxSubtotal"))
    return counts and _other_currency(amount, document)


_REAL_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def is_date(value):
    """A calendar date YYYY-MM-DD and nothing around it."""
    if not _REAL_DATE.fullmatch(value):
        return False
    year, month, day = map(int, value.split("-"))
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 1 <= month <= 12 and 1 <= day <= (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]
