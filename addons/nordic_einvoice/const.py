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

#: Scheme of electronic addresses that are GLN/EAN numbers.
GLN = "0088"
