"""Files inside an e-invoice: told by their content, converted where nothing is lost, else refused with advice."""

import base64
import io
import zipfile
from dataclasses import replace

import pytest

from odoo.addons.nordic_einvoice import formats
from odoo.addons.nordic_einvoice.formats import attachments, reader, records

from . import samples

PDF = b"%PDF-1.4 made up"


def picture(kind):
    from PIL import Image

    target = io.BytesIO()
    Image.new("RGB", (4, 3), (200, 10, 0)).save(target, kind)
    return target.getvalue()


def office(**files):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/") + (".xml" if "__" in name else ""), text)
    return target.getvalue()


def attachment(name, content):
    return records.Attachment(id=name, filename=name, content=content)


@pytest.mark.parametrize(
    ("name", "content", "mimetype"),
    [
        ("a.pdf", PDF, attachments.PDF),
        ("a.png", picture("PNG"), attachments.PNG),
        ("a.jpg", picture("JPEG"), attachments.JPEG),
        ("timer.csv", "uge;timer\n42;7,5 æøå\n".encode(), attachments.CSV),
        ("a.xlsx", office(xl__workbook="<x/>"), attachments.XLSX),
        ("a.ods", office(mimetype=attachments.ODS), attachments.ODS),
    ],
)
def test_types_allowed_stay_as_they_are(name, content, mimetype):
    for fmt in ("bis3", "oioubl21"):
        ready = attachments.prepare(attachment(name, content), fmt)
        assert (ready.filename, ready.mimetype, ready.content) == (name, mimetype, content)


def test_the_content_tells_the_type_not_the_name():
    ready = attachments.prepare(attachment("regneark.xlsx", PDF), "bis3")
    assert ready.mimetype == attachments.PDF
    with pytest.raises(records.EInvoiceError, match=r"faktura\.pdf"):
        attachments.prepare(attachment("faktura.pdf", b"MZ\x90\x00\x03"), "bis3")


@pytest.mark.parametrize("kind", ["GIF", "BMP"])
def test_other_pictures_become_png(kind):
    from PIL import Image

    ready = attachments.prepare(attachment(f"foto.{kind.lower()}", picture(kind)), "bis3")
    assert (ready.filename, ready.mimetype) == ("foto.png", attachments.PNG)
    assert Image.open(io.BytesIO(ready.content)).size == (4, 3)


def test_a_scan_in_tiff_goes_in_oioubl_only():
    scan = b"II*\x00" + bytes(20)
    assert attachments.prepare(attachment("scan.tif", scan), "oioubl21").mimetype == attachments.TIFF
    with pytest.raises(records.EInvoiceError, match=r"scan\.tif"):
        attachments.prepare(attachment("scan.tif", scan), "bis3")


def test_plain_text_becomes_pdf():
    ready = attachments.prepare(attachment("note.txt", ("Kære Åse\n" * 200).encode()), "bis3")
    assert (ready.filename, ready.mimetype) == ("note.pdf", attachments.PDF)
    assert ready.content.startswith(b"%PDF-")
    with pytest.raises(records.EInvoiceError, match="PDF"):
        attachments.prepare(attachment("note.txt", "☃".encode()), "bis3")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("brev.docx", office(word__document="<w/>")),
        ("data.bin", b"\x00\x01"),
        ("side.html", b"<html></html>"),
        ("ordre.xml", b"<?xml version='1.0'?><Order/>"),
        ("broken.gif", b"GIF89a"),
        ("broken.xlsx", b"PK\x03\x04 nothing"),
        ("tom.pdf", b""),
    ],
)
def test_everything_else_is_refused_by_name(name, content):
    with pytest.raises(records.EInvoiceError, match=name.replace(".", r"\.")):
        attachments.prepare(attachment(name, content), "bis3")


def test_what_was_embedded_comes_out_the_same():
    csv = attachments.prepare(attachment("timer.csv", b"a;b\n"), "bis3")
    for fmt in ("bis3", "oioubl21"):
        data = formats.write(replace(samples.invoice(), attachments=(csv,)), fmt)
        assert base64.b64encode(b"a;b\n") in data
        read = reader.read(data).attachments[0]
        assert (read.filename, read.mimetype, read.content) == ("timer.csv", "text/csv", b"a;b\n")
