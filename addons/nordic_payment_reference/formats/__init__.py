"""Payment references of the Nordic banks as pure functions: bytes of text in, numbers out.

Nothing here knows Odoo. Every module offers ``make`` (or ``payment_id``) and ``validate``; refused input
raises one of :mod:`.errors` and says what is wrong with which value.
"""

from . import barcode, errors, fi, kid, ocr, rf, viite
from .recognition import Reference, complaint, contained, recognise

__all__ = [
    "Reference",
    "barcode",
    "complaint",
    "contained",
    "errors",
    "fi",
    "kid",
    "ocr",
    "recognise",
    "rf",
    "viite",
]
