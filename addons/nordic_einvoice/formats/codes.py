"""Code lists and constants of Peppol BIS Billing 3.0 and OIOUBL 2.1."""

NS_INVOICE = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
NS_CREDIT_NOTE = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"
NS_CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
NS_CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
NS_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"

BIS3 = "bis3"
OIOUBL = "oioubl21"

# Peppol BIS Billing 3.0, section 1.1 of its guide
BIS3_CUSTOMIZATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
BIS3_PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"

# OIOUBL 2.1: profile without an answer document; agency 320 is the Danish agency that keeps the lists
OIOUBL_CUSTOMIZATION = "OIOUBL-2.1"
OIOUBL_CUSTOMIZATIONS = ("OIOUBL-2.01", "OIOUBL-2.02", "OIOUBL-2.1")
OIOUBL_PROFILE = "Procurement-BilSim-1.0"
OIOUBL_PROFILE_SCHEME = "urn:oioubl:id:profileid-1.6"
OIOUBL_AGENCY = "320"

# Document types one meets in a mailbox for e-documents; only the first two are invoices
DOCUMENT_TYPES = {
    "Invoice": "Invoice",
    "CreditNote": "CreditNote",
    "ApplicationResponse": "ApplicationResponse",
    "Reminder": "Reminder",
    "Order": "Order",
    "OrderResponse": "OrderResponse",
    "DespatchAdvice": "DespatchAdvice",
    "Catalogue": "Catalogue",
    "UtilityStatement": "UtilityStatement",
    "Statement": "Statement",
}

# EAS code <-> OIOUBL endpoint scheme (oioubl-rules, section 11; F-LIB179)
OIOUBL_SCHEMES = {
    "0088": "GLN",
    "0184": "DK:CVR",
    "0198": "DK:SE",
    "0096": "DK:P",
    "0192": "NO:ORGNR",
    "0007": "SE:ORGNR",
    "9955": "SE:VAT",
    "0216": "FI:OVT",
    "0212": "FI:ORGNR",
    "0213": "FI:VAT",
    "0060": "DUNS",
    "9930": "DE:VAT",
    "9914": "AT:VAT",
    "9925": "BE:VAT",
    "9944": "NL:VAT",
    "9932": "GB:VAT",
    "9945": "PL:VAT",
    "9920": "ES:VAT",
    "0211": "IT:VAT",
    "9957": "FR:VAT",
    "0196": "IS:KT",
}
EAS_OF_OIOUBL = {name: code for code, name in OIOUBL_SCHEMES.items()} | {"EAN": "0088"}

# Scheme of the company register number in PartyLegalEntity by country
LEGAL_SCHEMES = {
    "DK": "0184",
    "NO": "0192",
    "SE": "0007",
    "FI": "0212",
    "DE": "",
    "NL": "0106",
    "BE": "0208",
    "IS": "0196",
}

# Attachments: Peppol list (CL001) and the wider OIOUBL list (F-LIB098)
MIME_BIS3 = {
    "application/pdf",
    "image/png",
    "image/jpeg",
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.oasis.opendocument.spreadsheet",
}
MIME_OIOUBL = MIME_BIS3 | {"image/tiff", "image/gif", "text/xml", "application/vnd.ms-excel"}

# Where category K may be used: members of the EU's VAT area (Monaco belongs to France, XI is Northern Ireland)
EU_COUNTRIES = frozenset(
    [
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU",
        "LV", "MC", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI",
    ]
)  # fmt: skip

# VAT categories (UNCL 5305) with the reason EN 16931 wants in BT-120/BT-121, and OIOUBL's name
EXEMPTION_REASONS = {
    "E": ("Exempt from VAT", ""),
    "AE": ("Reverse charge", "VATEX-EU-AE"),
    "K": ("Intra-community supply", "VATEX-EU-IC"),
    "G": ("Export outside the EU", "VATEX-EU-G"),
    "O": ("Not subject to VAT", "VATEX-EU-O"),
}
OIOUBL_CATEGORIES = {
    "S": "StandardRated",
    "AE": "ReverseCharge",
    "Z": "ZeroRated",
    "E": "ZeroRated",
    "K": "ZeroRated",
    "G": "ZeroRated",
    "O": "ZeroRated",
}
CATEGORY_OF_OIOUBL = {
    "StandardRated": "S",
    "ReverseCharge": "AE",
    "ZeroRated": "Z",
    "B": "B",
    "M": "M",
    "L": "L",
    "K": "K",
    "O": "O",
    "G": "G",
}

# Payment means codes allowed between Danish parties in Peppol (DK-R-005) and in OIOUBL (F-LIB100)
DK_PAYMENT_CODES = frozenset(["1", "10", "31", "42", "48", "49", "50", "58", "59", "93", "97"])
OIOUBL_PAYMENT_CODES = DK_PAYMENT_CODES | {"20"}
FIK_CARD_TYPES = ("71", "73", "75")
GIRO_CARD_TYPES = ("01", "04", "15")
