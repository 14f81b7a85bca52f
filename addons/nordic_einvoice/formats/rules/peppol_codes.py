"""Peppol: code lists and forms (section 6)."""

from . import lists_peppol as lists
from .peppol import ANY_AMOUNT, PEPPOL, both_german, is_date, profile_is_known

DATES = ("IssueDate", "DueDate", "TaxPointDate", "StartDate", "EndDate", "ActualDeliveryDate")
# reason code (upper case) -> (rule, the category it belongs to)
_EXEMPTIONS = {
    "VATEX-EU-G": ("PEPPOL-EN16931-P0104", "G"),
    "VATEX-EU-O": ("PEPPOL-EN16931-P0105", "O"),
    "VATEX-EU-IC": ("PEPPOL-EN16931-P0106", "K"),
    "VATEX-EU-AE": ("PEPPOL-EN16931-P0107", "AE"),
    "VATEX-EU-D": ("PEPPOL-EN16931-P0108", "E"),
    "VATEX-EU-F": ("PEPPOL-EN16931-P0109", "E"),
    "VATEX-EU-I": ("PEPPOL-EN16931-P0110", "E"),
    "VATEX-EU-J": ("PEPPOL-EN16931-P0111", "E"),
}


@PEPPOL.rule("PEPPOL-EN16931-CL001", "//EmbeddedDocumentBinaryObject")
def cl001(node, document):
    kind = node.attributes.get("mimeCode")
    return kind is not None and kind not in lists.MIME and {"value": kind}


def _reason_codes(indicator):
    def nodes(document):
        return [
            code
            for allowance in document.nodes("//AllowanceCharge")
            if allowance.raw_at("ChargeIndicator") == indicator
            for code in allowance.all("AllowanceChargeReasonCode")
        ]

    return nodes


@PEPPOL.rule("PEPPOL-EN16931-CL002", _reason_codes("false"))
def cl002(code, document):
    return code.text not in lists.ALLOWANCE_REASONS and {"value": code.text}


@PEPPOL.rule("PEPPOL-EN16931-CL003", _reason_codes("true"))
def cl003(code, document):
    return code.text not in lists.CHARGE_REASONS and {"value": code.text}


@PEPPOL.rule("PEPPOL-EN16931-CL006", "//InvoicePeriod/DescriptionCode")
def cl006(code, document):
    return code.text not in lists.PERIOD_CODES and {"value": code.text}


@PEPPOL.rule("PEPPOL-EN16931-CL007", f"{ANY_AMOUNT}|//TaxAmount")
def cl007(amount, document):
    currency = amount.get("currencyID")
    return currency not in lists.CURRENCIES and {"element": amount.name, "value": currency}


@PEPPOL.rule("PEPPOL-EN16931-P0100", "InvoiceTypeCode", only=("Invoice",))
def p0100(code, document):
    return code.text not in lists.INVOICE_TYPES and profile_is_known(document) and {"value": code.text}


@PEPPOL.rule("PEPPOL-EN16931-P0112", "InvoiceTypeCode", only=("Invoice",))
def p0112(code, document):
    return code.text in ("326", "384") and not both_german(document) and {"value": code.text}


@PEPPOL.rule("PEPPOL-EN16931-P0101", "CreditNoteTypeCode", only=("CreditNote",))
def p0101(code, document):
    return code.text not in lists.CREDIT_NOTE_TYPES and profile_is_known(document) and {"value": code.text}


@PEPPOL.rule("PEPPOL-EN16931-F001", "|".join(f"//{name}" for name in DATES))
def f001(node, document):
    return not is_date(node.raw) and {"element": node.name, "value": node.raw[:40]}


@PEPPOL.rule("PEPPOL-EN16931-CL008", "//EndpointID")
def cl008(node, document):
    scheme = node.attributes.get("schemeID")
    return scheme is not None and scheme not in lists.EAS and {"value": scheme}


def _exemption_rule(reason, rule, category):
    @PEPPOL.rule(rule, "//TaxCategory", text="PEPPOL-EN16931-P0104", values={"reason": reason, "expected": category})
    def broken(node, document):
        return any(code.raw.upper() == reason for code in node.all("TaxExemptionReasonCode")) and (
            node.text_at("ID") != category and {"value": node.text_at("ID")}
        )


for each, (rule_id, category_id) in _EXEMPTIONS.items():
    _exemption_rule(each, rule_id, category_id)
