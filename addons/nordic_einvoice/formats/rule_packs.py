"""Official compiled stylesheets that take over from own checks. Plain Python."""

import re
from dataclasses import dataclass

from lxml import etree

from . import xml
from .records import EInvoiceError

XSL = "http://www.w3.org/1999/XSL/Transform"
SVRL = b"http://purl.oclc.org/dsdl/svrl"
UBL = "urn:oasis:names:specification:ubl:schema:xsd"
_NATIONAL = re.compile(r"[A-Z]{2}-R-\d")


@dataclass(frozen=True)
class Pack:
    """``layer``: ``en16931``, ``peppol`` (with the national rules) or ``oioubl``; ``documents``: name of the root
    element, or ``both`` (Invoice and CreditNote)."""

    layer: str
    documents: str
    name: str
    path: str

    def fits(self, layer, document_type):
        covers = layer == self.layer or (self.layer == "peppol" and layer == "national")
        return covers and document_type in self.types()

    def types(self):
        return ("Invoice", "CreditNote") if self.documents == "both" else (self.documents,)


def find(packs, layer, document_type):
    """The first pack (they are sorted, latest first) for a layer and kind of document, or None."""
    return next((pack for pack in packs if pack.fits(layer, document_type)), None)


def layer_of(pack, rule):
    """The layer a finding is told under: a Peppol pack holds the national rules as well."""
    return "national" if pack.layer == "peppol" and _NATIONAL.match(rule) else pack.layer


def stylesheet_fault(content):
    """Why a file is no compiled rule set; "" when it is one."""
    try:
        root = xml.parse(content)
    except EInvoiceError as error:
        return error.message.rstrip(".")
    if root.tag not in (f"{{{XSL}}}stylesheet", f"{{{XSL}}}transform"):
        return "the file is no XSLT stylesheet"
    if root.find(f"{{{XSL}}}import") is not None or root.find(f"{{{XSL}}}include") is not None:
        return "it needs further files; load the compiled stylesheet, which is one file"
    if SVRL not in content:
        return "the stylesheet gives no findings (SVRL)"
    return ""


def trial(documents):
    """The smallest document the stylesheet must be able to run on."""
    name = "Invoice" if documents == "both" else documents
    return etree.Element(f"{{{UBL}:{name}-2}}{name}")
