"""OIOUBL: LegalMonetaryTotal (section 9). TaxExclusiveAmount is the **tax** of the document, absent amounts are 0."""

from decimal import Decimal

from .numbers import ZERO, format2
from .oioubl import (
    CREDIT_NOTE,
    INVOICE,
    OIOUBL,
    decimal_places,
    filled,
    not_negative,
    not_zero,
    positive,
    total,
)

TOTAL = "LegalMonetaryTotal"
_SLACK = Decimal("0.0055")
_NAMES = (
    "LineExtensionAmount",
    "TaxExclusiveAmount",
    "TaxInclusiveAmount",
    "AllowanceTotalAmount",
    "ChargeTotalAmount",
    "PrepaidAmount",
    "PayableRoundingAmount",
    "PayableAmount",
)


def _value(node, name):
    return node.num_at(name, ZERO)


def _tax(document):
    return total(document.nodes("TaxTotal/TaxSubtotal/TaxAmount"))


def _gross(node, document):
    plus = sum(_value(node, n) for n in ("LineExtensionAmount", "ChargeTotalAmount", "PayableRoundingAmount"))
    return plus + document.resolve(_tax) - _value(node, "AllowanceTotalAmount")


def _differs(node, name, expected, forgive=False):
    """f2 texts are compared, so an amount written -0.00 is another one than 0.00."""
    written = node.one(name)
    found = format2(written.must_num()) if written else ZERO
    if found == format2(expected):
        if forgive or written is None or found or not written.raw.strip().startswith("-"):
            return False
    return {"found": written.text if written else "0.00", "expected": str(format2(expected))}


filled(TOTAL, "F-INV120/F-CRN066", "LineExtensionAmount")


def _allowances(document, indicator):
    return [each for each in document.nodes("AllowanceCharge") if each.raw_at("ChargeIndicator") == indicator]


def _needs_total(ids, name, is_there):
    OIOUBL.add(
        ids, TOTAL, lambda node, document: is_there(document) and not node.has(name), "present", {"element": name}
    )


_needs_total("F-INV122 F-CRN068", "AllowanceTotalAmount", lambda d: _allowances(d, "false"))
_needs_total("F-INV123 F-CRN069", "ChargeTotalAmount", lambda d: _allowances(d, "true"))
_needs_total("F-INV124", "PrepaidAmount", lambda d: d.nodes("PrepaidPayment/PaidAmount"))
_needs_total("F-INV125 F-CRN071", "PayableRoundingAmount", lambda d: d.nodes("TaxTotal/RoundingAmount"))


@OIOUBL.rule("F-INV126 F-CRN072", TOTAL)
def line_total(node, document):
    """Invoices leave out lines that are free of charge."""
    lines = document.lines
    if not document.is_credit:
        lines = [line for line in lines if line.raw_at("FreeOfChargeIndicator") in ("", "false")]
    expected = total(amount for line in lines for amount in line.all("LineExtensionAmount"))
    found = _value(node, "LineExtensionAmount")
    return abs(found - expected) > _SLACK and {"found": str(found), "expected": str(expected)}


@OIOUBL.rule("F-INV127 F-CRN073", TOTAL)
def tax_total(node, document):
    return node.has("TaxExclusiveAmount") and _differs(node, "TaxExclusiveAmount", document.resolve(_tax))


@OIOUBL.rule("F-INV128 F-CRN074", TOTAL)
def gross_total(node, document):
    return node.has("TaxInclusiveAmount") and _differs(node, "TaxInclusiveAmount", _gross(node, document))


def _part_total(ids, name, indicator):
    def broken(node, document):
        if not node.has(name):
            return False
        parts = [amount for each in _allowances(document, indicator) for amount in each.all("Amount")]
        return _differs(node, name, total(parts))

    OIOUBL.add(ids, TOTAL, broken)


_part_total("F-INV129 F-CRN075", "AllowanceTotalAmount", "false")
_part_total("F-INV130 F-CRN076", "ChargeTotalAmount", "true")


@OIOUBL.rule("F-INV131", TOTAL)
def prepaid_total(node, document):
    if not node.has("PrepaidAmount"):
        return False
    return _differs(node, "PrepaidAmount", total(document.nodes("PrepaidPayment/PaidAmount")))


@OIOUBL.rule("F-INV132 F-CRN078", TOTAL)
def rounding_total(node, document):
    parts = document.nodes("TaxTotal/RoundingAmount")
    if not parts or not node.has("PayableRoundingAmount"):
        return False
    return _differs(node, "PayableRoundingAmount", total(parts))


@OIOUBL.rule("F-INV338 F-CRN208", TOTAL)
def rounding_is_small(node, document):
    value = _value(node, "PayableRoundingAmount")
    return not -10 <= value <= 10 and {"found": str(value)}


@OIOUBL.rule("F-INV133 F-CRN079", TOTAL)
def payable(node, document):
    return _differs(node, "PayableAmount", _gross(node, document) - _value(node, "PrepaidAmount"), forgive=True)


@OIOUBL.rule("F-INV134", "PaymentTerms")
def terms_amount(terms, document):
    """Told once, at the first terms."""
    every = document.nodes("PaymentTerms")
    if terms is not every[0]:
        return False
    node = document.root.one(TOTAL)
    found = format2(_value(node, "PayableAmount")) if node else ZERO
    amounts = document.nodes("PaymentTerms/Amount")
    allowed = (format2(total(amounts)), format2(total(terms.all("Amount"))))
    return found not in allowed and {"found": str(allowed[0]), "expected": str(found)}


# --- form of the amounts ---
def _is_converted(document):
    """Made of a Peppol document by the Danish agency: two rules of form are lifted."""
    return any(
        code.raw == "PEPPOLBIS32OIOUBL" and code.get("listAgencyName") == "ERST"
        for code in document.nodes("AdditionalDocumentReference/DocumentTypeCode")
    )


for name in _NAMES:
    decimal_places(f"{TOTAL}/{name}", "F-LIB014", 2, 2, only=(*INVOICE, *CREDIT_NOTE))
for name in ("AllowanceTotalAmount", "ChargeTotalAmount", "PrepaidAmount"):
    positive(f"{TOTAL}/{name}", "F-LIB013", only=INVOICE)
not_negative(f"{TOTAL}/TaxInclusiveAmount", "F-LIB016", only=INVOICE)
not_negative(f"{TOTAL}/PayableAmount", "F-LIB016", only=(*INVOICE, *CREDIT_NOTE))
not_zero(f"{TOTAL}/PayableRoundingAmount", "F-LIB303", only=(*INVOICE, *CREDIT_NOTE))


def _unless_converted(name):
    return lambda document: [] if _is_converted(document) else document.nodes(f"{TOTAL}/{name}")


not_negative(_unless_converted("TaxInclusiveAmount"), "F-LIB375", only=CREDIT_NOTE)
positive(_unless_converted("PrepaidAmount"), "F-LIB374", only=CREDIT_NOTE)
