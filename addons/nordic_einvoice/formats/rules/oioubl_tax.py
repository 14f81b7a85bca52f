"""OIOUBL: VAT and duties (section 6), allowances and charges (section 7)."""

from decimal import Decimal

from . import lists_oioubl as lists
from .numbers import HUNDRED, ONE, ZERO, decimals, round2
from .oioubl import (
    BILLS,
    CREDIT_NOTE,
    INVOICE,
    OIOUBL,
    absent,
    below,
    decimal_places,
    exactly_one,
    filled,
    not_negative,
    not_zero,
    places,
    positive,
    total,
)
from .oioubl_parties import _tax_registrations, tax_scheme_rules

TOTALS = "TaxTotal|LINE/TaxTotal"
SUBTOTALS = "TaxTotal/TaxSubtotal|LINE/TaxTotal/TaxSubtotal"
_SCHEME = "TaxCategory/TaxScheme/ID"
_CATEGORY = "TaxCategory/ID"
VAT_NAMES = frozenset(["B", "M", "L", "K", "O", "G", "ZeroRated", "StandardRated", "ReverseCharge"])
_CATEGORY_LISTS = {
    "urn:oioubl:id:taxcategoryid-1.1": lists.TAX_CATEGORIES_1_1,
    "urn:oioubl:id:taxcategoryid-1.2": lists.TAX_CATEGORIES_1_2,
    "urn:oioubl:id:taxcategoryid-1.3": lists.TAX_CATEGORIES_1_3,
    "urn:oioubl:id:taxcategoryid-1.4": lists.TAX_CATEGORIES_1_4,
}


# --- TaxTotal ---
def _schemes(tax_total):
    return {scheme.raw for scheme in tax_total.all(f"TaxSubtotal/{_SCHEME}")}


def _later(node):
    """The siblings of the same name that follow."""
    group = node.parent.by[node.name]
    return group[group.index(node) + 1 :] if len(group) > 1 else ()


@OIOUBL.rule("F-LIB306", TOTALS, only=BILLS)
def one_vat_total(tax_total, document):
    siblings = tax_total.parent.by["TaxTotal"]
    return sum(not _schemes(each).isdisjoint(("63", "VAT")) for each in siblings) != 1


@OIOUBL.rule("F-LIB314", TOTALS, only=BILLS)
def scheme_once(tax_total, document):
    return any(not _schemes(tax_total).isdisjoint(_schemes(each)) for each in _later(tax_total))


decimal_places("TaxTotal/TaxAmount|LINE/TaxTotal/TaxAmount", "F-LIB250", 2, 2, only=BILLS)
_ROUNDING = "TaxTotal/RoundingAmount|LINE/TaxTotal/RoundingAmount"
not_zero(_ROUNDING, "F-LIB251", only=BILLS)
decimal_places(_ROUNDING, "F-LIB252", 2, 2, only=BILLS)


@OIOUBL.rule("F-LIB253", TOTALS, only=INVOICE)
def evidence(tax_total, document):
    return tax_total.raw_at("TaxEvidenceIndicator") == "false" and document.root.raw_at("InvoiceTypeCode") != "325"


@OIOUBL.rule("F-LIB385", TOTALS, only=BILLS)
def tax_is_the_sum(tax_total, document):
    if not tax_total.has("TaxSubtotal"):
        return False
    found, expected = tax_total.num_at("TaxAmount", ZERO), round2(total(tax_total.all("TaxSubtotal/TaxAmount")))
    return found != expected and {"found": str(found), "expected": str(expected)}


# --- TaxSubtotal ---
absent(
    SUBTOTALS,
    "F-LIB254 F-LIB255 F-LIB256 F-LIB257 F-LIB258",
    "Percent BaseUnitMeasure PerUnitAmount TierRange TierRatePercent",
    only=BILLS,
)
filled(SUBTOTALS, "F-LIB259", "TaxableAmount", only=BILLS)


def _amounts(name):
    return "|".join(f"{path}/{name}" for path in SUBTOTALS.split("|"))


decimal_places(_amounts("TaxableAmount"), "F-LIB261", 2, 2, only=BILLS)
decimal_places(_amounts("TaxAmount"), "F-LIB263", 2, 2, only=BILLS)
decimal_places(_amounts("TransactionCurrencyTaxAmount"), "F-LIB267", 2, 2, only=BILLS)
positive(_amounts("CalculationSequenceNumeric"), "F-LIB264", only=BILLS)


@OIOUBL.rule("F-LIB315", SUBTOTALS, only=BILLS)
def category_once(subtotal, document):
    if subtotal.raw_at(_SCHEME) != "63":
        return False
    own = subtotal.raw_at(_CATEGORY)
    return any(each.raw_at(_SCHEME) == "63" and each.raw_at(_CATEGORY) == own for each in _later(subtotal))


@OIOUBL.rule("F-LIB316", SUBTOTALS, only=BILLS)
def one_scheme(subtotal, document):
    own = subtotal.raw_at(_SCHEME)
    return any(each.has(_SCHEME) and each.raw_at(_SCHEME) != own for each in _later(subtotal))


def _is_standard(subtotal):
    return subtotal.raw_at(_CATEGORY) == "StandardRated"


@OIOUBL.rule("F-LIB266", SUBTOTALS, only=BILLS)
def sign_of_currency(subtotal, document):
    other = subtotal.num_at("TransactionCurrencyTaxAmount")
    if other is None or not _is_standard(subtotal):
        return False
    return other * subtotal.parent.num_at("TaxAmount", ZERO) < 0


@OIOUBL.rule("F-LIB373", SUBTOTALS, only=BILLS)
def currency_of_standard(subtotal, document):
    return subtotal.has("TransactionCurrencyTaxAmount") and not _is_standard(subtotal)


@OIOUBL.rule("F-LIB381", SUBTOTALS, only=BILLS)
def standard_has_tax(subtotal, document):
    percent = subtotal.one("TaxCategory/Percent")
    if not _is_standard(subtotal) or percent is None or percent.num is None:
        return False
    base = subtotal.num_at("TaxableAmount", ZERO)
    return base > 0 and subtotal.num_at("TaxAmount", ONE) == 0 and base / HUNDRED * percent.num >= Decimal("0.005")


def _vat_subtotals(document):
    return [each for each in document.nodes("TaxTotal/TaxSubtotal") if each.raw_at(_SCHEME) == "VAT"]


@OIOUBL.rule("F-LIB333", _vat_subtotals, only=BILLS, text="present", values={"element": "Percent"})
def vat_has_percent(subtotal, document):
    return not subtotal.has("TaxCategory/Percent")


@OIOUBL.rule("F-LIB334", _vat_subtotals, only=BILLS, text="decimals", values={"element": "Percent", "expected": "0-2"})
def vat_percent_form(subtotal, document):
    percent = subtotal.one("TaxCategory/Percent")
    return percent is not None and (not percent.raw or decimals(percent.raw) > 2) and {"value": percent.text}


@OIOUBL.rule("F-LIB402", "TaxTotal/TaxSubtotal", only=BILLS)
def base_is_the_sum(subtotal, document):
    """Base of a category against its lines, document allowances and charges, within 1.00; the rate plays no part."""
    name, scheme = subtotal.raw_at(_CATEGORY), subtotal.raw_at(_SCHEME)
    if name not in ("StandardRated", "ZeroRated", "ReverseCharge"):
        return False
    taxable = subtotal.one("TaxableAmount")
    currency = taxable.get("currencyID") if taxable else ""
    bases = document.resolve(_line_bases).get((name, scheme, currency))
    if not bases:
        return False
    expected = total(bases)
    for allowance in document.nodes("AllowanceCharge"):
        amount = allowance.one("Amount")
        if (
            amount is None
            or amount.get("currencyID") != currency
            or (allowance.raw_at(_CATEGORY), allowance.raw_at(_SCHEME)) != (name, scheme)
        ):
            continue
        sign = {"true": 1, "false": -1}.get(allowance.raw_at("ChargeIndicator"), 0)
        expected += sign * amount.must_num()
    found = subtotal.num_at("TaxableAmount", ZERO)
    return abs(found - expected) > ONE and {"found": str(found), "expected": str(expected), "value": name}


def _line_bases(document):
    """{(category, scheme, currency): base amounts of the lines}."""
    found = {}
    for subtotal in document.nodes("LINE/TaxTotal/TaxSubtotal"):
        for base in subtotal.all("TaxableAmount"):
            key = subtotal.raw_at(_CATEGORY), subtotal.raw_at(_SCHEME), base.get("currencyID")
            found.setdefault(key, []).append(base)
    return found


@OIOUBL.rule("F-LIB404", ".", only=BILLS)
def same_categories(root, document):
    head = {each.raw for each in root.all(f"TaxTotal/TaxSubtotal/{_CATEGORY}")}
    lines = {each.raw for each in document.nodes(f"LINE/TaxTotal/TaxSubtotal/{_CATEGORY}")}
    lines |= {each.raw for each in root.all(f"AllowanceCharge/{_CATEGORY}")}
    return head & VAT_NAMES != lines & VAT_NAMES


# --- TaxCategory, TaxScheme ---
_LINE_REFERENCE = "LINE/BillingReference/BillingReferenceLine/AllowanceCharge"
_BOTH = (
    "TaxTotal/TaxSubtotal/TaxCategory|LINE/TaxTotal/TaxSubtotal/TaxCategory|AllowanceCharge/TaxCategory"
    f"|LINE/Price/AllowanceCharge/TaxCategory|{_LINE_REFERENCE}/TaxCategory|LINE/Item/ClassifiedTaxCategory"
)
CATEGORIES = places(Invoice=f"{_BOTH}|LINE/AllowanceCharge/TaxCategory", CreditNote=_BOTH)
absent(CATEGORIES, "F-LIB072 F-LIB073", "TierRange TierRatePercent", only=BILLS)
filled(CATEGORIES, "F-LIB074", "ID", only=BILLS)


def _category_list(category):
    identifier = category.one("ID")
    return identifier.get("schemeID") if identifier else ""


@OIOUBL.rule("F-LIB075", CATEGORIES, only=BILLS, text="attribute", values={"element": "schemeID", "allowed": ""})
def category_list(category, document):
    return _category_list(category) not in _CATEGORY_LISTS and {"value": _category_list(category)}


@OIOUBL.rule("W-LIB229", CATEGORIES, only=BILLS)
def category_agency(category, document):
    identifier = category.one("ID")
    return not identifier or identifier.get("schemeAgencyID") != "320"


@OIOUBL.rule("F-LIB309", CATEGORIES, only=BILLS)
def category_is_known(category, document):
    known = _CATEGORY_LISTS.get(_category_list(category))
    return known is not None and category.raw_at("ID") not in known and {"value": category.text_at("ID")}


@OIOUBL.rule("W-LIB230", CATEGORIES, only=BILLS, text="absent", values={"element": "TaxCategory/Name"})
def category_name(category, document):
    nesubl = document.name == "Invoice" and "nesubl.eu" in document.root.raw_at("ProfileID")
    return bool(category.raw_at("Name")) and not nesubl


OIOUBL.add(
    "F-LIB231",
    CATEGORIES,
    lambda c, d: c.has("PerUnitAmount") and c.has("Percent"),
    "not_both",
    {"element": "PerUnitAmount", "other": "Percent"},
    only=BILLS,
)
OIOUBL.add(
    "F-LIB232",
    CATEGORIES,
    lambda c, d: c.has("PerUnitAmount") and not c.raw_at("BaseUnitMeasure"),
    "needs",
    {"element": "PerUnitAmount", "other": "BaseUnitMeasure"},
    only=BILLS,
)


@OIOUBL.rule("F-LIB382", CATEGORIES, only=BILLS)
def standard_has_rate(category, document):
    if category.raw_at("ID") != "StandardRated":
        return False
    percent = category.one("Percent")
    return percent is None or not percent.raw or percent.num == 0


@OIOUBL.rule("F-LIB400", "LINE/TaxTotal/TaxSubtotal", only=BILLS)
def zero_rated_line(subtotal, document):
    identifier = subtotal.one(_CATEGORY)
    if identifier is not None and identifier.raw != "ZeroRated":
        return False
    return subtotal.num_at("TaxAmount", ZERO) != 0 or subtotal.num_at("TaxCategory/Percent", ZERO) != 0


@OIOUBL.rule("F-LIB401", "LINE/TaxTotal/TaxSubtotal", only=BILLS)
def standard_rated_line(subtotal, document):
    percent = subtotal.num_at("TaxCategory/Percent")
    if percent is None or not _is_standard(subtotal):
        return False
    tax, base = subtotal.num_at("TaxAmount", ZERO), subtotal.num_at("TaxableAmount", ZERO)
    if percent == 0:
        return tax != 0
    expected = round2(base * percent / HUNDRED)
    if percent > 0 and abs(tax - expected) <= ONE:
        return False
    return {"found": str(tax), "expected": str(expected)}


tax_scheme_rules(
    lambda document: (
        [node for each in document.resolve(_tax_registrations) for node in each.all("TaxScheme")]
        + [node for each in document.resolve(CATEGORIES) for node in each.all("TaxScheme")]
    )
)

# --- allowances and charges ---
_DOCUMENT_LEVEL = f"AllowanceCharge|{_LINE_REFERENCE}"
_ALLOWANCES = places(Invoice=f"{_DOCUMENT_LEVEL}|LINE/AllowanceCharge", CreditNote=_DOCUMENT_LEVEL)
_PRICE = "LINE/Price/AllowanceCharge"
absent(_ALLOWANCES, "F-LIB224 F-LIB225", "TaxTotal PaymentMeans", only=BILLS)
exactly_one(_ALLOWANCES, "F-LIB226", "TaxCategory", only=BILLS)
absent(
    _PRICE,
    "F-LIB268 F-LIB269 F-LIB273 F-LIB274",
    "TaxTotal PaymentMeans AccountingCostCode AccountingCost",
    only=BILLS,
)


def _factor_needs_base(rule, context):
    OIOUBL.add(
        rule,
        context,
        lambda a, d: a.has("MultiplierFactorNumeric") and not a.raw_at("BaseAmount"),
        "needs",
        {"element": "MultiplierFactorNumeric", "other": "BaseAmount"},
        only=BILLS,
    )


_factor_needs_base("F-LIB248", _ALLOWANCES)
_factor_needs_base("F-LIB270", _PRICE)


not_negative(below(_ALLOWANCES, "MultiplierFactorNumeric"), "F-LIB227", only=BILLS)
not_negative(below(_PRICE, "MultiplierFactorNumeric"), "F-LIB271", only=INVOICE)


def _amount_of_factor(allowance, document):
    """The factor is a fraction: 0.10 for 10 %."""
    factor, base = allowance.num_at("MultiplierFactorNumeric"), allowance.one("BaseAmount")
    if factor is None or base is None:
        return False
    found, expected = allowance.num_at("Amount", ZERO), base.must_num() * factor
    return abs(found - expected) > ONE and {"found": str(found), "expected": str(round2(expected))}


OIOUBL.add("F-LIB228", _ALLOWANCES, _amount_of_factor, only=BILLS)
OIOUBL.add("F-LIB228", _PRICE, _amount_of_factor, only=BILLS)
not_negative("//AllowanceCharge/SequenceNumeric", "F-LIB020", only=BILLS)
positive(
    f"AllowanceCharge/Amount|AllowanceCharge/BaseAmount|{_LINE_REFERENCE}/Amount|{_LINE_REFERENCE}/BaseAmount",
    "F-LIB019",
    only=INVOICE,
)
not_zero(
    f"LINE/AllowanceCharge/Amount|LINE/AllowanceCharge/BaseAmount|{_PRICE}/Amount|{_PRICE}/BaseAmount",
    "F-LIB317",
    only=INVOICE,
)


def _is_negative(node):
    return node is not None and node.num is not None and node.num < 0


def _negative_allowance(ids, paths, only):
    def broken(line, document):
        if _is_negative(line.one(document.quantity_name)) or _is_negative(line.one("Price/PriceAmount")):
            return False
        return any(_is_negative(amount) for path in paths for amount in line.all(f"{path}/Amount"))

    OIOUBL.add(ids, "LINE", broken, "F-INV335.negative", only=only)


_negative_allowance("F-INV335", ("Price/AllowanceCharge", "AllowanceCharge"), INVOICE)
_negative_allowance("F-CRN203", ("Price/AllowanceCharge",), CREDIT_NOTE)
