"""The layer below the reports: encodings, delimiters, notations, workbooks, zip files; and everything bad in them."""

import io
import random
import time
import zipfile

import make_large
import make_reports as make
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.paymatch import formats
from odoo.addons.paymatch.formats import tools
from odoo.addons.paymatch.formats.errors import FormatError


@pytest.mark.parametrize("text", ["1.005", "１２.５０", "1e5", "1,5", "", "-", "12.", "NaN", "=1+1"])
def test_an_amount_that_is_none(text):
    with pytest.raises(FormatError):
        tools.amount(text, 3, "Amount")


# Encodings and delimiters


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_delimiters(encoding, delimiter):
    rows = make.vipps_list_rows()
    rows[0]["Melding"] = "Blåbærgrød"
    data = make.table(make.VIPPS_LIST, rows, delimiter, encoding)
    report = formats.parse(data)
    assert report.faults() == ()
    assert report.lines[0].text == "Blåbærgrød"


def test_a_quotation_mark_never_closed():
    data = make.stripe().replace(b"txn_2", b'"txn_2')
    with pytest.raises(FormatError, match="never closed|cannot be read|cells"):
        formats.parse(data, "x", "stripe")


def test_rows_longer_than_the_header_are_refused():
    data = make.stripe().replace(b"S00012\r\n", b"S00012,1,2\r\n", 1)
    with pytest.raises(FormatError, match="17 cells, the header 15") as error:
        formats.parse(data)
    assert error.value.line == 2


def test_a_column_twice():
    with pytest.raises(FormatError, match="there twice"):
        formats.parse(make.stripe().replace(b"source_id", b"gross", 1))


@pytest.mark.parametrize("code", ["adyen", "stripe", "shopify", "mobilepay_legacy", "checkout_com", "vipps_table"])
def test_a_wrong_amount_is_named_with_line_and_column(code):
    data, _payouts = make.COMPLETE[code]
    for old in (b"1250.00", b"1250,0", b"1.250,00", b"1250"):
        if old in data:
            break
    for wrong in (b"1.005", "１２５０".encode(), b"12a"):
        with pytest.raises(FormatError) as error:
            formats.parse(data.replace(old, wrong, 1))
        assert error.value.line == 2
        assert error.value.field


# Workbooks and zip files


def test_a_formula_is_refused_with_its_cell():
    rows = [make.ADYEN, *([row.get(column) for column in make.ADYEN] for row in make.adyen_rows())]
    rows[3][make.ADYEN.index("Net Debit (NC)")] = "=1+1"
    with pytest.raises(FormatError, match="formula") as error:
        formats.parse(make.workbook(rows))
    assert (error.value.line, error.value.field) == (4, "O4")


def test_a_bomb_in_a_zip_file():
    bomb = make.zipped(b"0" * (101 * 1024 * 1024))
    assert len(bomb) < 200_000
    with pytest.raises(FormatError, match="too many"):
        formats.parse(bomb)
    assert formats.inspect(bomb) is None


def test_a_bomb_in_a_workbook():
    book = make.workbook([make.ADYEN])
    target = io.BytesIO(book)
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet2.xml", b" " * (101 * 1024 * 1024))
    with pytest.raises(FormatError, match="unpacks to more"):
        formats.parse(target.getvalue(), "x.xlsx", "adyen")


def test_entities_in_a_workbook():
    source, target = io.BytesIO(make.workbook([make.ADYEN])), io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("sheet1.xml"):
                data = b'<!DOCTYPE a [<!ENTITY b "bbbb">]>' + data
            new.writestr(name, data)
    with pytest.raises(FormatError, match="entities"):
        formats.parse(target.getvalue(), "x.xlsx", "adyen")


def test_zip_files_with_several_or_nested_files():
    with pytest.raises(FormatError, match="holds 2 files"):
        formats.parse(make.zipped(make.adyen(), more=["readme.txt"]))
    with pytest.raises(FormatError, match="another zip"):
        formats.parse(make.zipped(make.zipped(make.adyen())))
    cut = make.zipped(make.adyen())
    with pytest.raises(FormatError):
        formats.parse(cut[: len(cut) // 2])


def test_noise_without_line_ends_is_refused_at_once():
    source = io.BytesIO(make.adyen() + b"y" * (5 * 1024 * 1024))
    with pytest.raises(FormatError, match="no table"):
        list(formats.FORMATS["adyen"].stream(source, ""))


def test_a_plain_file_of_two_hundred_thousand_lines(tmp_path):
    path, count = tmp_path / "adyen.csv", 200_000
    paid = make_large.adyen(path, count)
    data = path.read_bytes()
    assert len(data) > 30 * 1024 * 1024
    assert formats.detect(data, path.name) == "adyen"
    report = formats.parse(data, path.name)
    assert not report.faults()
    assert sum(line.line_type == "sale" for line in report.lines) == count
    assert report.groups[0].amount * 100 == paid


@pytest.mark.parametrize("unit", [b"\x8fq\x00\xfe", b"{", b"<", b"a,b\n"])
def test_noise_larger_than_any_file(unit):
    noise = unit * (200 * 1024 * 1024 // len(unit))
    assert formats.detect(noise, "noise.bin") is None
    with pytest.raises(FormatError, match="at most"):
        formats.parse(noise, "noise.bin")
    assert formats.inspect(noise, "noise.bin") is None


@pytest.mark.parametrize("unit", [b"\x8fq\x00\xfe", b"{", b"<", b"a,b\n"])
def test_noise_as_large_as_a_file_may_be(unit):
    noise = unit * (formats.MAX_BYTES // len(unit))
    before = time.process_time()
    assert formats.detect(noise, "noise.bin") is None
    assert time.process_time() - before < 10


# Fuzzing, bounded: nothing but our error comes out, and it is quick about it


def spoiled(data, rnd):
    """The file with some harm done to it."""
    found = bytearray(data)
    for _ in range(rnd.choice((1, 1, 2, 6))):
        at = rnd.randrange(len(found)) if found else 0
        harm = rnd.randrange(5)
        if harm == 0:
            del found[at:]
        elif harm == 1 and found:
            found[at] = rnd.randrange(256)
        elif harm == 2:
            del found[at : at + rnd.randrange(1, 40)]
        elif harm == 3:
            found[at:at] = bytes(rnd.choice(b',;"\n-.0159\xe6\x00{}[]<') for _ in range(rnd.randrange(1, 4)))
        else:
            other = rnd.randrange(len(found)) if found else 0
            found[at:at] = found[other : other + rnd.randrange(1, 80)]
    return bytes(found) or b"x"


@pytest.mark.parametrize("code", make.COMPLETE)
def test_spoiled_reports_give_our_error_only(code):
    rnd = random.Random(code)
    data, _payouts = make.COMPLETE[code]
    parse = formats.FORMATS[code].parse
    read = 0
    for _ in range(150):
        bad = spoiled(data, rnd)
        try:
            parse(bad, "report").faults()
            read += 1
        except FormatError as error:
            assert error.message
        found = formats.inspect(bad, "report")
        assert found is None or found["ok"] or found["errors"]
    assert read < 150


@pytest.mark.parametrize("code", make.COMPLETE)
@settings(max_examples=25, deadline=None)
@given(data=st.binary(max_size=300))
def test_noise_forced_on_every_format(code, data):
    with pytest.raises(FormatError):
        formats.parse(data or b"x", "x", code)


@pytest.mark.parametrize("code", [code for code in make.COMPLETE if make.COMPLETE[code][0][:1] in b"[{"])
@pytest.mark.parametrize(
    "harm",
    [
        (b"{", b"["),
        (b":", b":{}, "),
        (b'"DKK"', b"null"),
        (b"2026", b"NaN"),
        (b"1250", b'{"a":1}'),
        (b"[", b"[" * 3000),
    ],
)
def test_json_of_another_shape(code, harm):
    data = make.COMPLETE[code][0].replace(harm[0], harm[1], 3)
    try:
        formats.FORMATS[code].parse(data, "x")
    except FormatError as error:
        assert error.message
