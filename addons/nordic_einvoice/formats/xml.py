"""Reading XML that strangers sent, and writing UBL."""

import re
from decimal import Decimal

from lxml import etree

from . import codes
from .records import EInvoiceError

MAX_SIZE = 20 * 1024 * 1024
MAX_DEPTH = 60
MAX_ELEMENTS = 400_000
MAX_ATTRIBUTES = 100  # of one element; UBL knows at most eight

# What XML 1.0 cannot carry: control characters, lone surrogates
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def clean(text):
    """Text as an element may hold it: no control characters, no blanks at the ends."""
    return _NOT_XML.sub("", str(text or "")).strip()


def parse(data, max_size=MAX_SIZE):
    """The root element of a document, or ``EInvoiceError``. Nothing is expanded and nothing is fetched."""
    if isinstance(data, str):
        data = data.encode()
    if not data.strip():
        raise EInvoiceError("The file is empty.", code="empty")
    if len(data) > max_size:
        size, limit = len(data) // (1024 * 1024), max_size // (1024 * 1024)
        raise EInvoiceError(
            f"The file has {size} MB; an e-invoice may have at most {limit} MB.", code="large", size=size, limit=limit
        )
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head.startswith(b"<") and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise EInvoiceError("This is not an XML file.", code="no_xml")
    counter = _Counter()
    parser = etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        for start in range(0, len(data), 65536):
            parser.feed(data[start : start + 65536])
            counter.count(parser)
        root = parser.close()
        counter.count(parser)
    except etree.XMLSyntaxError as error:
        if "Excessive depth" in (error.msg or ""):
            raise _deep(error.lineno) from None
        if "Extra content" in (error.msg or ""):
            raise EInvoiceError(
                f"The XML is broken: more follows after the end of the document ({_reason(error)}).",
                line=error.lineno,
                code="more",
            ) from None
        raise EInvoiceError(
            f"The XML is broken or cut off: {_reason(error)}", line=error.lineno, code="broken", reason=_reason(error)
        ) from None
    if root is None:
        raise EInvoiceError("The XML is cut off: it ends before the document does.", code="broken", reason="")
    if root.getroottree().docinfo.doctype:
        raise _doctype()
    return root


def _deep(line):
    return EInvoiceError(
        f"The XML is nested more than {MAX_DEPTH} levels deep.", line=line, code="deep", limit=MAX_DEPTH
    )


def _doctype():
    return EInvoiceError(
        "The file has a document type declaration (DOCTYPE); e-invoices may not have one.", code="doctype"
    )


class _Counter:
    """Stops a document that is nested too deeply or has too many elements, while it is being read."""

    def __init__(self):
        self.depth = 0
        self.elements = 0

    def count(self, parser):
        for event, element in parser.read_events():
            if event == "end":
                self.depth -= 1
                continue
            self.depth += 1
            self.elements += 1
            if self.elements == 1 and element.getroottree().docinfo.doctype:
                raise _doctype()
            if self.depth > MAX_DEPTH:
                raise _deep(element.sourceline)
            if len(element.attrib) > MAX_ATTRIBUTES:
                raise EInvoiceError(
                    f"The XML has an element with more than {MAX_ATTRIBUTES} attributes.",
                    line=element.sourceline,
                    code="attributes",
                    limit=MAX_ATTRIBUTES,
                )
            if self.elements > MAX_ELEMENTS:
                raise EInvoiceError(
                    f"The XML has more than {MAX_ELEMENTS} elements.",
                    line=element.sourceline,
                    code="many",
                    limit=MAX_ELEMENTS,
                )


def _reason(error):
    return re.sub(r"\s*\(<string>, line \d+\)$|, line \d+, column \d+.*$", "", error.msg or str(error))


def local_name(element):
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def namespace(element):
    return etree.QName(element).namespace or "" if isinstance(element.tag, str) else ""


def number(value):
    """A Decimal as UBL writes it: no exponent, no superfluous zeros."""
    value = Decimal(value)
    if value == value.to_integral_value():
        return str(value.quantize(Decimal(1)))
    return format(value.normalize(), "f")


class Writer:
    """Appends UBL elements in order; an empty value writes nothing."""

    def __init__(self, element):
        self.element = element

    @classmethod
    def document(cls, name):
        root_namespace = codes.NS_INVOICE if name == "Invoice" else codes.NS_CREDIT_NOTE
        nsmap = {None: root_namespace, "cac": codes.NS_CAC, "cbc": codes.NS_CBC}
        return cls(etree.Element(f"{{{root_namespace}}}{name}", nsmap=nsmap))

    def cbc(self, element, value, /, **attributes):
        """A basic component, unless ``value`` is empty."""
        text = clean(value)
        if not text:
            return None
        child = etree.SubElement(self.element, f"{{{codes.NS_CBC}}}{element}")
        child.text = text
        for key, attribute in attributes.items():
            if attribute:
                child.set(key, clean(attribute))
        return child

    def amount(self, name, value, currency):
        return self.cbc(name, f"{value:.2f}", currencyID=currency)

    def cac(self, name):
        return Writer(etree.SubElement(self.element, f"{{{codes.NS_CAC}}}{name}"))

    def drop_if_empty(self, parent):
        if not len(self.element):
            parent.element.remove(self.element)

    def tobytes(self):
        return etree.tostring(self.element, xml_declaration=True, encoding="UTF-8", pretty_print=True)
