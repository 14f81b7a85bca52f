"""Peppol: allowances, charges, lines and prices (sections 3.2 and 3.3)."""

from decimal import Decimal

from .numbers import HUNDRED, ONE, ZERO, round2
from .peppol import PEPPOL, is_date
from .tree import NotEvaluable

TOLERANCE = Decimal("0.02")
ALLOWANCES = "AllowanceCharge|LINE/AllowanceCharge"
PRICE_ALLOWANCES = "LINE/Price/AllowanceCharge"


def _lacks_base(allowance):
    return allowance.has("MultiplierFactorNumeric") and not allowance.has("BaseAmount")


def _lacks_factor(allowance):
    return allowance.has("BaseAmount") and not allowance.has("MultiplierFactorNumeric")


@PEPPOL.rule("PEPPOL-EN16931-R041", ALLOWANCES)
def r041(allowance, document):
    return _lacks_base(allowance)


@PEPPOL.rule("PEPPOL-EN16931-R042", ALLOWANCES)
def r042(allowance, document):
    return _lacks_factor(allowance)


@PEPPOL.rule("PEPPOL-EN16931-R040", ALLOWANCES)
def r040(allowance, document):
    """Amount = base x factor / 100, within 0.02; a missing amount counts as 0."""
    if not allowance.has("MultiplierFactorNumeric") or not allowance.has("BaseAmount"):
        return False
    amount = allowance.num_at("Amount", ZERO)
    expected = allowance.num_at("BaseAmount") * allowance.num_at("MultiplierFactorNumeric") / HUNDRED
    return abs(amount - expected) > TOLERANCE and {"found": str(amount), "expected": str(round2(expected))}


@PEPPOL.rule("PEPPOL-EN16931-R043", ALLOWANCES)
def r043(allowance, document):
    if _lacks_base(allowance) or _lacks_factor(allowance):
        return False
    return allowance.text_at("ChargeIndicator") not in ("true", "false")


@PEPPOL.rule("PEPPOL-EN16931-R044", PRICE_ALLOWANCES)
def r044(allowance, document):
    return allowance.text_at("ChargeIndicator") != "false"


@PEPPOL.rule("PEPPOL-EN16931-R046", PRICE_ALLOWANCES)
def r046(allowance, document):
    """Net price = gross price less discount, exactly; a missing discount breaks it."""
    if not allowance.has("BaseAmount"):
        return False
    price, gross, off = (
        allowance.parent.num_at("PriceAmount"),
        allowance.num_at("BaseAmount"),
        allowance.num_at("Amount"),
    )
    if price is None or off is None or price != gross - off:
        return {"found": str(price), "expected": str(gross - (off or ZERO))}
    return False


def _sum(line, indicator):
    amounts = [
        amount.must_num()
        for allowance in line.all("AllowanceCharge")
        if allowance.text_at("ChargeIndicator") == indicator
        for amount in allowance.all("Amount")
    ]
    return round2(sum(amounts, ZERO)) if amounts else ZERO


@PEPPOL.rule("PEPPOL-EN16931-R120", "LINE")
def r120(line, document):
    """Line total = quantity x (price / base) + charges - allowances, within 0.02; the product is not rounded."""
    quantity = line.num_at(document.quantity_name, ONE)
    base = line.num_at("Price/BaseQuantity", ONE) or ONE
    expected = quantity * (line.num_at("Price/PriceAmount", ZERO) / base)
    if line.has("AllowanceCharge"):
        expected += _sum(line, "true") - _sum(line, "false")
    found = line.num_at("LineExtensionAmount", ZERO)
    return abs(found - expected) > TOLERANCE and {"found": str(found), "expected": str(round2(expected))}


@PEPPOL.rule("PEPPOL-EN16931-R121", "LINE/Price/BaseQuantity")
def r121(quantity, document):
    return quantity.num is None or quantity.num <= 0


@PEPPOL.rule("PEPPOL-EN16931-R100", "LINE")
def r100(line, document):
    return len(line.all("DocumentReference")) > 1


@PEPPOL.rule("PEPPOL-EN16931-R101", "LINE")
def r101(line, document):
    return line.has("DocumentReference") and not any(
        code.raw == "130" for code in line.all("DocumentReference/DocumentTypeCode")
    )


def _dates(node, document, name):
    """(date on the line, date of the document), or None when the document has none."""
    whole = document.root.one(f"InvoicePeriod/{name}")
    if whole is None:
        return None
    own, other = node.text[:10], whole.text[:10]
    if not is_date(own) or not is_date(other):
        raise NotEvaluable(own)
    return own, other


@PEPPOL.rule("PEPPOL-EN16931-R110", "LINE/InvoicePeriod/StartDate")
def r110(start, document):
    dates = _dates(start, document, "StartDate")
    return bool(dates) and dates[0] < dates[1]


@PEPPOL.rule("PEPPOL-EN16931-R111", "LINE/InvoicePeriod/EndDate")
def r111(end, document):
    dates = _dates(end, document, "EndDate")
    return bool(dates) and dates[0] > dates[1]


@PEPPOL.rule("PEPPOL-EN16931-R130", "LINE/Price/BaseQuantity")
def r130(base, document):
    """Only a base quantity that names its unit is compared."""
    quantity = base.parent.parent.one(document.quantity_name)
    if quantity is None or "unitCode" not in base.attributes:
        return False
    return base.attributes["unitCode"] != quantity.attributes.get("unitCode")
