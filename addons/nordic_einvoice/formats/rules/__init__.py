"""Own checks: Peppol BIS Billing 3.0.21 with Norway, Denmark, Sweden (Finland has no rules of its own), OIOUBL 2.1.

``check(document, layer)`` tells what was found and whether every rule of the layer was applied. Ids are the official
ones; the tables they were written from are complete for what an invoice, a credit note or an answer can hit.
"""

from . import (  # they fill the rule sets
    national_dk,
    oioubl_delivery,
    oioubl_head,
    oioubl_lines,
    oioubl_parties,
    oioubl_payment,
    oioubl_response,
    oioubl_tax,
    oioubl_totals,
    peppol_amounts,
    peppol_codes,
    peppol_identifiers,
)
from .engine import Fault
from .national import NATIONAL, foreign_countries
from .oioubl import LEFT_OUT, OIOUBL
from .peppol import PEPPOL
from .tree import Document

RULES = {"peppol": PEPPOL, "national": NATIONAL, "oioubl": OIOUBL}


def check(document, layer):
    """(faults, is complete, note): all rules of a layer over one ``Document``."""
    faults, unknown = RULES[layer].check(document)
    notes = []
    if unknown:
        ids = sorted(unknown)
        rest = f" and {len(ids) - 20} more" if len(ids) > 20 else ""
        notes.append(f"could not be calculated (no number or date, or too long): {', '.join(ids[:20])}{rest}")
    if layer == "national" and (foreign := foreign_countries(document)):
        notes.append(f"the rules of {', '.join(foreign)} are not checked")
    return faults, not notes, "; ".join(notes)
