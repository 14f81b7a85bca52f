"""Tables of the addon: channels, formats, VAT categories of the charts of accounts."""

from .formats import codes

CHANNELS = [
    ("nemhandel", "NemHandel (OIOUBL)"),
    ("peppol", "Peppol / EHF"),
    ("mail", "E-mail"),
    ("print", "Print"),
]
FORMATS = [
    (codes.BIS3, "Peppol BIS Billing 3 / EHF 3"),
    (codes.OIOUBL, "OIOUBL 2.1"),
    ("ubl", "Other UBL 2.1"),
]
CHANNEL_FORMATS = {"nemhandel": codes.OIOUBL, "peppol": codes.BIS3}

# VAT category (UNCL 5305) of the 0 % sales taxes in the charts of accounts, by country and name of the template
# record. A category chosen on the tax itself wins. Sources: Danish VAT Act chapters 8 and 9, Norwegian SAF-T codes
# 5, 6, 7, 51 and 52, Swedish VAT Act chapters 10 and 16.
CHART_CATEGORIES = {
    "DK": {
        "tax_s0": "Z", "tax_s%": "O", "tax_smf": "E", "tax_s2": "K", "tax_s7": "K", "tax_s3": "AE", "tax_s8": "K",
        "tax_smfeu": "E", "tax_s4": "G", "tax_s5": "G", "tax_s6": "E",
    },
    "NO": {"tax4": "Z", "tax5": "O", "tax6": "O", "tax18": "AE", "tax19": "G"},
    "SE": {
        "sale_tax_services_EC": "AE", "sale_tax_goods_EC": "K", "sale_tax_services_NEC": "G",
        "sale_tax_goods_NEC": "G", "triangular_tax_0_goods": "K",
    },
}  # fmt: skip
