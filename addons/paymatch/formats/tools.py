"""Shared by the formats: text, amounts, dates and XML from files nobody vouches for."""

import re
from datetime import date, datetime
from decimal import Decimal

from lxml import etree

from odoo.addons.list_reader.formats import numbers

from .errors import FormatError, _lt

MAX_DEPTH = 64


def decode(data: bytes) -> str:
    """BOM, then strict UTF-8, then Windows-1252; never guessed from statistics."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise FormatError(0, "encoding", _lt("the file says UTF-16 but is not")) from error
    if b"\0" in data:
        raise FormatError(0, "encoding", _lt("the file holds zero bytes: it is no text file"))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def decode_latin(data: bytes, line_offset: int = 0) -> str:
    """ISO-8859-1, as the bank operators' fixed formats are; UTF-8 in disguise is told."""
    if b"\0" in data:
        raise FormatError(0, "encoding", _lt("the file holds zero bytes: it is no text file"))
    position = data.find(b"\xef\xbf\xbd")
    if position >= 0:
        line = data.count(b"\n", 0, position) + 1 + line_offset
        message = _lt("the file was saved with the wrong encoding (letters are lost); fetch it from the bank again")
        raise FormatError(line, "encoding", message)
    if data.startswith(b"\xef\xbb\xbf"):
        raise FormatError(1, "encoding", _lt("the file was saved as UTF-8; fetch it from the bank again unchanged"))
    return data.decode("iso-8859-1")


def amount(text, line: int = 0, field: str = "amount") -> Decimal:
    """A signed decimal number with a point and at most two decimals; no thousands separators, no exponents."""
    return numbers.plain(text, line, field)


def minor(text, line: int = 0, field: str = "amount") -> Decimal:
    """Digits in øre, öre or cent."""
    text = (text or "").strip()
    if not text.isascii() or not text.isdigit():
        raise FormatError(line, field, _lt("'%(text)s' is not an amount in digits", text=text[:40]))
    return Decimal(text).scaleb(-2)


def number(text, line: int = 0, field: str = "count") -> int:
    text = (text or "").strip()
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise FormatError(line, field, _lt("'%(text)s' is not a number", text=text[:40]))
    return int(text)


def day(text, line: int = 0, field: str = "date", layouts=("%Y-%m-%d",)) -> date:
    """A date in one of the layouts; the default takes the date part of an ISO date and time."""
    text = (text or "").strip()
    for layout in layouts if text.isascii() else ():
        try:
            return datetime.strptime(text[:10] if layout == "%Y-%m-%d" else text, layout).date()  # noqa: DTZ007
        except ValueError:
            continue
    raise FormatError(line, field, _lt("'%(text)s' is not a date", text=text[:40]))


def currency(text, line: int = 0, field: str = "currency") -> str:
    text = (text or "").strip().upper()
    if not re.fullmatch("[A-Z]{3}", text):
        raise FormatError(line, field, _lt("'%(text)s' is not a currency code", text=text[:40]))
    return text


def looks_like_xml(data: bytes) -> bool:
    return data[:512].lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"<")


def xml_root_name(data: bytes) -> tuple[str, str]:
    """(namespace, local name) of the root element, reading no further; ("", "") when there is none."""
    if not looks_like_xml(data):
        return "", ""
    parser = etree.XMLPullParser(
        events=("start",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        for start in range(0, min(len(data), 65536), 4096):
            parser.feed(data[start : start + 4096])
            for _event, element in parser.read_events():
                name = etree.QName(element)
                return name.namespace or "", name.localname
    except etree.XMLSyntaxError:
        pass
    return "", ""


def xml_root(data: bytes):
    """Parse with no entities, no document type, no network and a limited depth."""
    for encoding in ("ascii", "utf-16-le", "utf-16-be"):
        if "<!DOCTYPE".encode(encoding) in data or "<!ENTITY".encode(encoding) in data:
            raise FormatError(0, "", _lt("the file declares a document type or entities; such files are not read"))
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 0
        raise FormatError(line, "", _lt("the XML is broken: %(msg)s", msg=error.msg)) from error
    _check_depth(root)
    return root


def _check_depth(root):
    depth = 0
    for event, _element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise FormatError(0, "", _lt("the XML is nested too deeply"))


def local(element) -> str:
    return etree.QName(element).localname


def child(element, *path):
    """First descendant along local names, or None."""
    for name in path:
        element = next((item for item in element if local(item) == name), None)
        if element is None:
            return None
    return element


def children(element, name):
    return [item for item in element if local(item) == name]


def text_of(element, *path, default: str = "") -> str:
    found = child(element, *path)
    return (found.text or "").strip() if found is not None else default


def required(element, name: str) -> str:
    found = child(element, name)
    if found is None or not (found.text or "").strip():
        raise FormatError(element.sourceline or 0, name, _lt("%(field)s is missing", field=name))
    return found.text.strip()
