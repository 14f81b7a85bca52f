"""National rules of Peppol BIS Billing 3: Denmark (section 4.2). The addresses decide, VAT numbers play no part."""

from .. import codes
from .national import NATIONAL, customer_address, supplier_address
from .numbers import is_digits
from .peppol import CUSTOMER, SUPPLIER
from .tree import collapse

REGISTER_NUMBER = "PartyLegalEntity/CompanyID"
_UNSPSC_VERSIONS = {"19.05.01", "19.0501", "26.08.01", "26.0801"}
_CVR = "0184"


def _from_denmark(path):
    def nodes(document):
        return document.nodes(path) if supplier_address(document) == "DK" else ()

    return nodes


def _within_denmark(path):
    def nodes(document):
        return document.nodes(path) if supplier_address(document) == customer_address(document) == "DK" else ()

    return nodes


SELLER = _from_denmark(".")
ROOT = _within_denmark(".")
PAYMENTS = _within_denmark("PaymentMeans")
LINES = _within_denmark("LINE")


@NATIONAL.rule("DK-R-002", SELLER)
def dk_002(root, document):
    return not root.text_at(f"{SUPPLIER}/{REGISTER_NUMBER}")


@NATIONAL.rule("DK-R-014", SELLER)
def dk_014(root, document):
    return any(collapse(number.get("schemeID")) != _CVR for number in root.all(f"{SUPPLIER}/{REGISTER_NUMBER}"))


@NATIONAL.rule("DK-R-016", ROOT, only=("CreditNote",))
def dk_016(root, document):
    payable = root.one("LegalMonetaryTotal/PayableAmount")
    value = payable.num if payable else None
    return value is None or value < 0


@NATIONAL.rule("DK-R-013", _within_denmark(f"{SUPPLIER}/PartyIdentification|{CUSTOMER}/PartyIdentification"))
def dk_013(identification, document):
    return any(not collapse(number.get("schemeID")) for number in identification.all("ID"))


@NATIONAL.rule("DK-R-017", _within_denmark(CUSTOMER))
def dk_017(party, document):
    return any(collapse(number.get("schemeID")) != _CVR for number in party.all(REGISTER_NUMBER))


@NATIONAL.rule("DK-R-005", PAYMENTS, only=("Invoice",))
def dk_005(means, document):
    code = means.raw_at("PaymentMeansCode")
    return code not in codes.DK_PAYMENT_CODES and {"value": code}


@NATIONAL.rule("DK-R-006", PAYMENTS, only=("Invoice",))
def dk_006(means, document):
    return means.raw_at("PaymentMeansCode") in ("31", "42") and not (
        means.text_at("PayeeFinancialAccount/ID")
        and means.text_at("PayeeFinancialAccount/FinancialInstitutionBranch/ID")
    )


@NATIONAL.rule("DK-R-007", PAYMENTS, only=("Invoice",))
def dk_007(means, document):
    return means.raw_at("PaymentMeansCode") == "49" and not (
        means.text_at("PaymentMandate/ID") and means.text_at("PaymentMandate/PayerFinancialAccount/ID")
    )


@NATIONAL.rule("DK-R-008", PAYMENTS, only=("Invoice",))
def dk_008(means, document):
    """Giro: card type and an account of 7 or 8 digits."""
    return means.raw_at("PaymentMeansCode") == "50" and not (
        means.raw_at("PaymentID").startswith(("01#", "04#", "15#"))
        and is_digits(means.raw_at("PayeeFinancialAccount/ID"), 7, 8)
    )


@NATIONAL.rule("DK-R-009", PAYMENTS, only=("Invoice",))
def dk_009(means, document):
    """Giro 04 and 15: 3 characters of card type and 16 of payment id."""
    payment_id = means.raw_at("PaymentID")
    return (
        means.raw_at("PaymentMeansCode") == "50"
        and payment_id.startswith(("04#", "15#"))
        and len(payment_id) != 19
        and {"value": payment_id[:40]}
    )


@NATIONAL.rule("DK-R-010", PAYMENTS, only=("Invoice",))
def dk_010(means, document):
    """FIK: card type and a creditor number of 8 characters."""
    return means.raw_at("PaymentMeansCode") == "93" and not (
        means.raw_at("PaymentID").startswith(("71#", "73#", "75#"))
        and len(means.raw_at("PayeeFinancialAccount/ID")) == 8
    )


@NATIONAL.rule("DK-R-011", PAYMENTS, only=("Invoice",))
def dk_011(means, document):
    """FIK 71 and 75: the rule takes 15 or 16 characters for both; what we write is held to the right one."""
    payment_id = means.raw_at("PaymentID")
    return (
        means.raw_at("PaymentMeansCode") == "93"
        and payment_id.startswith(("71#", "75#"))
        and len(payment_id) not in (18, 19)
        and {"value": payment_id[:40]}
    )


@NATIONAL.rule("DK-R-003", LINES)
def dk_003(line, document):
    classes = line.all("Item/CommodityClassification/ItemClassificationCode")
    return any(code.get("listID") == "TST" for code in classes) and not any(
        code.get("listVersionID") in _UNSPSC_VERSIONS for code in classes
    )


@NATIONAL.rule("DK-R-004", _within_denmark("//AllowanceCharge"))
def dk_004(allowance, document):
    """ZZZ: the reason is a duty code of 4 digits, or code and text with a # between them."""
    if allowance.raw_at("AllowanceChargeReasonCode") != "ZZZ":
        return False
    reason = allowance.one("AllowanceChargeReason")
    value = reason.raw if reason else ""
    number = reason.num if reason else None
    is_code = len(collapse(value)) == 4 and number is not None and 0 <= number <= 9999
    is_pair = "#" in value and not value.startswith("#") and not value.endswith("#")
    return not (is_code or is_pair)
