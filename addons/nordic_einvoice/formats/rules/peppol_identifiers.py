"""Peppol: form and check digit of identifiers by their scheme (section 3.4).

An identifier is judged by one scheme only. Finnish schemes have no rule of form.
"""

import re

from .engine import FATAL, WARNING
from .numbers import (
    australia_ok,
    belgium_ok,
    codice_fiscale_ok,
    gln_ok,
    is_digits,
    luhn_ok,
    norway_ok,
    partita_iva_ok,
)
from .peppol import PEPPOL

IDENTIFIERS = "//EndpointID|//PartyIdentification/ID|//CompanyID"
_DUTCH_VAT = re.compile(r"NL[0-9]{9}B[0-9]{2}")


def _dutch_vat_ok(value):
    return bool(_DUTCH_VAT.fullmatch(value))


# scheme -> (rule, severity, test, whether the text is taken as it stands)
_FORMS = {
    "0088": ("PEPPOL-COMMON-R040", FATAL, gln_ok, False),
    "0192": ("PEPPOL-COMMON-R041", FATAL, norway_ok, False),
    "0184": ("PEPPOL-COMMON-R042", FATAL, lambda v: is_digits(v.removeprefix("DK"), 8), True),
    "0096": ("PEPPOL-COMMON-R052", FATAL, lambda v: is_digits(v, 10), True),
    "0198": ("PEPPOL-COMMON-R053", FATAL, lambda v: v.startswith("DK") and is_digits(v[2:], 8), True),
    "0208": ("PEPPOL-COMMON-R043", FATAL, belgium_ok, False),
    "0201": ("PEPPOL-COMMON-R044", WARNING, lambda v: bool(re.fullmatch(r"[A-Za-z0-9]{6}", v)), False),
    "0210": ("PEPPOL-COMMON-R045", WARNING, codice_fiscale_ok, False),
    "9907": ("PEPPOL-COMMON-R046", WARNING, codice_fiscale_ok, False),
    "0211": ("PEPPOL-COMMON-R047", WARNING, partita_iva_ok, False),
    "0007": ("PEPPOL-COMMON-R049", FATAL, luhn_ok, False),
    "0151": ("PEPPOL-COMMON-R050", FATAL, australia_ok, False),
    "0106": ("PEPPOL-COMMON-R054", WARNING, lambda v: is_digits(v, 8), False),
    "0190": ("PEPPOL-COMMON-R055", WARNING, lambda v: is_digits(v, 20), False),
    "9944": ("PEPPOL-COMMON-R056-1", WARNING, _dutch_vat_ok, False),
    "0217": ("PEPPOL-COMMON-R057", WARNING, lambda v: is_digits(v, 12), False),
}
_ENDPOINT_ONLY = {"9907"}


def _form_rule(scheme):
    rule, severity, is_right, takes_raw = _FORMS[scheme]

    def nodes(document):
        return [
            node
            for node in document.nodes(IDENTIFIERS)
            if node.attributes.get("schemeID") == scheme and (scheme not in _ENDPOINT_ONLY or node.name == "EndpointID")
        ]

    def broken(node, document):
        return not is_right(node.raw if takes_raw else node.text) and {"value": node.text[:40]}

    PEPPOL.add(rule, nodes, broken, severity=severity)


for each in _FORMS:
    _form_rule(each)


def _dutch_vat_numbers(document):
    """VAT numbers that begin with NL and have no scheme of those above."""
    found = []
    for registration in document.nodes("//PartyTaxScheme"):
        if registration.text_at("TaxScheme/ID") == "VAT":
            found += [
                node
                for node in registration.all("CompanyID")
                if node.text.startswith("NL") and node.get("schemeID") not in _FORMS
            ]
    return found


@PEPPOL.rule("PEPPOL-COMMON-R056-2", _dutch_vat_numbers, severity=WARNING)
def r056(node, document):
    return not _dutch_vat_ok(node.text) and {"value": node.text[:40]}
