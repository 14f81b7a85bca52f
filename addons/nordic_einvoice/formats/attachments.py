"""What may be embedded in an e-invoice: the type is told by the content, not by the name.

Types allowed are embedded as they are; GIF and BMP become PNG and plain text becomes PDF; everything else is refused
with what to do about it. Odoo keeps Pillow from opening other pictures, for safety, and so does this.
"""

import io
import textwrap
import zipfile
from dataclasses import replace

from . import codes
from .records import EInvoiceError

PDF, PNG, JPEG, CSV = "application/pdf", "image/png", "image/jpeg", "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
TEXT, XML, XLS = "text/plain", "text/xml", "application/vnd.ms-excel"
GIF, TIFF, BMP = "image/gif", "image/tiff", "image/bmp"
OTHER = "application/octet-stream"

MAX_SIZE = 14 * 1024 * 1024  # all files of a document: a third more as base64, and 20 MB is what receivers take
_MOST_PIXELS = 40_000_000
_MAGIC = (
    (b"%PDF-", PDF),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
)
ENDINGS = {PDF: ".pdf", PNG: ".png", JPEG: ".jpg", CSV: ".csv", XLSX: ".xlsx", ODS: ".ods"}
_TOLD_BY_CONTENT = {PDF, PNG, JPEG, XLSX, ODS, GIF, TIFF, BMP}


def sniff(content, filename=""):
    """The type of a file by what is in it; ``OTHER`` when it is none that is known here."""
    for magic, mimetype in _MAGIC:
        if content.startswith(magic):
            return mimetype
    if content[:2] == b"BM" and content[6:10] == bytes(4):
        return BMP
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    if content.startswith(b"\xd0\xcf\x11\xe0") and filename.lower().endswith(".xls"):
        return XLS
    if b"\x00" in content:
        return OTHER
    head = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"<?xml"):
        return XML
    ending = filename.lower().rpartition(".")[2]
    return {"csv": CSV, "txt": TEXT}.get(ending, OTHER)


def true_type(attachment):
    """(type by the content, whether the stated type is false) of a received ``records.Attachment``.

    What is of no known type is ``OTHER``, which no program opens by itself.
    """
    content, stated = attachment.content, attachment.mimetype.lower()
    found = sniff(content, attachment.filename)
    if stated in _TOLD_BY_CONTENT:
        return found, found != stated
    if stated in (CSV, TEXT):
        is_text = found in (CSV, TEXT, OTHER) and b"\x00" not in content and not content.lstrip().startswith(b"<")
        return (stated if is_text else found), not is_text
    return found, False


def _office(content):
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
            if "xl/workbook.xml" in names:
                return XLSX
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                return ODS if archive.read("mimetype").decode("ascii", "replace").strip() == ODS else OTHER
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError):
        pass
    return OTHER


def allowed(fmt):
    return codes.MIME_OIOUBL if fmt == codes.OIOUBL else codes.MIME_BIS3


def prepare(attachment, fmt):
    """The attachment as it may be embedded in this format, converted where that loses nothing.

    :raises EInvoiceError: it may not, with what to do
    """
    if not attachment.content:
        raise EInvoiceError(f"The attachment {attachment.filename} is empty. Remove it or attach it again.", "empty")
    mimetype = sniff(attachment.content, attachment.filename)
    if mimetype in allowed(fmt):
        return replace(attachment, mimetype=mimetype)
    try:
        if mimetype in (GIF, BMP):
            return _renamed(attachment, PNG, _picture(attachment.content))
        if mimetype == TEXT:
            return _renamed(attachment, PDF, _text(attachment.content))
    except (OSError, ValueError, SyntaxError, EOFError):
        pass
    raise EInvoiceError(
        f"The attachment {attachment.filename} is of a type that e-invoices may not carry. Save it as PDF and attach "
        "the PDF instead.",
        "type",
    )


def _renamed(attachment, mimetype, content):
    name = attachment.filename.rpartition(".")[0] or attachment.filename
    filename = name + ENDINGS[mimetype]
    return replace(attachment, id=filename, filename=filename, mimetype=mimetype, content=content)


def _picture(content):
    from PIL import Image

    with Image.open(io.BytesIO(content)) as image:
        if image.width * image.height > _MOST_PIXELS:
            raise ValueError("too large")
        target = io.BytesIO()
        image.convert("RGBA").save(target, "PNG")
        return target.getvalue()


def _text(content):
    """Plain text as PDF; ``ValueError`` when it has letters the built-in fonts of PDF lack."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    text = content.decode("utf-8-sig")
    text.encode("cp1252")
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4, invariant=True)
    rows = [
        part
        for row in text.splitlines()
        for part in textwrap.wrap(row.expandtabs(), 90, replace_whitespace=False) or [""]
    ]
    for start in range(0, len(rows) or 1, 65):
        page = canvas.beginText(50, A4[1] - 50)
        page.setFont("Courier", 9, leading=11.5)
        for row in rows[start : start + 65]:
            page.textLine(row)
        canvas.drawText(page)
        canvas.showPage()
    canvas.save()
    return target.getvalue()
