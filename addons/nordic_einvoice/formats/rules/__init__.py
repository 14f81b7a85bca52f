"""Own checks: Peppol BIS Billing 3.0.21 with Norway, Denmark, Sweden (Finland has no rules of its own), OIOUBL 2.1.

``check(root, layer)`` tells what was found and whether every rule of the layer was applied. Ids are the official ones.
"""

from . import national_dk, peppol_amounts, peppol_codes, peppol_identifiers  # they fill the rule sets
from .national import NATIONAL, foreign_countries
from .peppol import PEPPOL
from .tree import Document
