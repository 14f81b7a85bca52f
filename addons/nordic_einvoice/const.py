"""Tables of the addon: channels, formats, VAT categories of the charts of accounts."""

from dataclasses import dataclass

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
NORDIC = ("DK", "NO", "SE", "FI")
CHANNEL_FORMATS = {"nemhandel": codes.OIOUBL, "peppol": codes.BIS3}

#: Scheme of electronic addresses that are GLN/EAN numbers.
GLN = "0088"


@dataclass(frozen=True)
class Network:
    """Where core keeps a registration, and where it notes what became of an invoice."""

    registration: str
    registered: str
    registered_values: tuple
    call: str
    path: str
    state: str
    message: str


#: Channel -> registration with Odoo's own access point (modules account_peppol and l10n_dk_nemhandel).
NETWORKS = {
    "peppol": Network(
        "account_peppol_edi_user",
        "account_peppol_proxy_state",
        ("sender", "smp_registration", "receiver"),
        "_call_peppol_proxy",
        "/api/peppol/1/send_document",
        "peppol_move_state",
        "peppol_message_uuid",
    ),
    "nemhandel": Network(
        "nemhandel_edi_user",
        "l10n_dk_nemhandel_proxy_state",
        ("receiver",),
        "_call_nemhandel_proxy",
        "/api/nemhandel/1/send_document",
        "nemhandel_move_state",
        "nemhandel_message_uuid",
    ),
}
